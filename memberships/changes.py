"""Another plan (R30): a higher one at once for the difference of the days left, any other one from a renewal on."""

import datetime as dt
import uuid
from dataclasses import dataclass

from ledger.money import at_rate
from memberships import consents, dues, joining, lots, periods, planned, states, telling, withdrawing
from memberships.asking import Asker
from memberships.consents import Agreed
from memberships.models import Change, Due, Membership, Plan, SessionLot
from studio import audit
from studio.refusal import Refusal

NOW, AT_RENEWAL = "now", "renewal"


class NotChangeable(Refusal):
    """The membership can not change to that plan."""

    code = "not_changeable"


class OnlyAtRenewal(Refusal):
    """Not at once: the plan is not a higher one of the same kind, or the credit of this month is used (rule 33)."""

    code = "only_at_renewal"


class ChangeGone(Refusal):
    """The change was replaced or taken back, or its price was worked out on another day."""

    code = "change_gone"


@dataclass(frozen=True, slots=True)
class Cycle:
    """The paid month of a day, and the credits that it granted."""

    due: Due
    lot: SessionLot

    @property
    def is_unused(self) -> bool:
        """Whether no credit of it is used, held, converted or given away."""
        return self.lot.status == SessionLot.Status.OPEN and self.lot.free_units == self.lot.granted_units


def change(
    *,
    membership_id: uuid.UUID,
    plan: Plan,
    when: str,
    agreed: Agreed,
    asker: Asker,
    now: dt.datetime,
) -> Change:
    """The membership's one pending change, instead of any other; the same again is the same one.

    At once it is an upgrade that begins when its proration is paid, as a line `plan_upgrade` of a sale today. At
    renewal it begins with the next period that nobody was asked to pay yet.
    """
    membership = states.lock(membership_id)
    known = planned.change_of(membership)
    today = membership.location.business_date(now)
    _must_be_changeable(membership, plan)
    proration_cents = proration(membership, plan, on=today) if when == NOW else 0
    if known is not None and _is_same(known, plan, proration_cents, on=today):
        return known
    if known is not None:
        _close(known, Change.Status.REPLACED)
    consent = consents.keep(agreed, client=membership.client, plan=plan, now=now)
    made = Change.objects.create(
        membership=membership,
        from_plan=membership.plan,
        to_plan=plan,
        effective_on=today if when == NOW else renewal_of(membership),
        proration_cents=proration_cents,
        asked_at=now,
        asked_by=asker.staff,
        consent=consent,
    )
    dues.remake(membership, now=now)
    _note(made, "plan_change_asked", asker, now=now)
    _confirm(made, membership, now=now)
    return made


def undo(*, membership_id: uuid.UUID, asker: Asker, now: dt.datetime) -> Change:
    """The pending change is taken back before it begins; NotChangeable without one."""
    membership = states.lock(membership_id)
    pending = planned.change_of(membership)
    if pending is None:
        raise NotChangeable("No change of plan is pending.")
    _must_not_be_announced(pending)
    _close(pending, Change.Status.UNDONE)
    dues.remake(membership, now=now)
    _note(pending, "plan_change_undone", asker, now=now)
    _confirm(pending, membership, now=now)
    return pending


# What it costs and when it begins ------------------------------------------------------------------------------------


def proration(membership: Membership, plan: Plan, *, on: dt.date) -> int:
    """What an upgrade on that day costs: (new − old) × days left / days in the cycle, in cents, half up (rule 33).

    OnlyAtRenewal when it can not be made at once.
    """
    old = membership.plan
    more_cents = plan.price_cents - old.price_cents
    cycle = cycle_of(membership, on=on)
    if (plan.interval_months, plan.credits_per_cycle) != (old.interval_months, old.credits_per_cycle):
        raise OnlyAtRenewal(f"{plan} is of another kind than {old}: it can begin at the renewal.")
    if more_cents <= 0:
        raise OnlyAtRenewal(f"{plan} costs no more than {old}: it can begin at the renewal.")
    if cycle is None or membership.status != Membership.Status.ACTIVE:
        raise OnlyAtRenewal(f"This month is not paid, or the membership is {membership.get_status_display()}.")
    if not cycle.is_unused:
        raise OnlyAtRenewal("The credit of this month is used: the upgrade can begin at the renewal.")
    cents = at_rate(more_cents, periods.Period(cycle.due.starts_on, cycle.due.ends_on).left(on))
    if not cents:
        raise OnlyAtRenewal("This month is over: the upgrade begins with the next one.")
    return cents


def cycle_of(membership: Membership, *, on: dt.date) -> Cycle | None:
    """The paid month in which the day lies, with what it granted."""
    paid = membership.dues.filter(status=Due.Status.PAID, starts_on__lte=on, ends_on__gt=on)
    due = paid.order_by("-starts_on").first()
    lot = SessionLot.objects.filter(due_key=due.key).select_related(*lots.AROUND).first() if due is not None else None
    return Cycle(due, lot) if due is not None and lot is not None else None


def renewal_of(membership: Membership) -> dt.date:
    """The first day on which another plan can begin: of the next period that nobody was asked to pay yet (N14)."""
    due = membership.dues.filter(status=Due.Status.DUE, starts_on=membership.paid_until).first()
    return due.ends_on if due is not None and withdrawing.is_being_paid(due) else membership.paid_until


# It begins -----------------------------------------------------------------------------------------------------------


