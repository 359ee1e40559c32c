"""Cards in whatever order things happen to them: the model, the cards and the books agree (F21)."""

import datetime as dt
import uuid
from dataclasses import dataclass

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

from giftcards import life
from giftcards.forgotten import NotForgotten, count_as_income
from giftcards.life import CardIsHeld
from giftcards.limits import OverTheLimit
from giftcards.models import CardLaw, CardNotUsable, GiftBonus, GiftCard
from giftcards.selling import CardWasUsed
from giftcards.spending import PromotionPaysTreatments
from ledger.accounts import Account
from ledger.journal import balance
from pos.basket import Basket
from pos.models.stored import NotEnoughLeft
from pos.reversals import NotRefundable
from studio.models import Grant
from tests.books import books_are_clean
from tests.builders import NOW, START, TestDesk, beach, build_studio, custom
from tests.giftcards.cards import card_for, load_of
from tests.soak import examples

pick = st.integers(0, 10**6)
"""Which of those there are; taken modulo their number, so that every draw fits."""


@dataclass
class Known:
    """What the model knows of a card."""

    card: GiftCard
    face: int
    held: int = 0
    status: str = "active"


class CardsInAnyOrder(RuleBasedStateMachine):
    """A manager at two locations, and cards."""

    def __init__(self) -> None:
        super().__init__()
        self.day = transaction.atomic()
        self.day._from_testcase = True  # as Django's own TestCase does: durable blocks may be within
        self.day.__enter__()
        self.now = NOW
        self.cards: dict[uuid.UUID, Known] = {}
        self.open: list[tuple[TestDesk, uuid.UUID, int]] = []
        self.sold: list[Basket] = []
        self.used: list[tuple[Basket, uuid.UUID, int]] = []

    @initialize()
    def two_locations(self) -> None:
        self.studio = build_studio()
        self.places = [self.studio.location, beach()]
        Grant.objects.update(location=None)
        CardLaw.objects.create(starts_on=START, is_never_escheated=True, source="a test")
        GiftBonus.objects.create(name="Spring", pays_cents=80_00, adds_cents=20_00, starts_on=START)
        for place in self.places:
            self.studio.managers_desk.at_location(place).opens_drawer(500_00)

    def desk(self, which: int = 0) -> TestDesk:
        """A desk a second later: no two requests come at one moment."""
        self.now += dt.timedelta(seconds=1)
        return self.studio.managers_desk.at(self.now).at_location(self.places[which % 2])

    def one_of(self, which: int, *statuses: str) -> Known | None:
        fitting = [known for known in self.cards.values() if known.status in (statuses or ("active",))]
        return fitting[which % len(fitting)] if fitting else None

    def learn(self, card: GiftCard) -> None:
        self.cards[card.pk] = Known(card, card.balance_cents)

    @rule(cents=st.sampled_from([1_00, 33_33, 80_00, 100_00]), where=pick)
    def a_card_is_sold(self, cents: int, where: int) -> None:
        sale = self.desk(where).rings_up(card_for(cents)).pays(external=cents)
        self.sold.append(sale)
        card = GiftCard.objects.get(pk=sale.lines[0].instrument)
        self.learn(card)
        assert card.balance_cents == cents + (20_00 if cents == 80_00 else 0)

    @precondition(lambda self: self.one_of(0))
    @rule(which=pick, cents=st.integers(1_00, 50_00), where=pick)
    def a_card_is_loaded(self, which: int, cents: int, where: int) -> None:
        known = self.one_of(which)
        try:
            self.desk(where).rings_up(load_of(known.card, cents)).pays(external=cents)
        except OverTheLimit:
            assert known.face + cents > 1_000_00
        else:
            known.face += cents

    @precondition(lambda self: self.one_of(0))
    @rule(which=pick, cents=st.integers(1, 60_00), where=pick, completes=st.booleans())
    def a_card_pays(self, which: int, cents: int, where: int, completes: bool) -> None:
        known = self.one_of(which)
        desk = self.desk(where).rings_up(custom("Mat", cents))
        try:
            desk.tenders("gift_card", instrument=str(known.card.pk), amount_cents=cents)
        except NotEnoughLeft:
            assert cents > known.face - known.held
            return
        except PromotionPaysTreatments:
            raise AssertionError("a mat is goods") from None
        if completes:
            self.used.append((desk.completes(), known.card.pk, cents))
            known.face -= cents
        else:
            self.open.append((desk, known.card.pk, cents))
            known.held += cents

    @precondition(lambda self: self.open)
    @rule(how=st.sampled_from(["completes", "parks", "abandons"]))
    def an_open_sale_ends(self, how: str) -> None:
        desk, pk, cents = self.open.pop(0)
        known = self.cards[pk]
        known.held -= cents
        if how == "completes" and known.status == "active":
            self.used.append((desk.completes(), pk, cents))
            known.face -= cents
        else:
            getattr(desk, "abandons" if how == "completes" else how)()

    @precondition(lambda self: self.used)
    @rule(which=pick, voids=st.booleans())
    def what_was_bought_comes_back(self, which: int, voids: bool) -> None:
        basket, pk, cents = self.used.pop(which % len(self.used))
        desk = self.desk(self.places.index(basket.sale.location))
        before = {card.pk: card.balance_cents for card in GiftCard.objects.all()}
        if voids and basket.sale.location.business_date(self.now) == basket.sale.business_date:
            desk.voids(basket)
        else:
            desk.refunds(basket, (0, 1))
        grown = [card for card in GiftCard.objects.all() if card.balance_cents != before.get(card.pk, 0)]
        assert [card.balance_cents - before.get(card.pk, 0) for card in grown] == [cents]
        if self.cards[pk].status == "active":
            assert grown[0].pk == pk
        if grown[0].pk in self.cards:
            self.cards[grown[0].pk].face += cents
        else:
            self.learn(grown[0])

    @precondition(lambda self: self.sold)
    @rule(which=pick, voids=st.booleans())
    def a_sold_card_comes_back(self, which: int, voids: bool) -> None:
        basket = self.sold.pop(which % len(self.sold))
        desk = self.desk(self.places.index(basket.sale.location))
        today = basket.sale.location.business_date(self.now) == basket.sale.business_date
        try:
            if voids and today:
                desk.voids(basket)
            else:
                desk.refunds(basket, (0, 1))
        except (CardWasUsed, NotRefundable, CardNotUsable):
            return
        for known in self.cards.values():  # what of it came back depends on its parts; the invariants hold it to them
            known.card.refresh_from_db()
            known.face, known.status = known.card.balance_cents, known.card.status

    @precondition(lambda self: self.one_of(0, "active", "blocked"))
    @rule(which=pick, what=st.sampled_from(["block", "unblock", "reissue", "cash_out", "forgotten"]), where=pick)
    def something_happens_to_a_card(self, which: int, what: str, where: int) -> None:
        known = self.one_of(which, "active", "blocked")
        desk = self.desk(where).desk
        try:
            with transaction.atomic():
                if what == "block":
                    life.block(known.card, why="lost", desk=desk, now=self.now)
                elif what == "forgotten":
                    count_as_income(known.card, review_id=uuid.uuid4(), desk=desk, now=self.now)
                elif what == "reissue":
                    self.learn(life.reissue(known.card, desk=desk, now=self.now))
                else:
                    getattr(life, what)(known.card, desk=desk, now=self.now)
        except CardIsHeld:
            assert known.held
        except (NotForgotten, CardNotUsable, life.NothingOnIt):
            pass
        else:
            known.card.refresh_from_db()
            known.status, known.face = known.card.status, known.card.balance_cents

    @rule(days=st.sampled_from([1, 40, 800]))
    def time_passes(self, days: int) -> None:
        while self.open:
            self.an_open_sale_ends("abandons")
        self.now += dt.timedelta(days=days)

    @invariant()
    def every_card_has_on_it_what_the_model_says(self) -> None:
        rows = {card.pk: (card.balance_cents, card.held_cents, card.status) for card in GiftCard.objects.all()}
        assert rows == {pk: (known.face, known.held, known.status) for pk, known in self.cards.items()}

    @invariant()
    def the_account_is_the_sum_of_the_cards(self) -> None:
        assert -balance(Account.GIFT_CARDS) == sum(card.paid_cents for card in GiftCard.objects.all())

    def teardown(self) -> None:
        try:
            books_are_clean(now=self.now)
            connection.check_constraints()
        finally:
            transaction.set_rollback(True)
            self.day.__exit__(None, None, None)


def test_in_whatever_order_things_happen_to_cards_the_books_agree_with_them(db: None) -> None:
    run_state_machine_as_test(CardsInAnyOrder, settings=examples(15, stateful_step_count=30))
