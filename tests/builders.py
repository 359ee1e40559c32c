"""A studio to test in, and a desk that reads like the story it tells."""

import datetime as dt
import uuid
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.contrib.auth.models import Group
from django.db import transaction

from pos import approvals, checkout, drawer, drawer_close, ending, movements, refunds, voids
from pos.asked import (
    AskedDiscount,
    AskedLine,
    AskedRefund,
    AskedRefundLine,
    AskedRefundTip,
    AskedSale,
    AskedTender,
    AskedTip,
    Desk,
)
from pos.basket import Basket
from pos.models import Approval, Drawer, DrawerMovement, DrawerSession, Item, Price, TaxRate, Tender, Void
from pos.refunds import GivenBack
from studio.models import Business, Device, Grant, Location, Qualification, Staff
from studio.pins import set_pin

START = dt.date(2020, 1, 1)
NOW = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)


def person(username: str, *, role: str = "", location: Location | None = None, **fields: object) -> Staff:
    """Somebody with a role, at one location or everywhere."""
    staff = Staff.objects.create_user(username, display_name=username.title(), **fields)
    if role:
        Grant.objects.create(staff=staff, group=Group.objects.get(name=role), location=location)
    return staff


def item(
    code: str, cents: int, *, kind: str = "treatment", tax: str = "service", needs: Qualification | None = None
) -> Item:
    """An item with a price that was always so."""
    made = Item.objects.create(
        code=code, name=code.replace("-", " ").capitalize(), kind=kind, tax_category=tax, required_qualification=needs
    )
    Price.objects.create(item=made, price_cents=cents, starts_on=START)
    return made


def tax(location: Location, category: str, *rates: tuple[str, str]) -> None:
    """Tax rates by jurisdiction that were always so."""
    for jurisdiction, rate in rates:
        TaxRate.objects.create(
            location=location, tax_category=category, jurisdiction=jurisdiction, rate=Decimal(rate), starts_on=START
        )


