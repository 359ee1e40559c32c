"""Packages as lines of sales: sold, upgraded by paying the difference, refunded, voided (R20, R24, rules 20-24)."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from ledger.accounts import Account
from ledger.journal import Line, credit
from ledger.money import dollars
from memberships import lots, packages, refunding, upgrades
from memberships.models import LotMove, Package, SessionLot, TaxPoint
from pos.asked import AskedLine
from pos.crossing import restore, use_up
from pos.kinds import Back, PricingContext
from pos.models import RefundLine, SaleLine, TaxCategory
from pos.voids import NotVoidable
from pos.wares import NotForSale
from studio.refusal import BadInput

CATEGORY = "package"


class SoldPackage:
    """So many of a package for the sale's client; `instrument` names the lot that is upgraded by it."""

    code: ClassVar[str] = "package"
    takes_discounts: ClassVar[bool] = True
    needs_money: ClassVar[bool] = False

    def price(self, asked: Sequence[AskedLine], at: PricingContext) -> list[SaleLine]:
        if at.client is None:
            raise BadInput("client", "Choose the client first: a package belongs to somebody.")
        found = packages.on_sale(line.item for line in asked)
        upgraded = [lot_id for line in asked if (lot_id := upgrades.lot_in(line.instrument))]
        if len(set(upgraded)) != len(upgraded):
            raise BadInput("instrument", "Upgrade each package once.")
        return [self._line(line, found.get(line.item), at) for line in asked]

    def _line(self, asked: AskedLine, package: Package | None, at: PricingContext) -> SaleLine:
        if package is None:
            raise NotForSale(f"There is no package “{asked.item}” on sale.", item=asked.item)
        old = upgrades.find(asked, package, at=at)
        unit_cents = package.price_cents - (old.value_cents if old else 0)
        less = f", less ${dollars(old.value_cents)} left of {old.name}" if old else ""
        is_taxed = package.tax_point == TaxPoint.SALE
        return SaleLine(
            kind=self.code,
            name=package.name,
            category=CATEGORY,
            tax_category=package.tax_category if is_taxed else TaxCategory.EXEMPT,
            is_service=False,
            quantity=asked.quantity,
            unit_cents=unit_cents,
            list_cents=asked.quantity * unit_cents,
            why=f"Package price, version {package.version}{less}",
            instrument=_named(package, old),
        )

    def treatments(self, line: SaleLine) -> frozenset[int]:
        """Every treatment that one of its sessions pays for."""
        return frozenset(item.pk for part in package_of(line).parts.all() for item in part.items.all())

    def credits(self, line: SaleLine) -> Iterator[Line]:
        """Rule 20: the price paid, by lot; what an upgrade brings over comes from the old lot."""
        for move in upgrades.moves_of(line):
            yield from _brought_over(move, line, use=use_up)
        for lot in lots_of(line):
            yield lots.granted_value(lot, lot.paid_cents)

    def deliver(self, line: SaleLine, *, now: dt.datetime) -> None:
        """A lot for each package and part; what is left of an upgraded lot goes into them."""
        package = package_of(line)
        moved_cents = upgrades.take_over(line, package, now=now)
        on = line.sale.location.business_date(now)
        until = packages.expires_on(package, on=on)
        shares = packages.split(
            package, line.net_cents + moved_cents, quantity=line.quantity, location=line.sale.location, on=on
        )
        for number, share in enumerate(shares):
            self._open(line, package, share, number=number, until=until, now=now)
        units = line.quantity * sum(part.units for part in package.parts.all())
        line.reference = f"{packages.sessions(units)}{packages.use_by(until)}"
        SaleLine.objects.filter(pk=line.pk).update(reference=line.reference)

    def _open(
        self,
        line: SaleLine,
        package: Package,
        share: packages.Share,
        *,
        number: int,
        until: dt.date | None,
        now: dt.datetime,
    ) -> None:
        assert line.sale.client is not None  # noqa: S101 - a package is priced for a client
        lots.open_lot(
            kind=SessionLot.Kind.PACKAGE,
            client=line.sale.client,
            location=line.sale.location,
            name=_part_name(package, share),
            units=share.part.units,
            paid_cents=share.paid_cents,
            now=now,
            part=share.part,
            sale_line=line,
            expires_on=until,
            tax_was_paid=package.tax_point == TaxPoint.SALE,
            key=f"bought:{line.pk}:{number}",
        )

    def back(self, line: SaleLine, *, quantity: int, before: int, now: dt.datetime) -> Back:
        """Rules 23 and 24: what is left, pro rata or re-priced, and the tax of that by difference."""
        net_cents = refunding.back_cents(lots_of(line), line, quantity=quantity, now=now)
        return Back(net_cents, refunding.taxes_back(line, net_cents))

    def take_back(self, part: RefundLine, *, now: dt.datetime) -> Iterator[Line]:
        """All that is left is closed; what is not given back of it is income of the sessions used (rule 24)."""
        line, rest_cents = part.line, -part.net_cents
        for lot in refunding.lots_to_close(lots_of(line), quantity=part.quantity):
            cents = refunding.close(lot, part, now=now)
            rest_cents += cents
            yield lots.locked_value(lot, cents)
        for move in upgrades.undo(line, key=f"refund:{part.pk}", now=now):
            rest_cents += move.value_cents
            yield from _brought_over(move, line, use=restore)
        yield credit(Account.SERVICES, rest_cents, category=CATEGORY)

    def undo(self, line: SaleLine, *, now: dt.datetime) -> None:
        """The lots are revoked, and an upgraded one is as it was; NotVoidable when a session was used since."""
        for lot in lots_of(line):
            locked = lots.lock(lot.pk)
            if locked.status != SessionLot.Status.OPEN or locked.free_units != locked.granted_units:
                raise NotVoidable(f"{lot.name} was used since. Refund what is left instead.")
            gone = SessionLot.Status.REVOKED
            lots.take_all(locked, LotMove.Kind.REVOKED, leaves=gone, now=now, key=f"void:{lot.pk}", why="Sale voided")
        upgrades.undo(line, key=f"void:{line.pk}", now=now)


def lots_of(line: SaleLine) -> list[SessionLot]:
    """What the line opened, package by package, part by part."""
    return list(SessionLot.objects.filter(sale_line=line.pk).select_related(*lots.AROUND).order_by("pk"))


def package_of(line: SaleLine) -> Package:
    """The version that the line sells."""
    return packages.with_parts().get(pk=int(line.instrument.split(":")[1]))


def _named(package: Package, old: SessionLot | None) -> str:
    return f"package:{package.pk}" + (f":{old.instrument}" if old else "")


def _part_name(package: Package, share: packages.Share) -> str:
    """The package's name, and in a bundle also what the sessions are for."""
    if len(package.parts.all()) == 1:
        return package.name
    return f"{package.name}: {next((item.name for item in share.part.items.all()), '')}"[:120]


def _brought_over(move: LotMove, line: SaleLine, *, use: Callable[..., Iterator[Line]]) -> Iterator[Line]:
    """The postings of what an upgrade takes from the old lot (`use_up`), or puts back into it (`restore`)."""
    old = move.lot
    places = {"sold_at": old.location, "used_at": line.sale.location}
    yield from use(old.account, -move.value_cents, instrument=old.instrument, client=old.client_id, **places)
