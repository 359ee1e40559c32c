import datetime as dt

import pytest
from django.db import transaction

from jobs.leases import LeaseLost, claim, done, failed, put_back, run_again
from jobs.models import OutboxMail
from jobs.outbox import queue_mail
from tests.racing import race

LEASE = dt.timedelta(minutes=5)


def queue(name, now):
    return queue_mail(dedupe=name, to="a@example.com", subject="Your receipt", text="Thank you.", now=now)


def claim_some(now, limit=1):
    with transaction.atomic():
        return claim(OutboxMail.objects.filter(sent_at=None), now=now, lease=LEASE, limit=limit)


@pytest.mark.django_db
def test_a_claimed_row_is_its_holders_until_the_lease_runs_out(now):
    mail = queue("one", now)

    assert claim_some(now) == [mail]
    assert claim_some(now + LEASE) == []
    assert claim_some(now + LEASE + dt.timedelta(seconds=1)) == [mail]


@pytest.mark.django_db
def test_the_oldest_rows_come_first_and_those_of_the_future_not_at_all(now):
    third, first, second = (queue(name, now - dt.timedelta(hours=age)) for name, age in [("3", 1), ("1", 3), ("2", 2)])
    queue("tomorrow", now + dt.timedelta(days=1))

    assert claim_some(now, limit=2) == [first, second]
    assert claim_some(now, limit=2) == [third]


@pytest.mark.django_db
def test_a_worker_that_slept_past_its_lease_cannot_finish_the_row_of_another(now):
    queue("one", now)
    [sleeper] = claim_some(now)
    [thief] = claim_some(now + 2 * LEASE)

    with pytest.raises(LeaseLost):
        done(sleeper, sent_at=now)
    with pytest.raises(LeaseLost):
        failed(sleeper, error="woke up", now=now)
    with pytest.raises(LeaseLost):
        put_back(sleeper, error="woke up")

    row = OutboxMail.objects.get()
    assert (row.lease_token, row.sent_at, row.last_error) == (thief.lease_token, None, "")
    done(thief, sent_at=now)
    row.refresh_from_db()
    assert (row.lease_token, row.lease_until, row.sent_at) == (None, None, now)


@pytest.mark.django_db
def test_a_row_may_be_finished_after_its_lease_as_long_as_nobody_took_it(now):
    queue("one", now)
    [row] = claim_some(now)

    done(row, sent_at=now + 3 * LEASE)

    assert OutboxMail.objects.get().sent_at == now + 3 * LEASE


@pytest.mark.django_db
def test_pauses_double_from_ten_seconds_to_an_hour_and_the_twelfth_failure_is_the_last(now):
    queue("one", now)
    pauses = []
    at = now
    for _ in range(12):
        [row] = claim_some(at)
        failed(row, error="no", now=at)
        pauses.append(int((row.run_at - at).total_seconds()))
        at = row.run_at

    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    row = OutboxMail.objects.get()
    assert (row.attempts, row.last_error, row.dead_at) == (12, "no", at - dt.timedelta(hours=1))
    assert claim_some(at + dt.timedelta(days=1)) == []


@pytest.mark.django_db
def test_a_row_that_kills_every_worker_is_given_up_after_twelve(now):
    queue("poison", now)
    for n in range(12):
        assert len(claim_some(now + 2 * LEASE * n)) == 1  # and never given back

    assert claim_some(now + 2 * LEASE * 12) == []
    row = OutboxMail.objects.get()
    assert (row.attempts, row.dead_at) == (12, now + 2 * LEASE * 12)
    assert "12 times" in row.last_error


@pytest.mark.django_db
def test_a_row_put_back_is_as_due_as_before_and_has_lost_no_try(now):
    queue("one", now)
    [row] = claim_some(now)

    put_back(row, error="the server is away")

    row = OutboxMail.objects.get()
    assert (row.run_at, row.attempts, row.lease_token, row.last_error) == (now, 0, None, "the server is away")


@pytest.mark.django_db
def test_a_given_up_row_that_is_run_again_has_all_its_tries(now):
    mail = queue("one", now)
    OutboxMail.objects.update(attempts=12, dead_at=now)
    assert claim_some(now) == []

    assert run_again(OutboxMail.objects.all(), now=now) == 1

    assert claim_some(now) == [mail]
    assert OutboxMail.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_the_same_moment_each_get_different_rows(now):
    mails = {queue(f"mail {n}", now).pk for n in range(60)}

    def work(_n):
        worked = []
        while rows := claim_some(now, limit=3):
            for row in rows:
                done(row, sent_at=now)
            worked += [row.pk for row in rows]
        return worked

    lanes = race(8, work)

    worked = [pk for lane in lanes for pk in lane]
    assert sorted(worked) == sorted(mails)
    assert set(OutboxMail.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_locked_by_another_worker_is_passed_over_without_waiting(now):
    first, second = queue("first", now), queue("second", now + dt.timedelta(seconds=1))
    with transaction.atomic():
        assert claim(OutboxMail.objects.all(), now=now, lease=LEASE, limit=1) == [first]
        [others] = race(1, lambda _n: claim_some(now + dt.timedelta(seconds=1), limit=2))

    assert others == [second]