@dataclass
class TestDesk:
    """A tablet with a person signed on; every method is one request of theirs, at a moment of its own."""

    __test__ = False

    desk: Desk
    now: dt.datetime = NOW
    last: Basket | None = field(default=None)

    def at(self, now: dt.datetime) -> "TestDesk":
        return replace(self, now=now, last=None)

    def with_(self, staff: Staff) -> "TestDesk":
        return replace(self, desk=replace(self.desk, staff=staff), last=None)

    def with_device(self, device: Device) -> "TestDesk":
        return replace(self, desk=replace(self.desk, device=device), last=None)

    def at_location(self, location: Location) -> "TestDesk":
        return replace(self, desk=replace(self.desk, location=location), last=None)

    def later(self, **by: int) -> "TestDesk":
        """The same desk and sale, so much later."""
        return replace(self, now=self.now + dt.timedelta(**by))

    @transaction.atomic
    def opens_drawer(self, float_cents: int = 0, name: str = "Front") -> DrawerSession:
        which, _ = Drawer.objects.get_or_create(location=self.desk.location, name=name)
        return drawer.open_drawer(
            session_id=uuid.uuid4(), drawer_id=which.pk, float_cents=float_cents, desk=self.desk, now=self.now
        )

    @transaction.atomic
    def closes_drawer(self, session: DrawerSession, counted_cents: int, **more: object) -> DrawerSession:
        return drawer_close.close_drawer(
            session_id=session.pk, counted_cents=counted_cents, desk=self.desk, now=self.now, **more
        )

    @transaction.atomic
    def moves_cash(
        self,
        session: DrawerSession,
        kind: str,
        amount_cents: int = 0,
        *,
        movement_id: uuid.UUID | None = None,
        to: Staff | None = None,
        approval_id: uuid.UUID | None = None,
        **more: str,
    ) -> DrawerMovement:
        """Pay in, pay out, drop, pay tips `to` somebody, or open the drawer; reason and note by keyword."""
        return movements.put_movement(
            session_id=session.pk,
            movement_id=movement_id or uuid.uuid4(),
            asked=movements.AskedMovement(kind, amount_cents, therapist_id=to.pk if to else None, **more),
            desk=self.desk,
            now=self.now,
            approval_id=approval_id,
        )

    def sells(self, *lines: AskedLine, **more: object) -> AskedSale:
        return AskedSale(lines=lines, **more)

    @transaction.atomic
    def rings_up(self, *lines: AskedLine, sale_id: uuid.UUID | None = None, **more: object) -> "TestDesk":
        """Open a sale with these lines; tips, discounts and client by keyword."""
        approval = more.pop("approval_id", None)
        self.last = checkout.put_sale(
            sale_id=sale_id or uuid.uuid4(),
            asked=AskedSale(lines=lines, **more),
            desk=self.desk,
            now=self.now,
            approval_id=approval,
        )
        return self

    @transaction.atomic
    def changes(self, *lines: AskedLine, revision: int | None = None, **more: object) -> Basket:
        """Put other contents on the rung-up sale, having seen its last revision unless another is given."""
        assert self.last is not None
        approval = more.pop("approval_id", None)
        self.last = checkout.put_sale(
            sale_id=self.last.sale.pk,
            asked=AskedSale(lines=lines, **more),
            desk=self.desk,
            now=self.now,
            revision=self.last.sale.revision if revision is None else revision,
            approval_id=approval,
        )
        return self.last

    @transaction.atomic
    def drops(self, tender: Tender) -> Basket:
        assert self.last is not None
        self.last = checkout.drop_tender(sale_id=self.last.sale.pk, tender_id=tender.pk, desk=self.desk, now=self.now)
        return self.last

    @transaction.atomic
    def completes(self) -> Basket:
        assert self.last is not None
        self.last = checkout.complete_sale(sale_id=self.last.sale.pk, desk=self.desk, now=self.now)
        return self.last

    @transaction.atomic
    def parks(self, label: str = "") -> Basket:
        assert self.last is not None
        self.last = ending.park_sale(sale_id=self.last.sale.pk, label=label, desk=self.desk, now=self.now)
        return self.last

    @transaction.atomic
    def abandons(self) -> Basket:
        assert self.last is not None
        self.last = ending.abandon_sale(sale_id=self.last.sale.pk, desk=self.desk, now=self.now)
        return self.last

    def pays(self, *, cash: int | None = None, check: int | None = None, external: int | None = None) -> Basket:
        """Pay the rung-up sale by these means, in this order, and complete it."""
        for kind, cents in (("external", external), ("check", check), ("cash", cash)):
            if cents is not None:
                self.tenders(kind, tendered_cents=cents) if kind == "cash" else self.tenders(kind, amount_cents=cents)
        return self.completes()

    @transaction.atomic
    def tenders(self, kind: str, **more: object) -> Basket:
        assert self.last is not None
        self.last = checkout.put_tender(
            sale_id=self.last.sale.pk,
            tender_id=uuid.uuid4(),
            asked=AskedTender(kind=kind, **more),
            desk=self.desk,
            now=self.now,
        )
        return self.last

    @transaction.atomic
    def sells_at_once(self, *lines: AskedLine, cash: int, sale_id: uuid.UUID | None = None, **more: object) -> Basket:
        """The one-request sale for cash."""
        return checkout.sell(
            sale_id=sale_id or uuid.uuid4(),
            asked=AskedSale(lines=lines, **more),
            tenders=[(uuid.uuid4(), AskedTender(kind="cash", tendered_cents=cash))],
            desk=self.desk,
            now=self.now,
        )

    @transaction.atomic
    def refunds(self, basket: Basket, *parts: tuple[int, int], tips: tuple[int, ...] = (), **more: object) -> GivenBack:
        """Give back (line number, quantity) pairs and the tips of these numbers."""
        asked = AskedRefund(
            reason="unhappy",
            lines=tuple(AskedRefundLine(basket.lines[number].pk, quantity) for number, quantity in parts),
            tips=tuple(AskedRefundTip(basket.tips[number].pk, basket.tips[number].amount_cents) for number in tips),
        )
        return refunds.refund_sale(
            sale_id=basket.sale.pk, refund_id=uuid.uuid4(), asked=asked, desk=self.desk, now=self.now, **more
        )

    @transaction.atomic
    def voids(self, basket: Basket, **more: object) -> Void:
        return voids.void_sale(sale_id=basket.sale.pk, reason="mistake", desk=self.desk, now=self.now, **more)


