"""A pause of whole months (R29): no dues and no credits, a day on which it goes on by itself, a longer minimum term."""

import datetime as dt
import uuid

from memberships import dues, medical, periods, states, telling, withdrawing
from memberships.asking import Asker
from memberships.models import Freeze, Membership
from studio import audit
from studio.refusal import BadInput, Refusal

MOST_MEDICAL = 12
"""Months of a medical freeze."""


class NotFreezable(Refusal):
    """The membership is in no state for a pause, or has had as many months of it as the plan allows."""

    code = "not_freezable"


class FreezeBegan(Refusal):
    """It runs already, and ends by itself."""

    code = "freeze_began"


def freeze(*, membership_id: uuid.UUID, months: int, asker: Asker, now: dt.datetime, reason: str = "") -> Freeze:
    """A pause from the next renewal on, planned or begun at once if that is today; the same again is the same one.

    With `reason` "medical" it begins today, for up to a year, and stops the clock of all sessions. ChargeInFlight on
    the day of renewal while the card is being asked: what comes of that decides.
    """
    membership = states.lock(membership_id)
    is_medical = reason == "medical"
    known = running_or_planned(membership)
    if known is not None and (known.months, known.is_medical) == (months, is_medical):
        return known
    today = membership.location.business_date(now)
    _must_be_freezable(membership, known)
    _must_be_so_long(membership, months, is_medical, on=today)
    starts_on = min(today, membership.paid_until) if is_medical else membership.paid_until
    if starts_on < today and not is_medical:
        raise NotFreezable("The month has begun and is not paid. A freeze is asked for before the renewal.")
    plan = membership.plan
    planned = Freeze(
        membership=membership,
        starts_on=starts_on,
        ends_on=periods.day_after(starts_on, months)
        if starts_on < membership.paid_until
        else _shifted(membership, starts_on, months),
        months=months,
        is_medical=is_medical,
        fee_cents=0 if is_medical else months * plan.freeze_fee_cents,
        asked_at=now,
        asked_by=asker.staff,
    )
    withdrawing.withdraw(membership, now=now)
    planned.save(force_insert=True)
    if starts_on <= today:
        _begin(planned, membership, now=now)
    _note(planned, "membership_frozen", asker, now=now)
    _confirm(planned, membership, "Your membership is frozen", now=now)
    return planned


def running_or_planned(membership: Membership) -> Freeze | None:
    """The freeze that runs or is to come; there is one at most."""
    return membership.freezes.filter(ended_at=None, undone_at=None).first()


def months_left(membership: Membership, *, on: dt.date) -> int:
    """How many months of an ordinary freeze the plan still allows within the twelve months up to then."""
    since = periods.day_after(on, -periods.MONTHS)
    had = membership.freezes.filter(undone_at=None, is_medical=False, starts_on__gt=since)
    return max(membership.plan.freeze_months_a_year - sum(one.months for one in had), 0)


def undo(*, membership_id: uuid.UUID, asker: Asker, now: dt.datetime) -> Freeze:
    """The planned freeze is taken back before it begins; FreezeBegan afterwards. Its due is made again within hours."""
    membership = states.lock(membership_id)
    planned = running_or_planned(membership)
    if planned is None:
        raise NotFreezable("No freeze is planned.")
    if planned.began_at is not None:
        raise FreezeBegan(f"It began on {planned.starts_on} and goes on by itself on {planned.ends_on}.")
    planned.undone_at = now
    planned.save(update_fields=["undone_at"])
    dues.make_for(membership, now=now)
    _note(planned, "freeze_undone", asker, now=now)
    _confirm(planned, membership, "Your membership is not frozen", now=now)
    return planned


# On its days ---------------------------------------------------------------------------------------------------------


def begin(freeze_id: uuid.UUID, *, now: dt.datetime) -> None:
    """The pause begins on its first day; once. ChargeInFlight while a card is being asked: the caller comes again."""
    planned = Freeze.objects.get(pk=freeze_id)
    membership = states.lock(planned.membership_id)
    planned.refresh_from_db()
    if planned.began_at is None and planned.undone_at is None and planned.ended_at is None:
        withdrawing.withdraw(membership, now=now)
        _begin(planned, membership, now=now)


def end(freeze_id: uuid.UUID, *, now: dt.datetime) -> None:
    """The pause is over on its day; once. The membership goes on, and its next period starts."""
    running = Freeze.objects.get(pk=freeze_id)
    membership = states.lock(running.membership_id)
    running.refresh_from_db()
    if running.ended_at is not None or membership.status != Membership.Status.FROZEN:
        return
    if running.is_medical:
        medical.resume(membership.client, on=membership.location.business_date(now), now=now)
    states.move(membership, Membership.Status.ACTIVE)
    running.ended_at = now
    running.save(update_fields=["ended_at"])
    dues.make_for(membership, now=now)


def _begin(planned: Freeze, membership: Membership, *, now: dt.datetime) -> None:
    """Everything that is counted in months moves by those of the pause."""
    minimum = membership.minimum_until
    states.move(
        membership,
        Membership.Status.FROZEN,
        paid_until=_shifted(membership, membership.paid_until, planned.months),
        minimum_until=_shifted(membership, minimum, planned.months) if minimum else None,
    )
    planned.began_at = now
    planned.save(update_fields=["began_at"])
    if planned.is_medical:
        medical.stop(membership.client, on=membership.location.business_date(now), now=now)


def _shifted(membership: Membership, day: dt.date, months: int) -> dt.date:
    """A day of the anchor's, so many months later: from 28 Feb, of an anchor on the 31st, it is 31 Mar."""
    anchor = membership.anchor_on
    return periods.day_after(anchor, periods.months_since(anchor, day) + months)


def _must_be_freezable(membership: Membership, known: Freeze | None) -> None:
    if known is not None:
        raise NotFreezable(f"A freeze from {known.starts_on} to {known.ends_on} is planned. Take it back first.")
    if membership.status not in (Membership.Status.ACTIVE, Membership.Status.PAST_DUE):
        raise NotFreezable(f"This membership is {membership.get_status_display()}.")
    if membership.ends_on is not None:
        raise NotFreezable(f"This membership ends on {membership.ends_on}. Take the cancellation back first.")


def _must_be_so_long(membership: Membership, months: int, is_medical: bool, *, on: dt.date) -> None:
    most = MOST_MEDICAL if is_medical else months_left(membership, on=on)
    if not most:
        raise NotFreezable("All months of pause that the plan allows in a year are used.")
    if not 1 <= months <= most:
        raise BadInput("months", f"A freeze is of 1 to {most} whole months.")


def _confirm(planned: Freeze, membership: Membership, subject: str, *, now: dt.datetime) -> None:
    key = f"{planned.key}:undone" if planned.undone_at is not None else planned.key
    telling.confirm(membership, telling.of_freeze(planned), key=key, subject=subject, now=now)


def _note(planned: Freeze, action: str, asker: Asker, *, now: dt.datetime) -> None:
    days = {"starts_on": planned.starts_on.isoformat(), "ends_on": planned.ends_on.isoformat()}
    audit.record(
        at=now,
        action=action,
        actor=asker.staff,
        device=asker.device,
        location=planned.membership.location,
        subject=planned.membership,
        after={**days, "fee_cents": planned.fee_cents, "how": asker.how},
    )
