"""The one door into the books: balanced entries, their exact reversals, and what the accounts come to."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError
from django.db.models import Sum

from ledger.accounts import Account
from ledger.models import Entry, Posting
from ledger.money import dollars
from ledger.periods import lock_open_period
from studio.ids import new_id
from studio.models import Location, Staff
from studio.refusal import Refusal

# What two postings of one entry must differ in; equal ones are one posting.
DIMENSIONS = (
    "account",
    "location_id",
    "therapist_id",
    "category",
    "tender",
    "jurisdiction",
    "instrument",
    "client",
    "drawer_session",
)


class OutOfBalance(Exception):
    """Lines that do not come to zero at each location: a broken promise of the code, never of a person."""


class AlreadyReversed(Refusal):
    """The entry has been reversed before; a second mirror would post it the other way round."""

    code = "already_reversed"


class Dimensions(TypedDict, total=False):
    """What a line may say about itself beside account and amount."""

    location: Location | None
    therapist_id: int | None
    category: str
    tender: str
    jurisdiction: str
    instrument: str
    client: uuid.UUID | None
    drawer_session: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Line:
    """An amount for an account in cents, debit positive, credit negative; at the entry's location unless it has one."""

    account: Account
    amount_cents: int
    location: Location | None = None
    therapist_id: int | None = None
    category: str = ""
    tender: str = ""
    jurisdiction: str = ""
    instrument: str = ""
    client: uuid.UUID | None = None
    drawer_session: uuid.UUID | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.amount_cents, int):
            raise TypeError(f"Cents are whole: {self.amount_cents!r}")


def debit(account: Account, amount_cents: int, **dimensions: Unpack[Dimensions]) -> Line:
    """A line on the left side: more of an asset or expense, less of a debt."""
    return Line(account, amount_cents, **dimensions)


