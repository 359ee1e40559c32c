"""Which sales, refunds and voids a drawer's Z speaks of: each of them stands on one Z, and none is lost between two.

What took cash goes with the drawer that took it. What took none goes with the drawer of its own tablet while that is
open, and else with the first one that is closed. What no tablet did, such as dues and orders of the shop, is on no Z.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from ledger.accounts import Account
from ledger.models import Entry, Posting
from pos.models import DrawerSession, Refund, Sale, Void, ZReport

KINDS = ("sale", "refund", "void", "void_back")
LATE = dt.timedelta(hours=1)
"""An entry may be committed so long after the moment it carries."""
OFFLINE = dt.timedelta(days=3)
"""A sale may be of a day so long before it reaches the books."""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of a sale, refund or void, and the id of that sale or refund."""

    entry_id: uuid.UUID
    kind: str
    about: uuid.UUID


def events_for(session: DrawerSession) -> list[Event]:
    """What the Z of the session counts if it is made now: whatever is its own and on no Z yet."""
    found = list(_not_counted(session).values_list("pk", "kind", "key"))
    events = [Event(pk, kind, uuid.UUID(key.partition(":")[2])) for pk, kind, key in found]
    return _its_own(session, events)


def events_of(z: ZReport) -> list[Event]:
    """What a Z has counted."""
    counted = Entry.objects.filter(z__z=z).order_by("created_at", "pk").values_list("pk", "kind", "key")
    return [Event(pk, kind, uuid.UUID(key.partition(":")[2])) for pk, kind, key in counted]


def _not_counted(session: DrawerSession) -> "QuerySet[Entry]":
    last = ZReport.objects.filter(location=session.location_id).order_by("-number").first()
    since = min(session.opened_at, last.made_at if last else session.opened_at) - LATE
    return Entry.objects.filter(
        location=session.location_id,
        business_date__gte=(since - OFFLINE).date(),
        created_at__gte=since,
        kind__in=KINDS,
        z=None,
    ).order_by("created_at", "pk")


def _its_own(session: DrawerSession, events: list[Event]) -> list[Event]:
    others = DrawerSession.objects.filter(location=session.location_id, status=DrawerSession.Status.OPEN)
    elsewhere = dict(others.exclude(pk=session.pk).values_list("pk", "device"))
    cash, devices = _cash(events), _devices(events)
    mine: list[Event] = []
    for event in events:
        if drawers := cash.get(event.entry_id):
            is_mine = session.pk in drawers or not drawers & elsewhere.keys()
        else:
            device = devices.get(event.entry_id)
            is_mine = device is not None and (device == session.device_id or device not in elsewhere.values())
        if is_mine:
            mine.append(event)
    return mine


def _cash(events: Iterable[Event]) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    """The drawers whose cash each entry moved."""
    moved: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    postings = Posting.objects.filter(entry__in=[event.entry_id for event in events], account=Account.CASH_DRAWER)
    for entry, session in postings.values_list("entry_id", "drawer_session"):
        if session is not None:
            moved[entry].add(session)
    return moved


def _devices(events: Iterable[Event]) -> Mapping[uuid.UUID, uuid.UUID | None]:
    """The tablet that did it, by entry."""
    ids = {kind: [event.about for event in events if event.kind == kind] for kind in KINDS}
    voids = [*ids["void"], *ids["void_back"]]
    found: dict[str, dict[uuid.UUID, uuid.UUID | None]] = {
        "sale": dict(Sale.objects.filter(pk__in=ids["sale"]).values_list("pk", "device")),
        "refund": dict(Refund.objects.filter(pk__in=ids["refund"]).values_list("pk", "device")),
        "void": dict(Void.objects.filter(pk__in=voids).values_list("pk", "device")),
    }
    found["void_back"] = found["void"]
    return {event.entry_id: found[event.kind].get(event.about) for event in events}
