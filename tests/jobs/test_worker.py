import datetime as dt
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings as project
from django.core.management import call_command

from jobs.leases import MAX_TRIES
from jobs.models import OutboxMail, Slot, WorkerBeat
from jobs.outbox import queue_mail
from jobs.worker import Worker
from tests.jobs import work
from tests.processes import environment

MINUTE = dt.timedelta(minutes=1)


def queue(now, *texts):
    for text in texts:
        queue_mail(dedupe=text, to="a@example.com", subject=text, text=text, now=now)


def by_text():
    return {mail.text: mail for mail in OutboxMail.objects.all()}


@pytest.fixture
def mails_by_work(settings):
    settings.JOBS_SCHEDULE = []
    settings.JOBS_CLAIMABLE = ["tests.jobs.work.MailsByWork"]


@pytest.mark.django_db
def test_a_poison_row_does_not_stop_the_rows_behind_it(now, mails_by_work, caplog):
    queue(now - MINUTE, "broken")
    queue(now, "fine")

    assert Worker(clock=lambda: now).run_once() == 2

    mails = by_text()
    assert mails["fine"].sent_at == now
    assert (mails["broken"].sent_at, mails["broken"].attempts) == (None, 1)
    assert mails["broken"].last_error == "ValueError: nobody can work this row"
    assert "nobody can work this row" in caplog.text


@pytest.mark.django_db
def test_what_can_be_worked_together_is(now, mails_by_work, settings):
    settings.JOBS_CLAIMABLE = ["tests.jobs.work.MailsTogether"]
    work.heaps.clear()
    queue(now, *(f"fine {number}" for number in range(60)))

    assert Worker(clock=lambda: now).run_once() == 60

    assert work.heaps == [50, 10]
    assert OutboxMail.objects.filter(sent_at=now, attempts=1, lease_until=None).count() == 60


@pytest.mark.django_db
def test_one_that_is_wrong_does_not_spoil_those_worked_with_it(now, mails_by_work, settings):
    settings.JOBS_CLAIMABLE = ["tests.jobs.work.MailsTogether"]
    queue(now, "fine", "broken", "fine too")

    assert Worker(clock=lambda: now).run_once() == 3

    mails = by_text()
    assert (mails["fine"].sent_at, mails["fine too"].sent_at) == (now, now)
    assert (mails["broken"].sent_at, mails["broken"].attempts) == (None, 1)


@pytest.mark.django_db
def test_a_kind_that_works_by_itself_has_its_turn_as_long_as_there_is_work(now, mails_by_work, settings):
    settings.JOBS_CLAIMABLE = ["tests.jobs.work.MailsByThemselves"]
    work.heaps.clear()
    queue(now, "one", "two", "three")

    assert Worker(clock=lambda: now).run_once() == 3

    assert work.heaps == [2, 1]


@pytest.mark.django_db
def test_a_poison_row_is_given_up_after_twelve_tries(now, mails_by_work):
    queue(now, "broken")

    for hour in range(24):
        Worker(clock=lambda at=now + dt.timedelta(hours=hour): at).run_once()

    mail = by_text()["broken"]
    assert (mail.attempts, mail.dead_at) == (MAX_TRIES, now + dt.timedelta(hours=MAX_TRIES - 1))


@pytest.mark.django_db(transaction=True)
def test_an_endless_row_is_cut_off_and_the_rows_behind_it_are_worked(now, mails_by_work):
    queue(now - MINUTE, "endless")
    queue(now, "fine")

    Worker(clock=lambda: now).run_once()

    mails = by_text()
    assert mails["fine"].sent_at == now
    assert mails["endless"].last_error == "OutOfTime: It took longer than its lease."


@pytest.mark.django_db
def test_a_worker_gives_a_sign_of_life_every_half_minute(now, mails_by_work):
    clock = [now]
    worker = Worker(clock=lambda: clock[0], name="one")
    for seconds in (0, 10, 29, 30, 45):
        clock[0] = now + dt.timedelta(seconds=seconds)
        worker.turn()

    beat = WorkerBeat.objects.get()
    assert (beat.name, beat.started_at, beat.beat_at) == ("one", now, now + dt.timedelta(seconds=30))


@pytest.mark.django_db
def test_a_worker_gone_for_a_day_is_forgotten(now, mails_by_work):
    Worker(clock=lambda: now, name="old").turn()
    Worker(clock=lambda: now + dt.timedelta(days=2), name="new").turn()

    assert list(WorkerBeat.objects.values_list("name", flat=True)) == ["new"]


@pytest.mark.django_db
def test_worker_once_works_what_is_due_and_leaves_everything_else_as_it_was(mails_by_work, capsys):
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)]
    queue(dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "fine", "fine too")

    call_command("worker", "--once")

    assert capsys.readouterr().out == "2 done\n"
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)] == handlers
    assert OutboxMail.objects.filter(sent_at=None).count() == 0


@pytest.fixture
def slow_worker(tmp_path):
    """`manage.py worker` as a process of its own on the database of this test, that has begun its one slow job."""
    worker = start_worker(tmp_path)
    yield worker
    worker.kill()
    worker.wait(timeout=60)


def start_worker(folder):
    module = folder / "slow_settings.py"
    module.write_text("from tests.settings import *\nJOBS_SCHEDULE = ['tests.jobs.work.Slow']\nJOBS_CLAIMABLE = []\n")
    variables = environment(DJANGO_SETTINGS_MODULE="slow_settings", PYTHONPATH=str(folder), SLOW_FOLDER=str(folder))
    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=project.BASE_DIR, env=variables)
    deadline = time.monotonic() + 30
    while not (folder / "begun").exists() and worker.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return worker


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_to_stop_finishes_the_row_in_hand(slow_worker, tmp_path):
    assert (tmp_path / "begun").exists()
    slow_worker.send_signal(signal.SIGTERM)

    assert slow_worker.wait(timeout=60) == 0
    assert (tmp_path / "ended").exists()
    assert Slot.objects.get().done_at is not None


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_had_in_hand_is_done_by_the_next(slow_worker, tmp_path, settings, monkeypatch):
    assert (tmp_path / "begun").exists()
    slow_worker.kill()
    slow_worker.wait(timeout=60)
    assert not (tmp_path / "ended").exists()
    claimed = Slot.objects.get()
    assert (claimed.done_at, claimed.attempts) == (None, 1)

    settings.JOBS_SCHEDULE, settings.JOBS_CLAIMABLE = ["tests.jobs.work.Slow"], []
    monkeypatch.setenv("SLOW_FOLDER", str(tmp_path))
    after = claimed.lease_until + dt.timedelta(seconds=1)
    Worker(clock=lambda: after).run_once()

    slot = Slot.objects.get(pk=claimed.pk)
    assert (slot.done_at, slot.attempts) == (after, 2)
    assert (tmp_path / "ended").exists()
