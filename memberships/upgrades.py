"""A package exchanged for another one by paying the difference: what is left of the old one goes into the new (R20)."""

import datetime as dt
import re
import uuid
from dataclasses import dataclass

from memberships import lots, packages
from memberships.models import LotMove, Package, SessionLot, TaxPoint
from pos.asked import AskedLine
from pos.kinds import PricingContext
from pos.models import SaleLine
from studio.refusal import BadInput, Refusal

_LOT = re.compile(r"(?:^|:)lot:([0-9a-fA-F-]{36})$")


class NotUpgradable(Refusal):
    """This lot can not be exchanged for that package."""

    code = "not_upgradable"


class LotChanged(Refusal):
    """A session was used while the upgrade stood on the sale, so that its price is another one now."""

    code = "lot_changed"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A package that a lot can be exchanged for, and what is to be paid on top, in cents."""

    package: Package
    difference_cents: int


def lot_in(instrument: str) -> uuid.UUID | None:
    """The lot that a line's instrument names, in whichever form it was sent or stored."""
    found = _LOT.search(instrument)
    try:
        return uuid.UUID(found.group(1)) if found else None
    except ValueError:
        return None


def find(asked: AskedLine, package: Package, *, at: PricingContext) -> SessionLot | None:
    """The lot that the line exchanges for the package; None when it upgrades nothing."""
    lot_id = lot_in(asked.instrument)
    if lot_id is None:
        return None
    if asked.quantity != 1:
        raise BadInput("quantity", "A package is upgraded to one other.")
    lot = SessionLot.objects.select_related(*lots.AROUND).filter(pk=lot_id).first()
    if lot is None or at.client is None or lot.client_id != at.client.pk:
        raise BadInput("instrument", "The client has no such package.")
    _must_fit(lot, package)
    return lot


def options(lot: SessionLot) -> list[Upgrade]:
    """What the lot can be exchanged for, the cheapest difference first."""
    larger = [one for one in packages.with_parts().filter(is_on_sale=True) if _why_not(lot, one) is None]
    found = [Upgrade(package, package.price_cents - lot.value_cents) for package in larger]
    return sorted(found, key=lambda upgrade: upgrade.difference_cents)


def _must_fit(lot: SessionLot, package: Package) -> None:
    why = _why_not(lot, package)
    if why is not None:
        raise NotUpgradable(why)


def _why_not(lot: SessionLot, package: Package) -> str | None:
    if lot.kind != SessionLot.Kind.PACKAGE or lot.part is None:
        return "Only a package can be upgraded to another one."
    if lot.status != SessionLot.Status.OPEN:
        return f"{lot.name} is over: {lot.get_status_display()}."
    if lot.held_units:
        return f"An open sale uses {lot.name} just now."
    if lot.part.package_id == package.pk or package.price_cents < lot.value_cents:
        return f"{package.name} is not worth more than what is left of {lot.name}."
    if lot.tax_was_paid != (package.tax_point == TaxPoint.SALE):
        return f"{lot.name} and {package.name} are taxed at different times. Refund the one and sell the other."
    return None


def take_over(line: SaleLine, package: Package, *, now: dt.datetime) -> int:
    """Empty the lot that the line upgrades; the cents that go into the new ones, 0 when it upgrades nothing."""
    lot_id = lot_in(line.instrument)
    if lot_id is None:
        return 0
    lot = lots.lock(lot_id)
    _must_fit(lot, package)
    if lot.value_cents != package.price_cents - line.unit_cents:
        raise LotChanged(f"A session of {lot.name} was used meanwhile. Put the upgrade on the sale again.")
    leaves = SessionLot.Status.UPGRADED
    why = f"Upgraded to {package.name}"
    return lots.take_all(lot, LotMove.Kind.UPGRADED, leaves=leaves, now=now, key=_key(line), why=why)


def moves_of(line: SaleLine) -> list[LotMove]:
    """What the line took from the lot that it upgraded: one move, or none."""
    return list(LotMove.objects.filter(key=_key(line)).select_related("lot__location"))


def undo(line: SaleLine, *, key: str, now: dt.datetime) -> list[LotMove]:
    """Put what the line took back into the old lot, which can be used again; the moves that were undone."""
    moves = moves_of(line)
    for move in moves:
        units, cents = -move.units, -move.value_cents
        lots.bring_back(
            lots.lock(move.lot_id), LotMove.Kind.RESTORED, units=units, value_cents=cents, now=now, key=f"{key}:upgrade"
        )
    return moves


def _key(line: SaleLine) -> str:
    return f"upgraded:{line.pk}"
