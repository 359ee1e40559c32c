"""The end of a membership, whoever brings it about: no more dues, and a time for the credits that are left (R31)."""

import datetime as dt

from memberships import dues, lots, medical, states
from memberships.models import Change, Due, Freeze, Membership, SessionLot
from studio import audit
from studio.models import Staff


def end(
    membership: Membership,
    *,
    why: Membership.End,
    on: dt.date,
    now: dt.datetime,
    by: Staff | None = None,
) -> None:
    """End a locked membership on that day: what is owed is waived, credits that are left expire later (R31, rule 31).

    ChargeInFlight while a card is being asked for one of its dues: what comes of that decides.
    """
    for due in membership.dues.filter(status=Due.Status.DUE):
        dues.must_not_be_asked(due)
    before = membership.status
    states.move(membership, Membership.Status.ENDED, ends_on=on, end_reason=why)
    dues.waive_all(membership, now=now)
    forget_plans(membership, now=now)
    _end_freeze(membership, on=on, now=now)
    last_day = on + dt.timedelta(days=membership.plan.days_after_end)
    for lot in credits_of(membership):
        lots.lasts_at_most(lots.lock(lot.pk), until=last_day)
    audit.record(
        at=now,
        action="membership_ended",
        actor=by,
        location=membership.location,
        subject=membership,
        before={"status": before},
        after={"ends_on": on.isoformat(), "why": str(why)},
    )


def forget_plans(membership: Membership, *, now: dt.datetime) -> None:
    """Nothing that was planned will happen: a pending change, a freeze that has not begun."""
    Change.objects.filter(membership=membership, status=Change.Status.PENDING).update(status=Change.Status.UNDONE)
    Freeze.objects.filter(membership=membership, began_at=None, undone_at=None).update(undone_at=now)


def _end_freeze(membership: Membership, *, on: dt.date, now: dt.datetime) -> None:
    """The pause that runs is over, and the clock of what was paid goes on."""
    running = Freeze.objects.filter(membership=membership, ended_at=None, undone_at=None).first()
    if running is None:
        return
    if running.is_medical:
        medical.resume(membership.client, on=on, now=now)
    Freeze.objects.filter(pk=running.pk).update(ended_at=now)


def credits_of(membership: Membership) -> list[SessionLot]:
    """The open lots that the membership's dues have granted, soonest expiry first."""
    keys = [due.key for due in membership.dues.filter(status=Due.Status.PAID)]
    granted = SessionLot.objects.filter(due_key__in=keys, status=SessionLot.Status.OPEN)
    return list(lots.soonest_first(granted))
