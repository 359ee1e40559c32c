"""A desk used in any order that anybody can think of: after each step the cash is what a simple model says."""

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.accounts import Account
from ledger.journal import balance
from pos.asked import AskedLine, AskedTip
from pos.basket import Basket
from pos.checkout import NothingToSell, NotPaid
from pos.drawer import DrawerNotOpen
from pos.drawer_close import SalesInProgress
from pos.models import DrawerSession, Refund, Sale
from pos.refunds import MoreThanIsLeft
from pos.reversals import NotRefundable
from pos.schedule import AbandonForgottenSales
from pos.tenders import MoreThanDue, NothingDue
from pos.voids import NotVoidable
from tests.books import books_are_clean
from tests.builders import NOW, TestDesk, build_studio, custom, item, of, percent_off, tax, tip
from tests.soak import examples

HALF_AN_HOUR = dt.timedelta(minutes=30)
GOODS = ("massage-oil", "bead", "soap")
pick = st.integers(0, 10**6)
"""Which of those there are; taken modulo their number, so that every draw fits."""


@dataclass
class Ticket:
    """What the model knows of a sale."""

    basket: Basket
    touched_at: dt.datetime
    status: str = "open"
    cash_cents: int = 0  # of it in the drawer
    drawer: uuid.UUID | None = None
    sold_on: dt.date | None = None
    left: dict[int, int] = field(default_factory=dict)  # quantity by line that was not given back
    tips_left: set[int] = field(default_factory=set)


