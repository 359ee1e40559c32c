"""REP1: what each location sold on each day, and what it took in; from the books, so that every row adds up."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Count, Max, Min, Q, Sum

from accounting.asked import Asked
from accounting.tables import Cell, Column, Drawing, Form, Row, Table, total
from ledger.accounts import Account
from ledger.models import Posting
from pos import takings
from pos.models import DrawerSession, Receipt, Sale, Void

GIVES = ("sale", "no_show")
TAKES_BACK = ("refund", "void", "void_back", "no_show_waived")
"""The events that are sales, and those that take sales back; whatever else is in the books is no sale."""
IN_THE_BOOKS = (
    Sale.Status.COMPLETED,
    Sale.Status.PARTLY_REFUNDED,
    Sale.Status.REFUNDED,
    Sale.Status.VOIDED,
)
Key = tuple[dt.date, int]
"""A business day and the id of a location."""

PLACE_OF, PREPAID = takings.PLACE_OF, takings.PREPAID
SOLD, USED, NET, COLLECTED = takings.SOLD, takings.USED, takings.NET, takings.COLLECTED

COLUMNS = (
    Column("business_date", "Day", Form.DATE),
    Column("location", "Location"),
    Column("tickets", "Sales", Form.COUNT, "Sales that were completed on the day, voided ones too."),
    Column("gross_services_cents", "Services", Form.MONEY, "Treatments at list price without tax (4010)."),
    Column("gross_retail_cents", "Retail", Form.MONEY, "Goods at list price without tax (4020)."),
    Column("fees_cents", "Fees", Form.MONEY, "Membership, no-show and late-cancel fees, service charges (4030–4060)."),
    Column("discounts_cents", "Discounts", Form.MONEY, "What was taken off list prices, and comps (4900, 4920)."),
    Column("refunds_cents", "Refunds", Form.MONEY, "What was given back without tax, on the day it was (4910)."),
    Column("net_cents", "Net sales", Form.MONEY, "Services + retail + fees + discounts + refunds. No prepaid value."),
    Column("tax_cents", "Tax", Form.MONEY, "Sales tax charged less given back (2100)."),
    Column("tips_cents", "Tips", Form.MONEY, "Tips given less given back; they belong to the therapists (2300)."),
    Column("gift_sold_cents", "Gift cards sold", Form.MONEY, "A debt and no revenue (2200)."),
    Column("package_sold_cents", "Packages sold", Form.MONEY, "A debt until the sessions are used (2210)."),
    Column("membership_sold_cents", "Dues paid", Form.MONEY, "Owed as credits and months to come (2220, 2225)."),
    Column("credit_sold_cents", "Credit and deposits in", Form.MONEY, "Store credit and deposits (2230, 2240)."),
    Column("gift_used_cents", "Gift cards used", Form.MONEY, "What cards paid here; negative, for it is no new money."),
    Column("package_used_cents", "Package sessions used", Form.MONEY, "The value of the sessions used."),
    Column("membership_used_cents", "Member credits used", Form.MONEY, "The value of the credits used."),
    Column("credit_used_cents", "Credit and deposits used", Form.MONEY, "What store credit and deposits paid."),
    Column("rounding_cents", "Rounding", Form.MONEY, "What rounding cash added or took off (6070)."),
    Column("other_cents", "Between locations, other", Form.MONEY, "Value sold at another location, and all else."),
    Column("collected_cents", "Collected", Form.MONEY, "The sum of the columns from net sales on; what came in."),
    Column("cash_cents", "Cash", Form.MONEY, "Into less out of drawers for sales (1010)."),
    Column("card_cents", "Card", Form.MONEY, "Charged to cards less what is owed back to them (1100, 2250)."),
    Column("check_cents", "Checks", Form.MONEY, "Paper checks (1030)."),
    Column("terminal_cents", "Other terminal", Form.MONEY, "Charged on a terminal of its own (1120)."),
    Column("voids", "Voids", Form.COUNT, "Sales of the day that were undone."),
    Column("first_receipt", "First receipt"),
    Column("last_receipt", "Last receipt"),
    Column("z", "Z", Form.TEXT, "The numbers of the drawers that were opened on the day and are closed."),
    Column("expected_cents", "Expected in drawers", Form.MONEY, "What those drawers should have held when counted."),
    Column("counted_cents", "Counted", Form.MONEY, "What they did hold."),
    Column("over_short_cents", "Over/short", Form.MONEY, "Counted less expected; negative is short."),
)


class DailySales:
    """REP1, the daily sales summary."""

    code: ClassVar[str] = "REP1"
    slug: ClassVar[str] = "sales"
    group: ClassVar[str] = "Sales"
    title: ClassVar[str] = "Daily sales summary"
    meaning: ClassVar[str] = "What each location sold and took in on each day, with the Z of its drawers."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for every day and location on which something happened."""
        found = sums(asked, using=using)
        for key, cells in (*_tickets(asked, using=using), *_voids(asked, using=using), *_drawers(asked, using=using)):
            found[key].update(cells)
        rows = [_row(key, cells, asked) for key, cells in sorted(found.items())]
        return [
            Table(
                name="days",
                title="By day",
                columns=COLUMNS,
                rows=rows,
                total=total(COLUMNS, rows, business_date="Total"),
                drawing=Drawing("Net sales", height="net_cents", label="business_date"),
                note="Every row adds up: collected is what the columns between net sales and it come to.",
                figures=("net_cents", "tax_cents", "tips_cents", "gift_sold_cents", "collected_cents"),
            )
        ]


