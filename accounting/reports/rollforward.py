"""REP7: what moved each kind of debt to clients, month by month, and whether the rows behind it say the same."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from django.db.models import BooleanField, Case, F, Q, Sum, Value, When
from django.db.models.functions import TruncMonth

from accounting.asked import Asked
from accounting.tables import Cell, Column, Form, Row, Table, total
from giftcards.subledger import Cards
from ledger.accounts import Account
from ledger.models import Posting
from ledger.subledgers import SubLedger
from memberships.subledger import Lots, MonthsAhead
from pos.subledgers import StoreCredit

KINDS = {
    Account.GIFT_CARDS: "Gift cards",
    Account.PACKAGES: "Packages",
    Account.MEMBER_CREDITS: "Member credits",
    Account.DUES: "Dues paid ahead",
    Account.CLIENT_CREDIT: "Store credit",
}
"""The debts that are paid with treatments, by the account that they stand in."""
SUBLEDGERS: tuple[SubLedger, ...] = (Cards(), Lots(), MonthsAhead(), StoreCredit())

SELLS = ("sale", "dues", "void")
MEANS = {
    "refund": "refunded_cents",
    "gift_card_cash_out": "cashed_out_cents",
    "gift_card_expired": "expired_cents",
    "forfeit": "expired_cents",
    "expiry": "converted_cents",
    "month_ahead": "converted_cents",
    "contested": "revoked_cents",
}
"""What an entry of a kind does to a debt by taking from it or adding to it, but for sales, visits and refunds."""
MOVES = (
    "sold_cents",
    "restored_cents",
    "used_here_cents",
    "used_elsewhere_cents",
    "refunded_cents",
    "cashed_out_cents",
    "expired_cents",
    "converted_cents",
    "revoked_cents",
    "adjusted_cents",
)
COLUMNS = (
    Column("month", "Month from", Form.DATE),
    Column("kind", "Kind"),
    Column("location", "Location", meaning="Where it was sold, and so is owed."),
    Column("opening_count", "Open before", Form.COUNT, "How many had something left before the first day."),
    Column("opening_cents", "Opening", Form.MONEY, "What was owed before the first day."),
    Column("sold_cents", "Sold", Form.MONEY, "Sold and loaded, less voided sales."),
    Column("restored_cents", "Restored", Form.MONEY, "Given back on it by refunds and waived missed appointments."),
    Column("used_here_cents", "Used here", Form.MONEY, "Less what voids gave back."),
    Column("used_elsewhere_cents", "Used elsewhere", Form.MONEY, "It paid at another location, which is owed for it."),
    Column("refunded_cents", "Refunded", Form.MONEY),
    Column("cashed_out_cents", "Cashed out", Form.MONEY),
    Column("expired_cents", "Expired", Form.MONEY, "Kept by the house, where the law lets it."),
    Column("converted_cents", "Converted", Form.MONEY, "From one kind to another: sessions that became store credit."),
    Column("revoked_cents", "Revoked", Form.MONEY, "Taken back after a lost dispute."),
    Column("adjusted_cents", "Adjusted", Form.MONEY, "All else: taken over at the start, put right by hand, moved."),
    Column("closing_cents", "Closing", Form.MONEY, "What is owed after the last day (22xx)."),
    Column("closing_count", "Open after", Form.COUNT),
    Column("counted_cents", "Counted", Form.MONEY, "The same by the rows of cards, sessions and credits alone."),
    Column("difference_cents", "Difference", Form.MONEY, "Closing less counted; must be 0."),
)
Place = tuple[Account, int]
Open = Mapping[Place, tuple[int, int]]
"""By kind and location: how many have something left, and what all of it comes to in cents."""


class RollForward:
    """REP7, roll-forward of what clients have paid for and not used."""

    code: ClassVar[str] = "REP7"
    slug: ClassVar[str] = "roll-forward"
    group: ClassVar[str] = "What is owed"
    title: ClassVar[str] = "Deferred revenue roll-forward"
    meaning: ClassVar[str] = "What was owed to clients before each month, what moved it, and what is owed after it."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each month, kind and location that ever owed anything; the opening is the last month's closing."""
        moved = _moved(asked, using=using)
        rows: list[Row] = []
        before = open_at(asked.starts_on, using=using)
        for month, ends_on in months(asked):
            after = open_at(ends_on, using=using)
            counted = _counted(ends_on, using=using)
            rows += _month(asked, month, before, after, counted, moved[month])
            before = after
        return [
            Table(
                name="roll-forward",
                title="By month, kind and location",
                columns=COLUMNS,
                rows=rows,
                total=_total(rows),
                note="Opening, plus and minus the moves, is the closing. Months add up; opening and closing of the "
                "last line are those of the whole range.",
            )
        ]


