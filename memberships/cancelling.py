"""Cancelling (R31): at the desk, online, by mail; effective at the end of what is paid; taken back before that."""

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass

from django.db.models import Q

from memberships import dues, ending, freezes, leaving, states, telling, withdrawing
from memberships.asking import Asker
from memberships.models import Cancellation, Due, Membership
from payments import charges
from payments.models import Charge
from pos import approvals, refunds
from pos.asked import AskedRefund, AskedRefundLine, Desk
from pos.models import Approval, Refund, Sale, SaleLine
from pos.refunds import GivenBack
from studio import audit
from studio.models import Staff
from studio.refusal import Refusal

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class NotCancellable(Refusal):
    """There is nothing to cancel, or no cancellation to take back."""

    code = "not_cancellable"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A cancellation, and the refund that goes with it within the first days."""

    cancellation: Cancellation
    given: GivenBack | None = None


def cancel(
    *,
    membership_id: uuid.UUID,
    asker: Asker,
    now: dt.datetime,
    why: Cancellation.Why = Cancellation.Why.OWN_WISH,
    note: str = "",
) -> Cancelled:
    """The membership's end, with a number and a day; cancelled already is the same cancellation.

    Within the first days, and unused, it ends at once and everything is given back; `refunds.send_back(given)` sends it
    afterwards. A card that is being asked is called back: if it pays all the same, the end moves to what that pays for.
    """
    membership = states.lock(membership_id)
    known = current(membership)
    if known is not None:
        return Cancelled(known)
    if membership.status in (Membership.Status.JOINING, Membership.Status.ENDED):
        raise NotCancellable(f"This membership is {membership.get_status_display()}.")
    today = membership.location.business_date(now)
    first = leaving.first_due_to_refund(membership, today=today)
    if first is not None:
        return _cool_off(membership, first, asker=asker, why=why, note=note, now=now)
    return Cancelled(_give_notice(membership, asker=asker, why=why, note=note, now=now))


def waive_fee(
    *, membership_id: uuid.UUID, desk: Desk, now: dt.datetime, approval_id: uuid.UUID | None = None
) -> Cancellation:
    """Nothing is to be paid for leaving early; somebody with the right says so (R31, R6)."""
    cancellation = must_be_cancelled(states.lock(membership_id))
    if cancellation.fee_sale_key:
        raise NotCancellable("The fee is paid. Refund it on its sale.")
    if not cancellation.fee_cents:
        return cancellation
    approver = approvals.required(
        Approval.Action.DISCOUNT,
        object_id=membership_id,
        amount_cents=cancellation.fee_cents,
        approval_id=approval_id,
        desk=desk,
        now=now,
    )
    before = cancellation.fee_cents
    cancellation.fee_cents, cancellation.waived_by = 0, approver or desk.staff
    cancellation.save(update_fields=["fee_cents", "waived_by"])
    audit.record(
        at=now,
        action="exit_fee_waived",
        actor=desk.staff,
        approver=approver,
        device=desk.device,
        location=desk.location,
        subject=cancellation.membership,
        before={"fee_cents": before},
        after={"fee_cents": 0},
    )
    return cancellation


def undo(*, membership_id: uuid.UUID, asker: Asker, now: dt.datetime) -> Cancellation:
    """The cancellation is taken back before the end; the membership goes on as if it had not been."""
    membership = states.lock(membership_id)
    cancellation = must_be_cancelled(membership)
    if membership.status == Membership.Status.ENDED:
        raise NotCancellable(f"It ended on {membership.ends_on}. The client may join again.")
    if cancellation.fee_sale_key:
        raise NotCancellable("The fee for leaving is paid. Refund it on its sale first.")
    cancellation.undone_at = now
    cancellation.save(update_fields=["undone_at"])
    states.change(membership, cancelled_at=None, cancel_number="", ends_on=None)
    dues.make_for(membership, now=now)
    _note(cancellation, "cancellation_undone", asker, now=now)
    _confirm(cancellation, "Your membership goes on", now=now)
    return cancellation


def current(membership: Membership) -> Cancellation | None:
    """The cancellation that holds, if there is one."""
    return membership.cancellations.filter(undone_at=None).first()


def must_be_cancelled(membership: Membership) -> Cancellation:
    """The cancellation that holds; NotCancellable without one."""
    cancellation = current(membership)
    if cancellation is None:
        raise NotCancellable("This membership is not cancelled.")
    cancellation.membership = membership
    return cancellation


def may_freeze_instead(membership: Membership, *, now: dt.datetime) -> bool:
    """Whether a freeze can be offered to somebody who wants to cancel; once, and before the cancellation (R31)."""
    today = membership.location.business_date(now)
    if membership.status != Membership.Status.ACTIVE or membership.ends_on is not None:
        return False
    if freezes.running_or_planned(membership) or leaving.first_due_to_refund(membership, today=today):
        return False
    return freezes.months_left(membership, on=today) > 0


# When its day comes --------------------------------------------------------------------------------------------------


def end(membership_id: uuid.UUID, *, now: dt.datetime) -> None:
    """The cancelled membership ends on its day; once. One whose card paid for more meanwhile ends with that (N14)."""
    membership = states.lock(membership_id)
    if membership.status == Membership.Status.ENDED or membership.ends_on is None:
        return
    if _was_paid_for(membership):
        _put_off(membership, now=now)
    if membership.ends_on <= membership.location.business_date(now):
        ending.end(membership, why=Membership.End.CANCELLED, on=membership.ends_on, now=now)


def _was_paid_for(membership: Membership) -> bool:
    """Whether the time that is paid goes beyond the day on which it was to end."""
    is_paused = membership.status == Membership.Status.FROZEN
    return not is_paused and membership.ends_on is not None and membership.paid_until > membership.ends_on


def _put_off(membership: Membership, *, now: dt.datetime) -> None:
    day = membership.paid_until
    states.change(membership, ends_on=day)
    for cancellation in membership.cancellations.filter(undone_at=None):
        cancellation.ends_on = day
        cancellation.save(update_fields=["ends_on"])
        paid = "Your card had paid for another period when you cancelled."
        telling.confirm(
            membership,
            [paid, *telling.of_cancellation(cancellation)],
            key=f"{cancellation.key}:{day}",
            subject=f"Your cancellation {cancellation.number}",
            now=now,
        )


# What cancelling does ------------------------------------------------------------------------------------------------


def _give_notice(
    membership: Membership, *, asker: Asker, why: Cancellation.Why, note: str, now: dt.datetime
) -> Cancellation:
    today = membership.location.business_date(now)
    day = leaving.ends_on(membership, today=today)
    full_cents = leaving.fee(membership, ends_on=day).cents
    is_free = why in leaving.FREE_OF_CHARGE
    cancellation = _write(
        membership,
        asker=asker,
        why=why,
        note=note,
        ends_on=day,
        full_fee_cents=full_cents,
        fee_cents=0 if is_free else full_cents,
        now=now,
    )
    ending.forget_plans(membership, now=now)
    _call_cards_back(membership, since=day, now=now)
    states.change(membership, cancelled_at=now, cancel_number=cancellation.number, ends_on=day)
    if day <= today and not _asked(membership):
        ending.end(membership, why=Membership.End.CANCELLED, on=day, now=now, by=asker.staff)
    _note(cancellation, "membership_cancelled", asker, now=now)
    _confirm(cancellation, f"Your cancellation {cancellation.number}", now=now)
    return cancellation


def _call_cards_back(membership: Membership, *, since: dt.date, now: dt.datetime) -> None:
    """Nobody is asked for what comes after the end; what was asked already decides by itself whether it pays (N14)."""
    asked = _asked(membership)
    for charge in asked:
        charges.want_cancel(charge, now=now)
    if not asked:
        withdrawing.withdraw(membership, now=now, since=since)


def _asked(membership: Membership) -> list[Charge]:
    """Charges that may still pay one of the membership's dues, or have and nobody has taken note of it."""
    keys = [due.key for due in membership.dues.filter(status=Due.Status.DUE)]
    undecided = Q(status__in=Charge.LIVE) | Q(status=Charge.Status.SUCCEEDED, finished_at=None)
    return list(Charge.objects.filter(undecided, owner__in=keys))


