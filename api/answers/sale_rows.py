"""Sales in a list: one short row each, read in a fixed number of queries."""

from typing import Annotated, TypedDict

from django.db.models import Prefetch, QuerySet

from api.answers.sales import SaleClient, client_of
from api.answers.values import Moment, Person, Uuid, moment, moment_or_none, person
from pos.models import Receipt, Sale, SaleLine, Tender

SHOWN = 3
"""Lines that a summary names; of the others it says how many."""


class SaleRow(TypedDict):
    """A sale in a list; `tenders` are the kinds that paid it."""

    id: Uuid
    status: Annotated[str, Sale.Status]
    client: SaleClient | None
    total_cents: int
    label: str
    parked_at: Moment | None
    opened_at: Moment
    opened_by: Person
    completed_at: Moment | None
    receipt_title: str | None
    tenders: list[str]
    lines_summary: str


class SalePage(TypedDict):
    """A page of sales, newest first."""

    next: str | None
    previous: str | None
    results: list[SaleRow]


def with_parts(sales: QuerySet[Sale]) -> QuerySet[Sale]:
    """The sales with what a row shows, in three more queries for all of them."""
    own = Receipt.objects.filter(refund=None).select_related("location")
    return sales.select_related("client", "opened_by").prefetch_related(
        Prefetch("lines", SaleLine.objects.order_by("position").only("sale", "name", "quantity")),
        Prefetch("tenders", Tender.objects.exclude(status=Tender.Status.RELEASED).order_by("position")),
        Prefetch("receipts", own, to_attr="own_receipts"),
    )


def sale_row(sale: Sale) -> SaleRow:
    """A sale that was read `with_parts`."""
    receipts: list[Receipt] = sale.own_receipts  # type: ignore[attr-defined]  # prefetched by with_parts()
    return {
        "id": str(sale.pk),
        "status": sale.status,
        "client": client_of(sale.client),
        "total_cents": sale.total_cents,
        "label": sale.label,
        "parked_at": moment_or_none(sale.parked_at),
        "opened_at": moment(sale.opened_at),
        "opened_by": person(sale.opened_by),
        "completed_at": moment_or_none(sale.completed_at),
        "receipt_title": receipts[0].title if receipts else None,
        "tenders": list(dict.fromkeys(tender.kind for tender in sale.tenders.all())),
        "lines_summary": _summary(list(sale.lines.all())),
    }


def _summary(lines: list[SaleLine]) -> str:
    named = [line.name if line.quantity == 1 else f"{line.quantity} × {line.name}" for line in lines[:SHOWN]]
    more = len(lines) - SHOWN
    return ", ".join([*named, f"{more} more"] if more > 0 else named)
