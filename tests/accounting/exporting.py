"""Books to export: the sales of a day, accounts named as in ACCOUNTING, files as they were given out."""

import datetime as dt
import itertools
import uuid

from django.db import transaction

from accounting.exports import batches, mapping, rendering
from accounting.exports.selecting import Range
from accounting.models import ExportBatch
from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.models import Entry
from studio.models import Location, Staff

NOW = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)
JANUARY = Range(dt.date(2026, 1, 1), dt.date(2026, 2, 1))
NAMED = {
    "quickbooks-online": {
        Account.CASH_DRAWER: "Cash:Drawer {location}",
        Account.SERVICES: "Massage Services",
        Account.RETAIL: "Retail Sales",
        Account.SALES_TAX: "Sales Tax Payable - POS",
        Account.TIPS: "Tips Payable",
    }
}
NAMED["quickbooks-desktop"] = NAMED["quickbooks-online"]
count = itertools.count(1)


def at(day: int, month: int = 1) -> dt.datetime:
    """Five in the afternoon UTC, noon in New York."""
    return dt.datetime(2026, month, day, 17, 0, tzinfo=dt.UTC)


@transaction.atomic
def posts(
    place: Location, *lines: Line, on: dt.datetime, kind: str = "sale", key: str = "", now: dt.datetime | None = None
) -> Entry:
    """An entry as the tills write it."""
    made = journal.post(
        key=key or f"test:{uuid.uuid4()}",
        kind=kind,
        location=place,
        occurred_at=on,
        now=now or on + dt.timedelta(seconds=next(count)),
        lines=lines,
    )
    assert made is not None
    return made


def cash_sale(place: Location, therapist: Staff, *, on: dt.datetime, times: int = 1) -> Entry:
    """The cash sale of worked case T01, or so many of them as one."""
    return posts(
        place,
        debit(Account.CASH_DRAWER, 155_74 * times, tender="cash"),
        credit(Account.SERVICES, 110_00 * times, category="treatment", therapist_id=therapist.pk),
        credit(Account.RETAIL, 24_00 * times, category="retail"),
        credit(Account.SALES_TAX, 1_74 * times, jurisdiction="OH-FRANKLIN"),
        credit(Account.TIPS, 20_00 * times, therapist_id=therapist.pk),
        on=on,
    )


def names(slug: str) -> None:
    """Map the accounts of the destination: those of ACCOUNTING where it prints them, otherwise as suggested."""
    destination = mapping.destination_of(slug)
    writer = mapping.writer_of(slug)
    given = {account: NAMED.get(slug, {}).get(account, writer.suggested(account)) for account in Account}
    mapping.save_names(destination, given, by=None, now=NOW)


def exports(
    slug: str, what: Range = JANUARY, *, grain: str = "day", by: Staff | None = None, now: dt.datetime = NOW
) -> ExportBatch:
    """A final batch."""
    return batches.export(slug, what, grain=grain, by=by, now=now)


def kept(batch: ExportBatch) -> dict[str, bytes]:
    """The files of the batch by name."""
    return {file.name: b"".join(rendering.pieces_of(file)) for file in batch.files.all()}


def first_file(batch: ExportBatch) -> str:
    """The first file, with its line ends as in a listing."""
    return b"".join(rendering.pieces_of(batch.files.first())).decode().replace("\r\n", "\n")
