"""The demo's gift cards: three with codes that are printed at the start, sold at the desk like any other."""

import datetime as dt

from django.db import transaction

from config.demo.days import Place
from giftcards import codes, issuing
from pos import checkout
from pos.asked import AskedLine, AskedSale, AskedTender
from pos.models import Item
from studio.ids import new_id

BEGINNING = "DEM0G1FTCARD00"
KNOWN = (("1", "$120", 120_00, ""), ("2", "$50", 50_00, ""), ("3", "Ashiatsu bar 60", 0, "ashiatsu-bar-60"))
"""Last symbol before the check symbol, what it is worth, in cents or as a treatment."""


def code_of(number: str) -> str:
    """A known code, as it is printed."""
    return codes.grouped(BEGINNING + number + codes.check_symbol(BEGINNING + number))


def printed() -> list[tuple[str, str]]:
    """Each known code with what it is worth."""
    return [(code_of(number), worth) for number, worth, _, _ in KNOWN]


def sell(place: Place, *, now: dt.datetime) -> None:
    """Sell the known cards at the desk of a place, each in a sale of its own."""
    for number, _, cents, item in KNOWN:
        with transaction.atomic(durable=True):
            kept = codes.keep(codes.fold(code_of(number)))
            kind = issuing.Kind.TREATMENT if item else issuing.Kind.VALUE
            treatment = Item.objects.get(code=item) if item else None
            card = issuing.prepare(location=place.location, now=now, kind=kind, item=treatment, kept=kept)
            line = AskedLine(kind="gift_card", item=item, unit_cents=None if item else cents, instrument=str(card.pk))
            checkout.sell(
                sale_id=new_id(),
                asked=AskedSale(lines=(line,)),
                tenders=[(new_id(), AskedTender(kind="external", reference=f"slip {number}"))],
                desk=place.desk,
                now=now,
            )
