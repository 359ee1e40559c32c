"""Members to bill: who join at the desk, save a card on Stripe's page, and whom the billing charges month by month."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import time_machine
from django.db import transaction
from django.utils import timezone

from jobs.worker import Worker
from memberships import consents, joining, runs
from memberships.consents import Agreed
from memberships.models import BillingRun, Due, Membership, Plan, SessionLot
from payments import cards, hosted
from payments.models import SavedCard
from pos.asked import AskedLine
from pos.basket import Basket
from pos.models import Client
from studio.models import Location
from tests.books import books_are_clean
from tests.builders import Studio, TestDesk
from tests.memberships import builders
from tests.payments.money import fetch
from tests.payments.pages import pays, told_by_bank
from tests.stripe_sim.stand_in import StandIn

BACK = "https://studio.example"


@transaction.atomic
def agrees(
    client: Client, plan: Plan, location: Location, *, how: str = "desk", membership_id: uuid.UUID | None = None
) -> Membership:
    """The client agrees to the plan; nothing is paid yet."""
    agreed = Agreed(consents.hash_of(consents.text_for(plan)), how=how, signature=client.name)
    return joining.join(
        membership_id=membership_id or uuid.uuid4(),
        client=client,
        plan=plan,
        location=location,
        agreed=agreed,
        now=timezone.now(),
    )


def first_month(membership: Membership) -> AskedLine:
    return AskedLine(kind="membership", item=membership.plan.code, instrument=str(membership.pk))


def month(due: Due) -> AskedLine:
    return AskedLine(kind="dues", instrument=due.key)


def joins(desk: TestDesk, client: Client, plan: Plan) -> Membership:
    """The client joins at the desk now and pays the first month at the other terminal."""
    membership = agrees(client, plan, desk.desk.location)
    here = desk.at(timezone.now()).rings_up(first_month(membership), client_id=client.pk)
    assert here.last is not None
    here.pays(external=here.last.due_cents)
    membership.refresh_from_db()
    return membership


def saves_card(membership: Membership, card: str = "visa") -> SavedCard:
    """The client saves a card on the page that joining shows, and comes back."""
    with transaction.atomic():
        page = joining.card_page(membership, success_url=f"{BACK}/saved", cancel_url=BACK, now=timezone.now())
    page = hosted.ask(page, now=timezone.now())
    assert pays(page.url, card) == 303
    hosted.look(page, now=timezone.now())
    kept = cards.default_card(membership.client_id)
    assert kept is not None
    return kept


@dataclass
class House:
    """A studio that bills: its desk, a plan, Stripe, and one clock for all."""

    studio: Studio
    plan: Plan
    stripe: StandIn
    clock: time_machine.Traveller

    def member(
        self, name: str = "Ada", *, card: str = "visa", outcome: str = "", plan: Plan | None = None
    ) -> Membership:
        """Somebody who joins today with a card; the bank says `outcome` to it from then on."""
        client = builders.client(name)
        membership = joins(self.studio.desk, client, plan or self.plan)
        if card:
            saved = saves_card(membership, card)
            if outcome:
                self.says(saved, outcome)
        return membership

    def says(self, card: SavedCard, outcome: str) -> None:
        told_by_bank(self.stripe, card, outcome)

    def goes_to(self, when: dt.datetime) -> None:
        """Time passes, here and at Stripe."""
        self.clock.move_to(when)
        self.stripe.tell("clock", now=when.timestamp())

    def bills(self, when: dt.datetime | None = None, **more: Any) -> BillingRun:
        """Time passes until then, and the billing runs once."""
        if when is not None:
            self.goes_to(when)
        return runs.bill(clock=timezone.now, **more)

    def settles(self) -> None:
        """The worker does what is left to do, mails and refunds, and fetches what Stripe moved."""
        for _ in range(3):
            self.goes_to(timezone.now() + dt.timedelta(minutes=2))
            Worker(clock=timezone.now).run_once()
        fetch(timezone.now())

    def books_are_clean(self) -> None:
        """They are, once the worker has done what was left to do."""
        self.settles()
        books_are_clean(now=timezone.now())

    def desk(self) -> TestDesk:
        return self.studio.desk.at(timezone.now())

    def pays_at_desk(self, due: Due) -> Basket:
        """The member pays the month at the other terminal."""
        desk = self.desk().rings_up(month(due), client_id=due.membership.client_id)
        assert desk.last is not None
        return desk.pays(external=desk.last.due_cents)


def again(row: Any) -> Any:
    """The row as it is stored now."""
    return type(row).objects.get(pk=row.pk)


def dues_of(membership: Membership) -> list[tuple[str, str]]:
    """When each month starts and what became of it, oldest first."""
    return [(due.starts_on.isoformat(), due.status) for due in membership.dues.order_by("starts_on")]


def credits_of(client: Client) -> list[tuple[int, int]]:
    """Sessions and cents of the client's open lots, oldest first."""
    lots = SessionLot.objects.filter(client=client, status=SessionLot.Status.OPEN).order_by("opened_at", "pk")
    return [(lot.units, lot.value_cents) for lot in lots]


def counts(run: BillingRun) -> dict[str, int]:
    """What a run came to, without zeros."""
    names = ("charged", "charged_cents", "skipped", "unclear")
    names += tuple(f"declined_{group}" for group in ("never", "customer", "later", "soon"))
    return {name: getattr(run, name) for name in names if getattr(run, name)}
