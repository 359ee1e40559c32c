"""Another person's yes: one action, one object, one amount, once, within two minutes, on the same tablet (R6)."""

import datetime as dt
import uuid

from pos.asked import Desk
from pos.models import Approval
from studio import audit, rights
from studio.models import Level, Right, Staff
from studio.refusal import Refusal

LASTS = dt.timedelta(minutes=2)


class ApprovalNeeded(Refusal):
    """Somebody with the right must say yes first; the details say to what."""

    code = "approval_needed"


class ApprovalRefused(Refusal):
    """The yes does not fit: another amount, another tablet, too old, used already, or one's own."""

    code = "approval_refused"


RIGHTS = {
    Approval.Action.DISCOUNT: Right.DISCOUNT,
    Approval.Action.REFUND: Right.REFUND_BEYOND,
    Approval.Action.VOID: Right.VOID,
    Approval.Action.DRAWER_DIFFERENCE: Right.DRAWER_DIFFERENCE,
    Approval.Action.CREDIT: Right.DISCOUNT,
    Approval.Action.GIFT_CARDS: Right.GIFT_CARDS,
    Approval.Action.TAX_EXEMPTION: Right.DISCOUNT,
    Approval.Action.PAY_OUT: Right.PAY_OUT,
    Approval.Action.NO_SALE: Right.NO_SALE,
    Approval.Action.DRAWER_CORRECTION: Right.CORRECT_DRAWER,
}
"""Which right an action asks for, of the requester and of the approver alike."""


def give(
    *, action: Approval.Action, object_id: uuid.UUID, amount_cents: int, approver: Staff, desk: Desk, now: dt.datetime
) -> Approval:
    """The approver's yes, after their PIN was verified."""
    if approver.pk == desk.staff.pk:
        raise ApprovalRefused("Somebody else has to approve this.")
    if rights.can(approver, RIGHTS[action], desk.location) != Level.ALLOWED:
        raise ApprovalRefused(f"{approver} may not approve this.")
    assert desk.device is not None  # noqa: S101 - an approval is always given on a tablet
    audit.record(
        at=now,
        action="approval_given",
        actor=desk.staff,
        approver=approver,
        device=desk.device,
        location=desk.location,
        subject=("approved", object_id),
        after={"action": str(action), "amount_cents": amount_cents},
    )
    return Approval.objects.create(
        action=action,
        object_id=object_id,
        amount_cents=amount_cents,
        requested_by=desk.staff,
        approver=approver,
        device=desk.device,
        given_at=now,
        expires_at=now + LASTS,
    )


def may_alone(action: Approval.Action, *, desk: Desk) -> bool:
    """Whether the requester needs nobody's yes."""
    return rights.can(desk.staff, RIGHTS[action], desk.location) == Level.ALLOWED


def required(
    action: Approval.Action,
    *,
    object_id: uuid.UUID,
    amount_cents: int,
    approval_id: uuid.UUID | None,
    desk: Desk,
    now: dt.datetime,
) -> Staff | None:
    """Who approved; None where the requester may do it alone; refuses when a yes is needed and missing."""
    level = rights.can(desk.staff, RIGHTS[action], desk.location)
    if level == Level.ALLOWED:
        return None
    if level == Level.DENIED:
        raise rights.NotAllowed(f"{desk.staff} may not do this.")
    if approval_id is None:
        raise ApprovalNeeded(
            "Somebody with the right has to approve this.",
            action=action.value,
            object=str(object_id),
            amount_cents=amount_cents,
        )
    return _use(action, object_id=object_id, amount_cents=amount_cents, approval_id=approval_id, desk=desk, now=now)


def _use(
    action: Approval.Action,
    *,
    object_id: uuid.UUID,
    amount_cents: int,
    approval_id: uuid.UUID,
    desk: Desk,
    now: dt.datetime,
) -> Staff:
    fitting = Approval.objects.filter(
        pk=approval_id,
        action=action,
        object_id=object_id,
        amount_cents=amount_cents,
        requested_by=desk.staff,
        device=desk.device,
        expires_at__gt=now,
        used_at=None,
    )
    if not fitting.update(used_at=now):
        raise ApprovalRefused("This approval does not fit any more. Ask again.")
    return Approval.objects.select_related("approver").get(pk=approval_id).approver
