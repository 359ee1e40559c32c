"""REP4: how sales were paid; amounts from the books, counts and change from the tenders."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import Count, F, Q, Sum

from accounting.asked import Asked
from accounting.reports.daily import GIVES
from accounting.reports.selling import EVENTS, add
from accounting.reports.tip_shares import tip_shares
from accounting.tables import Column, Drawing, Form, Row, Table, total
from ledger.models import Posting
from pos.kinds import tender_kinds
from pos.models import Tender

SALES, VOIDS, BACK = "sales_cents", "voided_cents", "refunds_cents"
COLUMNS = (
    Column("tender", "Tender"),
    Column("count", "Times", Form.COUNT, "Tenders of completed sales, voided ones too."),
    Column(SALES, "Sales", Form.MONEY, "What it paid, tax, tips and prepaid value included."),
    Column(VOIDS, "Voided", Form.MONEY, "Of it undone on the same day."),
    Column(BACK, "Refunds", Form.MONEY, "Given back the way it came; what was paid by check goes back in cash."),
    Column("net_cents", "Net", Form.MONEY, "Sales + voided + refunds."),
    Column("tips_cents", "Tips within", Form.MONEY, "Shared out over what paid a sale; sessions and credits pay none."),
    Column("change_cents", "Change given", Form.MONEY),
)


class SalesByTender:
    """REP4, sales by tender."""

    code: ClassVar[str] = "REP4"
    slug: ClassVar[str] = "tenders"
    group: ClassVar[str] = "Sales"
    title: ClassVar[str] = "Sales by tender"
    meaning: ClassVar[str] = "What was paid in cash, by card, with gift cards and with sessions, and what went back."
    filters: ClassVar[tuple[str, ...]] = ("tender",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each way to pay that was used, in the order of the settings."""
        found: dict[str, dict[str, Any]] = defaultdict(dict)
        for kind, values in (*_books(asked, using=using), *_counted(asked, using=using), *_tips(asked, using=using)):
            add(found[kind], list(values), list(values.values()))
        wanted = asked.chosen.get("tender")
        kinds = [kind for kind in tender_kinds() if kind.code in found and wanted in (None, kind.code)]
        zeros = {column.name: 0 for column in COLUMNS if column.name != "tender"}
        rows = [
            Row({**zeros, **found[kind.code], "tender": kind.name, "net_cents": _net(found[kind.code])})
            for kind in kinds
        ]
        drawing = Drawing("Net", height="net_cents", label="tender")
        return [Table("tenders", "By tender", COLUMNS, rows, total(COLUMNS, rows, tender="Total"), drawing)]


def _net(cells: dict[str, Any]) -> int:
    return sum(cells.get(name, 0) for name in (SALES, VOIDS, BACK))


def _books(asked: Asked, *, using: str) -> Iterator[tuple[str, dict[str, int]]]:
    """Debits less credits by tender; value sold elsewhere counts at the location where it paid."""
    postings = Posting.objects.using(using).filter(
        entry__business_date__gte=asked.starts_on,
        entry__business_date__lt=asked.ends_on,
        entry__location__in=asked.places,
        entry__kind__in=EVENTS,
    )
    names = {"refund": BACK, **dict.fromkeys(GIVES, SALES)}
    rows = postings.exclude(tender="").order_by().values_list("tender", "entry__kind")
    for tender, kind, cents in rows.annotate(cents=Sum("amount_cents")):
        yield tender, {names.get(kind, VOIDS): cents}


def _counted(asked: Asked, *, using: str) -> Iterator[tuple[str, dict[str, int]]]:
    tenders = Tender.objects.using(using).filter(
        Q(status=Tender.Status.SETTLED) | Q(status=Tender.Status.GIVEN_BACK),
        sale__business_date__gte=asked.starts_on,
        sale__business_date__lt=asked.ends_on,
        sale__location__in=asked.places,
    )
    rows = tenders.order_by().values_list("kind")
    for kind, n, change in rows.annotate(n=Count("pk"), change=Sum(F("tendered_cents") - F("amount_cents"))):
        yield kind, {"count": n, "change_cents": change}


def _tips(asked: Asked, *, using: str) -> Iterator[tuple[str, dict[str, int]]]:
    for _, _, kind, cents in tip_shares(asked, using=using):
        yield kind, {"tips_cents": cents}
