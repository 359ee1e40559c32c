"""What is still to be exported: entries of the chain that are in no live batch of a destination."""

import datetime as dt
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from accounting.models import Destination, ExportBatch, ExportItem
from ledger import chain
from ledger.accounts import Account
from ledger.models import Entry, Posting
from studio.models import Location
from studio.refusal import BadInput, Refusal

MOST_DAYS = 400
FIRST_YEAR, LAST_YEAR = 2000, 2099


class EntriesNotSealed(Refusal):
    """Entries of the range could not be sealed in the chain just now."""

    code = "entries_not_linked"


@dataclass(frozen=True, slots=True)
class Range:
    """Business days from `starts_on` to before `ends_on`, at one location or all; BadInput for what can not be."""

    starts_on: dt.date
    ends_on: dt.date
    location: Location | None = None

    def __post_init__(self) -> None:
        last_on = self.ends_on - dt.timedelta(days=1)
        if last_on < self.starts_on:
            raise BadInput("to", f"The range ends on {last_on} before it begins on {self.starts_on}.")
        if (self.ends_on - self.starts_on).days > MOST_DAYS:
            days = (self.ends_on - self.starts_on).days
            raise BadInput("to", f"An export has {MOST_DAYS} days at most; this one has {days}.")
        if self.starts_on.year < FIRST_YEAR or last_on.year > LAST_YEAR:
            raise BadInput("from", f"A day lies between the years {FIRST_YEAR} and {LAST_YEAR}.")

    @property
    def last_on(self) -> dt.date:
        """The last day of it, as people say it."""
        return self.ends_on - dt.timedelta(days=1)

    @property
    def entries(self) -> Q:
        """The entries that fall into it."""
        days = Q(business_date__gte=self.starts_on, business_date__lt=self.ends_on)
        return days & Q(location=self.location) if self.location else days


@dataclass(frozen=True, slots=True)
class AccountSum:
    """What entries come to on one account, in cents; credits are given as a positive number."""

    account: Account
    debits_cents: int
    credits_cents: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What an export would take now: so many entries, their sums by account; nothing is changed by looking."""

    entries: int
    sums: tuple[AccountSum, ...]

    @property
    def debits_cents(self) -> int:
        """All debits; the credits are equal."""
        return sum(one.debits_cents for one in self.sums)


def free_entries(destination: Destination, what: Range, *, using: str = DEFAULT_DB_ALIAS) -> QuerySet[Entry]:
    """The entries of the range that are in no live batch of the destination, sealed or not."""
    live = ExportItem.objects.filter(destination=destination, entry=OuterRef("pk"), is_live=True)
    return Entry.objects.using(using).filter(what.entries).exclude(Exists(live))


def preview(destination: Destination, what: Range, *, using: str) -> Preview:
    """What an export of the range would take, in two queries."""
    free = free_entries(destination, what, using=using)
    return Preview(free.count(), sums_of(Posting.objects.using(using).filter(entry__in=free)))


def sums_of(postings: QuerySet[Posting]) -> tuple[AccountSum, ...]:
    """Debits and credits of the postings by account, in the order of the chart."""
    rows = postings.values_list("account").annotate(
        debits=Sum("amount_cents", filter=Q(amount_cents__gt=0), default=0),
        credits=Sum("amount_cents", filter=Q(amount_cents__lt=0), default=0),
    )
    return tuple(
        AccountSum(Account(account), debits, -credits) for account, debits, credits in rows.order_by("account")
    )


def seal(what: Range, *, now: dt.datetime) -> None:
    """Give every entry that is waiting its place in the chain; EntriesNotSealed while somebody else does so.

    In short transactions of its own.
    """
    if not chain.unlinked().filter(what.entries).exists():
        return
    chain.link_in_batches(chain.unlinked(), now=now)
    if left := chain.unlinked().filter(what.entries, created_at__lte=now).count():
        raise EntriesNotSealed(f"{left} entries are being sealed by somebody else; try again in a minute.")


def take(batch: ExportBatch, what: Range) -> int:
    """Put the sealed entries of the range that are free into the batch; how many.

    In the caller's transaction, which holds the destination's row: two exports never take the same entry.
    """
    place = " AND e.location_id = %s" if what.location else ""
    where = [batch.destination_id, *map(connection.ops.adapt_datefield_value, (what.starts_on, what.ends_on))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO accounting_exportitem (batch_id, destination_id, entry_id, is_live)
            SELECT {batch.pk:d}, {batch.destination_id:d}, e.id, %s
            FROM ledger_entry e JOIN ledger_link l ON l.entry_id = e.id
            WHERE NOT EXISTS (SELECT 1 FROM accounting_exportitem i
                WHERE i.destination_id = %s AND i.entry_id = e.id AND i.is_live)
            AND e.business_date >= %s AND e.business_date < %s{place}
            """,  # noqa: S608 - our own words and keys
            [True, *where, *([what.location.pk] if what.location else [])],
        )
        return int(cursor.rowcount)


def since_last_export(destination: Destination, *, using: str) -> list[dict[str, object]]:
    """Days up to the last one exported that have entries which no live batch has: late ones, reversals, voided batches.

    Newest first: `business_date`, `location__name`, how many (`count`), how many of them reverse another
    (`reversals`), and the earliest day that one was meant for (`meant_for`).
    """
    live = ExportBatch.objects.using(using).filter(destination=destination).exclude(status="void")
    last = live.order_by("-ends_on").first()
    first = live.order_by("starts_on").first()
    if last is None or first is None:
        return []
    starts_on = max(first.starts_on, last.ends_on - dt.timedelta(days=MOST_DAYS))
    free = free_entries(destination, Range(starts_on, last.ends_on), using=using)
    rows = free.values("business_date", "location__name").annotate(
        count=Count("pk"), reversals=Count("reverses"), meant_for=Min("original_date")
    )
    return [dict(row) for row in rows.order_by("-business_date", "location__name")[:100]]