def credit(account: Account, amount_cents: int, **dimensions: Unpack[Dimensions]) -> Line:
    """A line on the right side: more of a debt or income, less of an asset."""
    return Line(account, -amount_cents, **dimensions)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is to be written; `post` says what its fields mean."""

    key: str
    kind: str
    location: Location
    occurred_at: dt.datetime
    lines: Iterable[Line]
    made_by: Staff | None = None
    memo: str = ""
    original_date: dt.date | None = None
    business_date: dt.date | None = None


def post(
    *,
    key: str,
    kind: str,
    location: Location,
    occurred_at: dt.datetime,
    now: dt.datetime,
    lines: Iterable[Line],
    made_by: Staff | None = None,
    memo: str = "",
    original_date: dt.date | None = None,
    business_date: dt.date | None = None,
) -> Entry | None:
    """Write one balanced entry in the caller's transaction; None when no amount is left to post.

    Lines of equal account and dimensions become one, in the order first seen; zeros go. The entry falls on the
    location's business date of `occurred_at` unless another is given. Raises OutOfBalance, and PeriodClosed when that
    month is closed. The same key twice is an IntegrityError: the caller knows whether it has posted.
    """
    draft = Draft(key, kind, location, occurred_at, lines, made_by, memo, original_date, business_date)
    return post_all([draft], now=now)[0]


def post_all(drafts: Sequence[Draft], *, now: dt.datetime) -> list[Entry | None]:
    """Write many balanced entries, or none of them, in a fixed number of statements; each as `post` does."""
    drawn = [_drawn(draft, now=now) for draft in drafts]
    _write([(entry, postings) for entry, postings in drawn if postings])
    return [entry if postings else None for entry, postings in drawn]


def _drawn(draft: Draft, *, now: dt.datetime) -> tuple[Entry, list[Posting]]:
    entry = Entry(
        id=new_id(),
        key=draft.key,
        kind=draft.kind,
        location=draft.location,
        business_date=draft.business_date or draft.location.business_date(draft.occurred_at),
        occurred_at=draft.occurred_at,
        created_at=now,
        original_date=draft.original_date,
        made_by=draft.made_by,
        memo=draft.memo,
    )
    return entry, _postings(entry, draft.lines)


def reverse(
    entry: Entry,
    *,
    key: str,
    kind: str,
    occurred_at: dt.datetime,
    now: dt.datetime,
    made_by: Staff | None = None,
    memo: str = "",
    business_date: dt.date | None = None,
) -> Entry:
    """Write the exact mirror of an entry, linked to it (posting rules 48, 77), in the caller's transaction.

    On another day than the entry it carries the entry's date as `original_date`. Raises AlreadyReversed, and
    PeriodClosed when the month of the mirror is closed.
    """
    on = business_date or entry.location.business_date(occurred_at)
    mirror = Entry(
        id=new_id(),
        key=key,
        kind=kind,
        location=entry.location,
        business_date=on,
        occurred_at=occurred_at,
        created_at=now,
        reverses=entry,
        original_date=None if on == entry.business_date else entry.business_date,
        made_by=made_by,
        memo=memo,
    )
    if Entry.objects.filter(reverses=entry).exists():
        raise _already_reversed(entry)
    try:
        _write([(mirror, [_mirrored(posting, mirror) for posting in entry.postings.order_by("position")])])
    except IntegrityError as error:
        if "reverses_id" in str(error):  # somebody was faster
            raise _already_reversed(entry) from error
        raise
    return mirror


def balance(account: Account, **filters: Any) -> int:
    """What an account comes to, in cents, debit positive; filters are lookups on Posting (`location=…`)."""
    found = Posting.objects.filter(account=account, **filters).aggregate(sum=Sum("amount_cents"))
    return found["sum"] or 0


def balances(**filters: Any) -> dict[str, int]:
    """What each account with a balance comes to, in cents, by title and in the order of the chart."""
    sums = Posting.objects.filter(**filters).values_list("account").annotate(sum=Sum("amount_cents"))
    return {Account(account).title: cents for account, cents in sums.order_by("account") if cents}


def _postings(entry: Entry, lines: Iterable[Line]) -> list[Posting]:
    """The lines as unsaved postings: merged, without zeros, proven to balance at each location."""
    merged: dict[tuple[Any, ...], int] = defaultdict(int)
    for line in lines:
        merged[_dimensions(line, entry)] += line.amount_cents
    kept = [(values, cents) for values, cents in merged.items() if cents]
    _assert_balanced(entry, kept)
    return [
        Posting(entry_id=entry.id, position=position, amount_cents=cents, **dict(zip(DIMENSIONS, values, strict=True)))
        for position, (values, cents) in enumerate(kept, start=1)
    ]


def _dimensions(line: Line, entry: Entry) -> tuple[Any, ...]:
    """All that tells two lines of an entry apart, in the order of DIMENSIONS."""
    return (
        line.account,
        line.location.pk if line.location else entry.location_id,
        line.therapist_id,
        line.category,
        line.tender,
        line.jurisdiction,
        line.instrument,
        line.client,
        line.drawer_session,
    )


def _assert_balanced(entry: Entry, kept: list[tuple[tuple[Any, ...], int]]) -> None:
    sums: dict[int, int] = defaultdict(int)
    for values, cents in kept:
        sums[values[DIMENSIONS.index("location_id")]] += cents
    for location_id, cents in sums.items():
        if cents:
            raise OutOfBalance(f"{entry.key} is out by {dollars(cents)} at location {location_id}")


def _mirrored(posting: Posting, mirror: Entry) -> Posting:
    same = {name: getattr(posting, name) for name in DIMENSIONS}
    return Posting(entry_id=mirror.id, position=posting.position, amount_cents=-posting.amount_cents, **same)


def _write(entries: Sequence[tuple[Entry, list[Posting]]]) -> None:
    for on, kind in sorted({(entry.business_date.replace(day=1), entry.kind) for entry, _ in entries}):
        lock_open_period(on, kind=kind)
    # Before their entries: with its INSERT the guards seal them.
    Posting.objects.bulk_create([posting for _, postings in entries for posting in postings])
    Entry.objects.bulk_create([entry for entry, _ in entries])


def _already_reversed(entry: Entry) -> AlreadyReversed:
    return AlreadyReversed("This has already been reversed.", entry=str(entry.pk))
