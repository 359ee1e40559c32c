"""A process is killed before and after each SQL statement, each COMMIT and each call to Stripe of every way that money
takes at the desk; whoever comes afterwards, at once or a day later, finds nothing lost and nothing twice."""

import datetime as dt
import random
import zlib

import pytest

from memberships.models import Due
from memberships.states import is_member
from tests.builders import NOW
from tests.chaos.comparing import all_is_well, every_due_was_charged_once
from tests.chaos.desk import Desk, Story
from tests.chaos.dying import QUIET, Moments, fork
from tests.chaos.flows import FLOWS, Flow
from tests.chaos.member_flows import MEMBER_FLOWS
from tests.soak import SOAK

pytestmark = pytest.mark.django_db(transaction=True)

MAIN = {"cash sale in one request", "card sale", "split cash and card", "refund to a card"}
"""Of these every moment that changes something is tried, of the others some; all of all in a soak."""
EVERY, EVERY_QUIET, OF_MEMBERS = 5, 20, 4
WORKERS = 120 if SOAK else 16
SOON, LATE = dt.timedelta(minutes=2), dt.timedelta(hours=25)


def points_of(moments: str, seed: str, *, every: int = EVERY) -> list[int]:
    """All moments for a soak. Else some: more of those at which something changes than of the others.

    What a death before an event leaves is what one after the event before it leaves, so the latter stand for both.
    """
    if SOAK:
        return list(range(len(moments)))
    after, number = range(1, len(moments), 2), zlib.crc32(seed.encode())
    quiet = [at for at in after if moments[at] == QUIET]
    others = [at for at in after if moments[at] != QUIET]
    return sorted(others[number % every :: every] + quiet[number % EVERY_QUIET :: EVERY_QUIET])


@pytest.mark.parametrize("after", [SOON, LATE], ids=["at_once", "a_day_later"])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name.replace(" ", "_"))
def test_a_process_may_die_anywhere(desk: Desk, flow: Flow, after: dt.timedelta) -> None:
    moments = desk.moments_of(flow)
    points = points_of(moments, f"{flow.name} {after}", every=1 if after == LATE and flow.name in MAIN else EVERY)

    die_and_are_followed(desk, flow, points, moments, after=after)


@pytest.mark.parametrize("after", [SOON, LATE], ids=["at_once", "a_day_later"])
@pytest.mark.parametrize("flow", MEMBER_FLOWS, ids=lambda flow: flow.name.replace(" ", "_"))
def test_a_process_that_serves_members_may_die_anywhere(desk: Desk, flow: Flow, after: dt.timedelta) -> None:
    moments = desk.moments_of(flow)
    points = points_of(moments, f"{flow.name} {after}")
    points = points if SOAK else points[:: -(-len(points) // OF_MEMBERS)]

    now = die_and_are_followed(desk, flow, points, moments, after=after)

    every_due_was_charged_once(desk.stripe, Due.objects.filter(status=Due.Status.PAID))
    members = Due.objects.filter(is_member("membership__"), status=Due.Status.DUE)
    assert not members.filter(first_declined_at=None, starts_on__lte=now.date()).exists(), "not charged"


def die_and_are_followed(
    desk: Desk, flow: Flow, points: list[int], moments: str, *, after: dt.timedelta
) -> dt.datetime:
    """A process dies at each of the points, others come, and all is well; when that is."""
    stories = [desk.dies(flow, at) for at in points]
    if after == LATE:  # the hardest case: paid, asked again, and Stripe has forgotten our keys
        held, first = stories, [story for at, story in zip(points, stories, strict=True) if moments[at] != QUIET]
    else:
        held, first = [story for n, story in enumerate(stories) if n % 4 != 3], stories[::4]
    for story in held:
        desk.client_goes_on(flow, story)
    repeats(desk, flow, first, now=NOW + after)
    desk.worker_runs(NOW + after)
    repeats(desk, flow, stories[1::4], now=NOW + after)
    now = desk.all_is_worked(NOW + after)

    assert all(story.ended_by for story in stories)
    told = [story.visit.sale for story in stories if story.was_told_completed]
    wanted = [story.visit.sale for story in stories if flow.sells]
    all_is_well(desk.stripe, now=now, told_completed=told, wanted=wanted)
    return now


def repeats(desk: Desk, flow: Flow, stories: list[Story], *, now: dt.datetime) -> None:
    """The tablet sends its last request once more; whoever is asked for a card then gives it."""
    desk.stripe.is_now(now)
    for story in stories:
        desk.repeats(flow, story, now=now)
        desk.client_goes_on(flow, story, now=now)


@pytest.mark.parametrize("pause", [SOON, LATE], ids=["at_once", "a_day_later"])
def test_one_worker_after_the_other_may_die_anywhere(desk: Desk, pause: dt.timedelta) -> None:
    chance = random.Random(pause.total_seconds())
    for flow in FLOWS:
        points = points_of(desk.moments_of(flow), f"worker {pause}")
        for at in points[:: 6 if SOAK else 8]:
            desk.stripe.hold(desk.dies(flow, at).visit.reader, flow.later_held)

    now = NOW
    for _ in range(WORKERS):
        now += pause
        fork(lambda tells, now=now: dying_worker(desk, now, at=chance.randrange(150))).waits()
    now = desk.all_is_worked(now + SOON)

    all_is_well(desk.stripe, now=now)


def dying_worker(desk: Desk, now: dt.datetime, *, at: int) -> None:
    with Moments(at).counted():
        desk.worker_runs(now)