def begin_planned(membership: Membership, *, now: dt.datetime) -> bool:
    """Make the pending change of a locked membership if its day has come; whether it was. Unpaid upgrades lapse."""
    pending = planned.change_of(membership)
    today = membership.location.business_date(now)
    if pending is None:
        return False
    if pending.proration_cents:
        if pending.effective_on < today:
            _close(pending, Change.Status.UNDONE)
        return False
    if pending.effective_on > today:
        return False
    if _has_already(membership, pending.to_plan):
        _close(pending, Change.Status.UNDONE)
        dues.remake(membership, now=now)
        return False
    dues.remake(membership, now=now)
    _make(pending, membership, now=now)
    return True


def begin_paid(pending: Change, *, paid_cents: int, sale_key: str, now: dt.datetime) -> None:
    """The upgrade of a locked membership is paid: plan and credit are the higher ones at once (rule 33)."""
    cycle = must_be_payable(pending, on=pending.membership.location.business_date(now))
    lots.raise_value(cycle.lot, by_cents=paid_cents, plan=pending.to_plan, now=now, key=f"raised:{pending.pk}")
    _make(pending, pending.membership, now=now, sale_key=sale_key)
    dues.remake(pending.membership, now=now)


def must_be_payable(pending: Change, *, on: dt.date) -> Cycle:
    """The month that the upgrade is of; ChangeGone when it can not be paid today as it was worked out."""
    if pending.status != Change.Status.PENDING or not pending.proration_cents:
        raise ChangeGone(f"This upgrade is {pending.get_status_display()}.")
    if _has_already(pending.membership, pending.to_plan):
        raise ChangeGone(f"The client has joined {pending.to_plan} meanwhile.")
    if pending.effective_on != on or proration(pending.membership, pending.to_plan, on=on) != pending.proration_cents:
        raise ChangeGone("What the upgrade costs has changed since. Ask for it once more.")
    cycle = cycle_of(pending.membership, on=on)
    assert cycle is not None  # noqa: S101 - or there would be no proration
    return cycle


def take_back(done: Change, *, lot: SessionLot, paid_cents: int, now: dt.datetime, key: str) -> None:
    """A paid upgrade is refunded or voided: credit and plan are as they were. The caller has seen that it is unused."""
    lots.raise_value(lot, by_cents=-paid_cents, plan=done.from_plan, now=now, key=key)
    if done.membership.plan_id == done.to_plan_id:
        states.change(done.membership, plan=done.from_plan)
        dues.remake(done.membership, now=now)
    _close(done, Change.Status.UNDONE)


def _make(pending: Change, membership: Membership, *, now: dt.datetime, sale_key: str = "") -> None:
    before = membership.plan
    states.change(membership, plan=pending.to_plan, consent=pending.consent or membership.consent)
    pending.sale_key = sale_key
    _close(pending, Change.Status.DONE)
    audit.record(
        at=now,
        action="plan_changed",
        actor=pending.asked_by,
        location=membership.location,
        subject=membership,
        before={"plan": f"{before.code} {before.version}"},
        after={"plan": f"{pending.to_plan.code} {pending.to_plan.version}", "sale": sale_key},
    )


def _close(one: Change, status: Change.Status) -> None:
    one.status = status
    one.save(update_fields=["status", "sale_key"])


def _is_same(known: Change, plan: Plan, proration_cents: int, *, on: dt.date) -> bool:
    if (known.to_plan_id, known.proration_cents) != (plan.pk, proration_cents):
        return False
    return not proration_cents or known.effective_on == on


def _must_be_changeable(membership: Membership, plan: Plan) -> None:
    if membership.status not in (Membership.Status.ACTIVE, Membership.Status.PAST_DUE, Membership.Status.FROZEN):
        raise NotChangeable(f"This membership is {membership.get_status_display()}.")
    if membership.ends_on is not None:
        raise NotChangeable(f"This membership ends on {membership.ends_on}. Take the cancellation back first.")
    if not membership.renews:
        raise NotChangeable("Prepaid months are of the plan that was bought.")
    if plan.code == membership.plan.code:
        raise NotChangeable(f"The client has {plan} already.")
    if not plan.is_on_sale:
        raise joining.NotOnSale(f"{plan} is not sold at the moment.")
    if _has_already(membership, plan):
        raise joining.AlreadyMember(f"{membership.client} has {plan} already.")


def _has_already(membership: Membership, plan: Plan) -> bool:
    """Whether the client has the plan by another membership."""
    others = Membership.objects.filter(client=membership.client_id, plan__code=plan.code).exclude(pk=membership.pk)
    return others.exclude(status=Membership.Status.ENDED).exists()


def _must_not_be_announced(pending: Change) -> None:
    if pending.from_plan.code == pending.to_plan.code:
        raise NotChangeable("This is the new version of the plan that all its members were told of.")


def _confirm(one: Change, membership: Membership, *, now: dt.datetime) -> None:
    """An upgrade that is to be paid first is told by its receipt."""
    if not one.proration_cents:
        key = one.key if one.status == Change.Status.PENDING else f"{one.key}:undone"
        telling.confirm(membership, telling.of_change(one), key=key, subject="Your membership changes", now=now)


def _note(one: Change, action: str, asker: Asker, *, now: dt.datetime) -> None:
    audit.record(
        at=now,
        action=action,
        actor=asker.staff,
        device=asker.device,
        location=one.membership.location,
        subject=one.membership,
        before={"plan": f"{one.from_plan.code} {one.from_plan.version}"},
        after={
            "plan": f"{one.to_plan.code} {one.to_plan.version}",
            "effective_on": one.effective_on.isoformat(),
            "proration_cents": one.proration_cents,
            "how": asker.how,
        },
    )