@dataclass
class Studio:
    """A small studio in Columbus: one location, a desk person, a manager, two therapists, a treatment and oil."""

    business: Business
    location: Location
    desk_person: Staff
    manager: Staff
    owner: Staff
    ana: Staff
    bo: Staff
    ashiatsu: Qualification
    device: Device

    @property
    def desk(self) -> TestDesk:
        return TestDesk(Desk(location=self.location, staff=self.desk_person, device=self.device))

    @property
    def managers_desk(self) -> TestDesk:
        return self.desk.with_(self.manager)

    def manager_approves(
        self,
        action: Approval.Action,
        object_id: uuid.UUID,
        cents: int,
        *,
        now: dt.datetime = NOW,
        requester: Staff | None = None,
    ) -> Approval:
        """The manager's yes to the desk person, or to the requester, given on their tablet."""
        return approvals.give(
            action=action,
            object_id=object_id,
            amount_cents=cents,
            approver=self.manager,
            desk=self.desk.with_(requester or self.desk_person).desk,
            now=now,
        )


def build_studio(**location: object) -> Studio:
    """The studio of most tests; `location` overrides how it rounds and taxes."""
    business = Business.objects.create(name="Massage Escape")
    place = Location.objects.create(code="UPT", name="Uptown", state="OH", is_main=True, **location)
    trained = Qualification.objects.create(code="ashiatsu", name="Ashiatsu")
    ana = person("ana", is_therapist=True)
    bo = person("bo", is_therapist=True)
    ana.qualifications.add(trained)
    item("ashiatsu-60", 110_00, needs=trained)
    item("deep-tissue-60", 100_00)
    item("massage-oil", 24_00, kind="retail", tax="retail")
    studio = Studio(
        business=business,
        location=place,
        desk_person=person("dana", role="desk", location=place),
        manager=person("mara", role="manager", location=place),
        owner=person("olga", role="owner"),
        ana=ana,
        bo=bo,
        ashiatsu=trained,
        device=Device.objects.create(name="Front tablet", location=place),
    )
    set_pin(studio.desk_person, "739164")
    set_pin(studio.manager, "615283")
    return studio


def beach() -> Location:
    """A second location of the same business, in California."""
    return Location.objects.create(code="BCH", name="Beach", state="CA", time_zone="America/Los_Angeles")


def of(code: str, *, by: Staff | None = None, quantity: int = 1, discount: AskedDiscount | None = None) -> AskedLine:
    """A line for an item of the catalogue."""
    return AskedLine(kind="item", item=code, quantity=quantity, therapist_id=by.pk if by else None, discount=discount)


def custom(name: str, cents: int, *, tax_category: str = "retail") -> AskedLine:
    """A line for a custom amount."""
    return AskedLine(kind="custom", name=name, unit_cents=cents, tax_category=tax_category)


def tip(person: Staff, cents: int) -> AskedTip:
    return AskedTip(therapist_id=person.pk, amount_cents=cents)


def percent_off(percent: str, reason: str = "promotion") -> AskedDiscount:
    return AskedDiscount(reason=reason, percent=Decimal(percent))


def amount_off(cents: int, reason: str = "goodwill") -> AskedDiscount:
    return AskedDiscount(reason=reason, amount_cents=cents)
