"""Entries to try things on, and ways round the guards that only a test may take."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from ledger import guards
from ledger.accounts import Account
from ledger.journal import Line, credit, debit, post
from ledger.models import Entry, Link, Posting
from studio.ids import new_id
from studio.models import AuditRow, Location

# A model of each append-only table, and a column to change.
HISTORY = {Entry: "memo", Posting: "category", Link: "prev_hash", AuditRow: "reason"}
JANUARY = dt.datetime(2026, 1, 30, 16, 0, tzinfo=dt.UTC)


def oil(cents: int = 24_00) -> list[Line]:
    """A bottle of oil for cash."""
    return [debit(Account.CASH_DRAWER, cents), credit(Account.RETAIL, cents, category="retail")]


def massage(therapist_id: int) -> list[Line]:
    """Worked case T01: 60 minutes, oil at 7.25 %, a tip; for cash."""
    return [
        debit(Account.CASH_DRAWER, 155_74, tender="cash"),
        credit(Account.SERVICES, 110_00, category="massage", therapist_id=therapist_id),
        credit(Account.RETAIL, 24_00, category="retail"),
        credit(Account.SALES_TAX, 1_74, jurisdiction="OH-FRANKLIN"),
        credit(Account.TIPS, 20_00, therapist_id=therapist_id),
    ]


def sell(
    place: Location,
    *,
    key: str = "sale:1",
    at: dt.datetime = JANUARY,
    lines: list[Line] | None = None,
    kind: str = "sale",
) -> Entry:
    """One entry in the books, in a transaction of its own."""
    with transaction.atomic():
        entry = post(
            key=key, kind=kind, location=place, occurred_at=at, now=at, lines=oil() if lines is None else lines
        )
    assert entry is not None
    return entry


def loose(place: Location, *, key: str = "loose:1", at: dt.datetime = JANUARY) -> Entry:
    """An entry that is not written yet."""
    on = place.business_date(at)
    return Entry(id=new_id(), key=key, kind="sale", location=place, business_date=on, occurred_at=at, created_at=at)


def postings(entry: Entry, *amounts: int, first: int = 1, at: Location | None = None) -> list[Posting]:
    """Unsaved postings of those cents, on the drawer."""
    return [
        Posting(
            entry_id=entry.pk,
            position=position,
            account=Account.CASH_DRAWER,
            amount_cents=cents,
            location_id=(at or entry.location).pk,
        )
        for position, cents in enumerate(amounts, start=first)
    ]


def write(*entries: Entry, lines: list[Posting]) -> None:
    """Past `post`, as raw code would: the postings, then their entries, in a transaction of their own."""
    with transaction.atomic():
        Posting.objects.bulk_create(lines)
        Entry.objects.bulk_create(entries)


@contextmanager
def without_guards() -> Iterator[None]:
    """What a person with the owner's rights on the database could do."""
    guards.drop(connection)
    yield
    guards.install(connection)
