"""How fast Stripe is asked in the monthly run: a limit that all workers share, one statement for each turn.

A limit is a row with its next free moment. Whoever takes a turn moves that moment on and waits for the one taken, so
workers line up behind each other without asking twice; when Stripe says that it is too much, the row moves on for all.
"""

import datetime as dt
import math
import time

from django.conf import settings
from django.db import connection

from payments.models import Pace
from payments.rare import reached
from payments.states import Busy

OFF_SESSION = "off_session"
"""One turn is one look at a saved card's charge, which asks no endpoint of Stripe's twice."""
CONFIRM = "off_session_confirm"
"""One turn is one confirmation: they come in heaps when many looks go on together."""
LONGEST_WAIT = dt.timedelta(seconds=5)
FARTHEST = dt.timedelta(minutes=1)
"""A moment farther off than that was set by a machine whose clock was wrong."""
SLOWER_BY = dt.timedelta(seconds=1)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
# The same words on both engines; without a row nothing is returned.
_TAKE = """
    UPDATE payments_pace SET next_us = CASE WHEN next_us BETWEEN %s AND %s THEN next_us ELSE %s END + %s
    WHERE name = %s RETURNING next_us
"""


def take_turn(name: str, *, now: dt.datetime, until: float = math.inf) -> None:
    """Wait for the next turn of a limit; Busy when that is too far off, or after `until` of `time.monotonic`."""
    wait = reserve(name, now=now) - now
    if wait > LONGEST_WAIT or time.monotonic() + wait.total_seconds() > until:
        reached("pace_too_long")
        raise Busy("pace")
    if wait > dt.timedelta(0):
        time.sleep(wait.total_seconds())


def reserve(name: str, *, now: dt.datetime) -> dt.datetime:
    """The moment of the next free turn, now or later, which is the caller's from here on."""
    return reserve_all(name, 1, now=now)[0]


def reserve_all(name: str, count: int, *, now: dt.datetime) -> list[dt.datetime]:
    """The moments of the next so many free turns, in one statement."""
    gap_us = round(1_000_000 / settings.STRIPE_REQUESTS_PER_SECOND)
    behind_us = _move(name, count * gap_us, now=now)
    return [_EPOCH + (behind_us - left * gap_us) * _MICROSECOND for left in range(count, 0, -1)]


def turns_within(span: dt.timedelta) -> int:
    """How many turns there are in so long; one at least."""
    return max(1, int(span.total_seconds() * settings.STRIPE_REQUESTS_PER_SECOND))


def slow_down(*, now: dt.datetime) -> None:
    """Stripe said that it is asked too often: nobody's next turn comes for a second."""
    reached("pace_slowed_down")
    for name in (OFF_SESSION, CONFIRM):
        _move(name, SLOWER_BY // _MICROSECOND, now=now)


def _move(name: str, by_us: int, *, now: dt.datetime) -> int:
    """Move the next free moment on, from now at least; where it is then."""
    now_us = (now - _EPOCH) // _MICROSECOND
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [now_us, now_us + FARTHEST // _MICROSECOND, now_us, by_us, name])
        found = cursor.fetchone()
    if found is None:
        Pace.objects.bulk_create([Pace(name=name)], ignore_conflicts=True)
        return _move(name, by_us, now=now)
    return int(found[0])
