"""What was not used in time: mails at 60, 30 and 7 days, then store credit; paid value is never lost silently (R23)."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string

from jobs.outbox import queue_mail
from ledger.money import dollars
from memberships import lots, packages, unused
from memberships.models import Expiry, SessionLot
from studio.models import Business, Location
from studio.refusal import Refusal

logger = logging.getLogger(__name__)

WARNED = (60, 30, 7)
"""Days before it expires on which the client is told."""
AT_ONCE = 500


class ExpireSessions:
    """Once an hour, for locations have their midnights at different hours: warn, then end what has expired."""

    kind = "expire_sessions"
    every = dt.timedelta(hours=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        for location in Location.objects.all():
            warn(location, now=now)
            end(location, now=now)


def warn(location: Location, *, now: dt.datetime) -> None:
    """Queue the mails that are due: each client once for each lot, its last day, and 60, 30 or 7 days before."""
    today = location.business_date(now)
    soon = _running(location).filter(expires_on__gt=today, expires_on__lte=today + dt.timedelta(max(WARNED)))
    for batch in _batches(soon.exclude(client__email="")):
        with transaction.atomic(durable=True):
            for lot in batch:
                _warn(lot, today=today, now=now)


def end(location: Location, *, now: dt.datetime) -> None:
    """End what has expired, each lot by itself; one that an open sale holds is ended at the next run."""
    expired = _running(location).filter(expires_on__lte=location.business_date(now), held_units=0)
    for batch in _batches(expired):
        for lot in batch:
            try:
                with transaction.atomic(durable=True):
                    expire(lot, now=now)
            except Refusal as refusal:  # used or held a moment ago: it must not keep the others
                logger.warning("%s is not expired: %s", lot, refusal)


def expire(lot: SessionLot, *, now: dt.datetime) -> None:
    """End one lot as it was agreed; the client is told what became of it."""
    left_cents = lot.value_cents
    ends = unused.forfeit if is_forfeited(lot) else unused.convert
    ends(lot, now=now, why=f"{lot.name} has expired")
    _tell(lot, "expired", dedupe=f"expired:{lot.pk}:{lot.expires_on}", now=now, cents=left_cents)


def is_forfeited(lot: SessionLot) -> bool:
    """Whether it was agreed that what is left is lost (rules 22a, 31a)."""
    terms = lot.part.package.expiry if lot.part is not None else lot.plan.credit_expiry if lot.plan is not None else ""
    return terms == Expiry.FORFEIT


def _running(location: Location) -> "QuerySet[SessionLot]":
    rows = SessionLot.objects.filter(location=location, status=SessionLot.Status.OPEN, stopped_on=None)
    return rows.select_related(*lots.AROUND)


def _batches(rows: "QuerySet[SessionLot]") -> Iterator[list[SessionLot]]:
    """All rows in pieces, by their keys, so that memory stays flat and nothing is seen twice."""
    after: uuid.UUID | None = None
    while batch := list((rows.filter(pk__gt=after) if after else rows).order_by("pk")[:AT_ONCE]):
        yield batch
        after = batch[-1].pk


def _warn(lot: SessionLot, *, today: dt.date, now: dt.datetime) -> None:
    assert lot.expires_on is not None  # noqa: S101 - only what expires is warned of
    days = min(days for days in WARNED if lot.expires_on - today <= dt.timedelta(days))
    _tell(lot, "expiring", dedupe=f"expiring:{lot.pk}:{lot.expires_on}:{days}", now=now, cents=lot.value_cents)


def _tell(lot: SessionLot, what: str, *, dedupe: str, now: dt.datetime, cents: int) -> None:
    if not lot.client.email or lot.expires_on is None:
        return
    business = Business.current()
    words = {
        "business": business,
        "client": lot.client,
        "name": lot.name,
        "left": packages.sessions(lot.units),
        "last_day": packages.last_day(lot.expires_on),
        "amount": dollars(cents),
        "is_forfeited": is_forfeited(lot),
    }
    heading = "can be used until" if what == "expiring" else "could be used until"
    queue_mail(
        dedupe=dedupe,
        to=lot.client.email,
        subject=f"{lot.name} {heading} {words['last_day']}",
        text=render_to_string(f"memberships/mail/sessions_{what}.txt", words),
        now=now,
    )
