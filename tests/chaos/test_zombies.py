"""A process is stopped in the middle of a call to Stripe, for so long that it loses its lease and others finish its
work; then it goes on, late and sure of itself: nothing happens twice."""

import datetime as dt
import signal

import pytest

from tests.builders import NOW
from tests.chaos.comparing import all_is_well
from tests.chaos.desk import Desk, Story
from tests.chaos.dying import STRIPE, Child, Moments, fork
from tests.chaos.flows import FLOWS, Flow
from tests.soak import SOAK

pytestmark = pytest.mark.django_db(transaction=True)

EVERY = 1 if SOAK else 12
SOON, LATE = dt.timedelta(minutes=2), dt.timedelta(hours=25)
BY_STRIPE = [flow for flow in FLOWS if "cash sale" not in flow.name and "cancelled after" not in flow.name]


@pytest.mark.parametrize("after", [SOON, LATE], ids=["at_once", "a_day_later"])
def test_who_sleeps_through_its_lease_does_nothing_twice(desk: Desk, after: dt.timedelta) -> None:
    sleepers = [sleeper for flow in BY_STRIPE for sleeper in fall_asleep(desk, flow)]
    desk.stripe.is_now(NOW + after)
    for number, (flow, story, _) in enumerate(sleepers):
        if number % 2:
            desk.stripe.hold(story.visit.reader, flow.later_held)
        if number % 3 == 1:
            desk.repeats(flow, story, now=NOW + after)
    desk.worker_runs(NOW + after)

    for _, story, child in sleepers:
        child.goes_on()
        story.listens(child)
    now = desk.all_is_worked(NOW + 2 * after)

    told = [story.visit.sale for _, story, _ in sleepers if story.was_told_completed]
    all_is_well(desk.stripe, now=now, told_completed=told)


def fall_asleep(desk: Desk, flow: Flow) -> list[tuple[Flow, Story, Child]]:
    """The flow in processes that are stopped before or after some of its calls to Stripe."""
    calls = desk.moments_of(flow).count(STRIPE)
    first = len(flow.name) % EVERY
    return [(flow, *desk.falls_asleep(flow, at)) for at in range(first, calls, EVERY)]


def test_workers_that_sleep_one_after_the_other_do_nothing_twice(desk: Desk) -> None:
    for flow in BY_STRIPE:
        for at in range(1, len(desk.moments_of(flow)), 40 if SOAK else 90):
            desk.stripe.hold(desk.dies(flow, at).visit.reader, flow.later_held)
    now, sleepers = NOW, []

    for at in range(0, 60, 1 if SOAK else 5):
        now += SOON
        child = fork(lambda tells, now=now, at=at: sleeping_worker(desk, now, at))
        if child.waits():
            sleepers.append(child)
    desk.worker_runs(now + SOON)
    for child in sleepers[::-1]:
        child.goes_on()
    now = desk.all_is_worked(now + 2 * SOON)

    all_is_well(desk.stripe, now=now)


def sleeping_worker(desk: Desk, now: dt.datetime, at: int) -> None:
    with Moments(at, signal.SIGSTOP, of=STRIPE).counted():
        desk.worker_runs(now)
