"""REP23: revenue as a cash-basis return sees it, by month and location: what was earned, and what was paid ahead."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce, TruncMonth

from accounting.asked import Asked
from accounting.tables import Column, Drawing, Form, Row, Table, total
from ledger.accounts import Account
from ledger.models import Posting

INCOME = tuple(account for account in Account if account.is_income)
AHEAD = {
    "cards_cents": (Account.GIFT_CARDS, Account.GIFT_CARD_BREAKAGE),
    "packages_cents": (Account.PACKAGES,),
    "credits_cents": (Account.MEMBER_CREDITS,),
    "dues_cents": (Account.DUES,),
    "store_credit_cents": (Account.CLIENT_CREDIT,),
    "deposits_cents": (Account.DEPOSITS,),
}
"""What clients have paid ahead, by the column that says by how much it grew."""
OWED = (Account.MEMBERS_RECEIVABLE,)
COLUMNS = (
    Column("month", "Month from", Form.DATE),
    Column("location", "Location"),
    Column("earned_cents", "Earned", Form.MONEY, "All income less discounts, comps and refunds (4010 to 4990)."),
    Column("cards_cents", "Gift cards", Form.MONEY, "By how much more is owed on them (2200 with 2205)."),
    Column("packages_cents", "Packages", Form.MONEY, "By how much more is owed on them (2210)."),
    Column("credits_cents", "Member credits", Form.MONEY, "By how much more is owed on them (2220)."),
    Column("dues_cents", "Dues paid ahead", Form.MONEY, "By how much they grew (2225)."),
    Column("store_credit_cents", "Store credit", Form.MONEY, "By how much it grew (2230)."),
    Column("deposits_cents", "Deposits", Form.MONEY, "By how much they grew (2240)."),
    Column("receivable_cents", "Not paid yet", Form.MONEY, "By how much less members owe (1200)."),
    Column("cash_basis_cents", "Cash basis", Form.MONEY, "The sum of the columns before it."),
)
PARTS = ("earned_cents", *AHEAD, "receivable_cents")


class CashBasis:
    """REP23, the cash-basis view."""

    code: ClassVar[str] = "REP23"
    slug: ClassVar[str] = "cash-basis"
    group: ClassVar[str] = "Tax"
    title: ClassVar[str] = "Cash-basis view"
    meaning: ClassVar[str] = "What was earned, and by how much more or less clients have paid ahead: the two together."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each month and location with such postings; in one query."""
        rows = list(_rows(asked, using=using))
        drawing = Drawing("Cash basis", height="cash_basis_cents", label="month")
        note = "A view of the same books, which are kept on the accrual basis. Sales tax and tips are in neither."
        sums = total(COLUMNS, rows, month="Total")
        figures = ("earned_cents", "cash_basis_cents")
        return [Table("cash-basis", "By month", COLUMNS, rows, sums, drawing, note, figures)]


def _rows(asked: Asked, *, using: str) -> Iterator[Row]:
    codes = {place.pk: place.code for place in asked.places}
    for month, place, *values in _sums(asked, using=using):
        cells = {name: int(cents) for name, cents in zip(PARTS, values, strict=True)}
        yield Row({"month": month, "location": codes[place], **cells, "cash_basis_cents": sum(cells.values())})


def _sums(asked: Asked, *, using: str) -> "Sequence[tuple[dt.date, int, *tuple[Any, ...]]]":
    """Month and location, and what each column comes to, credits positive."""
    within = Q(entry__business_date__gte=asked.starts_on, entry__business_date__lt=asked.ends_on)
    columns = {"earned_cents": INCOME, **AHEAD, "receivable_cents": OWED}
    every = [account for accounts in columns.values() for account in accounts]
    rows = (
        Posting.objects.using(using)
        .filter(within, account__in=every, location__in=asked.places)
        .order_by()
        .values_list(TruncMonth("entry__business_date"), "location")
        .annotate(**{name: _credited(accounts) for name, accounts in columns.items()})
    )
    return sorted(rows)


def _credited(accounts: Sequence[Account]) -> Any:
    return Coalesce(Sum("amount_cents", filter=Q(account__in=accounts)), 0) * -1
