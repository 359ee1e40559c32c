"""Sessions that open sales hold: kept at the value they have now, used when the sale is completed, or let go (R3)."""

import datetime as dt
import uuid

from memberships import lots
from memberships.models import LotHold, LotMove, SessionLot
from pos.models import Client, Item


def hold(lot: SessionLot, *, tender_id: uuid.UUID) -> int:
    """Keep the next session for a tender; what it is worth, in cents. The lot must be locked."""
    if lot.status != SessionLot.Status.OPEN:
        raise lots.closed(lot)
    value_cents = lots.values_of_next(lot, 1)[0]
    lots.change(lot, held_units=lot.held_units + 1, held_cents=lot.held_cents + value_cents)
    LotHold.objects.create(tender_id=tender_id, lot=lot, value_cents=value_cents)
    return value_cents


def release(tender_id: uuid.UUID) -> None:
    """Let go of what the tender holds, if it holds any."""
    held = LotHold.objects.filter(tender=tender_id).first()
    if held is not None:
        _let_go(lots.lock(held.lot_id), held)


def use_held(tender_id: uuid.UUID, *, now: dt.datetime, item: Item | None, used_by: Client | None) -> SessionLot:
    """Use the session that the tender holds; the lot it was of."""
    held = LotHold.objects.get(tender=tender_id)
    lot = lots.lock(held.lot_id)
    _let_go(lot, held)
    lots.take(
        lot, LotMove.Kind.USED, values=[held.value_cents], now=now, key=f"used:{tender_id}", item=item, used_by=used_by
    )
    return lot


def _let_go(lot: SessionLot, held: LotHold) -> None:
    lots.change(lot, held_units=lot.held_units - 1, held_cents=lot.held_cents - held.value_cents)
    held.delete()
