"""What is planned for a membership and has not begun: another plan from a renewal on (R30, R32)."""

import datetime as dt

from django.db.models import Prefetch

from memberships.models import Change, Membership, Plan

PENDING = Prefetch(
    "changes", Change.objects.filter(status=Change.Status.PENDING).select_related("to_plan"), to_attr="pending_changes"
)
"""For many memberships at once: `plan_on` then asks no more."""


def change_of(membership: Membership) -> Change | None:
    """The one change that is pending, if there is one."""
    read: list[Change] | None = getattr(membership, "pending_changes", None)
    known = membership.changes.all() if read is None else read
    return next((change for change in known if change.status == Change.Status.PENDING), None)


def plan_on(membership: Membership, on: dt.date) -> Plan:
    """The plan that a period starting on that day is of: the pending one, if it begins by then.

    An upgrade that is to be paid for counts only when it is.
    """
    change = change_of(membership)
    if change is None or change.proration_cents or change.effective_on > on:
        return membership.plan
    return change.to_plan
