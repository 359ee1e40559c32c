"""What a tablet tells of a sale that it made without the server."""

import datetime as dt
from typing import Any

from django.utils import timezone

from tests.api.till import Answer, Till, new
from tests.builders import Studio


def iso(at: dt.datetime) -> str:
    return at.isoformat()


def told(
    studio: Studio, *, drawer_session: str, minutes_ago: int = 30, contact_ago: int = 40, **more: Any
) -> dict[str, Any]:
    """Half an hour ago Dana sold deep tissue by Bo for $100 in cash, with $20 for him, out of $140."""
    now = timezone.now()
    sale = {
        "lines": [{"item": "deep-tissue-60", "unit_cents": 100_00, "therapist": studio.bo.pk}],
        "rates": [],
        "tips": [{"therapist": studio.bo.pk, "amount_cents": 20_00}],
        "tax_cents": 0,
        "total_cents": 120_00,
        "cash": {
            "id": new(),
            "amount_cents": 120_00,
            "tendered_cents": 140_00,
            "drawer_session": drawer_session,
        },
        "staff": studio.desk_person.pk,
        "sold_at": iso(now - dt.timedelta(minutes=minutes_ago)),
        "contact_at": iso(now - dt.timedelta(minutes=contact_ago)),
        "sent_at": iso(now),
        "ago_ms": minutes_ago * 60_000,
    }
    return {**sale, **more}


def oil(drawer_session: str, studio: Studio, *, quantity: int = 1, **more: Any) -> dict[str, Any]:
    """Oil for $24 and 7.5 % tax by two jurisdictions, paid exactly."""
    tax_cents = (2 * quantity * 24_00 * 75 + 1000) // 2000
    total_cents = quantity * 24_00 + tax_cents
    goods = {
        "lines": [{"item": "massage-oil", "unit_cents": 24_00, "quantity": quantity}],
        "rates": [
            {"tax_category": "retail", "jurisdiction": "OH", "rate": "0.0575"},
            {"tax_category": "retail", "jurisdiction": "OH-FRANKLIN", "rate": "0.0175"},
        ],
        "tips": [],
        "tax_cents": tax_cents,
        "total_cents": total_cents,
        "cash": {
            "id": new(),
            "amount_cents": total_cents,
            "tendered_cents": total_cents,
            "drawer_session": drawer_session,
        },
    }
    return told(studio, drawer_session=drawer_session, **{**goods, **more})


def sends(till: Till, body: dict[str, Any], offline_id: str = "") -> Answer:
    return till.put(f"offline-sales/{offline_id or new()}", body)


def codes(answer: Answer) -> list[str]:
    """What is noted about it."""
    return [note["code"] for note in answer["notes"]]
