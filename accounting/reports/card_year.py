"""REP18: what Stripe reports on form 1099-K, month by month, beside the sales that it came from."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import Q, Sum

from accounting.asked import Asked
from accounting.reports.daily import PREPAID
from accounting.reports.selling import NET, add, credited, of_sales
from accounting.tables import Column, Drawing, Form, Row, Table, total
from ledger.accounts import Account
from ledger.money import share_out
from payments.models import BalanceTransaction

BY_CARD = (Account.STRIPE, Account.REFUNDS_PAYABLE)
PARTS = ("revenue_cents", "tax_cents", "tips_cents", "prepaid_cents")
CHARGES = ("charge", "partial_capture_reversal")
COLUMNS = (
    Column("month", "Month from", Form.DATE),
    Column("gross_cents", "Gross charges", Form.MONEY, "As Stripe says; refunds, fees and disputes are not taken off."),
    Column(
        "sold_cents", "Sold by card", Form.MONEY, "What card tenders paid for; voided sales too, for they were charged."
    ),
    Column("revenue_cents", "Of it sales", Form.MONEY, "A card that paid a part of a sale paid that part of each."),
    Column("tax_cents", "Of it tax", Form.MONEY),
    Column("tips_cents", "Of it tips", Form.MONEY),
    Column("prepaid_cents", "Of it prepaid sold", Form.MONEY),
    Column("other_cents", "Difference", Form.MONEY, "Charged without a sale, or known to Stripe in another month."),
    Column("refunds_cents", "Refunds", Form.MONEY, "Below the line: form 1099-K does not take them off."),
    Column("fees_cents", "Fees", Form.MONEY, "Below the line, too."),
)
Months = dict[dt.date, dict[str, Any]]


class CardYear:
    """REP18, the bridge to form 1099-K."""

    code: ClassVar[str] = "REP18"
    slug: ClassVar[str] = "1099-k"
    group: ClassVar[str] = "Tax"
    title: ClassVar[str] = "Form 1099-K by month"
    meaning: ClassVar[str] = (
        "Gross card charges as Stripe reports them, and the sales, tax, tips and value behind them."
    )
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each month of the range."""
        found: Months = {month: {c.name: 0 for c in COLUMNS[1:]} for month, _ in _months(asked)}
        _add_charges(found, asked, using=using)
        for month, cents, parts in _sold(asked, using=using):
            add(found[month], ("sold_cents", *PARTS), (cents, *parts))
        rows = [
            Row({**cells, "month": month, "other_cents": cells["gross_cents"] - cells["sold_cents"]})
            for month, cells in found.items()
        ]
        drawing = Drawing("Gross charges", height="gross_cents", label="month")
        return [Table("months", "By month", COLUMNS, rows, total(COLUMNS, rows, month="Total"), drawing)]


def _months(asked: Asked) -> Iterator[tuple[dt.date, tuple[dt.date, dt.date]]]:
    """Each month that the range touches, by its first day, with its days within the range."""
    starts_on = asked.starts_on
    while starts_on < asked.ends_on:
        month = starts_on.replace(day=1)
        ends_on = min((month + dt.timedelta(days=31)).replace(day=1), asked.ends_on)
        yield month, (starts_on, ends_on)
        starts_on = ends_on


def _add_charges(found: Months, asked: Asked, *, using: str) -> None:
    """Charges, refunds and fees as Stripe moved them, by the business day of their location; a query for each."""
    for place in asked.places:
        sums: dict[str, Sum] = {}
        for n, (_, (first, after)) in enumerate(_months(asked)):
            within = Q(created_at__gte=place.day_bounds(first)[0], created_at__lt=place.day_bounds(after)[0])
            sums[f"gross_{n}"] = Sum("amount_cents", filter=within & Q(category__in=CHARGES), default=0)
            back = within & Q(category__in=("refund", "refund_failure"))
            sums[f"refunds_{n}"] = Sum("amount_cents", filter=back, default=0)
            sums[f"fees_{n}"] = Sum("fee_cents", filter=within, default=0)
        told = BalanceTransaction.objects.using(using).filter(location=place).aggregate(**sums)
        for n, (month, _) in enumerate(_months(asked)):
            values = (told[f"gross_{n}"], told[f"refunds_{n}"], -told[f"fees_{n}"])
            add(found[month], ("gross_cents", "refunds_cents", "fees_cents"), values)


def _sold(asked: Asked, *, using: str) -> Iterator[tuple[dt.date, int, list[int]]]:
    """The month of each sale that a card paid for, how much of it, and what that was for."""
    sold = of_sales(asked, using=using).filter(entry__kind="sale")
    paid = sold.filter(account__in=BY_CARD).values("entry_id")
    rows = sold.filter(entry_id__in=paid).order_by().values_list("entry_id", "entry__business_date")
    for _, day, card, *parts in rows.annotate(
        card=Sum("amount_cents", filter=Q(account__in=BY_CARD)),
        revenue=credited(NET),
        tax=credited([Account.SALES_TAX]),
        tips=credited([Account.TIPS]),
        prepaid=credited(PREPAID, amount_cents__lt=0),
    ).iterator(chunk_size=2000):
        weights = [max(0, part or 0) for part in parts]
        yield day.replace(day=1), card, share_out(card, weights)
