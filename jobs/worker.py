"""The worker: one loop over the schedule and the claimable rows; it may die at any line and loses nothing."""

import datetime as dt
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from types import FrameType
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs.leases import Claimable, Leased, LeaseLost, TryLater, WorkedTogether, claim, failed, idle, put_back
from jobs.models import WorkerBeat
from jobs.schedule import Schedule

logger = logging.getLogger(__name__)

IDLE_SECONDS = 2.0
BEAT_EVERY = dt.timedelta(seconds=30)
BEATS_KEPT = dt.timedelta(days=1)
AWAY_FOR = dt.timedelta(minutes=1)
TURN = 50


@runtime_checkable
class WorksByItself(Claimable, Protocol):
    """A kind of work that claims its rows itself, to have many of them under way at once."""

    def work_some(self, worker: "Worker") -> int:
        """Work for some seconds at most, less when the worker stops; how many rows were begun."""


class OutOfTime(Exception):
    """The work has not ended within its lease."""


class Worker:
    """Works what is due until told to stop; any number of workers may run beside each other."""

    def __init__(self, *, clock: Callable[[], dt.datetime] = timezone.now, name: str = "") -> None:
        self.clock = clock
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self.started_at = clock()
        self.beat_at: dt.datetime | None = None
        self.away_at: dict[Claimable, dt.datetime] = {}
        self.stopping = threading.Event()

    @cached_property
    def schedule(self) -> Schedule:
        """The recurring work."""
        return Schedule()

    @cached_property
    def sources(self) -> list[Claimable]:
        """All kinds of work there are; who works rows that are in hand needs none of them."""
        return [self.schedule, *(import_string(path)() for path in settings.JOBS_CLAIMABLE)]

    def stop(self, _signum: int = 0, _frame: FrameType | None = None) -> None:
        """End after the row in hand; fit to be a signal handler."""
        self.stopping.set()

    def run(self) -> None:
        """Work until `stop`; a database that is away for a while is waited for."""
        while not self.stopping.is_set():
            close_old_connections()
            try:
                worked = self.turn()
            except OperationalError:
                logger.exception("The database did not answer; trying again.")
                connection.close()
                worked = 0
            if not worked:
                self.stopping.wait(IDLE_SECONDS)

    def run_once(self) -> int:
        """Work until nothing is due any more; the number of rows worked."""
        total = 0
        while not self.stopping.is_set() and (worked := self.turn()):
            total += worked
        return total

    def turn(self) -> int:
        """Give each kind of work its turn, so that a long queue does not stop the others; the number of rows worked."""
        self.beat()
        self.schedule.fill(now=self.clock())
        return sum(self.work_some(source) for source in self.sources)

    def work_some(self, source: Claimable) -> int:
        """Work up to fifty rows of one kind, together where they can be; a kind that works by itself has its turn."""
        worked = 0
        while worked < TURN and not self.stopping.is_set() and not self.is_away(source):
            if not self._has_work(source):
                break  # most have nothing to do, and a look is cheaper than a transaction
            if isinstance(source, WorksByItself):
                return source.work_some(self)
            done = self.work_together(source) if isinstance(source, WorkedTogether) else int(self.work_one(source))
            if not done:
                break
            worked += done
        return worked

    def work_one(self, source: Claimable) -> bool:
        """Claim one row and work it; whether there was one."""
        now = self.clock()
        rows = self._claim(source, now=now, limit=1)
        for row in rows:
            self._try_alone(source, row, now=now)
        return bool(rows)

    def work_together(self, source: WorkedTogether) -> int:
        """Claim up to fifty rows and work them together; how many there were."""
        now = self.clock()
        rows = self._claim(source, now=now, limit=TURN)
        self.try_rows(source, rows, now=now)
        return len(rows)

    def _has_work(self, source: Claimable) -> bool:
        now = self.clock()
        return idle(source.claimable(now=now), now=now).exists()

    def _claim(self, source: Claimable, *, now: dt.datetime, limit: int) -> list[Any]:
        with transaction.atomic(durable=True):
            return claim(source.claimable(now=now), now=now, lease=source.lease, limit=limit)

    def try_row(self, source: Claimable, row: Leased, *, now: dt.datetime) -> None:
        """Work the row and note on it how it went."""
        try:
            with time_limit(source.lease):
                source.work(row, now=now)
        except LeaseLost:
            raise
        except TryLater as later:
            self.away_at[source] = now
            put_back(row, error=str(later))
        except Exception as error:
            # Whatever is wrong with one row must not stop the rows behind it. This is the one place that catches all:
            # nothing is hidden, the error is logged, kept on the row, and reported by the checks once the row is dead.
            logger.exception("%s failed, try %d.", row, row.attempts)
            if isinstance(error, OutOfTime):
                connection.close()  # the query it was cut off from may still be running on it
            failed(row, error=f"{type(error).__name__}: {error}", now=self.clock())

    def try_rows(self, source: WorkedTogether, rows: Sequence[Leased], *, now: dt.datetime) -> None:
        """Work rows together; when that fails nothing of it is done, and each is worked by itself."""
        if not rows:
            return
        try:
            with time_limit(source.lease):
                source.work_all(rows, now=now)
        except Exception as error:  # whichever row it was is told by `try_row`
            logger.warning("%d rows could not be worked together: %s: %s", len(rows), type(error).__name__, error)
            if isinstance(error, OutOfTime):
                connection.close()
            for row in rows:
                self._try_alone(source, row, now=self.clock())

    def _try_alone(self, source: Claimable, row: Leased, *, now: dt.datetime) -> None:
        try:
            self.try_row(source, row, now=now)
        except LeaseLost:
            logger.warning("The lease of %s ran out before its work was done.", row)

    def is_away(self, source: Claimable) -> bool:
        """Whether something that the source needs was away within the last minute."""
        away_at = self.away_at.get(source)
        return away_at is not None and dt.timedelta(0) <= self.clock() - away_at < AWAY_FOR

    def beat(self) -> None:
        """Renew the sign of life when half a minute has passed."""
        now = self.clock()
        if self.beat_at is not None and dt.timedelta(0) <= now - self.beat_at < BEAT_EVERY:
            return
        fields = {"beat_at": now, "started_at": self.started_at}
        WorkerBeat.objects.update_or_create(name=self.name, defaults=fields)
        WorkerBeat.objects.filter(beat_at__lt=now - BEATS_KEPT).delete()
        self.beat_at = now


@contextmanager
def time_limit(limit: dt.timedelta) -> Iterator[None]:
    """Raise OutOfTime inside the block after `limit`, so that an endless loop ends (main thread only)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _out_of_time(_signum: int, _frame: FrameType | None) -> None:
    raise OutOfTime("It took longer than its lease.")
