"""What comes back for packages that are not used up: pro rata, or re-priced by what was used (R24, rules 23, 24)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from django.db.models import Sum

from ledger.money import at_rate
from memberships import lots, packages, upgrades
from memberships.models import LotMove, Package, SessionLot
from pos.models import RefundLine, RefundTax, SaleLine
from pos.reversals import NotRefundable

USES = (LotMove.Kind.USED, LotMove.Kind.RESTORED, LotMove.Kind.NO_SHOW, LotMove.Kind.WAIVED)
GIFTS = (LotMove.Kind.GIVEN, LotMove.Kind.RECEIVED)


def lots_to_close(sold: Sequence[SessionLot], *, quantity: int) -> list[SessionLot]:
    """The lots of so many packages of a line that are to be refunded: those with the most left first.

    NotRefundable when there are not so many with anything left; LotInUse while an open sale uses one.
    """
    return [lot for copy in _copies_to_close(sold, quantity=quantity) for lot in copy]


def back_cents(sold: Sequence[SessionLot], line: SaleLine, *, quantity: int, now: dt.datetime) -> int:
    """What comes back for so many packages of the line, without tax, in cents."""
    copies = _copies_to_close(sold, quantity=quantity)
    if upgrades.moves_of(line):
        if any(lot.units != lot.granted_units for lot in sold):
            raise NotRefundable("A session of the upgrade was used: what was paid for it can not be told apart.")
        return line.net_cents
    return sum(_copy_back_cents(copy, line, now=now) for copy in copies)


def taxes_back(line: SaleLine, net_cents: int) -> dict[str, int]:
    """The tax of each jurisdiction that comes back with so much of the net: tax(all) − tax(kept) (rule 23)."""
    back_before = sum(part.net_cents for part in line.refund_lines.all())
    given: dict[str, int] = defaultdict(int)
    for row in RefundTax.objects.filter(line=line):
        given[row.jurisdiction] += row.amount_cents
    if not line.net_cents:
        return {}
    kept = Fraction(line.net_cents - back_before - net_cents, line.net_cents)
    return {
        tax.jurisdiction: tax.amount_cents - at_rate(tax.amount_cents, kept) - given[tax.jurisdiction]
        for tax in line.taxes.all()
    }


def close(lot: SessionLot, part: RefundLine, *, now: dt.datetime) -> int:
    """End the lot because it is refunded; the cents that were left in it."""
    locked = lots.lock(lot.pk)
    if locked.status != SessionLot.Status.OPEN:
        return 0
    gone = SessionLot.Status.REFUNDED
    return lots.take_all(locked, LotMove.Kind.REFUNDED, leaves=gone, now=now, key=f"refund:{part.pk}:{lot.pk}")


def _copies_to_close(sold: Sequence[SessionLot], *, quantity: int) -> list[list[SessionLot]]:
    open_copies = [copy for copy in _copies(sold) if any(lot.status == SessionLot.Status.OPEN for lot in copy)]
    if len(open_copies) < quantity:
        raise NotRefundable("Nothing is left of this package.", left=len(open_copies))
    fullest = sorted(open_copies, key=lambda copy: (-sum(lot.value_cents for lot in copy), copy[0].pk))[:quantity]
    for lot in (lot for copy in fullest for lot in copy):
        if lot.held_units:
            raise lots.LotInUse(f"An open sale uses {lot.name} just now.")
    return fullest


def _copies(sold: Sequence[SessionLot]) -> list[list[SessionLot]]:
    """The lots of a line by package; they were opened package by package."""
    parts = len({lot.part_id for lot in sold}) or 1
    return [list(sold[start : start + parts]) for start in range(0, len(sold), parts)]


def _copy_back_cents(copy: Sequence[SessionLot], line: SaleLine, *, now: dt.datetime) -> int:
    left_cents = sum(lot.value_cents for lot in copy)
    package = _package(copy)
    if package.refund_method == Package.RefundMethod.PRO_RATA or _is_early(line, package, now=now):
        return left_cents
    paid_cents = sum(lot.paid_cents + _sum(lot, GIFTS) for lot in copy)
    return max(0, min(left_cents, paid_cents - sum(_used_list_cents(lot, line) for lot in copy)))


def _is_early(line: SaleLine, package: Package, *, now: dt.datetime) -> bool:
    """Whether the first days, in which it is pro rata in any case, are not over."""
    sold_on = line.sale.business_date
    return sold_on is None or line.sale.location.business_date(now) - sold_on <= dt.timedelta(package.refund_days)


def _used_list_cents(lot: SessionLot, line: SaleLine) -> int:
    """What the used sessions would have cost singly on the day of purchase.

    A dearer treatment counts as the dearest that the session pays by itself: its difference was paid.
    """
    used = lot.moves.filter(kind__in=USES).order_by().values_list("item").annotate(units=Sum("units"))
    counts = {item_id: -units for item_id, units in used}
    on = line.sale.business_date or line.sale.location.business_date(lot.opened_at)
    eligible = [item.pk for item in lot.part.items.all()] if lot.part is not None else []
    wanted = {*eligible, *(item_id for item_id in counts if item_id is not None)}
    prices = packages.list_prices(wanted, location=line.sale.location, on=on)
    dearest = max((prices.get(pk, 0) for pk in eligible), default=0)
    return sum(min(prices.get(item_id, dearest), dearest) * units for item_id, units in counts.items())


def _sum(lot: SessionLot, kinds: Sequence[str]) -> int:
    return lot.moves.filter(kind__in=kinds).aggregate(cents=Sum("value_cents"))["cents"] or 0


def _package(copy: Sequence[SessionLot]) -> Package:
    part = copy[0].part
    assert part is not None  # noqa: S101 - a line of packages opens lots of their parts
    return part.package
