"""Lots of sessions: opened, used, brought back, given on, ended; each a guarded UPDATE with its move.

All in the caller's transaction. What is told to the books is told by the caller.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q, QuerySet

from ledger.journal import Dimensions, Line, credit, debit
from memberships.models import HouseholdMember, LotMove, PackagePart, Plan, SessionLot, Users
from pos.models import Client, Item, SaleLine
from studio.models import Location, Staff
from studio.refusal import Refusal

Kind = LotMove.Kind
Status = SessionLot.Status
LEAST_DAYS_BACK = 14
"""A session that comes back can be used for so long at least (R2)."""
AROUND = ("client", "location", "part__package", "plan")
"""What is read with a lot in one statement."""


class NoSessionLeft(Refusal):
    """Another sale was faster, or there never were so many."""

    code = "no_session_left"


class LotClosed(Refusal):
    """The lot is used up, converted, refunded or given away."""

    code = "lot_closed"


class LotInUse(Refusal):
    """An open sale holds a session of it."""

    code = "lot_in_use"


# What there is ------------------------------------------------------------------------------------------------------


def usable(client: Client, *, on: dt.date) -> QuerySet[SessionLot]:
    """What the client may use on that day: their own and their households'; soonest expiry first, then oldest (R22)."""
    shared = Q(part__package__users__in=SHARED) | Q(plan__users__in=SHARED)
    owners = HouseholdMember.objects.filter(member=client).values("owner")
    mine = Q(client=client) | shared & Q(client__in=owners)
    return SessionLot.objects.filter(mine, not_expired(on), status=Status.OPEN).select_related(*AROUND)


SHARED = (Users.HOUSEHOLD, Users.ANYONE)


def not_expired(on: dt.date) -> Q:
    """Lots that can be used on that day; a stopped clock lets nothing expire."""
    return Q(expires_on=None) | Q(expires_on__gt=on) | Q(stopped_on__isnull=False)


def lasts(lot: SessionLot, *, on: dt.date) -> bool:
    """The same of one lot."""
    return lot.expires_on is None or lot.expires_on > on or lot.stopped_on is not None


def lock(lot_id: uuid.UUID) -> SessionLot:
    """The lot with what stands around it, locked until the transaction ends; SessionLot.DoesNotExist without one."""
    return SessionLot.objects.select_for_update(of=("self",)).select_related(*AROUND).get(pk=lot_id)


def values_of_next(lot: SessionLot, units: int) -> list[int]:
    """What each of the next so many free sessions is worth, in cents (R21); NoSessionLeft when there are fewer."""
    if not 0 < units <= lot.free_units:
        raise NoSessionLeft(f"Only {lot.free_units} of {lot.name} are left.", left=lot.free_units)
    return worth(lot.value_cents - lot.held_cents, lot.free_units)[:units]


