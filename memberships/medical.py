"""A medical pause stops the clock of what a client has paid: nothing expires until it goes on (R23)."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import QuerySet

from memberships import lots
from memberships.models import SessionLot
from pos.models import Client
from studio import audit
from studio.models import Staff


def stop(client: Client, *, on: dt.date, now: dt.datetime, by: Staff | None = None) -> list[SessionLot]:
    """Stop the clock of all that the client has and that would expire after that day; what was stopped by this."""
    running = _mine(client).filter(stopped_on=None, expires_on__gt=on)
    stopped = [lots.lock(lot.pk) for lot in running]
    for lot in stopped:
        _set(lot, stopped_on=on)
    _record("clock_stopped", client, stopped, now=now, by=by)
    return stopped


def resume(client: Client, *, on: dt.date, now: dt.datetime, by: Staff | None = None) -> list[SessionLot]:
    """Let the clock go on: all that was stopped lasts so many days longer as it stood still; what goes on by this."""
    resumed = [lots.lock(lot.pk) for lot in _mine(client).filter(stopped_on__isnull=False)]
    for lot in resumed:
        assert lot.stopped_on is not None and lot.expires_on is not None  # noqa: S101, PT018 - as it was filtered
        stood = max(on - lot.stopped_on, dt.timedelta(0))
        _set(lot, stopped_on=None, expires_on=lot.expires_on + stood)
    _record("clock_resumed", client, resumed, now=now, by=by)
    return resumed


def _mine(client: Client) -> "QuerySet[SessionLot]":
    return SessionLot.objects.filter(client=client, status=SessionLot.Status.OPEN).order_by("pk")


def _set(lot: SessionLot, **dates: dt.date | None) -> None:
    SessionLot.objects.filter(pk=lot.pk).update(**dates)
    for name, on in dates.items():
        setattr(lot, name, on)


def _record(action: str, client: Client, changed: Sequence[SessionLot], *, now: dt.datetime, by: Staff | None) -> None:
    if changed:
        dates = {str(lot.pk): lot.expires_on for lot in changed}
        audit.record(at=now, action=action, actor=by, subject=client, after=dates)
