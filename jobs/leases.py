"""Work that must not be lost: the domain row is the job, a lease gives it to one worker, a token guards its end."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from django.db import connections, models
from django.db.models import F, Q, QuerySet

MAX_TRIES = 12
FIRST_PAUSE = dt.timedelta(seconds=10)
LONGEST_PAUSE = dt.timedelta(hours=1)
LONGEST_ERROR = 2000
DIED_EACH_TIME = f"Whoever worked it died or ran out of time, {MAX_TRIES} times."


class LeaseLost(Exception):
    """Somebody else has taken the row meanwhile; what was done here does not finish it."""


class TryLater(Exception):
    """What the work needs from outside is away; the row is not to blame and its try does not count."""


class Leased(models.Model):
    """A row that is work: due at `run_at`, held with `lease_token` until `lease_until`, given up at `dead_at`."""

    run_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)
    dead_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Leased)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease for rows that are not stored yet: who makes them works them too."""

    token: uuid.UUID
    until: dt.datetime

    @classmethod
    def of(cls, lasts: dt.timedelta, *, now: dt.datetime) -> "Lease":
        """A new one that ends so long after now."""
        return cls(uuid.uuid4(), now + lasts)

    def take(self, row: Leased) -> None:
        """Give it to an unsaved row; that counts as a try, as `claim` does."""
        row.lease_token, row.lease_until, row.attempts = self.token, self.until, 1


class Claimable(Protocol):
    """A kind of work that the worker looks for; settings.JOBS_CLAIMABLE lists them by dotted path."""

    lease: dt.timedelta

    def claimable(self, *, now: dt.datetime) -> QuerySet[Any]:
        """The unfinished rows; `claim` leaves out those that are not due, held by somebody or dead."""

    def work(self, row: Any, *, now: dt.datetime) -> None:
        """Work one claimed row and call `done`; called with no transaction open, within the lease's time."""


@runtime_checkable
class WorkedTogether(Claimable, Protocol):
    """A kind of work whose rows can be worked many in one transaction; the worker then does so."""

    def work_all(self, rows: Sequence[Any], *, now: dt.datetime) -> None:
        """`work` for each of the rows, or nothing at all."""


def idle(queryset: QuerySet[Row], *, now: dt.datetime) -> QuerySet[Row]:
    """Those of the rows that are due and nobody's."""
    return queryset.filter(Q(lease_until=None) | Q(lease_until__lt=now), run_at__lte=now, dead_at=None)


def claim(queryset: QuerySet[Row], *, now: dt.datetime, lease: dt.timedelta, limit: int) -> list[Row]:
    """Up to `limit` due rows, oldest first, that are the caller's until `now + lease`; needs an open transaction."""
    oldest = idle(queryset, now=now).order_by("run_at", "pk")
    if connections[queryset.db].features.has_select_for_update_skip_locked:
        oldest = oldest.select_for_update(skip_locked=True, of=("self",))
    rows = list(oldest[:limit])
    if worn_out := [row.pk for row in rows if row.attempts >= MAX_TRIES]:
        # A try counts when it begins, so that a row which kills its worker comes to its end too.
        idle(queryset, now=now).filter(pk__in=worn_out).update(dead_at=now, last_error=DIED_EACH_TIME)
        return claim(queryset, now=now, lease=lease, limit=limit)
    if not rows:
        return []
    taken = Lease.of(lease, now=now)
    # Guarded again: on an engine without row locks another worker may have been faster.
    mine = idle(queryset, now=now).filter(pk__in=[row.pk for row in rows])
    if mine.update(lease_until=taken.until, lease_token=taken.token, attempts=F("attempts") + 1) == len(rows):
        for row in rows:
            row.lease_until, row.lease_token, row.attempts = taken.until, taken.token, row.attempts + 1
        return rows
    return list(queryset.model._default_manager.filter(lease_token=taken.token).order_by("run_at", "pk"))


def take(queryset: QuerySet[Row], *, now: dt.datetime, lease: dt.timedelta) -> Row | None:
    """The one row of the queryset, due or not, as the caller's until `now + lease`; None when somebody else has it."""
    token = uuid.uuid4()
    free = queryset.filter(Q(lease_until=None) | Q(lease_until__lt=now), dead_at=None)
    if not free.update(lease_until=now + lease, lease_token=token, attempts=F("attempts") + 1):
        return None
    # None too when somebody stole the lease meanwhile: whoever sleeps that long has it no more.
    return queryset.model._default_manager.filter(lease_token=token).first()


def done(row: Leased, **finished: Any) -> None:
    """Give the row back with the fields that say it is finished; LeaseLost when it is no longer the caller's."""
    _give_back(row, last_error="", **finished)


def failed(row: Leased, *, error: str, now: dt.datetime) -> None:
    """Give the row back for another try after 10 s, 20 s .. 1 h, or for good after twelve; LeaseLost as in `done`."""
    pause = min(FIRST_PAUSE * 2 ** max(0, row.attempts - 1), LONGEST_PAUSE)
    dead_at = now if row.attempts >= MAX_TRIES else None
    _give_back(row, last_error=error[:LONGEST_ERROR], run_at=now + pause, dead_at=dead_at)


def again(row: Leased, *, run_at: dt.datetime, why: str = "", **fields: Any) -> None:
    """Give the row back to be looked at once more at `run_at`: nothing went wrong, so no try counts."""
    _give_back(row, run_at=run_at, attempts=0, last_error=why[:LONGEST_ERROR], **fields)


def put_back(row: Leased, *, error: str) -> None:
    """Give the row back as due as it was, without counting the try; LeaseLost as in `done`."""
    _give_back(row, last_error=error[:LONGEST_ERROR], attempts=row.attempts - 1)


def done_all(rows: Sequence[Row], **finished: Any) -> None:
    """`done` for many rows of one kind; LeaseLost when any of them is no longer the caller's."""
    _give_back_all(rows, last_error="", **finished)


def again_all(rows: Sequence[Row], *, run_at: dt.datetime, why: str = "", **fields: Any) -> None:
    """`again` for many rows of one kind; LeaseLost when any of them is no longer the caller's."""
    _give_back_all(rows, run_at=run_at, attempts=0, last_error=why[:LONGEST_ERROR], **fields)


def run_again(queryset: QuerySet[Row], *, now: dt.datetime) -> int:
    """Make unfinished rows due now with all their tries; the number of rows."""
    return queryset.update(run_at=now, attempts=0, dead_at=None)


def _give_back(row: Leased, **changes: Any) -> None:
    _give_back_all([row], **changes)


def _give_back_all(rows: Sequence[Leased], **changes: Any) -> None:
    # The token guards it: a worker that slept past its lease must not finish what another has begun.
    for token in {row.lease_token for row in rows}:
        mine = [row for row in rows if row.lease_token == token]
        held = type(mine[0])._default_manager.filter(pk__in=[row.pk for row in mine], lease_token=token)
        if held.update(lease_until=None, lease_token=None, **changes) < len(mine):
            raise LeaseLost(f"{mine[0]} is worked by somebody else now.")
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
