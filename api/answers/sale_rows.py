"""Sales in a list: one short row each, read in a fixed number of queries."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypedDict

from django.db.models import F, Prefetch, QuerySet, Sum

from api.answers.sales import SaleClient, client_of, device_of
from api.answers.values import Day, Moment, Person, Uuid, day_or_none, moment, moment_or_none, person
from pos.cardwords import states_back
from pos.models import Receipt, Refund, RefundTender, Sale, SaleLine, Tender

SHOWN = 3
"""Lines that a summary names; of the others it says how many."""


SLOWEST_FIRST = ("failed", "sending", "on_its_way", "paid_otherwise", "given_back")
TAKEN_BACK = (Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED, Sale.Status.VOIDED)


@dataclass(frozen=True, slots=True)
class Back:
    """What was taken back of a sale, in cents, and how far its way to a card is."""

    cents: int
    card: str


NOTHING = Back(0, "")


class SaleRow(TypedDict):
    """A sale in a list; `tenders` are the kinds that paid it.

    `device` is the tablet that changed it last, null for a program, and `changed_by` who did.
    `back_cents` is what was refunded or voided of it, `card_back` how far the slowest part is that goes back to a card.
    """

    id: Uuid
    status: Annotated[str, Sale.Status]
    client: SaleClient | None
    total_cents: int
    label: str
    parked_at: Moment | None
    opened_at: Moment
    opened_by: Person
    device: str | None
    changed_by: Person
    completed_at: Moment | None
    business_date: Day | None
    back_cents: int
    card_back: str
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
    return sales.select_related("client", "device", "opened_by", "changed_by").prefetch_related(
        Prefetch("lines", SaleLine.objects.order_by("position").only("sale", "name", "quantity")),
        Prefetch("tenders", Tender.objects.exclude(status=Tender.Status.RELEASED).order_by("position")),
        Prefetch("receipts", own, to_attr="own_receipts"),
    )


def sale_rows(sales: Sequence[Sale]) -> list[SaleRow]:
    """Sales that were read `with_parts`, in their order; three more queries when some were taken back."""
    backs = _backs(sales)
    return [_row(sale, backs.get(sale.pk, NOTHING)) for sale in sales]


def _row(sale: Sale, back: Back) -> SaleRow:
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
        "device": device_of(sale),
        "changed_by": person(sale.changed_by or sale.opened_by),
        "completed_at": moment_or_none(sale.completed_at),
        "business_date": day_or_none(sale.business_date),
        "back_cents": back.cents,
        "card_back": back.card,
        "receipt_title": receipts[0].title if receipts else None,
        "tenders": list(dict.fromkeys(tender.kind for tender in sale.tenders.all())),
        "lines_summary": _summary(list(sale.lines.all())),
    }


def _backs(sales: Sequence[Sale]) -> dict[uuid.UUID, Back]:
    taken = [sale for sale in sales if sale.status in TAKEN_BACK]
    if not taken:
        return {}
    given = dict(
        Refund.objects.filter(sale__in=taken)
        .order_by()
        .values_list("sale")
        .annotate(back=Sum(F("net_cents") + F("tax_cents") + F("tip_cents") + F("rounding_cents")))
    )
    cards = _cards_back(taken)
    return {
        sale.pk: Back(
            sale.total_cents + sale.rounding_cents if sale.status == Sale.Status.VOIDED else given.get(sale.pk, 0),
            cards.get(sale.pk, ""),
        )
        for sale in taken
    }


def _cards_back(taken: Sequence[Sale]) -> dict[uuid.UUID, str]:
    """By sale, how far the slowest part is that goes back to a card."""
    parts = RefundTender.objects.filter(refund__sale__in=taken, tender__charge__isnull=False)
    owners = {f"refund:{pk}": sale_id for pk, sale_id in parts.values_list("pk", "refund__sale")}
    voided = Tender.objects.filter(sale__in=taken, status=Tender.Status.GIVEN_BACK, charge__isnull=False)
    owners |= {f"void:{pk}": sale_id for pk, sale_id in voided.values_list("pk", "sale")}
    states: dict[uuid.UUID, list[str]] = defaultdict(list)
    for owner, state in states_back(owners).items() if owners else ():
        states[owners[owner]].append(state)
    return {sale_id: min(found, key=SLOWEST_FIRST.index) for sale_id, found in states.items()}


def _summary(lines: list[SaleLine]) -> str:
    named = [line.name if line.quantity == 1 else f"{line.quantity} × {line.name}" for line in lines[:SHOWN]]
    more = len(lines) - SHOWN
    return ", ".join([*named, f"{more} more"] if more > 0 else named)
