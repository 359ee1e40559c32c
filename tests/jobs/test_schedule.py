import datetime as dt

import pytest

from jobs.leases import claim
from jobs.models import Slot
from jobs.schedule import Schedule, fill
from jobs.worker import Worker
from tests.jobs import work
from tests.racing import race

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def schedule(settings):
    settings.JOBS_CLAIMABLE = []
    settings.JOBS_SCHEDULE = ["tests.jobs.work.Daily", "tests.jobs.work.EachMinute"]
    work.runs.clear()


def run_at(at):
    """What one visit of the worker at that time ran, by kind."""
    before = len(work.runs)
    Worker(clock=lambda: at).run_once()
    return [kind for kind, _ in work.runs[before:]]


def slots(kind):
    return list(Slot.objects.filter(kind=kind).order_by("slot_at").values_list("slot_at", flat=True))


@pytest.mark.django_db
def test_a_new_job_runs_once_for_the_newest_slot_and_then_at_each_next(now):
    assert sorted(run_at(now)) == ["daily", "each_minute"]
    assert run_at(now) == []
    assert run_at(now + dt.timedelta(minutes=1)) == ["each_minute"]
    assert sorted(run_at(now + 9 * HOUR)) == ["daily", "each_minute"]

    assert slots("daily") == [dt.datetime(2026, 3, 2, tzinfo=dt.UTC), dt.datetime(2026, 3, 3, tzinfo=dt.UTC)]


@pytest.mark.django_db
def test_after_ten_days_down_each_missed_day_is_caught_up_oldest_first_and_minutes_only_once(now):
    run_at(now)

    ran = run_at(now + 10 * DAY)

    assert sorted(ran) == ["daily"] * 10 + ["each_minute"]
    done = Slot.objects.filter(kind="daily").exclude(done_at=None).order_by("slot_at").values_list("slot_at", flat=True)
    assert list(done) == [dt.datetime(2026, 3, 2, tzinfo=dt.UTC) + n * DAY for n in range(11)]


@pytest.mark.django_db
def test_missed_slots_are_claimed_in_the_order_in_which_they_were_due(now):
    run_at(now)
    schedule = Schedule()
    schedule.fill(now=now + 3 * DAY)

    order = []
    while rows := claim(schedule.claimable(now=now + 3 * DAY), now=now + 3 * DAY, lease=HOUR, limit=1):
        order.append(rows[0].slot_at)
        schedule.work(rows[0], now=now + 3 * DAY)

    assert order == sorted(order)
    assert len(order) == 4


@pytest.mark.django_db
def test_a_clock_that_jumps_back_two_hours_repeats_no_slot_and_stops_no_sweeper(now, settings):
    settings.JOBS_SCHEDULE = ["tests.jobs.work.Hourly", "tests.jobs.work.EveryTenMinutes"]
    ticks = [now + dt.timedelta(minutes=10) * n for n in range(13)]
    ahead = [kind for at in ticks for kind in run_at(at)]
    assert (ahead.count("hourly"), ahead.count("every_ten_minutes")) == (3, 13)

    again = [kind for at in ticks[1:] for kind in run_at(at + dt.timedelta(minutes=1))]

    assert again.count("hourly") == 0  # they were done when the clock was ahead
    assert again.count("every_ten_minutes") >= 10
    assert sorted(run_at(now + 3 * HOUR)) == ["every_ten_minutes", "hourly"]
    assert slots("hourly") == [now + n * HOUR for n in range(4)]


@pytest.mark.django_db
def test_a_kind_that_is_being_run_is_not_begun_a_second_time(now):
    schedule = Schedule()
    schedule.fill(now=now)
    first = claim(schedule.claimable(now=now), now=now, lease=HOUR, limit=10)
    assert {slot.kind for slot in first} == {"daily", "each_minute"}

    later = now + dt.timedelta(minutes=1)
    schedule.fill(now=later)

    assert claim(schedule.claimable(now=later), now=later, lease=HOUR, limit=10) == []


@pytest.mark.django_db
def test_a_broken_job_does_not_stop_the_others_and_is_tried_again(now, settings):
    settings.JOBS_SCHEDULE = ["tests.jobs.work.Broken", "tests.jobs.work.Daily"]

    assert run_at(now) == ["daily"]
    slot = Slot.objects.get(kind="broken")

    assert (slot.attempts, slot.done_at, slot.last_error) == (1, None, "ValueError: this job is broken")
    assert slot.run_at == now + dt.timedelta(seconds=10)


@pytest.mark.django_db
def test_slots_of_long_ago_are_dropped_but_for_the_last_one(now):
    run_at(now - 100 * DAY)
    last = slots("daily")[-1]
    fill(work.Daily(), now=now)

    assert last in slots("daily")
    run_at(now)
    run_at(now + DAY)

    assert min(slots("daily")) >= now - 31 * DAY
    assert len(slots("each_minute")) <= 3


@pytest.mark.django_db(transaction=True)
def test_workers_that_fill_at_the_same_moment_make_each_slot_once_and_run_it_once(now):
    run_at(now - 5 * DAY)
    work.runs.clear()

    lanes = race(6, lambda _n: Worker(clock=lambda: now).run_once())
    assert {type(lane) for lane in lanes} == {int}, lanes
    run_at(now)  # a lane may have ended while another held the last row

    assert sorted(kind for kind, _ in work.runs) == ["daily"] * 5 + ["each_minute"]
    assert len(slots("daily")) == 6
