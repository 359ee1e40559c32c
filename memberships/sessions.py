"""Sessions and credits as ways to pay: each covers one treatment, worth what was paid for it (R21, R22, R33)."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import ClassVar

from django.db.models import F

from ledger.accounts import Account
from ledger.journal import Line
from memberships import covering, holding, household, lots, packages
from memberships.models import LotMove, SessionLot
from pos.asked import AskedCover, AskedTender
from pos.crossing import restore, use_up
from pos.kinds import Cover, Covering, Offer, Payable
from pos.models import Client, RefundTender, SaleLine, Tender
from pos.tenders import PlainTender
from studio.models import Location
from studio.refusal import BadInput

TOLD = 60
"""Characters of a tender's reference."""


class Covers(PlainTender):
    """What a session of a package and a credit of a membership have in common."""

    name: ClassVar[str]
    lot_kind: ClassVar[SessionLot.Kind]
    is_stored_value: ClassVar[bool] = True

    def offers(self, client: Client, *, location: Location, now: dt.datetime) -> Sequence[Offer]:
        """One for each lot, in the order in which they should be used."""
        mine = lots.usable(client, on=location.business_date(now)).filter(kind=self.lot_kind)
        mine = mine.filter(units__gt=F("held_units")).prefetch_related("part__items", "plan__items")
        return [self._offer(lot) for lot in lots.soonest_first(mine)]

    def _offer(self, lot: SessionLot) -> Offer:
        return Offer(
            self.code,
            instrument=lot.instrument,
            name=lot.name,
            left=f"{lot.free_units} of {lot.granted_units} left",
            units=lot.free_units,
            expires_on=lot.expires_on,
            items=tuple(item.code for item in covering.items_of(lot)),
        )

    def hold(self, asked: AskedTender, *, tender_id: uuid.UUID, basket: Payable, now: dt.datetime) -> Tender:
        raise BadInput("kind", f"A {self.name.lower()} pays for one treatment: say on its line that it covers it.")

    def cover(
        self, asked: AskedCover, line: SaleLine, *, tender_id: uuid.UUID, on: Covering, now: dt.datetime
    ) -> Cover:
        covering.must_be_treatment(line)
        if asked.line is not None:
            return self._cover_from_this_sale(asked.line, line, on=on)
        lot = covering.choose(asked, line, kind=self.lot_kind, on=on)
        upcharge_cents = covering.upcharge_cents(lot, line, at=on.at)
        value_cents = holding.hold(lot, tender_id=tender_id)
        return Cover(
            instrument=lot.instrument,
            value_cents=value_cents,
            upcharge_cents=upcharge_cents,
            why=f"{self.name} of {lot.name}"[:300],
            tax_was_paid=lot.tax_was_paid,
        )

    def _cover_from_this_sale(self, position: int, line: SaleLine, *, on: Covering) -> Cover:
        raise BadInput("cover", f"A {self.name.lower()} can not be bought and used in one sale.")

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        line, client = _covered(tender), tender.sale.client
        lot = holding.use_held(tender.pk, now=now, item=line.item, used_by=client)
        self._tell(tender, lot, now=now)

    def _tell(self, tender: Tender, lot: SessionLot, *, now: dt.datetime) -> None:
        tender.reference = packages.left_of(lot)[:TOLD]
        client = tender.sale.client
        if client is not None and client.pk != lot.client_id:
            household.tell_owner(lot, client, used=tender.pk, now=now)

    def debits(self, tender: Tender) -> Iterator[Line]:
        lot = _lot(tender)
        yield from use_up(
            lot.account,
            tender.amount_cents,
            sold_at=lot.location,
            used_at=tender.sale.location,
            tender=self.code,
            instrument=lot.instrument,
            client=lot.client_id,
        )

    def release(self, tender: Tender, *, now: dt.datetime) -> None:
        holding.release(tender.pk)

    def give_back(self, part: RefundTender, *, now: dt.datetime) -> Iterator[Line]:
        """Rule 46: the session again, at the value at which it went, and for a fortnight at least."""
        tender = part.tender
        lot = _bring_back(tender, key=f"refund:{part.pk}", now=now)
        until = tender.sale.location.business_date(now) + dt.timedelta(lots.LEAST_DAYS_BACK)
        lots.lasts_at_least(lot, until=until)
        yield from restore(
            lot.account,
            part.amount_cents,
            sold_at=lot.location,
            used_at=tender.sale.location,
            tender=self.code,
            instrument=lot.instrument,
            client=lot.client_id,
        )

    def undo(self, tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
        """The mirror has said it in the books; the lot follows it."""
        _bring_back(tender, key=f"void:{tender.pk}", now=now)
        yield from ()


class PackageSession(Covers):
    """A session of a package, also of one that is sold in this very sale."""

    code: ClassVar[str] = "session"
    name: ClassVar[str] = "Session"
    account = Account.PACKAGES
    lot_kind = SessionLot.Kind.PACKAGE

    def _cover_from_this_sale(self, position: int, line: SaleLine, *, on: Covering) -> Cover:
        return covering.from_this_sale(position, line, on=on)

    def settle(self, tender: Tender, *, now: dt.datetime) -> None:
        if not tender.instrument.startswith(covering.SOLD_HERE):
            return super().settle(tender, now=now)
        lot = covering.opened_for(tender)
        lots.take(
            lot,
            LotMove.Kind.USED,
            values=[tender.amount_cents],
            now=now,
            key=_key(tender),
            item=_covered(tender).item,
            used_by=tender.sale.client,
        )
        tender.instrument = lot.instrument
        return self._tell(tender, lot, now=now)


class MemberCredit(Covers):
    """A credit of a membership, also for a guest of the member's (R33)."""

    code: ClassVar[str] = "credit"
    name: ClassVar[str] = "Member credit"
    account = Account.MEMBER_CREDITS
    lot_kind = SessionLot.Kind.CREDIT


def _covered(tender: Tender) -> SaleLine:
    assert tender.line is not None  # noqa: S101 - a session is held for a line only
    return tender.line


def _key(tender: Tender) -> str:
    return f"used:{tender.pk}"


def _lot(tender: Tender) -> SessionLot:
    """The lot that the settled tender used."""
    return SessionLot.objects.select_related("location").get(pk=tender.instrument.removeprefix("lot:"))


def _bring_back(tender: Tender, *, key: str, now: dt.datetime) -> SessionLot:
    used = LotMove.objects.select_related("item", "used_by").get(key=_key(tender))
    lot = lots.lock(used.lot_id)
    lots.bring_back(
        lot,
        LotMove.Kind.RESTORED,
        units=-used.units,
        value_cents=-used.value_cents,
        now=now,
        key=key,
        item=used.item,
        used_by=used.used_by,
    )
    return lot