class AnyOrder(RuleBasedStateMachine):
    """One desk of one location, a manager at it, and whatever comes to their mind."""

    def __init__(self) -> None:
        super().__init__()
        self.day = transaction.atomic()
        self.day._from_testcase = True  # as Django's own TestCase does: the worker's durable blocks may be within
        self.day.__enter__()
        self.now = NOW
        self.tickets: list[Ticket] = []
        self.drawer: DrawerSession | None = None
        self.cash_cents = 0
        self.safe_cents = 0
        self.tips: Counter[int] = Counter()

    @initialize(
        cash=st.sampled_from(["none", "nickel"]),
        rounding=st.sampled_from(["invoice", "item"]),
        prices_include_tax=st.booleans(),
    )
    def a_studio(self, cash: str, rounding: str, prices_include_tax: bool) -> None:
        self.studio = build_studio(cash_rounding=cash, tax_rounding=rounding, prices_include_tax=prices_include_tax)
        tax(self.studio.location, "retail", ("OH", "0.0575"), ("FRANKLIN", "0.015"))
        item("bead", 3, kind="retail", tax="exempt")
        item("soap", 6_99, kind="retail", tax="retail")

    # The desk at this moment

    def desk(self) -> TestDesk:
        """The desk a second later: no two requests come at one moment."""
        self.now += dt.timedelta(seconds=1)
        return self.studio.managers_desk.at(self.now)

    @property
    def today(self) -> dt.date:
        return self.studio.location.business_date(self.now)

    def at(self, ticket: Ticket) -> TestDesk:
        desk = self.desk()
        desk.last = ticket.basket
        return desk

    def these(self, *statuses: str) -> list[Ticket]:
        return [ticket for ticket in self.tickets if ticket.status in statuses]

    def one_of(self, which: int, *statuses: str) -> Ticket:
        tickets = self.these(*statuses)
        return tickets[which % len(tickets)]

    def keep(self, ticket: Ticket, basket: Basket) -> None:
        ticket.basket, ticket.touched_at = basket, self.now

    # Time and drawer

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.now += dt.timedelta(minutes=minutes)

    @rule()
    def the_next_day_comes(self) -> None:
        self.now += dt.timedelta(hours=24)

    @precondition(lambda self: self.drawer is None)
    @rule(cents=st.sampled_from([0, 50_00, 200_00]))
    def the_drawer_is_opened(self, cents: int) -> None:
        self.drawer = self.desk().opens_drawer(cents)
        self.cash_cents = cents

    @precondition(lambda self: self.drawer is not None)
    @rule(off=st.integers(-10_00, 10_00), leave=st.booleans())
    def the_drawer_is_closed(self, off: int, leave: bool) -> None:
        counted = max(0, self.cash_cents + off)
        left = counted if leave else 0
        if any(ticket.basket.sale.status == "open" and self.holds_cash(ticket) for ticket in self.these("open")):
            with pytest.raises(SalesInProgress):
                self.desk().closes_drawer(self.drawer, counted, left_cents=left, note="Counted.")
            return
        closed = self.desk().closes_drawer(self.drawer, counted, left_cents=left, note="Counted.")
        assert (closed.expected_cents, closed.over_short_cents) == (self.cash_cents, counted - self.cash_cents)
        self.cash_cents, self.drawer = left, None

    def holds_cash(self, ticket: Ticket) -> bool:
        return any(tender.kind == "cash" for tender in ticket.basket.live_tenders)

    # Selling

    @rule(
        goods=st.lists(st.tuples(st.sampled_from(GOODS), st.integers(1, 6)), max_size=3),
        served=st.booleans(),
        percent=st.none() | st.integers(1, 100),
        tips=st.tuples(st.integers(0, 20_00), st.integers(0, 20_00)),
        odd=st.integers(0, 9_99),
    )
    def a_sale_is_rung_up(
        self, goods: list[tuple[str, int]], served: bool, percent: int | None, tips: tuple[int, int], odd: int
    ) -> None:
        lines = self.lines(goods, served, odd)
        more = {"tips": self.asked_tips(tips), "discounts": (percent_off(str(percent)),) if percent and lines else ()}
        self.tickets.append(Ticket(self.desk().rings_up(*lines, **more).last, self.now))

    def lines(self, goods: list[tuple[str, int]], served: bool, odd: int) -> list[AskedLine]:
        lines = [of(code, quantity=quantity) for code, quantity in goods]
        lines += [of("ashiatsu-60", by=self.studio.ana)] if served else []
        return lines + ([custom("Odd", odd)] if odd else [])

    def asked_tips(self, tips: tuple[int, int]) -> tuple[AskedTip, ...]:
        return tuple(tip(person, cents) for person, cents in zip((self.studio.ana, self.studio.bo), tips, strict=True))

    @rule(
        goods=st.lists(st.tuples(st.sampled_from(GOODS), st.integers(1, 6)), min_size=1, max_size=3),
        tips=st.tuples(st.integers(0, 20_00), st.integers(0, 20_00)),
        kind=st.sampled_from(["cash", "check", "external"]),
        part=st.integers(0, 10_00),
    )
    def somebody_buys_and_pays(self, goods: list[tuple[str, int]], tips: tuple[int, int], kind: str, part: int) -> None:
        """A part by card, the rest in one other way; in cash only while a drawer is open."""
        desk = self.desk().rings_up(*self.lines(goods, True, 0), tips=self.asked_tips(tips))
        if part:
            desk.tenders("external", amount_cents=part)
        ticket = Ticket(desk.tenders("external" if self.drawer is None else kind), self.now)
        self.tickets.append(ticket)
        self.is_sold(ticket, desk.completes())

    @precondition(lambda self: self.these("open"))
    @rule(which=pick, quantity=st.integers(1, 9))
    def it_becomes_something_else(self, which: int, quantity: int) -> None:
        ticket = self.one_of(which, "open")
        covered = ticket.basket.sale.total_cents - ticket.basket.due_cents
        try:
            self.keep(ticket, self.at(ticket).changes(of("soap", quantity=quantity)))
        except MoreThanDue:
            assert covered
        else:
            assert ticket.basket.sale.total_cents - ticket.basket.due_cents == covered

    @precondition(lambda self: self.these("open"))
    @rule(which=pick, kind=st.sampled_from(["cash", "check", "external"]), share=st.integers(1, 4))
    def somebody_pays(self, which: int, kind: str, share: int) -> None:
        """All that is due, or a half, a third, a quarter of it."""
        ticket = self.one_of(which, "open")
        due = ticket.basket.due_cents
        amount = None if share == 1 else max(1, due // share)
        if self.takes(ticket, kind, amount_cents=amount):
            assert ticket.basket.due_cents == (0 if amount is None else due - min(amount, due))

    @precondition(lambda self: self.these("open"))
    @rule(which=pick, more=st.integers(-5, 5) | st.integers(-10_00, 10_00))
    def somebody_hands_over_about_enough(self, which: int, more: int) -> None:
        ticket = self.one_of(which, "open")
        due = ticket.basket.due_cents
        if self.takes(ticket, "cash", tendered_cents=max(1, due + more)):
            assert 0 <= ticket.basket.due_cents <= max(0, -more)

    def takes(self, ticket: Ticket, kind: str, **asked: int | None) -> bool:
        """Whether the payment was taken; if not, there is a reason."""
        due = ticket.basket.due_cents
        try:
            self.keep(ticket, self.at(ticket).tenders(kind, **asked))
        except NothingDue:
            assert due == 0
        except DrawerNotOpen:
            assert (kind, self.drawer) == ("cash", None)
        else:
            return True
        return False

    @precondition(lambda self: any(ticket.basket.live_tenders for ticket in self.these("open")))
    @rule(which=pick)
    def a_payment_is_taken_off(self, which: int) -> None:
        tickets = [ticket for ticket in self.these("open") if ticket.basket.live_tenders]
        ticket = tickets[which % len(tickets)]
        tender = ticket.basket.live_tenders[which % len(ticket.basket.live_tenders)]
        due = ticket.basket.due_cents + tender.covers_cents

        self.keep(ticket, self.at(ticket).drops(tender))

        assert ticket.basket.due_cents == due

    @precondition(lambda self: self.these("open"))
    @rule(which=pick)
    def a_sale_is_completed(self, which: int) -> None:
        ticket = self.one_of(which, "open")
        try:
            basket = self.at(ticket).completes()
        except NotPaid:
            assert ticket.basket.due_cents > 0
        except NothingToSell:
            assert not ticket.basket.lines
            assert not ticket.basket.tips
        else:
            self.is_sold(ticket, basket)

    def is_sold(self, ticket: Ticket, basket: Basket) -> None:
        assert ticket.basket.due_cents == 0
        self.keep(ticket, basket)
        ticket.status, ticket.sold_on = "completed", self.today
        ticket.cash_cents = sum(tender.amount_cents for tender in basket.live_tenders if tender.kind == "cash")
        if self.holds_cash(ticket):
            ticket.drawer = self.drawer.pk
        ticket.left = {number: line.quantity for number, line in enumerate(basket.lines)}
        ticket.tips_left = set(range(len(basket.tips)))
        self.cash_cents += ticket.cash_cents
        self.tips.update({row.therapist_id: row.amount_cents for row in basket.tips})

    @precondition(lambda self: self.these("completed", "partly_refunded", "refunded", "voided"))
    @rule(which=pick)
    def it_is_completed_once_more(self, which: int) -> None:
        ticket = self.one_of(which, "completed", "partly_refunded", "refunded", "voided")

        assert self.at(ticket).completes().receipt == ticket.basket.receipt

    # Second thoughts

    @precondition(lambda self: self.these("open"))
    @rule(which=pick)
    def a_sale_is_abandoned(self, which: int) -> None:
        ticket = self.one_of(which, "open")
        self.keep(ticket, self.at(ticket).abandons())
        ticket.status = "abandoned"

    @rule()
    def the_worker_comes_by(self) -> None:
        AbandonForgottenSales().run(now=self.now)
        for ticket in self.these("open"):
            if self.now - ticket.touched_at > HALF_AN_HOUR:
                ticket.status = "abandoned"

    @precondition(lambda self: self.these("completed", "partly_refunded", "refunded"))
    @rule(which=pick)
    def a_sale_is_voided(self, which: int) -> None:
        ticket = self.one_of(which, "completed", "partly_refunded", "refunded")
        drawer_is_there = ticket.drawer in (None, self.drawer and self.drawer.pk)
        if ticket.status != "completed" or ticket.sold_on != self.today or not drawer_is_there:
            with pytest.raises(NotVoidable):
                self.desk().voids(ticket.basket)
            return
        self.desk().voids(ticket.basket)
        ticket.status = "voided"
        self.cash_cents -= ticket.cash_cents
        self.tips.subtract({row.therapist_id: row.amount_cents for row in ticket.basket.tips})

    @precondition(lambda self: self.these("completed", "partly_refunded", "refunded", "voided"))
    @rule(which=pick, line=pick, quantity=st.integers(1, 3), with_tip=st.booleans())
    def something_is_given_back(self, which: int, line: int, quantity: int, with_tip: bool) -> None:
        ticket = self.one_of(which, "completed", "partly_refunded", "refunded", "voided")
        number = line % len(ticket.left) if ticket.left else None
        tips = tuple(sorted(ticket.tips_left))[:1] if with_tip or number is None else ()
        if number is None and not tips:
            return
        parts = () if number is None else ((number, quantity),)
        try:
            given = self.desk().refunds(ticket.basket, *parts, tips=tips)
        except NotRefundable:
            assert ticket.status in ("refunded", "voided")
        except MoreThanIsLeft:
            assert number is not None
            assert quantity > ticket.left[number]
        except DrawerNotOpen:
            assert self.drawer is None
        else:
            assert ticket.status in ("completed", "partly_refunded")
            if number is not None:
                ticket.left[number] -= quantity
            ticket.tips_left -= set(tips)
            self.cash_cents -= sum(row.amount_cents for row in given.tenders if row.tender.kind != "external")
            self.tips.subtract(
                {ticket.basket.tips[tip].therapist_id: ticket.basket.tips[tip].amount_cents for tip in tips}
            )
            all_back = not any(ticket.left.values()) if ticket.left else not ticket.tips_left
            ticket.status = "refunded" if all_back else "partly_refunded"
            assert all(row.amount_cents >= 0 for row in given.tenders)

    # What holds after each step

    @invariant()
    def the_drawer_holds_what_the_model_says(self) -> None:
        assert balance(Account.CASH_DRAWER) == self.cash_cents

    @invariant()
    def each_therapist_is_owed_their_tips(self) -> None:
        owed = {person: -balance(Account.TIPS, therapist=person) for person in self.tips}
        assert owed == dict(self.tips)

    @invariant()
    def every_sale_is_in_the_state_of_the_model(self) -> None:
        states = dict(Sale.objects.values_list("pk", "status"))
        assert states == {ticket.basket.sale.pk: ticket.status for ticket in self.tickets}

    def teardown(self) -> None:
        try:
            self.nothing_was_given_back_beyond_what_was_sold()
            books_are_clean(now=self.now)
            connection.check_constraints()
        finally:
            transaction.set_rollback(True)
            self.day.__exit__(None, None, None)

    def nothing_was_given_back_beyond_what_was_sold(self) -> None:
        for ticket in self.these("partly_refunded", "refunded"):
            back = sum(refund.total_cents for refund in Refund.objects.filter(sale=ticket.basket.sale))
            assert 0 <= back <= ticket.basket.sale.total_cents


def test_in_whatever_order_things_happen_the_books_stay_whole(db: None) -> None:
    run_state_machine_as_test(AnyOrder, settings=examples(15, stateful_step_count=30))
