"""A sale as the tablet sees it, built from the basket in memory; the same sale always gives the same answer."""

from collections.abc import Iterable
from typing import Annotated, TypedDict

from api.answers.receipts import ReceiptAnswer, receipt_answer
from api.answers.reductions import DiscountAnswer, ExemptionAnswer, discount_answers, exemption_answer
from api.answers.refunds import Aftermath, RefundAnswer, VoidAnswer, void_answer
from api.answers.values import (
    ChargeAnswer,
    Day,
    Moment,
    Person,
    Rate,
    Rehearsal,
    Uuid,
    charge_answer,
    day_or_none,
    decimal,
    moment,
    moment_or_none,
    person,
    person_or_none,
)
from pos import cautions
from pos.basket import Basket, progress_of
from pos.cautions import Caution
from pos.kinds import tender_kind
from pos.models import Client, Sale, SaleLine, SaleTax, TaxCategory, Tender, Tip
from pos.pricing import TipSuggestion, suggest_tips
from studio.models import Staff


class SaleClient(TypedDict):
    """Who the sale is for; the name is empty for a person without the right to see clients."""

    id: Uuid
    name: str


class CoverAnswer(TypedDict):
    """What pays for a line: `covered_cents` of it, with `upcharge_cents` to be paid on top."""

    kind: str
    name: str
    instrument: str
    covered_cents: int
    upcharge_cents: int


class LineAnswer(TypedDict):
    """A position of a sale; `why` says why it costs what it does, `refundable_quantity` what can still come back."""

    id: Uuid
    position: int
    kind: str
    item: str | None
    name: str
    category: str
    tax_category: Annotated[str, TaxCategory]
    therapist: Person | None
    quantity: int
    unit_cents: int
    list_cents: int
    discount_cents: int
    net_cents: int
    tax_cents: int
    paid_cents: int
    why: str
    instrument: str
    reference: str
    cover: CoverAnswer | None
    refundable_quantity: int


class TaxAnswer(TypedDict):
    """The tax of one jurisdiction at one rate; 0.0725 is 7.25 %."""

    jurisdiction: str
    rate: Rate
    amount_cents: int


class TipAnswer(TypedDict):
    """A therapist's tip, and what of it can still come back."""

    id: Uuid
    therapist: Person
    amount_cents: int
    refundable_cents: int


class TipShare(TypedDict):
    """One therapist's share of a suggested tip."""

    therapist: Person
    amount_cents: int


class TipSuggestionAnswer(TypedDict):
    """A percentage of the services' list price, and what it comes to."""

    percent: int
    amount_cents: int
    shares: list[TipShare]


class TenderAnswer(TypedDict):
    """A way in which the sale is paid; `amount_cents` counts, `change_cents` was given back at once."""

    id: Uuid
    kind: str
    status: Annotated[str, Tender.Status]
    amount_cents: int
    tendered_cents: int
    change_cents: int
    rounding_cents: int
    reference: str
    instrument: str
    line: Uuid | None
    charge: ChargeAnswer | None


class SwapAnswer(TypedDict):
    """A treatment at the same price that the client can have without a check."""

    item: str
    name: str
    price_cents: int


class WarningAnswer(TypedDict):
    """What is to be heeded about a line; it never says why. While `open`, the sale can not be paid (R36).

    `therapist_check` waits for a therapist's PIN or a swap, and names the therapist who said OK; `ask_therapist` is a
    hint only.
    """

    code: str
    line: Uuid
    sentence: str
    open: bool
    settled_by: Person | None
    swaps: list[SwapAnswer]


class SaleAnswer(Rehearsal):
    """A sale with all that is on it.

    `device` is the tablet that changed it last, null for a program, and `changed_by` who did. `total_cents` is before
    cash rounding; `cash_due_cents` is what is due in cash.
    """

    id: Uuid
    status: Annotated[str, Sale.Status]
    revision: int
    label: str
    parked_at: Moment | None
    location: str
    client: SaleClient | None
    opened_at: Moment
    completed_at: Moment | None
    business_date: Day | None
    opened_by: Person
    device: str | None
    changed_by: Person
    completed_by: Person | None
    lines: list[LineAnswer]
    discounts: list[DiscountAnswer]
    taxes: list[TaxAnswer]
    tax_exemption: ExemptionAnswer | None
    tips: list[TipAnswer]
    tip_suggestions: list[TipSuggestionAnswer]
    tenders: list[TenderAnswer]
    warnings: list[WarningAnswer]
    list_cents: int
    discount_cents: int
    net_cents: int
    tax_cents: int
    tip_cents: int
    rounding_cents: int
    total_cents: int
    due_cents: int
    cash_due_cents: int
    change_cents: int
    receipt: ReceiptAnswer | None
    refunds: list[RefundAnswer]
    void: VoidAnswer | None