def sums(asked: Asked, *, using: str) -> dict[Key, dict[str, Cell]]:
    """The columns of money by day and location, in cents as people read them: what came in is positive."""
    found: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for day, place, kind, account, debits, credits in _postings(asked, using=using):
        _add(found[day, place], kind, Account(account), debits or 0, credits or 0)
    return defaultdict(dict, {key: _complete(cells) for key, cells in found.items()})


def _postings(asked: Asked, *, using: str) -> Any:
    within = Posting.objects.using(using).filter(
        entry__business_date__gte=asked.starts_on,
        entry__business_date__lt=asked.ends_on,
        entry__kind__in=(*GIVES, *TAKES_BACK),
        location__in=asked.places,
    )
    return (
        within.order_by()
        .values_list("entry__business_date", "location_id", "entry__kind", "account")
        .annotate(
            debits=Sum("amount_cents", filter=Q(amount_cents__gt=0)),
            credits=Sum("amount_cents", filter=Q(amount_cents__lt=0)),
        )
    )


def _add(cells: dict[str, int], kind: str, account: Account, debits: int, credits: int) -> None:
    """Put what was posted to one account into its columns."""
    # In a sale a credit sells and a debit uses; what takes a sale back does the reverse of each.
    sold = (credits, debits) if kind in GIVES else (debits, credits)
    takings.add(cells, account, debits, credits, sold=sold)


def _complete(cells: Mapping[str, int]) -> dict[str, Cell]:
    """With zeros where nothing happened, and with the sums."""
    money = {column.name: cells.get(column.name, 0) for column in COLUMNS if column.form == Form.MONEY}
    money["net_cents"] = sum(money[name] for name in NET)
    money["collected_cents"] = sum(money[name] for name in COLLECTED)
    return dict(money)


def _row(key: Key, cells: Mapping[str, Cell], asked: Asked) -> Row:
    day, place_id = key
    place = next(place for place in asked.places if place.pk == place_id)
    behind = f"/reports/entries/?from={day}&to={day}&location={place.code}"
    zeros: dict[str, Cell] = {column.name: 0 for column in COLUMNS if column.form in (Form.MONEY, Form.COUNT)}
    links = {"business_date": behind, **{name: f"{behind}&account={account}" for name, account in _LINKED.items()}}
    return Row({**zeros, **cells, "business_date": day, "location": place.code}, links)


_LINKED = {
    "gross_services_cents": Account.SERVICES.value,
    "gross_retail_cents": Account.RETAIL.value,
    "discounts_cents": Account.DISCOUNTS.value,
    "refunds_cents": Account.REFUNDS.value,
    "tax_cents": Account.SALES_TAX.value,
    "tips_cents": Account.TIPS.value,
    "gift_sold_cents": Account.GIFT_CARDS.value,
    "package_sold_cents": Account.PACKAGES.value,
    "membership_sold_cents": Account.MEMBER_CREDITS.value,
    "cash_cents": Account.CASH_DRAWER.value,
    "card_cents": Account.STRIPE.value,
}
"""The columns behind whose figures the postings of one account stand."""


def _days(asked: Asked) -> Q:
    return Q(business_date__gte=asked.starts_on, business_date__lt=asked.ends_on, location__in=asked.places)


def _tickets(asked: Asked, *, using: str) -> Iterator[tuple[Key, dict[str, Cell]]]:
    """How many sales there were, and the first and last receipt of them."""
    sales = Sale.objects.using(using).filter(_days(asked), status__in=IN_THE_BOOKS).order_by()
    for day, place, n in sales.values_list("business_date", "location_id").annotate(n=Count("pk")):
        yield (day, place), {"tickets": n}
    codes = {place.pk: place.code for place in asked.places}
    receipts = Receipt.objects.using(using).filter(
        sale__business_date__gte=asked.starts_on,
        sale__business_date__lt=asked.ends_on,
        location__in=asked.places,
        refund=None,
    )
    numbers = receipts.order_by().values_list("sale__business_date", "location_id")
    for day, place, first, last in numbers.annotate(first=Min("number"), last=Max("number")):
        code = codes[place]
        yield (day, place), {"first_receipt": f"{code}-{first:06}", "last_receipt": f"{code}-{last:06}"}


def _voids(asked: Asked, *, using: str) -> Iterator[tuple[Key, dict[str, Cell]]]:
    found = Void.objects.using(using).filter(_days(asked)).order_by()
    for day, place, n in found.values_list("business_date", "location_id").annotate(n=Count("pk")):
        yield (day, place), {"voids": n}


def _drawers(asked: Asked, *, using: str) -> Iterator[tuple[Key, dict[str, Cell]]]:
    """The closed drawers of each day, together."""
    closed = DrawerSession.objects.using(using).filter(_days(asked), status=DrawerSession.Status.CLOSED)
    by_day: dict[Key, list[DrawerSession]] = defaultdict(list)
    for session in closed.order_by("z_number"):
        by_day[session.business_date, session.location_id].append(session)
    for key, sessions in by_day.items():
        yield (
            key,
            {
                "z": ", ".join(str(session.z_number) for session in sessions),
                "expected_cents": sum(session.expected_cents or 0 for session in sessions),
                "counted_cents": sum(session.counted_cents or 0 for session in sessions),
                "over_short_cents": sum(session.over_short_cents or 0 for session in sessions),
            },
        )
