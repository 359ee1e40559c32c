"""What an owner should know about work that does not get done; each check yields what is wrong."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db.models import Count, Max, Min, Q

from jobs.leases import Leased
from jobs.models import OutboxMail, Slot
from jobs.schedule import scheduled_jobs

MAIL_MAY_WAIT = dt.timedelta(hours=1)
SLOT_MAY_BE_LATE = dt.timedelta(minutes=15)


class Problem(NamedTuple):
    """A promise that does not hold: the check's name and a sentence."""

    check: str
    what: str


def check_outbox(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Mails older than an hour: the mail server is away, no worker runs, or the flood cap holds them back."""
    waiting = OutboxMail.objects.using(using).filter(sent_at=None, dead_at=None, queued_at__lt=now - MAIL_MAY_WAIT)
    found = waiting.aggregate(number=Count("pk"), oldest=Min("queued_at"))
    if found["number"]:
        yield Problem("outbox", f"{found['number']} mails wait, the oldest since {found['oldest']:%Y-%m-%d %H:%M} UTC.")


def check_dead_rows(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Rows of any kind that were given up after twelve tries; a person must look and press “run again”."""
    for model in apps.get_models():
        if issubclass(model, Leased):
            for row in model._default_manager.using(using).exclude(dead_at=None).order_by("dead_at"):
                yield Problem("dead rows", f"{model._meta.verbose_name} {row.pk} was given up: {row.last_error}")


def check_schedule(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Recurring work that is more than 15 minutes late: no worker runs, or the work keeps failing."""
    done = Max("slot_at", filter=Q(done_at__isnull=False))
    found = Slot.objects.using(using).values("kind").annotate(first=Min("slot_at"), done=done).order_by("kind")
    jobs = scheduled_jobs()
    for row in found.filter(kind__in=jobs):
        due_at = row["done"] + jobs[row["kind"]].every if row["done"] else row["first"]
        if now - due_at > SLOT_MAY_BE_LATE:
            yield Problem("schedule", f"{row['kind']} was due at {due_at:%Y-%m-%d %H:%M} UTC and is not done.")
