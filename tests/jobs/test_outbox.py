import datetime as dt

import pytest
from django.core import mail as post
from django.db import transaction

from jobs.models import OutboxMail
from jobs.outbox import queue_mail
from jobs.worker import Worker
from tests.jobs.work import Killed

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def outbox_only(settings):
    settings.JOBS_CLAIMABLE = ["jobs.outbox.Outbox"]
    settings.JOBS_SCHEDULE = []
    settings.SITE_URL = "https://till.example.com"


def queue(now, dedupe="receipt:1", **changes):
    fields = {"to": "ada@example.com", "subject": "Your receipt", "text": "Thank you.", **changes}
    return queue_mail(dedupe=dedupe, now=now, **fields)


def work_at(at):
    return Worker(clock=lambda: at).run_once()


@pytest.mark.django_db
def test_a_queued_mail_is_sent_once(now, settings):
    queue(now, html="<p>Thank you.</p>")

    assert (work_at(now), work_at(now + MINUTE)) == (1, 0)

    [sent] = post.outbox
    assert (sent.to, sent.subject, sent.body) == (["ada@example.com"], "Your receipt", "Thank you.")
    assert sent.from_email == settings.DEFAULT_FROM_EMAIL
    assert [tuple(part) for part in sent.alternatives] == [("<p>Thank you.</p>", "text/html")]
    assert OutboxMail.objects.get().sent_at == now


@pytest.mark.django_db
def test_the_same_dedupe_is_the_same_mail(now):
    assert queue(now) == queue(now + MINUTE, text="Thank you again.")
    assert OutboxMail.objects.get().text == "Thank you."


@pytest.mark.django_db
def test_a_mail_of_a_transaction_that_failed_was_never_queued(now):
    with transaction.atomic():
        queue(now)
        transaction.set_rollback(True)

    assert not OutboxMail.objects.exists()


@pytest.mark.django_db
def test_a_line_break_in_a_subject_makes_no_second_header(now):
    queue(now, subject="Your receipt\r\nBcc: everybody@example.com")

    work_at(now)

    assert post.outbox[0].message()["Subject"] == "Your receipt Bcc: everybody@example.com"
    assert post.outbox[0].recipients() == ["ada@example.com"]


@pytest.mark.django_db
def test_a_mail_whose_sender_died_before_noting_it_is_sent_again_under_the_same_message_id(now, settings):
    mail = queue(now)
    settings.EMAIL_BACKEND = "tests.jobs.work.DiesAfterSending"
    with pytest.raises(Killed):
        work_at(now)
    assert OutboxMail.objects.get().sent_at is None

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert work_at(now + MINUTE) == 0  # the dead worker's lease still holds
    assert work_at(now + 6 * MINUTE) == 1

    assert [sent.message()["Message-ID"] for sent in post.outbox] == [mail.message_id] * 2
    assert mail.message_id.endswith("@till.example.com>")


@pytest.mark.django_db
def test_mails_outlive_a_mail_server_that_is_away_for_three_days(now, settings):
    queue(now), queue(now, dedupe="receipt:2")
    settings.EMAIL_BACKEND = "tests.jobs.work.ServerAway"
    for hour in range(72):
        work_at(now + dt.timedelta(hours=hour))
    assert set(OutboxMail.objects.values_list("attempts", "dead_at")) == {(0, None)}

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    work_at(now + dt.timedelta(hours=72))

    assert len(post.outbox) == 2


@pytest.mark.django_db
def test_a_flood_is_held_back_until_the_next_day(now):
    hour = dt.timedelta(hours=1)
    OutboxMail.objects.bulk_create(
        OutboxMail(dedupe=f"flood:{n}", to="a@example.com", queued_at=now, run_at=now, sent_at=now) for n in range(1000)
    )
    queue(now)

    assert work_at(now + 23 * hour) == 0
    assert work_at(now + 24 * hour) == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_mail_is_sent(now, settings):
    settings.EMAIL_BACKEND = "tests.jobs.work.RefusesTransactions"
    queue(now)

    work_at(now)

    assert (len(post.outbox), OutboxMail.objects.get().last_error) == (1, "")
