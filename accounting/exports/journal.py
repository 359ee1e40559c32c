"""The journal as other books get it: our postings gathered into entries, day by day and always in the same order."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from accounting.exports.formats import BookEntry, BookLine, BookPosting, Place
from accounting.exports.numbering import Bucket, bucket_of, number, short
from accounting.models import ExportBatch, ExportItem
from ledger.accounts import Account
from ledger.models import Posting
from payments.models import BalanceTransaction

_TITLES = {
    Bucket.SALES: "Daily sales",
    Bucket.CARDS: "Card movements",
    Bucket.ADJUSTMENTS: "Adjustments",
    Bucket.PAYOUT: "Stripe payout",
}
_MEMOS = {
    (Bucket.SALES, Account.CASH_DRAWER): "Cash tendered less change",
    (Bucket.SALES, Account.SALES_TAX): "Sales tax",
    (Bucket.SALES, Account.TIPS): "Tips",
}
_BUCKET_ORDER = list(Bucket)
# Within an entry debits come first, and then assets, income, expenses, debts, equity.
_CLASS_ORDER = "145623"
_OF_PAYOUTS = ("payout", "payout_arrived")


class _Read(NamedTuple):
    """A posting with its entry, as it is read."""

    entry_no: int
    entry: uuid.UUID
    key: str
    kind: str
    occurred_at: dt.datetime
    created_at: dt.datetime
    reverses_no: int | None
    original_date: dt.date | None
    position: int
    location: int
    account: int
    amount_cents: int
    therapist: int | None
    category: str
    tender: str
    jurisdiction: str
    instrument: str
    client: uuid.UUID | None
    drawer_session: uuid.UUID | None


_COLUMNS = (
    "entry__link__number",
    "entry_id",
    "entry__key",
    "entry__kind",
    "entry__occurred_at",
    "entry__created_at",
    "entry__reverses__link__number",
    "entry__original_date",
    "position",
    "location_id",
    "account",
    "amount_cents",
    "therapist_id",
    "category",
    "tender",
    "jurisdiction",
    "instrument",
    "client",
    "drawer_session",
)


@dataclass(slots=True)
class _Ranks:
    """Counts the entries of each location and bucket of one day, in the order of the chain."""

    counts: dict[tuple[int, Bucket], int] = field(default_factory=lambda: defaultdict(int))
    known: dict[tuple[int, int], int] = field(default_factory=dict)

    def of(self, row: _Read) -> int:
        """The rank of the row's entry at the row's location."""
        key = (row.entry_no, row.location)
        if key not in self.known:
            of = (row.location, bucket_of(row.kind))
            self.counts[of] += 1
            self.known[key] = self.counts[of]
        return self.known[key]


@dataclass(slots=True)
class _Group:
    """What becomes one entry: cents by account and jurisdiction, and its first entry of ours."""

    place: Place
    bucket: Bucket
    rank: int
    first: _Read
    cents: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))


def days_of(batch: ExportBatch, *, using: str) -> list[dt.date]:
    """The business dates on which the batch has entries."""
    items = ExportItem.objects.using(using).filter(batch=batch)
    return list(items.values_list("entry__business_date", flat=True).distinct().order_by("entry__business_date"))


def entries(
    batch: ExportBatch, *, places: Mapping[int, Place], names: Mapping[Account, str], using: str
) -> Iterator[BookEntry]:
    """The batch's entries for other books, by day, location, bucket and rank; one day at a time is in memory.

    What comes to nothing within its entry, as a sale that was voided the same day, has no line there.
    """
    for on in days_of(batch, using=using):
        groups = _groups(batch, on, places=places, using=using)
        for group in sorted(groups, key=_group_order):
            entry = _entry(group, on, grain=batch.grain, names=names)
            if entry.lines:
                yield entry


def postings(
    batch: ExportBatch, *, places: Mapping[int, Place], names: Mapping[Account, str], using: str
) -> Iterator[BookPosting]:
    """The batch's postings one by one, by day, number of the entry and position; one day at a time is in memory."""
    for on in days_of(batch, using=using):
        ids = _transactions(on, using=using)
        for row, rank in _rows(batch, on, using=using):
            yield _posting(row, rank, on, place=places[row.location], names=names, stripe_bt=ids.get(row.entry, ""))


