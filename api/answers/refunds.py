"""What became of a sale: its refunds and its void, and what of it can still come back."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Annotated, Self, TypedDict

from api.answers.receipts import ReceiptAnswer, receipt_answer
from api.answers.values import (
    ChargeAnswer,
    Moment,
    Person,
    Rehearsal,
    Uuid,
    charge_answer,
    moment,
    person,
    person_or_none,
)
from pos.kinds import tender_kind
from pos.models import Refund, RefundLine, RefundTender, RefundTip, Sale, SaleLine, Tip, Void
from pos.refunds import GivenBack


class RefundLineAnswer(TypedDict):
    """How much of a line came back."""

    line: Uuid
    name: str
    quantity: int
    net_cents: int
    tax_cents: int


class RefundTipAnswer(TypedDict):
    """How much of a tip came back."""

    tip: Uuid
    therapist: Person
    amount_cents: int


class RefundTenderAnswer(TypedDict):
    """What went back the way a tender came; cash rounding is in it."""

    kind: str
    name: str
    amount_cents: int
    reference: str
    charge: ChargeAnswer | None


class RefundAnswer(Rehearsal):
    """A refund; `total_cents` is before cash rounding."""

    id: Uuid
    sale: Uuid
    reason: Annotated[str, Refund.Reason]
    note: str
    occurred_at: Moment
    requested_by: Person
    approver: Person | None
    lines: list[RefundLineAnswer]
    tips: list[RefundTipAnswer]
    tenders: list[RefundTenderAnswer]
    net_cents: int
    tax_cents: int
    tip_cents: int
    rounding_cents: int
    total_cents: int
    receipt: ReceiptAnswer | None


class VoidAnswer(TypedDict):
    """A whole sale undone on its own day."""

    reason: Annotated[str, Void.Reason]
    note: str
    occurred_at: Moment
    requested_by: Person
    approver: Person | None


@dataclass
class Aftermath:
    """The refunds and the void of one sale, read once."""

    sale: Sale
    refunds: list[RefundAnswer] = field(default_factory=list)
    void: Void | None = None
    quantities: dict[uuid.UUID, int] = field(default_factory=lambda: defaultdict(int))
    tips: dict[uuid.UUID, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, sale: Sale) -> Self:
        """What became of the sale; its status tells whether there is anything to read."""
        after = cls(sale)
        if sale.status in (Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED):
            for refund in _refunds(sale):
                after._add(stored(refund))
        elif sale.status == Sale.Status.VOIDED:
            after.void = Void.objects.select_related("requested_by", "approver").get(sale=sale)
        return after

    def quantity_left(self, line: SaleLine) -> int:
        return line.quantity - self.quantities[line.pk] if self._is_refundable else 0

    def tip_left(self, tip: Tip) -> int:
        return tip.amount_cents - self.tips[tip.pk] if self._is_refundable else 0

    @property
    def _is_refundable(self) -> bool:
        return self.sale.status in (Sale.Status.COMPLETED, Sale.Status.PARTLY_REFUNDED)

    def _add(self, given: GivenBack) -> None:
        self.refunds.append(refund_answer(given))
        for part in given.lines:
            self.quantities[part.line_id] += part.quantity
        for tip in given.tips:
            self.tips[tip.tip_id] += tip.amount_cents


def stored(refund: Refund) -> GivenBack:
    """A refund that was read with its parts."""
    return GivenBack(
        refund=refund,
        lines=list(refund.lines.all()),
        tips=list(refund.tips.all()),
        tenders=list(refund.tenders.all()),
        receipt=getattr(refund, "receipt", None),
    )


def refund_answer(given: GivenBack) -> RefundAnswer:
    """A refund with its parts, in an order that the stored rows give too."""
    refund = given.refund
    return {
        "id": str(refund.pk),
        "sale": str(refund.sale_id),
        "reason": refund.reason,
        "note": refund.note,
        "occurred_at": moment(refund.occurred_at),
        "requested_by": person(refund.requested_by),
        "approver": person_or_none(refund.approver),
        "lines": [_line(part) for part in sorted(given.lines, key=lambda part: part.line.position)],
        "tips": [_tip(part) for part in sorted(given.tips, key=lambda part: part.tip.therapist_id)],
        "tenders": [_tender(part) for part in sorted(given.tenders, key=lambda part: -part.tender.position)],
        "net_cents": refund.net_cents,
        "tax_cents": refund.tax_cents,
        "tip_cents": refund.tip_cents,
        "rounding_cents": refund.rounding_cents,
        "total_cents": refund.total_cents,
        "receipt": receipt_answer(given.receipt) if given.receipt else None,
    }


def void_answer(void: Void) -> VoidAnswer:
    return {
        "reason": void.reason,
        "note": void.note,
        "occurred_at": moment(void.occurred_at),
        "requested_by": person(void.requested_by),
        "approver": person_or_none(void.approver),
    }


def _refunds(sale: Sale) -> list[Refund]:
    """All refunds of a sale with their parts, in a fixed number of queries."""
    related = ("requested_by", "approver", "receipt__location")
    parts = ("lines__line", "tips__tip__therapist", "tenders__tender__charge")
    return list(sale.refunds.select_related(*related).prefetch_related(*parts))


def _line(part: RefundLine) -> RefundLineAnswer:
    return {
        "line": str(part.line_id),
        "name": part.line.name,
        "quantity": part.quantity,
        "net_cents": part.net_cents,
        "tax_cents": part.tax_cents,
    }


def _tip(part: RefundTip) -> RefundTipAnswer:
    return {"tip": str(part.tip_id), "therapist": person(part.tip.therapist), "amount_cents": part.amount_cents}


def _tender(part: RefundTender) -> RefundTenderAnswer:
    kind = part.tender.kind
    return {
        "kind": kind,
        "name": tender_kind(kind).name,
        "amount_cents": part.amount_cents,
        "reference": part.tender.reference,
        "charge": charge_answer(tender_kind(kind).progress_back(f"refund:{part.pk}")),
    }
