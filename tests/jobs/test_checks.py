import datetime as dt

import pytest

from jobs.checks import Problem, check_dead_rows, check_outbox, check_schedule
from jobs.models import OutboxMail, Slot
from jobs.outbox import queue_mail
from jobs.worker import Worker

MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


def queue(now):
    return queue_mail(dedupe="receipt:1", to="a@example.com", subject="Your receipt", text="Thank you.", now=now)


@pytest.fixture(autouse=True)
def daily_work(settings):
    settings.JOBS_CLAIMABLE = []
    settings.JOBS_SCHEDULE = ["tests.jobs.work.Hourly"]


@pytest.mark.django_db
def test_a_mail_that_waits_for_more_than_an_hour_is_told(now):
    queue(now)

    assert list(check_outbox(using="default", now=now + HOUR)) == []
    assert list(check_outbox(using="default", now=now + HOUR + MINUTE)) == [
        Problem("outbox", "1 mails wait, the oldest since 2026-03-02 15:00 UTC.")
    ]
    OutboxMail.objects.update(sent_at=now)
    assert list(check_outbox(using="default", now=now + HOUR + MINUTE)) == []


@pytest.mark.django_db
def test_rows_that_were_given_up_are_told_whatever_they_are(now):
    mail = queue(now)
    slot = Slot.objects.create(kind="hourly", slot_at=now, run_at=now)
    assert list(check_dead_rows(using="default", now=now)) == []

    OutboxMail.objects.update(dead_at=now, last_error="refused")
    Slot.objects.update(dead_at=now, last_error="broken")

    assert sorted(check_dead_rows(using="default", now=now)) == [
        Problem("dead rows", f"mail {mail.pk} was given up: refused"),
        Problem("dead rows", f"slot {slot.pk} was given up: broken"),
    ]


@pytest.mark.django_db
def test_a_dead_worker_is_told_within_fifteen_minutes_of_the_first_slot_it_misses(now):
    assert list(check_schedule(using="default", now=now)) == []
    Worker(clock=lambda: now).run_once()

    assert list(check_schedule(using="default", now=now + HOUR + 15 * MINUTE)) == []
    assert list(check_schedule(using="default", now=now + HOUR + 16 * MINUTE)) == [
        Problem("schedule", "hourly was due at 2026-03-02 16:00 UTC and is not done.")
    ]
    Worker(clock=lambda: now + 10 * HOUR).run_once()
    assert list(check_schedule(using="default", now=now + 10 * HOUR)) == []


@pytest.mark.django_db
def test_recurring_work_that_keeps_failing_is_told_too(now, settings):
    settings.JOBS_SCHEDULE = ["tests.jobs.work.Broken"]
    Worker(clock=lambda: now).run_once()

    assert list(check_schedule(using="default", now=now)) == [
        Problem("schedule", "broken was due at 2026-03-02 00:00 UTC and is not done.")
    ]
