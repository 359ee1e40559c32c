"""Sales taken back: void on the same day, refund by line, tip and tender (R2, posting rules 44, 44c, 48)."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, debit
from ledger.models import Entry
from ledger.money import nickel
from pos import approvals, drawer, receipts, tips_owed
from pos.asked import AskedRefund, Desk, fingerprint
from pos.checkout import SameIdOtherContents
from pos.kinds import Back, line_kind, tender_kind
from pos.models import (
    Approval,
    Receipt,
    Refund,
    RefundLine,
    RefundTax,
    RefundTender,
    RefundTip,
    Sale,
    SaleLine,
    Tender,
    Tip,
)
from pos.reversals import NotRefundable, lock_sale, move, note_in_audit, who_and_why
from studio import rights
from studio.models import Location, Right, Staff
from studio.refusal import BadInput, Refusal

ALONE_UP_TO_CENTS = 50_00
ALONE_FOR = dt.timedelta(days=30)
"""Above this amount or after this time a refund needs approval (R2)."""


class MoreThanIsLeft(Refusal):
    """Not so much of it is left to give back."""

    code = "more_than_is_left"


@dataclass
class GivenBack:
    """A refund with its parts, its entry and its receipt."""

    refund: Refund
    lines: list[RefundLine] = field(default_factory=list)
    taxes: list[RefundTax] = field(default_factory=list)
    tips: list[RefundTip] = field(default_factory=list)
    tenders: list[RefundTender] = field(default_factory=list)
    entry: Entry | None = None
    receipt: Receipt | None = None


def refund_sale(
    *,
    sale_id: uuid.UUID,
    refund_id: uuid.UUID,
    asked: AskedRefund,
    desk: Desk,
    now: dt.datetime,
    approval_id: uuid.UUID | None = None,
) -> GivenBack:
    """Give back what is asked, each tender the way it came; the same request again is the same answer."""
    rights.require(desk.staff, Right.REFUND, desk.location)
    sale = lock_sale(sale_id, desk)
    mark = fingerprint(asked)
    known = Refund.objects.filter(pk=refund_id).first()
    if known is not None:
        if (known.sale_id, known.fingerprint) != (sale.pk, mark):
            raise SameIdOtherContents("This refund was already made with other contents.")
        return find_refund(known)
    _must_be_refundable(sale)
    given = _plan(sale, refund_id, asked, desk=desk, now=now)
    given.refund.approver = _approver(given.refund, sale=sale, approval_id=approval_id, desk=desk, now=now)
    return _made(given, sale=sale, mark=mark, desk=desk, now=now)


def refund_by_law(
    *, sale_id: uuid.UUID, refund_id: uuid.UUID, asked: AskedRefund, desk: Desk, now: dt.datetime
) -> GivenBack:
    """Give back what a client has a right to, as when withdrawing within the first days: nobody has to approve it."""
    sale = lock_sale(sale_id, desk)
    _must_be_refundable(sale)
    given = _plan(sale, refund_id, asked, desk=desk, now=now)
    return _made(given, sale=sale, mark=fingerprint(asked), desk=desk, now=now)


def _made(given: GivenBack, *, sale: Sale, mark: str, desk: Desk, now: dt.datetime) -> GivenBack:
    given.refund.fingerprint = mark
    _write(given)
    _finish(given, sale=sale, desk=desk, now=now)
    return given


@dataclass(frozen=True, slots=True)
class Preview:
    """What a refund would do, with nothing written: its parts, its postings, and whether somebody must approve it."""

    given: GivenBack
    lines: list[Line]
    approval_needed: bool


def preview_refund(
    *, sale_id: uuid.UUID, refund_id: uuid.UUID, asked: AskedRefund, desk: Desk, now: dt.datetime
) -> Preview:
    """The exact effect of `refund_sale`, written nowhere (R40)."""
    rights.require(desk.staff, Right.REFUND, desk.location)
    sale = lock_sale(sale_id, desk)
    _must_be_refundable(sale)
    given = _plan(sale, refund_id, asked, desk=desk, now=now)
    asks = needs_approval(given.refund, sale, now=now) and not approvals.may_alone(Approval.Action.REFUND, desk=desk)
    return Preview(given, list(_books(given, now=now)), asks)


def find_refund(refund: Refund) -> GivenBack:
    """A stored refund with its parts and receipt."""
    return GivenBack(
        refund=refund,
        lines=list(refund.lines.select_related("line")),
        taxes=list(refund.taxes.all()),
        tips=list(refund.tips.select_related("tip__therapist")),
        tenders=list(refund.tenders.select_related("tender__charge")),
        receipt=Receipt.objects.select_related("location").filter(refund=refund).first(),
    )


def send_back(given: GivenBack, *, now: dt.datetime) -> bool:
    """Send what goes back by others, between transactions; whether there was any."""
    others = [part for part in given.tenders if tender_kind(part.tender.kind).progress_back(f"refund:{part.pk}")]
    for part in others:
        tender_kind(part.tender.kind).send_back(f"refund:{part.pk}", now=now)
    return bool(others)


def needs_approval(refund: Refund, sale: Sale, *, now: dt.datetime) -> bool:
    """Whether the desk alone is not enough: above $50 of one sale in all, or after 30 days (R2)."""
    assert sale.completed_at is not None  # noqa: S101 - a refundable sale is completed
    back_cents = refund.total_cents + sum(earlier.total_cents for earlier in sale.refunds.all())
    return back_cents > ALONE_UP_TO_CENTS or now - sale.completed_at > ALONE_FOR


def _must_be_refundable(sale: Sale) -> None:
    # Also one whose lines are all back: its tips may have stayed.
    if sale.status not in (Sale.Status.COMPLETED, Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED):
        raise NotRefundable(f"This sale is {sale.get_status_display()}.", sale_status=sale.status)


def _plan(sale: Sale, refund_id: uuid.UUID, asked: AskedRefund, *, desk: Desk, now: dt.datetime) -> GivenBack:
    """All rows of the refund, unsaved."""
    refund = Refund(id=refund_id, sale=sale, **who_and_why(desk, sale.location, now, asked.reason, asked.note))
    given = GivenBack(refund)
    _plan_lines(given, sale, asked, now=now)
    _plan_tips(given, sale, asked)
    refund.net_cents = sum(part.net_cents for part in given.lines)
    refund.tax_cents = sum(part.tax_cents for part in given.lines)
    refund.tip_cents = sum(part.amount_cents for part in given.tips)
    if not given.lines and not given.tips:
        raise BadInput("lines", "Choose what to give back.")
    given.tenders = _plan_tenders(refund, sale, asked, lines=given.lines, desk=desk)
    refund.rounding_cents = sum(part.rounding_cents for part in given.tenders)
    return given


def _plan_lines(given: GivenBack, sale: Sale, asked: AskedRefund, *, now: dt.datetime) -> None:
    """By quantity, each line as much as its kind says (R2)."""
    lines = {line.pk: line for line in sale.lines.prefetch_related("taxes", "refund_lines")}
    if len({part.line_id for part in asked.lines}) != len(asked.lines):
        raise BadInput("lines", "Name each line once.")
    for wish in asked.lines:
        line = lines.get(wish.line_id)
        if line is None:
            raise BadInput("lines", "This line is not on the sale.")
        back = _back(line, wish.quantity, now=now)
        part = RefundLine(refund=given.refund, line=line, quantity=wish.quantity, net_cents=back.net_cents)
        part.tax_cents = sum(back.taxes.values())
        given.lines.append(part)
        given.taxes.extend(
            RefundTax(refund=given.refund, line=line, jurisdiction=place, amount_cents=cents)
            for place, cents in back.taxes.items()
        )


def _back(line: SaleLine, quantity: int, *, now: dt.datetime) -> Back:
    before = sum(part.quantity for part in line.refund_lines.all())
    if quantity <= 0:
        raise BadInput("quantity", "Give back at least one.")
    if before + quantity > line.quantity:
        raise MoreThanIsLeft(f"Only {line.quantity - before} of {line.name} can still be given back.")
    return line_kind(line.kind).back(line, quantity=quantity, before=before, now=now)


def _plan_tips(given: GivenBack, sale: Sale, asked: AskedRefund) -> None:
    tips: dict[uuid.UUID, Tip] = {
        tip.pk: tip for tip in sale.tips.select_related("therapist").prefetch_related("refund_tips")
    }
    for wish in asked.tips:
        tip = tips.pop(wish.tip_id, None)
        if tip is None:
            raise BadInput("tips", "This tip is not on the sale, or named twice.")
        left_cents = tip.amount_cents - sum(part.amount_cents for part in tip.refund_tips.all())
        if wish.amount_cents <= 0:
            raise BadInput("tips", "Give back more than nothing.")
        if wish.amount_cents > left_cents:
            raise MoreThanIsLeft(f"Not that much of the tip for {tip.therapist} can still be given back.")
        borne_cents = _borne(tip, wish.amount_cents, sale.location)
        given.tips.append(
            RefundTip(refund=given.refund, tip=tip, amount_cents=wish.amount_cents, borne_cents=borne_cents)
        )


def _borne(tip: Tip, amount_cents: int, location: Location) -> int:
    """What of a tip that goes back the therapist has been paid already: the house bears it (posting rule 56)."""
    tips_owed.lock(tip.therapist_id)
    return max(0, amount_cents - tips_owed.owed_cents(tip.therapist_id, location))


def _plan_tenders(
    refund: Refund, sale: Sale, asked: AskedRefund, *, lines: Sequence[RefundLine], desk: Desk
) -> list[RefundTender]:
    """Back the way it came: sessions with their lines, then last tender first, at most what is left of each (R2)."""
    settled = sale.tenders.filter(status=Tender.Status.SETTLED).select_related("charge", "line")
    settled = settled.prefetch_related("refund_tenders")
    parts = [
        RefundTender(refund=refund, tender=tender, amount_cents=tender.amount_cents)
        for tender in settled.filter(line__in=[part.line_id for part in lines])
    ]
    left_cents = refund.total_cents - sum(part.amount_cents for part in parts)
    for tender in settled.filter(line=None).order_by("-position"):
        part = _tender_part(refund, tender, left_cents, sale.location)
        if part is None:
            continue
        if tender_kind(tender.kind).gives_back_cash:
            part.drawer_session = drawer.for_cash(desk=desk, session_id=asked.drawer_session_id)
        left_cents -= part.amount_cents - part.rounding_cents
        parts.append(part)
    if left_cents:
        raise MoreThanIsLeft("More than was paid can not be given back.")
    return parts


def _tender_part(refund: Refund, tender: Tender, wanted_cents: int, location: Location) -> RefundTender | None:
    before = list(tender.refund_tenders.all())
    given_before = sum(part.amount_cents for part in before)
    covered_before = given_before - sum(part.rounding_cents for part in before)
    covers_cents = min(wanted_cents, tender.covers_cents - covered_before)
    if covers_cents <= 0:
        return None
    amount_cents = covers_cents
    if covered_before + covers_cents == tender.covers_cents:
        amount_cents = tender.amount_cents - given_before
    elif tender_kind(tender.kind).gives_back_cash and location.cash_rounding == Location.CashRounding.NICKEL:
        # The running total is rounded and not the piece, so that many small pieces do not drift.
        amount_cents = min(nickel(covered_before + covers_cents), tender.amount_cents) - given_before
    return RefundTender(
        refund=refund, tender=tender, amount_cents=amount_cents, rounding_cents=amount_cents - covers_cents
    )


def _approver(
    refund: Refund, *, sale: Sale, approval_id: uuid.UUID | None, desk: Desk, now: dt.datetime
) -> Staff | None:
    if not needs_approval(refund, sale, now=now):
        return None
    return approvals.required(
        Approval.Action.REFUND,
        object_id=sale.pk,
        amount_cents=refund.total_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )


def _write(given: GivenBack) -> None:
    given.refund.save(force_insert=True)
    RefundLine.objects.bulk_create(given.lines)
    RefundTax.objects.bulk_create(given.taxes)
    RefundTip.objects.bulk_create(given.tips)
    RefundTender.objects.bulk_create(given.tenders)


def _finish(given: GivenBack, *, sale: Sale, desk: Desk, now: dt.datetime) -> None:
    """Post, move the sale's state, number the receipt."""
    refund = given.refund
    given.entry = journal.post(
        key=f"refund:{refund.pk}",
        kind="refund",
        location=sale.location,
        occurred_at=now,
        now=now,
        lines=_books(given, now=now),
        made_by=desk.staff,
    )
    move(sale, Sale.Status.REFUNDED if _all_is_back(sale) else Sale.Status.PARTLY_REFUNDED)
    note_in_audit("refund", sale, by=refund, amount_cents=refund.total_cents, now=now)
    given.receipt = receipts.issue(sale=sale, refund=refund, now=now)


