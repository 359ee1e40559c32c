"""Members whose cards say yes and no in any order: a month is charged once at most, and the ledger is as Stripe's."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest
import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from jobs.worker import Worker
from ledger.accounts import Account
from ledger.journal import balance
from payments import cards
from payments.models import CardRefund, Charge, SavedCard
from tests.builders import NOW
from tests.memberships.members import saves_card
from tests.soak import examples
from tests.stories.test_any_membership import END, AnyMembership, pick
from tests.stripe_sim.stand_in import StandIn

BANKS = ["approved", "approved", "insufficient_funds", "expired_card", "stolen_card", "processing_error"]


class AnyCard(AnyMembership):
    """The same house with Stripe beside it: what members owe is charged to the cards they have saved."""

    stripe: ClassVar[StandIn]
    clock: ClassVar[time_machine.Traveller]

    def __init__(self) -> None:
        super().__init__()
        self.stripe.tell("reset")
        self.goes_to(self.now)

    def goes_to(self, when: dt.datetime) -> None:
        self.now = when
        self.clock.move_to(when)
        self.stripe.tell("clock", now=when.timestamp())

    @rule(days=st.sampled_from([1, 3, 10, 17, 28, 31, 60]))
    def time_passes(self, days: int) -> None:
        """The worker comes by, and again when what it asked for is known."""
        self.goes_to(min(self.now + dt.timedelta(days=days), END))
        self.worker_comes_by()

    def worker_comes_by(self) -> None:
        for _ in range(2):
            self.goes_to(self.now + dt.timedelta(minutes=2))
            Worker(clock=lambda: self.now, name="worker").run_once()

    @precondition(lambda self: self.members().exists())
    @rule(which=pick, bank_says=st.sampled_from(BANKS))
    def somebody_saves_a_card(self, which: int, bank_says: str) -> None:
        self.goes_to(self.now + dt.timedelta(seconds=1))
        saved = saves_card(self.member(which))
        self.stripe.tell(f"payment_methods/{saved.stripe_method}", outcome=bank_says)

    @precondition(lambda self: SavedCard.objects.kept().exists())
    @rule(which=pick, bank_says=st.sampled_from(BANKS))
    def a_bank_thinks_otherwise(self, which: int, bank_says: str) -> None:
        kept = list(SavedCard.objects.kept().order_by("saved_at", "pk"))
        self.stripe.tell(f"payment_methods/{kept[which % len(kept)].stripe_method}", outcome=bank_says)

    @precondition(lambda self: SavedCard.objects.kept().exists())
    @rule(which=pick)
    def somebody_removes_a_card(self, which: int) -> None:
        kept = list(SavedCard.objects.kept().order_by("saved_at", "pk"))
        cards.remove(kept[which % len(kept)], now=self.now)

    @invariant()
    def no_month_is_charged_twice(self) -> None:
        paid = Charge.objects.filter(status=Charge.Status.SUCCEEDED).values_list("owner", flat=True)
        assert [owner for owner, count in Counter(paid).items() if count > 1] == []

    def teardown(self) -> None:
        try:
            self.goes_to(self.now + dt.timedelta(hours=2))
            self.worker_comes_by()
            intents = list(self.stripe.sdk.payment_intents.list({"limit": 100}).auto_paging_iter())
            paid = Charge.objects.filter(status=Charge.Status.SUCCEEDED)
            assert {intent.id for intent in intents if intent.status == "succeeded"} == set(
                paid.values_list("intent_id", flat=True)
            )
            assert not Charge.objects.live().exists()
            assert not CardRefund.objects.filter(status="created").exists()
            there = self.stripe.sdk.balance.retrieve()
            assert balance(Account.STRIPE) == sum(part.amount for part in (*there.available, *there.pending))
        finally:
            super().teardown()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """One for all, the stand-in too: it lives in this process."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_whatever_cards_and_members_do_the_ledger_is_as_stripes(
    clock: time_machine.Traveller, stripe: StandIn, db: None
) -> None:
    AnyCard.stripe, AnyCard.clock = stripe, clock
    run_state_machine_as_test(AnyCard, settings=examples(6, stateful_step_count=30))
