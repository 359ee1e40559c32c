"""What clients have paid ahead: lots of sessions, what happened to them, what they can become."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, TypedDict

from django.db.models import Prefetch, QuerySet

from api.answers.values import Day, Moment, Uuid, day_or_none, moment
from memberships import lots, noshows
from memberships.models import LotMove, SessionLot
from memberships.upgrades import Upgrade
from pos.models import Client


class LotMoveAnswer(TypedDict):
    """What happened: sessions and cents that came, or (negative) went; `what` says it in words.

    `waivable` is the missed appointment whose session was not given back.
    """

    kind: Annotated[str, LotMove.Kind]
    what: str
    units: int
    value_cents: int
    at: Moment
    item: str | None
    used_by: Uuid | None
    why: str
    waivable: Uuid | None


class LotAnswer(TypedDict):
    """Sessions of one purchase or month. `units` are left of `granted_units`, `held_units` of them on open sales.

    `expires_on` is the first day on which they can not be used; while `stopped_on` is set the clock stands still.
    """

    id: Uuid
    instrument: str
    kind: Annotated[str, SessionLot.Kind]
    status: Annotated[str, SessionLot.Status]
    client: Uuid
    name: str
    units: int
    granted_units: int
    held_units: int
    value_cents: int
    paid_cents: int
    opened_at: Moment
    expires_on: Day | None
    stopped_on: Day | None
    came_from: Uuid | None
    items: list[str]
    moves: list[LotMoveAnswer]


class LotsAnswer(TypedDict):
    """What a client has and had: what can be used first, in the order of its use, then the rest, newest first."""

    results: list[LotAnswer]


class TransferAnswer(TypedDict):
    """Both sides of a transfer: whose the sessions were, and whose they are."""

    source: LotAnswer
    given: LotAnswer


class UpgradeAnswer(TypedDict):
    """A package that the lot can be exchanged for, and what it costs on top: sell it with `instrument` of the lot."""

    code: str
    name: str
    price_cents: int
    difference_cents: int


class UpgradesAnswer(TypedDict):
    """The cheapest difference first."""

    results: list[UpgradeAnswer]


MOST = 500
"""Lots of one client; older ones are cut off there."""


def lots_of(client: Client) -> list[LotAnswer]:
    """All lots of the client; a fixed number of queries."""
    mine = list(_with_parts(SessionLot.objects.filter(client=client)).order_by("-opened_at", "-pk")[:MOST])
    is_open = SessionLot.Status.OPEN
    soonest = sorted(
        (lot for lot in mine if lot.status == is_open),
        key=lambda lot: (lot.expires_on or dt.date.max, lot.opened_at, lot.pk),
    )
    return [lot_answer(lot) for lot in [*soonest, *(lot for lot in mine if lot.status != is_open)]]


def read_lot(lot: SessionLot) -> LotAnswer:
    """The lot as it is stored now."""
    return lot_answer(_with_parts(SessionLot.objects.filter(pk=lot.pk)).get())


def lot_answer(lot: SessionLot) -> LotAnswer:
    source = lot.part if lot.part is not None else lot.plan
    missed = noshows.unwaived(lot.moves.all())
    return {
        "id": str(lot.pk),
        "instrument": lot.instrument,
        "kind": lot.kind,
        "status": lot.status,
        "client": str(lot.client_id),
        "name": lot.name,
        "units": lot.units,
        "granted_units": lot.granted_units,
        "held_units": lot.held_units,
        "value_cents": lot.value_cents,
        "paid_cents": lot.paid_cents,
        "opened_at": moment(lot.opened_at),
        "expires_on": day_or_none(lot.expires_on),
        "stopped_on": day_or_none(lot.stopped_on),
        "came_from": str(lot.came_from_id) if lot.came_from_id else None,
        "items": sorted(item.code for item in source.items.all()) if source is not None else [],
        "moves": [_move(move, missed) for move in lot.moves.all()],
    }


def upgrade_answer(upgrade: Upgrade) -> UpgradeAnswer:
    package = upgrade.package
    return {
        "code": package.code,
        "name": package.name,
        "price_cents": package.price_cents,
        "difference_cents": upgrade.difference_cents,
    }


def _with_parts(rows: "QuerySet[SessionLot]") -> "QuerySet[SessionLot]":
    moves = Prefetch("moves", LotMove.objects.select_related("item").order_by("at", "id"))
    return rows.select_related(*lots.AROUND).prefetch_related("part__items", "plan__items", moves)


def _move(move: LotMove, missed: Mapping[uuid.UUID, uuid.UUID]) -> LotMoveAnswer:
    return {
        "kind": move.kind,
        "what": move.get_kind_display(),
        "units": move.units,
        "value_cents": move.value_cents,
        "at": moment(move.at),
        "item": move.item.code if move.item is not None else None,
        "used_by": str(move.used_by_id) if move.used_by_id else None,
        "why": move.why,
        "waivable": str(missed[move.pk]) if move.pk in missed else None,
    }
