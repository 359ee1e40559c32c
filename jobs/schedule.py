"""Recurring work: slots on a fixed grid, filled from the last one to now, so that downtime misses nothing."""

import datetime as dt
from typing import Protocol

from django.conf import settings
from django.db.models import Max, QuerySet
from django.utils.module_loading import import_string

from jobs.leases import done
from jobs.models import Slot

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
KEPT = dt.timedelta(days=30)
MOST_AT_ONCE = 1000


class ScheduledJob(Protocol):
    """Work that comes back every so often; settings.JOBS_SCHEDULE lists the classes by dotted path."""

    kind: str
    every: dt.timedelta
    catch_up: bool  # True: every missed slot is run; False: one run makes up for all that were missed

    def run(self, *, now: dt.datetime) -> None:
        """Do the work once; called with no transaction open, and again when it fails."""


def scheduled_jobs() -> dict[str, ScheduledJob]:
    """The jobs of settings.JOBS_SCHEDULE by their kind."""
    jobs: list[ScheduledJob] = [import_string(path)() for path in settings.JOBS_SCHEDULE]
    return {job.kind: job for job in jobs}


def fill(job: ScheduledJob, *, now: dt.datetime) -> None:
    """Make the slots from the last one to now: all that were missed, or the newest only; drop those nobody needs."""
    mine = Slot.objects.filter(kind=job.kind)
    last = _last(mine, job, now=now)
    missed = missed_slots(job, last=last, now=now)
    if not missed:
        return
    if not job.catch_up:
        mine.filter(slot_at__lt=missed[0], done_at=None, lease_until=None).delete()
    old = mine.filter(slot_at__lt=missed[0] - KEPT).exclude(done_at=None)
    (old if last is None else old.exclude(slot_at=last)).delete()
    slots = [Slot(kind=job.kind, slot_at=at, run_at=at) for at in missed]
    Slot.objects.bulk_create(slots, ignore_conflicts=True)


def _last(mine: "QuerySet[Slot]", job: ScheduledJob, *, now: dt.datetime) -> dt.datetime | None:
    """The newest slot up to now."""
    newest = _newest(mine)
    if newest is None or newest <= now:
        return newest
    if not job.catch_up:
        # Slots ahead of now are of a clock that was wrong; left there, the work would stop until they come round again.
        mine.filter(slot_at__gt=now + job.every).delete()
    return _newest(mine.filter(slot_at__lte=now))


def _newest(slots: "QuerySet[Slot]") -> dt.datetime | None:
    newest: dt.datetime | None = slots.aggregate(Max("slot_at"))["slot_at__max"]
    return newest


def missed_slots(job: ScheduledJob, *, last: dt.datetime | None, now: dt.datetime) -> list[dt.datetime]:
    """The times on the job's grid after `last` up to `now`, oldest first, a thousand at most; or the newest only."""
    newest = newest_slot(job, now=now)
    if last is None or not job.catch_up:
        return [newest] if last is None or newest > last else []
    first = last - (last - EPOCH) % job.every + job.every
    count = (newest - first) // job.every + 1
    return [first + n * job.every for n in range(min(count, MOST_AT_ONCE))]


def newest_slot(job: ScheduledJob, *, now: dt.datetime) -> dt.datetime:
    """The last time on the job's grid."""
    return now - (now - EPOCH) % job.every


class Schedule:
    """The slots as claimable work, in the order in which they were due."""

    lease = dt.timedelta(minutes=10)

    def __init__(self) -> None:
        self.jobs = scheduled_jobs()
        self.filled: dict[str, dt.datetime] = {}

    def fill(self, *, now: dt.datetime) -> None:
        """Make the slots of every job that have come due since the last time."""
        for kind, job in self.jobs.items():
            newest = newest_slot(job, now=now)
            if self.filled.get(kind) != newest:
                fill(job, now=now)
                self.filled[kind] = newest

    def claimable(self, *, now: dt.datetime) -> QuerySet[Slot]:
        running = Slot.objects.filter(lease_until__gte=now).values("kind")  # one at a time of each kind
        return Slot.objects.filter(done_at=None, kind__in=self.jobs).exclude(kind__in=running)

    def work(self, row: Slot, *, now: dt.datetime) -> None:
        self.jobs[row.kind].run(now=now)
        done(row, done_at=now)
