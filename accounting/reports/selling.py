"""What the reports about sales share: the postings of sales, the lines that are income, and how both are read."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils.module_loading import import_string

from accounting.asked import Asked
from accounting.reports.daily import GIVES, PLACE_OF, TAKES_BACK
from accounting.tables import Cell, Column, Form
from ledger.accounts import Account
from ledger.models import Posting
from memberships.feekinds import MemberFee
from pos.models import RefundLine, Sale, SaleLine
from pos.wares import OverTheCounter

EVENTS = (*GIVES, *TAKES_BACK)
KEPT = (Sale.Status.COMPLETED, Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED)
"""Sales that stand; a void is of the sale's own day, so that both are left out of counts of lines."""
GROSS = tuple(account for account, name in PLACE_OF.items() if name.startswith("gross") or name == "fees_cents")
TAKEN_OFF = (Account.DISCOUNTS, Account.COMPS)
NET = (*GROSS, *TAKEN_OFF, Account.REFUNDS)
"""The accounts whose credits less debits in events of sales are net sales; prepaid value sold is none of them."""

SALES = (
    Column("gross_cents", "Gross", Form.MONEY, "List prices without tax (4010 to 4060)."),
    Column("discount_cents", "Discounts", Form.MONEY, "Taken off list prices, and comps (4900, 4920)."),
    Column("refund_cents", "Refunds", Form.MONEY, "Given back without tax, on the day it was (4910)."),
    Column("net_cents", "Net sales", Form.MONEY, "Gross + discounts + refunds. No prepaid value."),
)


def of_sales(asked: Asked, *, using: str) -> "QuerySet[Posting]":
    """The postings of sales and of what takes them back, on these days at these locations."""
    return Posting.objects.using(using).filter(
        entry__business_date__gte=asked.starts_on,
        entry__business_date__lt=asked.ends_on,
        entry__kind__in=EVENTS,
        location__in=asked.places,
    )


def credited(accounts: Iterable[Account], **more: Any) -> Sum:
    """Credits less debits on these accounts, in cents; None where there are none."""
    return Sum("amount_cents", filter=Q(account__in=list(accounts), **more)) * -1  # type: ignore[return-value]


def sales_by(postings: "QuerySet[Posting]", *names: str) -> Any:
    """Gross, discounts, refunds and net sales, in cents, by these fields of postings, in that order."""
    rows = postings.filter(account__in=NET).order_by().values_list(*names)
    return rows.annotate(
        gross_cents=credited(GROSS),
        discount_cents=credited(TAKEN_OFF),
        refund_cents=credited([Account.REFUNDS]),
        net_cents=credited(NET),
    )


def add(cells: dict[str, Any], names: Sequence[str], values: Sequence[Any]) -> None:
    """Add the values to the cells of these names; None adds nothing."""
    for name, value in zip(names, values, strict=True):
        cells[name] = cells.get(name, 0) + (value or 0)


@cache
def income_kinds() -> tuple[str, ...]:
    """The kinds of lines that are income when they are sold; all others sell prepaid value."""
    kinds = [import_string(path) for path in settings.POS_LINE_KINDS]
    return tuple(kind.code for kind in kinds if issubclass(kind, OverTheCounter | MemberFee))


def lines_sold(asked: Asked, *, using: str) -> "QuerySet[SaleLine]":
    """The lines of the sales that stand, prepaid value too."""
    return SaleLine.objects.using(using).filter(
        sale__business_date__gte=asked.starts_on,
        sale__business_date__lt=asked.ends_on,
        sale__location__in=asked.places,
        sale__status__in=KEPT,
    )


def lines_back(asked: Asked, *, using: str) -> "QuerySet[RefundLine]":
    """The parts of lines that were refunded on these days, whenever they were sold."""
    return RefundLine.objects.using(using).filter(
        refund__business_date__gte=asked.starts_on,
        refund__business_date__lt=asked.ends_on,
        refund__location__in=asked.places,
    )


def share(part: Cell, whole: int) -> Decimal | None:
    """How much of the whole a part is, in per cent with one place; None of nothing."""
    if not whole or not isinstance(part, int):
        return None
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
