"""What a tablet tells of a sale that it made without the server: plain values, and the same kept as JSON (R11)."""

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from pos.asked import AskedTip


@dataclass(frozen=True, slots=True)
class ToldLine:
    """So many of an item, by whom, at the price of one on the tablet's list in cents."""

    item: str
    quantity: int
    unit_cents: int
    therapist_id: int | None = None


@dataclass(frozen=True, slots=True)
class ToldRate:
    """A tax rate by which the tablet reckoned; 0.0725 is 7.25 %."""

    tax_category: str
    jurisdiction: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class ToldCash:
    """The one tender: what was due in cash, what was handed over, and the drawer that took it."""

    tender_id: uuid.UUID
    amount_cents: int
    tendered_cents: int
    drawer_session_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Told:
    """A whole sale; `sold_at` is by the tablet's clock, `contact_at` by the server's: its last answer before that."""

    lines: tuple[ToldLine, ...]
    rates: tuple[ToldRate, ...]
    tips: tuple[AskedTip, ...]
    cash: ToldCash
    tax_cents: int
    total_cents: int
    staff_id: int
    sold_at: dt.datetime
    contact_at: dt.datetime
    client_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """One sending of it: the tablet's clock then, and how long ago the sale was by a clock that nobody sets."""

    sent_at: dt.datetime
    ago_ms: int | None = None


def contents_of(told: Told) -> dict[str, Any]:
    """The sale as JSON."""
    return dict(json.loads(json.dumps(asdict(told), cls=DjangoJSONEncoder)))


def told_by(contents: dict[str, Any]) -> Told:
    """The sale that `contents_of` has written."""
    cash, client = contents["cash"], contents["client_id"]
    return Told(
        lines=tuple(ToldLine(**line) for line in contents["lines"]),
        rates=tuple(ToldRate(**{**rate, "rate": Decimal(rate["rate"])}) for rate in contents["rates"]),
        tips=tuple(AskedTip(**tip) for tip in contents["tips"]),
        cash=ToldCash(
            tender_id=uuid.UUID(cash["tender_id"]),
            amount_cents=cash["amount_cents"],
            tendered_cents=cash["tendered_cents"],
            drawer_session_id=uuid.UUID(cash["drawer_session_id"]),
        ),
        tax_cents=contents["tax_cents"],
        total_cents=contents["total_cents"],
        staff_id=contents["staff_id"],
        sold_at=dt.datetime.fromisoformat(contents["sold_at"]),
        contact_at=dt.datetime.fromisoformat(contents["contact_at"]),
        client_id=uuid.UUID(client) if client else None,
    )


def mark_of(told: Told) -> str:
    """A hash of what was sold: the same sale again has the same one, whenever it is sent."""
    return hashlib.sha256(json.dumps(contents_of(told), sort_keys=True).encode()).hexdigest()
