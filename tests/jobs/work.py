"""Kinds of work for the worker's tests: they note their runs, fail, hang or die as a test needs it."""

import datetime as dt
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.db.models import QuerySet

from jobs.leases import claim, done, done_all
from jobs.models import OutboxMail
from jobs.worker import Worker

runs: list[tuple[str, dt.datetime]] = []
heaps: list[int] = []


class Daily:
    kind = "daily"
    every = dt.timedelta(days=1)
    catch_up = True

    def run(self, *, now: dt.datetime) -> None:
        runs.append((self.kind, now))


class Hourly(Daily):
    kind = "hourly"
    every = dt.timedelta(hours=1)


class EachMinute(Daily):
    kind = "each_minute"
    every = dt.timedelta(minutes=1)
    catch_up = False


class EveryTenMinutes(EachMinute):
    kind = "every_ten_minutes"
    every = dt.timedelta(minutes=10)


class Broken(Daily):
    kind = "broken"

    def run(self, *, now: dt.datetime) -> None:
        raise ValueError("this job is broken")


class Slow(Daily):
    """Says in a file when it begins and when it ends, two seconds later."""

    kind = "slow"

    def run(self, *, now: dt.datetime) -> None:
        folder = Path(os.environ["SLOW_FOLDER"])
        (folder / "begun").touch()
        time.sleep(2)
        (folder / "ended").touch()


class MailsByWork:
    """Works mails by their text: `endless`, `broken`, anything else is fine."""

    lease = dt.timedelta(seconds=0.2)

    def claimable(self, *, now: dt.datetime) -> QuerySet[OutboxMail]:
        return OutboxMail.objects.filter(sent_at=None)

    def work(self, row: OutboxMail, *, now: dt.datetime) -> None:
        while row.text == "endless":
            time.sleep(0.01)
        if row.text == "broken":
            raise ValueError("nobody can work this row")
        done(row, sent_at=now)


class MailsTogether(MailsByWork):
    """The same in heaps; notes how large they are."""

    lease = dt.timedelta(seconds=5)

    def work_all(self, rows: Sequence[OutboxMail], *, now: dt.datetime) -> None:
        heaps.append(len(rows))
        if any(row.text == "broken" for row in rows):
            raise ValueError("one of these can not be worked")
        done_all(rows, sent_at=now)


class MailsByThemselves(MailsByWork):
    """Claims its rows itself."""

    def work_some(self, worker: Worker) -> int:
        now = worker.clock()
        with transaction.atomic():
            rows = claim(self.claimable(now=now), now=now, lease=self.lease, limit=2)
        done_all(rows, sent_at=now)
        heaps.append(len(rows))
        return len(rows)


class Killed(BaseException):
    """What a kill -9 is to the code that it hits."""


class DiesAfterSending(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        super().send_messages(messages)
        raise Killed


class ServerAway(EmailBackend):
    def open(self) -> bool:
        raise ConnectionRefusedError("nobody listens")


class RefusesTransactions(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        assert not connection.in_atomic_block, "a mail was sent with a transaction open"
        return super().send_messages(messages)