def sale_answer(basket: Basket) -> SaleAnswer:
    """The whole sale; no query unless something of it was taken back, or it is open and has a client."""
    sale = basket.sale
    after = Aftermath.of(sale)
    return {
        "id": str(sale.pk),
        "status": sale.status,
        "revision": sale.revision,
        "label": sale.label,
        "parked_at": moment_or_none(sale.parked_at),
        "location": sale.location.code,
        "client": client_of(sale.client),
        "opened_at": moment(sale.opened_at),
        "completed_at": moment_or_none(sale.completed_at),
        "business_date": day_or_none(sale.business_date),
        "opened_by": person(sale.opened_by),
        "device": device_of(sale),
        "changed_by": person(sale.changed_by or sale.opened_by),
        "completed_by": person_or_none(sale.completed_by),
        "lines": _lines(basket, after),
        "discounts": discount_answers(basket),
        "taxes": _taxes(basket.taxes),
        "tax_exemption": exemption_answer(sale),
        "tips": [_tip(tip, after) for tip in _in_order(basket)],
        "tip_suggestions": [_suggestion(suggestion) for suggestion in suggest_tips(basket.lines)],
        "tenders": [_tender(tender) for tender in basket.tenders],
        "warnings": [_warning(caution) for caution in _cautions(basket)],
        "list_cents": sale.list_cents,
        "discount_cents": sale.discount_cents,
        "net_cents": sale.net_cents,
        "tax_cents": sale.tax_cents,
        "tip_cents": sale.tip_cents,
        "rounding_cents": sale.rounding_cents,
        "total_cents": sale.total_cents,
        "due_cents": _due(basket),
        "cash_due_cents": basket.cash_due_cents if sale.status == Sale.Status.OPEN else 0,
        "change_cents": basket.change_cents,
        "receipt": receipt_answer(basket.receipt) if basket.receipt else None,
        "refunds": after.refunds,
        "void": void_answer(after.void) if after.void else None,
    }


def client_of(client: Client | None) -> SaleClient | None:
    return {"id": str(client.pk), "name": client.name} if client is not None else None


def device_of(sale: Sale) -> str | None:
    """The name of the tablet that changed it last."""
    return sale.device.name if sale.device is not None else None


def _cautions(basket: Basket) -> list[Caution]:
    """As of the last request that changed the sale; nothing is to be heeded any more once it has ended."""
    sale = basket.sale
    if sale.status not in (Sale.Status.OPEN, Sale.Status.PARKED):
        return []
    return cautions.about(basket, on=sale.location.business_date(sale.last_request_at))


def _warning(caution: Caution) -> WarningAnswer:
    return {
        "code": caution.code,
        "line": str(caution.line_id),
        "sentence": caution.sentence,
        "open": caution.is_open,
        "settled_by": person_or_none(caution.settled_by),
        "swaps": [{"item": swap.item, "name": swap.name, "price_cents": swap.price_cents} for swap in caution.swaps],
    }


def _due(basket: Basket) -> int:
    """Nothing is due any more on a sale that has ended, however it ended."""
    return basket.due_cents if basket.sale.status in (Sale.Status.OPEN, Sale.Status.PARKED) else 0


def _lines(basket: Basket, after: Aftermath) -> list[LineAnswer]:
    covers = {tender.line_id: tender for tender in basket.covers}
    return [_line(line, covers.get(line.pk), after) for line in basket.lines]


def _line(line: SaleLine, cover: Tender | None, after: Aftermath) -> LineAnswer:
    return {
        "id": str(line.pk),
        "position": line.position,
        "kind": line.kind,
        "item": line.item.code if line.item else None,
        "name": line.name,
        "category": line.category,
        "tax_category": line.tax_category,
        "therapist": person_or_none(line.therapist),
        "quantity": line.quantity,
        "unit_cents": line.unit_cents,
        "list_cents": line.list_cents,
        "discount_cents": line.discount_cents,
        "net_cents": line.net_cents,
        "tax_cents": line.tax_cents,
        "paid_cents": line.paid_cents,
        "why": line.why,
        "instrument": line.instrument,
        "reference": line.reference,
        "cover": _cover(line, cover) if cover else None,
        "refundable_quantity": after.quantity_left(line),
    }


def _cover(line: SaleLine, cover: Tender) -> CoverAnswer:
    return {
        "kind": cover.kind,
        "name": tender_kind(cover.kind).name,
        "instrument": cover.instrument,
        "covered_cents": line.covered_cents or 0,
        "upcharge_cents": line.upcharge_cents,
    }


def _taxes(taxes: Iterable[SaleTax]) -> list[TaxAnswer]:
    sums: dict[tuple[str, str], int] = {}
    for tax in taxes:
        key = (tax.jurisdiction, decimal(tax.rate))
        sums[key] = sums.get(key, 0) + tax.amount_cents
    return [
        {"jurisdiction": jurisdiction, "rate": rate, "amount_cents": cents}
        for (jurisdiction, rate), cents in sorted(sums.items())
    ]


def _in_order(basket: Basket) -> list[Tip]:
    """In the order in which the therapists stand on the lines; then those who are only tipped."""
    served: dict[Staff | None, int] = {}
    for line in basket.lines:
        served.setdefault(line.therapist, line.position)
    last = len(basket.lines)
    return sorted(basket.tips, key=lambda tip: (served.get(tip.therapist, last), tip.therapist_id))


def _tip(tip: Tip, after: Aftermath) -> TipAnswer:
    return {
        "id": str(tip.pk),
        "therapist": person(tip.therapist),
        "amount_cents": tip.amount_cents,
        "refundable_cents": after.tip_left(tip),
    }


def _suggestion(suggestion: TipSuggestion) -> TipSuggestionAnswer:
    return {
        "percent": suggestion.percent,
        "amount_cents": suggestion.amount_cents,
        "shares": [{"therapist": person(staff), "amount_cents": cents} for staff, cents in suggestion.shares],
    }


def _tender(tender: Tender) -> TenderAnswer:
    return {
        "id": str(tender.pk),
        "kind": tender.kind,
        "status": tender.status,
        "amount_cents": tender.amount_cents,
        "tendered_cents": tender.tendered_cents,
        "change_cents": tender.change_cents,
        "rounding_cents": tender.rounding_cents,
        "reference": tender.reference,
        "instrument": tender.instrument,
        "line": str(tender.line_id) if tender.line_id else None,
        "charge": charge_answer(progress_of(tender)),
    }
