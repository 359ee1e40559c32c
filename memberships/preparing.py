"""What must be seen to before a saved card is asked for a due: an ending, a pause, another plan, a full bank (N14)."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Prefetch, prefetch_related_objects

from memberships import changes, dues, planned, rollover
from memberships.models import Due, Freeze, Membership

PAUSES = Prefetch("freezes", Freeze.objects.filter(undone_at=None, ended_at=None), to_attr="pauses")


def prepare(due: Due, *, now: dt.datetime) -> bool:
    """Whether a card is to be asked for the locked due; else it is waived or skipped here (R27, R29, R31).

    A change of plan that begins with the due's period is made first: the amount may be another one afterwards.
    """
    membership = due.membership
    today = membership.location.business_date(now)
    if is_over(membership, on=max(due.starts_on, today)) or is_paused(membership, due):
        dues.waive(due, now=now)
        return False
    if planned.change_of(membership) is not None:
        changes.begin_planned(membership, now=now)
        _read_again(due)
    if rollover.stops(due, on=today):
        dues.skip(due, now=now)
        return False
    return True


def read_all(memberships: Sequence[Membership]) -> None:
    """Read what `prepare` looks at, in two statements for all of the memberships."""
    prefetch_related_objects(memberships, PAUSES, planned.PENDING)


def is_over(membership: Membership, *, on: dt.date) -> bool:
    """Whether the membership has ended by that day, so that nothing more is owed."""
    return membership.ends_on is not None and membership.ends_on <= on


def is_paused(membership: Membership, due: Due) -> bool:
    """Whether a freeze covers the beginning of the due's period."""
    read: list[Freeze] | None = getattr(membership, "pauses", None)
    pauses = membership.freezes.all() if read is None else read
    lasting = (pause for pause in pauses if pause.undone_at is None and pause.ended_at is None)
    return any(pause.starts_on <= due.starts_on < pause.ends_on for pause in lasting)


def _read_again(due: Due) -> None:
    fresh = Due.objects.select_related("plan").get(pk=due.pk)
    due.plan, due.ends_on, due.amount_cents, due.units = fresh.plan, fresh.ends_on, fresh.amount_cents, fresh.units
