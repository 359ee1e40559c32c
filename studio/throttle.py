"""Counting tries at a secret before it is looked at, so that parallel guesses can not slip under the limit (S3).

The caller commits the reservation and only then looks at the secret.
"""

import datetime as dt
from typing import Any

from django.db.models import CharField, DateTimeField, F, IntegerField, Q

from studio.models import Throttle
from studio.prepared import PreparedUpdate, Slot

KEPT_FOR = dt.timedelta(days=7)


def reserve(*, key: str, limit: int, per: dt.timedelta, now: dt.datetime) -> bool:
    """True when this is one of the `limit` tries that the key has in each window of `per`; then it is counted."""
    if _take(key, limit, per, now):
        return True
    _open_window(key, per, now)
    return _take(key, limit, per, now)


def give_back(*, key: str, now: dt.datetime) -> None:
    """Take one try off the count again; `now` is the moment for which it was reserved."""
    # A window that began later never counted this try.
    Throttle.objects.filter(key=key, used__gt=0, window_started_at__lte=now).update(used=F("used") - 1)


def clear(*, key: str) -> None:
    """Forget the tries counted under the key, because the secret was right."""
    Throttle.objects.filter(key=key).update(used=0)


def wait_anew_when_spent(*, key: str, limit: int, now: dt.datetime) -> None:
    """Let the wait begin at the last of the allowed tries instead of the first one."""
    Throttle.objects.filter(key=key, used__gte=limit).update(window_started_at=now)


def tries_left(*, key: str, limit: int, per: dt.timedelta, now: dt.datetime) -> int:
    """How many tries the key still has in its window."""
    used = Throttle.objects.filter(_running(per, now), key=key).values_list("used", flat=True).first()
    return max(0, limit - (used or 0))


def time_to_wait(*, key: str, per: dt.timedelta, now: dt.datetime) -> dt.timedelta:
    """How long until the key's window ends; zero when none is running."""
    started = Throttle.objects.filter(_running(per, now), key=key).values_list("window_started_at", flat=True).first()
    return started + per - now if started else dt.timedelta(0)


class ForgetOldTries:
    """A daily job: drops counters that no window can need any more, so that addresses do not pile up."""

    kind = "forget_old_tries"
    every = dt.timedelta(days=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        Throttle.objects.filter(window_started_at__lt=now - KEPT_FOR).delete()


def _running(per: dt.timedelta, now: dt.datetime) -> Q:
    # A window far in the future was opened by a clock that has been set right since; it must not lock anybody out.
    return Q(window_started_at__gt=now - per, window_started_at__lte=now + per)


def _take(key: str, limit: int, per: dt.timedelta, now: dt.datetime) -> bool:
    # One guarded UPDATE: the database lets one caller after the other count, and each sees what the last one left.
    return _COUNT.run(key=key, limit=limit, after=now - per, until=now + per) == 1


_RUNS: Any = {
    "window_started_at__gt": Slot("after", DateTimeField()),
    "window_started_at__lte": Slot("until", DateTimeField()),
}
_OPEN: Any = {"key": Slot("key", CharField()), "used__lt": Slot("limit", IntegerField())}
_COUNT = PreparedUpdate(lambda: Throttle.objects.filter(**_RUNS, **_OPEN), used=F("used") + 1)


def _open_window(key: str, per: dt.timedelta, now: dt.datetime) -> None:
    # Both are harmless when somebody else was first, who may already have counted in the new window.
    Throttle.objects.filter(~_running(per, now), key=key).update(window_started_at=now, used=0)
    Throttle.objects.bulk_create([Throttle(key=key, window_started_at=now)], ignore_conflicts=True)