def months(asked: Asked) -> Iterator[tuple[dt.date, dt.date]]:
    """The first of each month that the range touches, with the first day after its part of the range."""
    starts_on = asked.starts_on
    while starts_on < asked.ends_on:
        month = starts_on.replace(day=1)
        starts_on = min((month + dt.timedelta(days=31)).replace(day=1), asked.ends_on)
        yield month, starts_on


def open_at(ends_on: dt.date, *, using: str) -> Open:
    """What the books owe when the day before is over, and on how many instruments; in one query."""
    rows = (
        Posting.objects.using(using)
        .filter(account__in=KINDS, entry__business_date__lt=ends_on)
        .order_by()
        .values_list("account", "location", "instrument")
        .annotate(cents=Sum("amount_cents"))
    )
    found: dict[Place, tuple[int, int]] = {}
    for account, place, _, cents in rows.iterator(chunk_size=2000):
        count, owed = found.get((Account(account), place), (0, 0))
        found[Account(account), place] = (count + (cents != 0), owed - int(cents))
    return found


def means(kind: str, *, adds: bool, is_tender: bool, is_elsewhere: bool) -> str:
    """The column of a posting on a debt: by its entry's kind, its side, and whether it paid a sale; else adjusted."""
    used = "used_elsewhere_cents" if is_elsewhere else "used_here_cents"
    if kind in SELLS:
        if is_tender:
            return used
        return "converted_cents" if adds == (kind == "void") else "sold_cents"
    if kind == "no_show":
        return used
    if kind == "no_show_waived" or (kind == "refund" and adds):
        return "restored_cents"
    return MEANS.get(kind, "adjusted_cents")


def _moved(asked: Asked, *, using: str) -> "dict[dt.date, dict[Place, dict[str, int]]]":
    """By month, kind and location: what each column comes to, more owed positive; in one query."""
    rows = (
        Posting.objects.using(using)
        .filter(
            account__in=KINDS,
            entry__business_date__gte=asked.starts_on,
            entry__business_date__lt=asked.ends_on,
        )
        .order_by()
        .values_list(
            TruncMonth("entry__business_date"),
            "account",
            "location",
            "entry__kind",
            _is(Q(amount_cents__lt=0)),
            _is(~Q(tender="")),
            _is(~Q(entry__location=F("location"))),
        )
        .annotate(cents=Sum("amount_cents"))
    )
    found: dict[dt.date, dict[Place, dict[str, int]]] = defaultdict(
        lambda: defaultdict(lambda: dict.fromkeys(MOVES, 0))
    )
    for month, account, place, kind, adds, is_tender, is_elsewhere, cents in rows:
        column = means(kind, adds=bool(adds), is_tender=bool(is_tender), is_elsewhere=bool(is_elsewhere))
        found[month][Account(account), place][column] -= int(cents)
    return found


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False), output_field=BooleanField())


def _counted(ends_on: dt.date, *, using: str) -> Mapping[Place, int]:
    """What the rows of the cards, lots and credits say is owed, in cents."""
    sums: dict[Place, int] = defaultdict(int)
    for one in SUBLEDGERS:
        for account, place, cents in one.counted(ends_on=ends_on, using=using):
            sums[account, place] -= cents
    return sums


def _month(
    asked: Asked,
    month: dt.date,
    before: Open,
    after: Open,
    counted: Mapping[Place, int],
    moved: Mapping[Place, Mapping[str, int]],
) -> Iterator[Row]:
    for account, kind in KINDS.items():
        for place in asked.places:
            key = (account, place.pk)
            if key not in after and not counted.get(key):
                continue
            count, cents = before.get(key, (0, 0))
            left, closing = after.get(key, (0, 0))
            cells: dict[str, Cell] = {"month": month, "kind": kind, "location": place.code}
            cells |= {"opening_count": count, "opening_cents": cents, **moved.get(key, dict.fromkeys(MOVES, 0))}
            cells |= {"closing_cents": closing, "closing_count": left, "counted_cents": counted.get(key, 0)}
            yield Row({**cells, "difference_cents": closing - counted.get(key, 0)})


def _total(rows: Sequence[Row]) -> Row:
    """The moves of all months between the opening of the first and the closing of the last."""
    whole = dict(total(COLUMNS, rows, kind="Total").cells)
    if rows:
        first = [row for row in rows if row.cells["month"] == rows[0].cells["month"]]
        last = [row for row in rows if row.cells["month"] == rows[-1].cells["month"]]
        opens, closes = total(COLUMNS, first).cells, total(COLUMNS, last).cells
        whole |= {name: opens[name] for name in ("opening_count", "opening_cents")}
        whole |= {name: closes[name] for name in ("closing_cents", "closing_count", "counted_cents")}
    return Row(whole)
