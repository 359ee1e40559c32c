import datetime as dt

import pytest
from django.db import transaction

from studio import throttle
from studio.models import Throttle
from tests.racing import race

PER = dt.timedelta(minutes=5)
SECOND = dt.timedelta(seconds=1)


def tried(now: dt.datetime, times: int = 1, limit: int = 3) -> list[bool]:
    return [throttle.reserve(key="door", limit=limit, per=PER, now=now) for _ in range(times)]


@pytest.mark.django_db
def test_a_key_has_as_many_tries_as_the_limit_says(now):
    assert tried(now, times=5) == [True, True, True, False, False]


@pytest.mark.django_db
def test_keys_do_not_share_their_tries(now):
    tried(now, times=3)

    assert throttle.reserve(key="window", limit=3, per=PER, now=now)


@pytest.mark.django_db
def test_the_tries_come_back_when_the_window_ends_and_not_a_moment_earlier(now):
    tried(now, times=3)

    assert tried(now + PER - SECOND) == [False]
    assert tried(now + PER, times=4) == [True, True, True, False]


@pytest.mark.django_db
def test_a_refused_try_does_not_make_the_wait_longer(now):
    tried(now, times=3)
    tried(now + PER - SECOND, times=100)

    assert throttle.time_to_wait(key="door", per=PER, now=now + PER - SECOND) == SECOND
    assert tried(now + PER) == [True]


@pytest.mark.django_db
def test_a_try_given_back_can_be_used_again_but_never_more_than_was_taken(now):
    tried(now, times=3)

    for _ in range(5):
        throttle.give_back(key="door", now=now)

    assert tried(now, times=4) == [True, True, True, False]


@pytest.mark.django_db
def test_a_try_of_an_earlier_window_is_not_taken_off_a_later_one(now):
    tried(now)
    tried(now + PER, times=3)

    throttle.give_back(key="door", now=now)

    assert tried(now + PER) == [False]


@pytest.mark.django_db
def test_what_is_left_and_how_long_to_wait_can_be_told(now):
    later = now + dt.timedelta(minutes=2)
    assert throttle.tries_left(key="door", limit=3, per=PER, now=now) == 3
    assert throttle.time_to_wait(key="door", per=PER, now=now) == dt.timedelta(0)

    tried(now, times=2)

    assert throttle.tries_left(key="door", limit=3, per=PER, now=later) == 1
    assert throttle.time_to_wait(key="door", per=PER, now=later) == dt.timedelta(minutes=3)
    assert throttle.tries_left(key="door", limit=3, per=PER, now=now + PER) == 3


@pytest.mark.django_db
def test_a_clock_that_was_a_year_ahead_locks_nobody_out_once_it_is_right_again(now):
    tried(now + dt.timedelta(days=365), times=3)

    assert tried(now, times=4) == [True, True, True, False]


@pytest.mark.django_db
def test_old_counters_are_forgotten_and_running_ones_kept(now):
    throttle.reserve(key="old", limit=1, per=PER, now=now - dt.timedelta(days=8))
    throttle.reserve(key="running", limit=1, per=PER, now=now)

    throttle.ForgetOldTries().run(now=now)

    assert list(Throttle.objects.values_list("key", flat=True)) == ["running"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("opened", ["never", "long ago", "just now"])
def test_of_64_callers_at_once_exactly_the_limit_get_a_try(opened, now):
    window = {"long ago": now - PER, "just now": now - SECOND}.get(opened)
    if window:
        Throttle.objects.create(key="door", window_started_at=window, used=5 if opened == "long ago" else 0)

    def knock(_: int) -> bool:
        with transaction.atomic(durable=True):
            return throttle.reserve(key="door", limit=5, per=PER, now=now)

    answers = race(64, knock)

    assert (answers.count(True), answers.count(False)) == (5, 59)
    assert list(Throttle.objects.values_list("key", "used")) == [("door", 5)]