def worth(value_cents: int, units: int) -> list[int]:
    """What each of so many sessions is worth, in the order of their use: 49999 for 5 is 9999, 4 × 10000 (R21)."""
    values = []
    for left in range(units, 0, -1):
        values.append(value_cents // left)
        value_cents -= values[-1]
    return values


# Coming and going ---------------------------------------------------------------------------------------------------


def open_lot(
    *,
    kind: SessionLot.Kind,
    client: Client,
    location: Location,
    name: str,
    units: int,
    paid_cents: int,
    now: dt.datetime,
    key: str,
    part: PackagePart | None = None,
    plan: Plan | None = None,
    sale_line: SaleLine | None = None,
    due_key: str = "",
    expires_on: dt.date | None = None,
    tax_was_paid: bool = False,
    came_from: SessionLot | None = None,
    lot_id: uuid.UUID | None = None,
) -> SessionLot:
    """A new lot of so many sessions worth what was paid for them; the same key twice is an IntegrityError.

    The caller posts the credit on 2210 or 2220 at `location` with the lot's instrument and the client.
    """
    lot = SessionLot(
        kind=kind,
        client=client,
        location=location,
        name=name,
        part=part,
        plan=plan,
        sale_line=sale_line,
        due_key=due_key,
        came_from=came_from,
        granted_units=units,
        units=units,
        paid_cents=paid_cents,
        value_cents=paid_cents,
        tax_was_paid=tax_was_paid,
        opened_at=now,
        expires_on=expires_on,
    )
    if lot_id is not None:
        lot.pk = lot_id
    open_all({key: lot}, now=now)
    return lot


def open_all(lots: Mapping[str, SessionLot], *, now: dt.datetime) -> None:
    """Write new lots, each with its first move under its key; as `open_lot`, in two statements for all of them."""
    SessionLot.objects.bulk_create(lots.values())
    moves = [
        LotMove(
            key=key,
            lot=lot,
            kind=Kind.OPENED if lot.came_from_id is None else Kind.RECEIVED,
            units=lot.units,
            value_cents=lot.value_cents,
            at=now,
        )
        for key, lot in lots.items()
    ]
    LotMove.objects.bulk_create(moves)


def take(
    lot: SessionLot,
    kind: LotMove.Kind,
    *,
    values: list[int],
    now: dt.datetime,
    key: str,
    leaves: SessionLot.Status = Status.USED,
    **why: Any,
) -> int:
    """Take sessions of these values off a locked lot, free ones; the cents that went.

    The last one out closes it as `leaves` says.
    """
    if lot.status != Status.OPEN:
        raise closed(lot)
    if len(values) > lot.free_units:
        raise NoSessionLeft(f"Only {lot.free_units} of {lot.name} are left.", left=lot.free_units)
    units, cents = lot.units - len(values), sum(values)
    change(lot, units=units, value_cents=lot.value_cents - cents, status=Status.OPEN if units else leaves)
    note(lot, kind, units=-len(values), value_cents=-cents, now=now, key=key, **why)
    return cents


def take_all(
    lot: SessionLot, kind: LotMove.Kind, *, leaves: SessionLot.Status, now: dt.datetime, key: str, **why: Any
) -> int:
    """End a locked lot: all that is left goes; the cents that went. LotInUse while an open sale holds some."""
    if lot.held_units:
        raise LotInUse(f"An open sale uses {lot.name} just now.")
    return take(lot, kind, values=worth(lot.value_cents, lot.units), leaves=leaves, now=now, key=key, **why)


def bring_back(
    lot: SessionLot, kind: LotMove.Kind, *, units: int, value_cents: int, now: dt.datetime, key: str, **why: Any
) -> None:
    """Put sessions back into a locked lot at the value at which they went; it is open again, if it was not."""
    if lot.status != Status.OPEN and Status.OPEN not in SessionLot.MOVES[lot.status]:
        raise closed(lot)
    change(lot, units=lot.units + units, value_cents=lot.value_cents + value_cents, status=Status.OPEN)
    note(lot, kind, units=units, value_cents=value_cents, now=now, key=key, **why)


def lasts_at_least(lot: SessionLot, *, until: dt.date) -> None:
    """Let a locked lot that would expire earlier be used until that day."""
    if lot.expires_on is not None and lot.expires_on < until:
        change(lot, expires_on=until)


def lasts_at_most(lot: SessionLot, *, until: dt.date) -> None:
    """Let a locked lot that could be used longer expire on that day."""
    if lot.expires_on is None or lot.expires_on > until:
        change(lot, expires_on=until)


def revoke(lot: SessionLot, *, units: int, now: dt.datetime, key: str, why: str) -> int:
    """Take unused sessions back, at most so many; the cents that went, which the caller posts (rules 32, 43)."""
    locked = lock(lot.pk)
    if locked.status != Status.OPEN or not locked.free_units:
        return 0
    values = values_of_next(locked, min(units, locked.free_units))
    return take(locked, Kind.REVOKED, values=values, leaves=Status.REVOKED, now=now, key=key, why=why)


def raise_value(lot: SessionLot, *, by_cents: int, plan: Plan, now: dt.datetime, key: str) -> None:
    """Make the lot one of a higher plan, worth so much more (rule 33); the caller's sale posts."""
    locked = lock(lot.pk)
    if locked.status != Status.OPEN:
        raise closed(locked)
    more = {"paid_cents": locked.paid_cents + by_cents, "value_cents": locked.value_cents + by_cents}
    change(locked, **more, plan=plan, name=plan.name)
    note(locked, Kind.RAISED, units=0, value_cents=by_cents, now=now, key=key)
    lot.refresh_from_db(fields=[*more, "plan", "name"])


# In words of the books -----------------------------------------------------------------------------------------------


def locked_value(lot: SessionLot, cents: int) -> Line:
    """The debit of so much of the lot, where it was sold."""
    return debit(lot.account, cents, **of_lot(lot))


def granted_value(lot: SessionLot, cents: int) -> Line:
    """The credit of so much for the lot, where it was sold."""
    return credit(lot.account, cents, **of_lot(lot))


def of_lot(lot: SessionLot) -> Dimensions:
    """What every posting of a lot says: which one, whose, and who sold it."""
    return {"instrument": lot.instrument, "client": lot.client_id, "location": lot.location}


def closed(lot: SessionLot) -> LotClosed:
    """The refusal for a lot that is over."""
    return LotClosed(f"{lot.name} is over: {lot.get_status_display()}.", lot_status=lot.status)


def note(
    lot: SessionLot,
    kind: LotMove.Kind,
    *,
    units: int,
    value_cents: int,
    now: dt.datetime,
    key: str,
    item: Item | None = None,
    used_by: Client | None = None,
    made_by: Staff | None = None,
    why: str = "",
) -> None:
    """Write down what happened to the lot."""
    LotMove.objects.create(
        key=key,
        lot=lot,
        kind=kind,
        units=units,
        value_cents=value_cents,
        at=now,
        item=item,
        used_by=used_by,
        made_by=made_by,
        why=why[:200],
    )


def change(lot: SessionLot, **fields: Any) -> None:
    """Write new fields of a locked lot, if it still is as it was read: right with row locks and without."""
    same = {name: getattr(lot, name) for name in ("status", "units", "held_units", "value_cents", "held_cents")}
    if not SessionLot.objects.filter(pk=lot.pk, **same).update(**fields):
        raise NoSessionLeft(f"Somebody used {lot.name} a moment ago. Try again.")
    for name, value in fields.items():
        setattr(lot, name, value)


def soonest_first(rows: QuerySet[SessionLot]) -> QuerySet[SessionLot]:
    """Soonest expiry first, then oldest (R22)."""
    return rows.order_by(F("expires_on").asc(nulls_last=True), "opened_at", "id")