def _rows(batch: ExportBatch, on: dt.date, *, using: str) -> Iterator[tuple[_Read, int]]:
    """Each posting of the batch on that day with the rank of its entry, among all entries of the day."""
    items = ExportItem.objects.using(using).filter(batch=batch, entry__business_date=on)
    mine = set(items.values_list("entry_id", flat=True))
    day = Posting.objects.using(using).filter(entry__business_date=on, entry__link__isnull=False)
    ranks = _Ranks()
    for values in day.order_by("entry__link__number", "position").values_list(*_COLUMNS):
        row = _Read(*values)
        rank = ranks.of(row)
        if row.entry in mine:
            yield row, rank


def _groups(batch: ExportBatch, on: dt.date, *, places: Mapping[int, Place], using: str) -> Iterable[_Group]:
    found: dict[tuple[int, Bucket, str], _Group] = {}
    for row, rank in _rows(batch, on, using=using):
        bucket = bucket_of(row.kind)
        key = (row.location, bucket, _apart(row, bucket, batch.grain))
        if key not in found:
            found[key] = _Group(places[row.location], bucket, rank, row)
        found[key].cents[row.account, row.jurisdiction] += row.amount_cents
    return found.values()


def _apart(row: _Read, bucket: Bucket, grain: str) -> str:
    """What keeps two of our entries from becoming one in other books."""
    if grain == ExportBatch.Grain.EVENT:
        return str(row.entry_no)
    return row.instrument if bucket == Bucket.PAYOUT else ""


def _group_order(group: _Group) -> tuple[str, int, int]:
    return group.place.code, _BUCKET_ORDER.index(group.bucket), group.rank


def _entry(group: _Group, on: dt.date, *, grain: str, names: Mapping[Account, str]) -> BookEntry:
    left = [(Account(account), told, cents) for (account, told), cents in group.cents.items() if cents]
    return BookEntry(
        number=number(group.place.code, on, group.bucket, group.rank),
        short=short(group.place.letter, on, group.bucket, group.rank),
        title=_title(group, grain),
        on=on,
        bucket=group.bucket,
        rank=group.rank,
        place=group.place,
        entry_no=group.first.entry_no,
        lines=tuple(
            BookLine(
                account, _named(account, group.place, names), cents, group.place, told, _memo(group, account, told)
            )
            for account, told, cents in sorted(left, key=_line_order)
        ),
    )


def _line_order(line: tuple[Account, str, int]) -> tuple[bool, int, int, str]:
    account, jurisdiction, cents = line
    return cents < 0, _CLASS_ORDER.index(str(account.value)[0]), account.value, jurisdiction


def _title(group: _Group, grain: str) -> str:
    if grain == ExportBatch.Grain.DAY:
        return f"{_TITLES[group.bucket]} {group.place.name}"
    return f"{group.first.kind.replace('_', ' ').capitalize()} {group.first.entry_no} {group.place.name}"


def _memo(group: _Group, account: Account, jurisdiction: str) -> str:
    words = _MEMOS.get((group.bucket, account), account.label)
    if group.bucket == Bucket.PAYOUT:
        words = f"Payout {group.first.instrument}"
    return f"{words} {jurisdiction}".rstrip()


def _named(account: Account, place: Place, names: Mapping[Account, str]) -> str:
    return names.get(account, account.label).replace("{location}", place.name)


def _transactions(on: dt.date, *, using: str) -> dict[uuid.UUID, str]:
    """The Stripe balance transactions of that day's entries, by entry."""
    found = BalanceTransaction.objects.using(using).filter(entry__business_date=on).order_by("-pk")
    return {entry: stripe_id for entry, stripe_id in found.values_list("entry_id", "stripe_id") if entry}


def _posting(
    row: _Read, rank: int, on: dt.date, *, place: Place, names: Mapping[Account, str], stripe_bt: str
) -> BookPosting:
    account = Account(row.account)
    return BookPosting(
        entry_no=row.entry_no,
        document_no=number(place.code, on, bucket_of(row.kind), rank),
        event_key=row.key,
        event_type=row.kind,
        business_date=on,
        occurred_at=row.occurred_at,
        posted_at=row.created_at,
        place=place,
        line_no=row.position,
        account=account,
        name=_named(account, place, names),
        amount_cents=row.amount_cents,
        therapist="" if row.therapist is None else str(row.therapist),
        category=row.category,
        tender=row.tender,
        jurisdiction=row.jurisdiction,
        instrument=row.instrument,
        stripe_bt=stripe_bt,
        payout=row.instrument if row.kind in _OF_PAYOUTS else "",
        client=row.client,
        drawer_session=row.drawer_session,
        reverses_no=row.reverses_no,
        original_date=row.original_date,
    )
