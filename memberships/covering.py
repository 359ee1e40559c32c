"""Which lot pays for a treatment, and what the treatment costs on top (R22)."""

import uuid
from collections.abc import Sequence
from itertools import islice

from django.db.models import F

from memberships import household, lots, packages, prices, upgrades
from memberships.kinds import package_of
from memberships.models import PackagePart, SessionLot, TaxPoint
from pos.asked import AskedCover
from pos.kinds import Cover, Covering, PricingContext
from pos.models import Item, SaleLine, Tender
from studio.refusal import BadInput, Refusal

SOLD_HERE = "line:"
"""Before the line that sells the package, and the part of it, until that sale is completed."""


class NotCovered(Refusal):
    """Sessions and credits pay for treatments only, and for those that they were bought for (R4)."""

    code = "not_covered"


def must_be_treatment(line: SaleLine) -> None:
    """NotCovered for an add-on, a product, an amount that was typed."""
    if line.item is None or line.item.kind != Item.Kind.TREATMENT:
        raise NotCovered(f"A session pays for a treatment, not for {line.name}.")


def items_of(lot: SessionLot) -> list[Item]:
    """The treatments that a session of the lot pays for without a difference."""
    source = lot.part if lot.part is not None else lot.plan
    return list(source.items.all()) if source is not None else []


def choose(asked: AskedCover, line: SaleLine, *, kind: SessionLot.Kind, on: Covering) -> SessionLot:
    """The lot that is asked for, else the client's that expires first; locked.

    Those that the treatment was bought for come before those that need a difference.
    """
    client = on.sale.client
    if client is None:
        raise BadInput("client", "Choose the client first: a session belongs to somebody.")
    if asked.instrument:
        return _named(asked.instrument, kind=kind, on=on)
    mine = lots.usable(client, on=on.at.on).filter(kind=kind, units__gt=F("held_units"))
    found = list(lots.soonest_first(mine.prefetch_related("part__items", "plan__items")))
    found.sort(key=lambda lot: line.item not in items_of(lot))
    if not found:
        raise lots.NoSessionLeft(f"{client} has none left that pays for {line.name}.")
    return lots.lock(found[0].pk)


def _named(instrument: str, *, kind: SessionLot.Kind, on: Covering) -> SessionLot:
    lot_id = upgrades.lot_in(instrument)
    if lot_id is None or not SessionLot.objects.filter(pk=lot_id, kind=kind).exists():
        raise BadInput("instrument", "There is no such session.")
    lot = lots.lock(lot_id)
    if lot.status != SessionLot.Status.OPEN:
        raise lots.closed(lot)
    if lot.expires_on is not None and lot.expires_on <= on.at.on and lot.stopped_on is None:
        raise lots.LotClosed(f"{lot.name} could be used until {packages.last_day(lot.expires_on)}.")
    assert on.sale.client is not None  # noqa: S101 - asked for before
    household.may_use(lot, on.sale.client, on=on.at.on)
    return lot


def upcharge_cents(lot: SessionLot, line: SaleLine, *, at: PricingContext) -> int:
    """What the treatment costs on top of the session, in cents: the difference of list prices, of member prices for
    members; for a guest of a member also what members pay less (R22, R33).
    """
    more_cents = _difference_cents(items_of(lot), line, at=at)
    if at.client is not None and line.item is not None and household.is_guest(lot, at.client):
        more_cents += household.guest_upcharge_cents(lot, line.item.pk, line.unit_cents)
    return more_cents


def _difference_cents(eligible: Sequence[Item], line: SaleLine, *, at: PricingContext) -> int:
    """0 for a treatment that the session was bought for, and for a cheaper one: no change is given."""
    assert line.item is not None  # noqa: S101 - only treatments are covered
    if line.item in eligible:
        return 0
    listed = packages.list_prices([item.pk for item in eligible], location=at.location, on=at.on)
    if not listed:
        raise NotCovered(f"This session does not pay for {line.name} here.")
    dearest = max(listed, key=lambda pk: listed[pk])
    if line.unit_cents <= listed[dearest]:
        return 0
    return max(0, _price_cents(line.item.pk, line.unit_cents, at) - _price_cents(dearest, listed[dearest], at))


def _price_cents(item_id: int, list_cents: int, at: PricingContext) -> int:
    if at.client is None:
        return list_cents
    return prices.member_price_cents(at.client, item_id, list_cents, on=at.on)


# From a package that the same sale sells ----------------------------------------------------------------------------


def from_this_sale(position: int, line: SaleLine, *, on: Covering) -> Cover:
    """A session of the package that another line of the sale sells, worth what it will be worth when it is paid."""
    sold = next((one for one in on.lines if one.position == position and one.kind == "package"), None)
    if sold is None:
        raise BadInput("cover", "That line sells no package.")
    package = package_of(sold)
    moved_cents = package.price_cents - sold.unit_cents
    paid_cents = on.paid.get(position, sold.list_cents) + moved_cents
    shares = packages.split(package, paid_cents, quantity=sold.quantity, location=on.at.location, on=on.at.on)
    for part in sorted(package.parts.all(), key=lambda part: line.item not in part.items.all()):
        instrument = f"{SOLD_HERE}{sold.pk}:{part.pk}"
        taken = sum(1 for tender in on.taken if tender.instrument == instrument)
        value_cents = next(islice(_values(shares, part), taken, None), None)
        if value_cents is not None:
            return Cover(
                instrument=instrument,
                value_cents=value_cents,
                upcharge_cents=_difference_cents(list(part.items.all()), line, at=on.at),
                why=f"Session of {package.name}"[:300],
                tax_was_paid=package.tax_point == TaxPoint.SALE,
            )
    raise lots.NoSessionLeft(f"All sessions of {package.name} are on this sale already.")


def _values(shares: Sequence[packages.Share], part: PackagePart) -> "Sequence[int]":
    """What the sessions of the part are worth in the order of their use, package by package."""
    mine = (share for share in shares if share.part.pk == part.pk)
    return [cents for share in mine for cents in lots.worth(share.paid_cents, part.units)]


def opened_for(tender: Tender) -> SessionLot:
    """The lot that the sale has opened by now for what the tender stands for; locked."""
    _, line_id, part_id = tender.instrument.split(":")
    opened = SessionLot.objects.filter(sale_line=uuid.UUID(line_id), part=int(part_id), status=SessionLot.Status.OPEN)
    lot = opened.order_by("pk").first()
    if lot is None or lot.next_value_cents != tender.amount_cents:
        raise lots.NoSessionLeft("The package on this sale was changed. Put its sessions on the sale again.")
    return lots.lock(lot.pk)
