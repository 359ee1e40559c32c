"""What happens to memberships by itself on its day: pauses, endings, other plans, reminders (R29, R30, R31, R32)."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from memberships import cancelling, changes, freezes, states, versions
from memberships.models import Change, Freeze, Membership
from studio.models import Location
from studio.refusal import Refusal

logger = logging.getLogger(__name__)

WEEK = 7
LEAP_DAY, MARCH_FIRST = (2, 29), (3, 1)
LIVE = (Membership.Status.ACTIVE, Membership.Status.PAST_DUE, Membership.Status.FROZEN)


class ChangeMemberships:
    """Once an hour, for locations have their midnights at different hours; what it missed it makes up for."""

    kind = "change_memberships"
    every = dt.timedelta(hours=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        for location in Location.objects.filter(is_active=True):
            for step in (endings, freezes_that_end, freezes_that_begin, changes_that_begin):
                step(location, now=now)
            reminders(location, now=now)


def endings(location: Location, *, now: dt.datetime) -> int:
    """End what was cancelled and whose day has come; how many there were."""
    over = Membership.objects.filter(location=location, status__in=LIVE, ends_on__lte=location.business_date(now))
    return _each(over.values_list("pk", flat=True), cancelling.end, now=now)


def freezes_that_begin(location: Location, *, now: dt.datetime) -> int:
    """Begin the pauses whose first day has come; how many there were."""
    today = location.business_date(now)
    due = Freeze.objects.filter(membership__location=location, began_at=None, undone_at=None, starts_on__lte=today)
    return _each(due.filter(ended_at=None).values_list("pk", flat=True), freezes.begin, now=now)


def freezes_that_end(location: Location, *, now: dt.datetime) -> int:
    """End the pauses whose day has come; how many there were."""
    today = location.business_date(now)
    due = Freeze.objects.filter(membership__location=location, ended_at=None, undone_at=None, ends_on__lte=today)
    return _each(due.exclude(began_at=None).values_list("pk", flat=True), freezes.end, now=now)


def changes_that_begin(location: Location, *, now: dt.datetime) -> int:
    """Make the changes of plan whose renewal has come, and let upgrades lapse that nobody paid; how many there were."""
    today = location.business_date(now)
    due = Change.objects.filter(membership__location=location, status=Change.Status.PENDING, effective_on__lte=today)
    return _each(due.values_list("membership", flat=True), _begin_change, now=now)


def reminders(location: Location, *, now: dt.datetime) -> None:
    """Remind who has been a member for a year, or for several; also of a day in the last week, after a time away."""
    today = location.business_date(now)
    members = Membership.objects.filter(location=location, status__in=LIVE, renews=True, ends_on=None)
    for membership in members.filter(_joined_in_the_week_to(today)).select_related("plan", "client", "location"):
        with transaction.atomic():
            versions.remind(membership, now=now)


def _joined_in_the_week_to(today: dt.date) -> Q:
    """On one of these days of any year; who joined on 29 February is found on 1 March, too."""
    week = [today - dt.timedelta(days=back) for back in range(WEEK)]
    days = {(day.month, day.day) for day in week}
    days |= {LEAP_DAY} if MARCH_FIRST in days else set()
    joined = Q(pk__in=[])
    for month, day in sorted(days):
        joined |= Q(anchor_on__month=month, anchor_on__day=day)
    return joined


def _begin_change(membership_id: UUID, *, now: dt.datetime) -> None:
    changes.begin_planned(states.lock(membership_id), now=now)


def _each(ids: Iterable[UUID], work: Callable[..., None], *, now: dt.datetime) -> int:
    """Each in a transaction of its own; one that has to wait, as for a card that is being asked, comes again."""
    count = 0
    for pk in list(ids):
        count += 1
        try:
            with transaction.atomic():
                work(pk, now=now)
        except Refusal as not_yet:
            logger.info("%s waits: %s", pk, not_yet.sentence)
    return count
