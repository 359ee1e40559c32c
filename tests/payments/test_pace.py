"""One limit for all workers: each takes a moment of its own, and a 429 moves everybody's on."""

import datetime as dt
import time

import pytest
from pytest_django.fixtures import Settings

from payments import pace
from payments.states import Busy
from tests.builders import NOW
from tests.racing import race

pytestmark = pytest.mark.django_db

GAP = dt.timedelta(milliseconds=40)


def test_turns_are_a_fortieth_of_a_second_times_forty_apart() -> None:
    assert [pace.reserve("x", now=NOW) - NOW for _ in range(4)] == [GAP * n for n in range(4)]


def test_what_nobody_used_is_not_saved_up() -> None:
    pace.reserve("x", now=NOW)
    later = NOW + dt.timedelta(hours=1)

    assert [pace.reserve("x", now=later) for _ in range(2)] == [later, later + GAP]


def test_limits_do_not_know_each_other(settings: Settings) -> None:
    settings.STRIPE_REQUESTS_PER_SECOND = 10
    pace.reserve("x", now=NOW)

    assert pace.reserve("y", now=NOW) == NOW
    assert pace.reserve("y", now=NOW) == NOW + dt.timedelta(milliseconds=100)


def test_a_429_gives_stripe_a_second() -> None:
    pace.slow_down(now=NOW)

    assert pace.reserve(pace.OFF_SESSION, now=NOW) == NOW + dt.timedelta(seconds=1)


def test_a_clock_that_was_wrong_stops_nobody() -> None:
    pace.reserve("x", now=NOW + dt.timedelta(days=1))

    assert pace.reserve("x", now=NOW) == NOW


def test_nobody_waits_for_a_turn_that_is_far_off() -> None:
    pace.reserve("x", now=NOW + dt.timedelta(seconds=6))

    with pytest.raises(Busy, match="pace"):
        pace.take_turn("x", now=NOW)


def test_a_desk_waits_for_no_turn_after_its_time() -> None:
    pace.reserve("x", now=NOW)

    with pytest.raises(Busy, match="pace"):
        pace.take_turn("x", now=NOW, until=time.monotonic())


def test_a_turn_that_is_near_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(pace.time, "sleep", waited.append)

    for _ in range(3):
        pace.take_turn("x", now=NOW)

    assert waited == [0.04, 0.08]


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_many_workers_share_it() -> None:
    moments = race(12, lambda _: pace.reserve("x", now=NOW))

    assert sorted(moments) == [NOW + GAP * n for n in range(12)]  # type: ignore[type-var]