def _books(given: GivenBack, *, now: dt.datetime) -> Iterator[Line]:
    """Each line, tax and tip the way it was sold, each tender the way it came."""
    for line in given.lines:
        yield from line_kind(line.line.kind).take_back(line, now=now)
    for tax in given.taxes:
        yield debit(Account.SALES_TAX, tax.amount_cents, jurisdiction=tax.jurisdiction)
    for tip in given.tips:
        yield debit(Account.TIPS, tip.amount_cents - tip.borne_cents, therapist_id=tip.tip.therapist_id)
        yield debit(Account.REFUNDS, tip.borne_cents)
    for tender in given.tenders:
        yield from tender_kind(tender.tender.kind).give_back(tender, now=now)
    yield debit(Account.CASH_ROUNDING, given.refund.rounding_cents)


def _all_is_back(sale: Sale) -> bool:
    """Whether every line came back; tips may stay (R2). A tip-only sale is back with its tips."""
    lines = list(sale.lines.values_list("pk", "quantity"))
    if not lines:
        back = sum(RefundTip.objects.filter(tip__sale=sale).values_list("amount_cents", flat=True))
        return back == sale.tip_cents
    returned: dict[uuid.UUID, int] = defaultdict(int)
    for line_id, quantity in RefundLine.objects.filter(line__sale=sale).values_list("line_id", "quantity"):
        returned[line_id] += quantity
    return all(returned[line_id] == quantity for line_id, quantity in lines)