def _cool_off(
    membership: Membership, due: Due, *, asker: Asker, why: Cancellation.Why, note: str, now: dt.datetime
) -> Cancelled:
    """It ends today, and the sale that paid the first month is given back by law and not by grace: nobody approves."""
    today = membership.location.business_date(now)
    line = SaleLine.objects.select_related("sale__location").get(
        sale=uuid.UUID(due.sale_key.removeprefix("sale:")), instrument=due.key
    )
    cancellation = _write(membership, asker=asker, why=why, note=note, ends_on=today, now=now)
    withdrawing.withdraw(membership, now=now, since=due.ends_on)
    states.change(membership, cancelled_at=now, cancel_number=cancellation.number)
    ending.end(membership, why=Membership.End.COOLED_OFF, on=today, now=now, by=asker.staff)
    given = _refund(line, line.sale, cancellation, asker, now=now)
    cancellation.refunded_cents = given.refund.total_cents
    cancellation.save(update_fields=["refunded_cents"])
    _note(cancellation, "membership_cooled_off", asker, now=now)
    _confirm(cancellation, f"Your cancellation {cancellation.number}", now=now)
    return Cancelled(cancellation, given)


def _refund(line: SaleLine, sale: Sale, cancellation: Cancellation, asker: Asker, *, now: dt.datetime) -> GivenBack:
    desk = Desk(location=sale.location, staff=asker.staff or Staff.objects.online(), device=asker.device)
    return refunds.refund_by_law(
        sale_id=sale.pk,
        refund_id=cancellation.pk,
        asked=AskedRefund(
            reason=Refund.Reason.OTHER,
            lines=(AskedRefundLine(line.pk, line.quantity),),
            note=f"Withdrawn within the first days, {cancellation.number}",
        ),
        desk=desk,
        now=now,
    )


def _write(
    membership: Membership,
    *,
    asker: Asker,
    why: Cancellation.Why,
    note: str,
    ends_on: dt.date,
    now: dt.datetime,
    full_fee_cents: int = 0,
    fee_cents: int = 0,
) -> Cancellation:
    return Cancellation.objects.create(
        membership=membership,
        number="".join(secrets.choice(LETTERS) for _ in range(8)),
        why=why,
        how=asker.how,
        note=note.strip()[:300],
        asked_at=now,
        asked_by=asker.staff,
        ends_on=ends_on,
        full_fee_cents=full_fee_cents,
        fee_cents=fee_cents,
    )


def _confirm(cancellation: Cancellation, subject: str, *, now: dt.datetime) -> None:
    key = f"{cancellation.key}:undone" if cancellation.undone_at is not None else cancellation.key
    told = telling.of_cancellation(cancellation)
    telling.confirm(cancellation.membership, told, key=key, subject=subject, now=now)


def _note(cancellation: Cancellation, action: str, asker: Asker, *, now: dt.datetime) -> None:
    audit.record(
        at=now,
        action=action,
        actor=asker.staff,
        device=asker.device,
        location=cancellation.membership.location,
        subject=cancellation.membership,
        after={
            "number": cancellation.number,
            "ends_on": cancellation.ends_on.isoformat(),
            "fee_cents": cancellation.fee_cents,
            "why": str(cancellation.why),
            "how": asker.how,
        },
    )
