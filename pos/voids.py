"""A whole sale undone on its own day; the books get the exact mirror (R2, posting rule 48)."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit
from ledger.models import Entry, Posting
from pos import approvals, tips_owed
from pos.asked import Desk
from pos.kinds import line_kind, tender_kind
from pos.models import Approval, DrawerSession, Sale, Tender, Void
from pos.reversals import lock_sale, move, note_in_audit, who_and_why
from studio.refusal import Refusal


class NotVoidable(Refusal):
    """A void is for the same day, before the drawer is closed; afterwards it is a refund."""

    code = "not_voidable"


def void_sale(
    *,
    sale_id: uuid.UUID,
    reason: str,
    desk: Desk,
    now: dt.datetime,
    note: str = "",
    approval_id: uuid.UUID | None = None,
) -> Void:
    """Undo a whole sale of today; its entry gets the exact mirror (posting rule 48)."""
    sale = lock_sale(sale_id, desk)
    if sale.status == Sale.Status.VOIDED:
        return sale.void
    _must_be_voidable(sale, now=now)
    approver = approvals.required(
        Approval.Action.VOID,
        object_id=sale.pk,
        amount_cents=sale.total_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )
    void = Void(sale=sale, **who_and_why(desk, sale.location, now, reason, note), approver=approver)
    void.save(force_insert=True)
    for entry in Entry.objects.filter(key=f"sale:{sale.pk}").select_related("location"):
        journal.reverse(entry, key=f"void:{sale.pk}", kind="void", occurred_at=now, now=now, made_by=desk.staff)
    _give_back_elsewhere(sale, void, now=now)
    move(sale, Sale.Status.VOIDED)
    sale.tenders.filter(status=Tender.Status.SETTLED).update(status=Tender.Status.GIVEN_BACK)
    note_in_audit("void", sale, by=void, amount_cents=sale.total_cents, now=now)
    return void


def _give_back_elsewhere(sale: Sale, void: Void, *, now: dt.datetime) -> None:
    """The mirror is exact; money that is still elsewhere goes back through 2250 by an entry of its own (rule 48)."""
    journal.post(
        key=f"void-back:{sale.pk}",
        kind="void_back",
        location=sale.location,
        occurred_at=now,
        now=now,
        lines=list(_undone_elsewhere(sale, now=now)),
        made_by=void.requested_by,
    )


def _undone_elsewhere(sale: Sale, *, now: dt.datetime) -> Iterator[Line]:
    """What was used comes back first, then what was sold, for a package may have been used in its own sale."""
    for tender in sale.tenders.filter(status=Tender.Status.SETTLED).select_related("charge"):
        yield from tender_kind(tender.kind).undo(tender, now=now)
    for line in sale.lines.all():
        line_kind(line.kind).undo(line, now=now)


def send_back(void: Void, *, now: dt.datetime) -> None:
    """Send what the void gives back by others, between transactions."""
    for tender in void.sale.tenders.filter(status=Tender.Status.GIVEN_BACK):
        tender_kind(tender.kind).send_back(f"void:{tender.pk}", now=now)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a void would do, with nothing written: its postings, and whether somebody must approve it."""

    sale: Sale
    lines: list[Line]
    approval_needed: bool


def preview_void(*, sale_id: uuid.UUID, desk: Desk, now: dt.datetime) -> Preview:
    """The exact effect of `void_sale`, written nowhere (R40)."""
    sale = lock_sale(sale_id, desk)
    _must_be_voidable(sale, now=now)
    postings = Posting.objects.filter(entry__key=f"sale:{sale.pk}").order_by("position")
    lines = [credit(Account(posting.account), posting.amount_cents) for posting in postings]
    lines += _undone_elsewhere(sale, now=now)
    return Preview(sale, lines, not approvals.may_alone(Approval.Action.VOID, desk=desk))


def _must_be_voidable(sale: Sale, *, now: dt.datetime) -> None:
    if sale.status != Sale.Status.COMPLETED:
        raise NotVoidable(f"This sale is {sale.get_status_display()}. Refund it instead.", sale_status=sale.status)
    if sale.business_date != sale.location.business_date(now):
        raise NotVoidable("This sale is of another day. Refund it instead.")
    sessions = sale.tenders.filter(status=Tender.Status.SETTLED).exclude(drawer_session=None)
    locked = DrawerSession.objects.select_for_update().filter(pk__in=sessions.values("drawer_session")).order_by("pk")
    if any(session.status == DrawerSession.Status.CLOSED for session in locked):
        raise NotVoidable("The drawer of this sale is closed. Refund it instead.")
    _tips_must_be_owed(sale)


def _tips_must_be_owed(sale: Sale) -> None:
    """A tip that was paid out is used (R2): only a refund can take it back, at the cost of the house (rule 56)."""
    for tip in sale.tips.select_related("therapist").order_by("therapist"):
        tips_owed.lock(tip.therapist_id)
        if tip.amount_cents > tips_owed.owed_cents(tip.therapist_id, sale.location):
            raise NotVoidable(f"The tip was paid out to {tip.therapist} already. Refund the sale instead.")
