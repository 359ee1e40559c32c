"""What becomes of a card payment whose tablet is gone, and how it shows in the books (rules 2, 3, 44-48, 80)."""

import datetime as dt

import pytest

from jobs.worker import Worker
from ledger.journal import balances
from payments import unsold
from payments.models import CardRefund, Charge, Reader
from payments.reconciliation import FetchMovements
from pos import checkout
from pos.basket import Basket
from pos.cards import CardNotPaid
from pos.checks import check_cards_paid_their_sales
from pos.models import Sale, Tender
from pos.schedule import AbandonForgottenSales
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, of, tip
from tests.stripe_sim.stand_in import StandIn


def later(**by: int) -> dt.datetime:
    return NOW + dt.timedelta(**by)


def hold_card(sim: StandIn, reader: Reader, number: str = "4242424242424242") -> None:
    sim.client.v1.test_helpers.terminal.readers.present_payment_method(
        reader.stripe_id, {"type": "card_present", "card_present": {"number": number}}
    )


def asks_card(desk: TestDesk, **more: object) -> Basket:
    """Put a card on the rung-up sale and let the reader ask for it."""
    basket = desk.tenders("card", **more)
    checkout.ask(basket, now=desk.now)
    return basket


def worker_at(now: dt.datetime) -> None:
    """The worker does all that is due then."""
    Worker(clock=lambda: now, name="test").run_once()


def found() -> list[str]:
    """What is wrong between tenders and charges."""
    return [problem.what for problem in check_cards_paid_their_sales(using="default", now=NOW)]


@pytest.fixture
def paid(desk: TestDesk, studio: Studio, stripe: StandIn, reader: Reader) -> Basket:
    """A treatment with oil and tip, paid by card and completed."""
    desk.rings_up(of("ashiatsu-60", by=studio.ana), of("massage-oil"), tips=(tip(studio.ana, 20_00),))
    basket = asks_card(desk)
    hold_card(stripe, reader)
    checkout.ask(basket, now=NOW)
    return desk.completes()


def test_a_card_sale_and_its_fee(paid: Basket) -> None:
    """Rules 2 and 3: gross on the day of the sale, the fee from Stripe's own transaction."""
    FetchMovements().run(now=later(hours=1))

    gross = 110_00 + 24_00 + 20_00
    fee = round(gross * 0.027) + 5
    assert balances() == {
        "1100 Stripe balance": gross - fee,
        "2300 Tips payable": -20_00,
        "4010 Services": -110_00,
        "4020 Retail": -24_00,
        "6010 Processing fees": fee,
    }
    books_are_clean(now=later(hours=1))


def test_the_worker_completes_a_paid_sale_whose_tablet_is_gone(desk: TestDesk, stripe: StandIn, reader: Reader) -> None:
    desk.rings_up(of("massage-oil"))
    asks_card(desk)
    hold_card(stripe, reader)

    worker_at(later(minutes=2))
    worker_at(later(minutes=4))

    assert Sale.objects.get().status == "completed"
    assert balances()["4020 Retail"] == -24_00
    books_are_clean(now=later(minutes=5))


def test_a_sale_that_is_paid_in_part_gives_the_card_its_money_back_after_half_an_hour(
    desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    desk.rings_up(of("massage-oil"))
    asks_card(desk, amount_cents=10_00)
    hold_card(stripe, reader)
    worker_at(later(minutes=2))

    worker_at(later(minutes=40))
    worker_at(later(minutes=41))

    assert Sale.objects.get().status == "abandoned"
    refund = CardRefund.objects.get()
    assert (refund.amount_cents, refund.accepted_at is not None) == (10_00, True)
    assert "2250 Refunds payable" not in balances()
    assert stripe.sdk.refunds.list().data[0].amount == 10_00
    FetchMovements().run(now=later(hours=1))
    books_are_clean(now=later(hours=1))


def test_a_forgotten_prompt_is_taken_off_the_reader_and_the_sale_abandoned(
    desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    desk.rings_up(of("massage-oil"))
    asks_card(desk)

    worker_at(later(minutes=40))
    worker_at(later(minutes=50))

    assert (Sale.objects.get().status, Charge.objects.get().status) == ("abandoned", "cancelled")
    assert stripe.sdk.terminal.readers.retrieve(reader.stripe_id).action is None
    assert balances() == {}
    books_are_clean(now=later(minutes=51))


def test_a_card_that_pays_at_the_last_moment_completes_the_forgotten_sale(
    desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    desk.rings_up(of("massage-oil"))
    asks_card(desk)
    AbandonForgottenSales().run(now=later(minutes=40))
    hold_card(stripe, reader)

    worker_at(later(minutes=41))
    worker_at(later(minutes=43))

    assert Sale.objects.get().status == "completed"
    books_are_clean(now=later(minutes=44))


def test_money_of_a_day_that_is_over_is_put_aside_and_still_pays_its_sale(
    desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    """Rule 80: a late completion debits 2250 instead of 1100."""
    desk.rings_up(of("massage-oil"))
    basket = asks_card(desk)
    hold_card(stripe, reader)
    checkout.ask(basket, now=NOW)
    tomorrow = desk.later(days=1)
    unsold.PutUnsoldAside().run(now=tomorrow.now)
    assert balances() == {"1100 Stripe balance": 24_00, "2250 Refunds payable": -24_00}
    unsold.PutUnsoldAside().run(now=tomorrow.now)

    tomorrow.completes()

    assert balances() == {"1100 Stripe balance": 24_00, "4020 Retail": -24_00}
    books_are_clean(now=tomorrow.now)


def test_money_that_was_given_back_pays_no_sale(desk: TestDesk, stripe: StandIn, reader: Reader) -> None:
    desk.rings_up(of("massage-oil"))
    basket = asks_card(desk)
    hold_card(stripe, reader)
    checkout.ask(basket, now=NOW)
    for _ in range(2):
        unsold.give_unsold_back(Charge.objects.get(), now=NOW)

    with pytest.raises(CardNotPaid):
        desk.completes()

    assert CardRefund.objects.count() == 1
    worker_at(later(minutes=40))
    assert Sale.objects.get().status == "abandoned"
    assert "4020 Retail" not in balances()
    books_are_clean(now=later(minutes=40))


def test_a_lost_dispute_pays_what_was_owed_for_an_unsold_charge(
    desk: TestDesk, stripe: StandIn, reader: Reader
) -> None:
    """The cardholder has the money by the dispute: it is no loss, and nobody owes it any more (rules 42, 80)."""
    desk.rings_up(of("massage-oil"))
    basket = asks_card(desk, amount_cents=10_00)
    hold_card(stripe, reader)
    checkout.ask(basket, now=NOW)
    opened = stripe.tell("disputes", charge=stripe.sdk.payment_intents.list().data[0].latest_charge)
    FetchMovements().run(now=later(minutes=10))
    worker_at(later(minutes=40))
    assert (Sale.objects.get().status, balances()["2250 Refunds payable"]) == ("abandoned", -10_00)

    stripe.tell(f"disputes/{opened['id']}", outcome="lost")
    FetchMovements().run(now=later(hours=2))

    assert balances().keys() == {"1100 Stripe balance", "6010 Processing fees", "6020 Dispute fees"}
    books_are_clean(now=later(hours=2))


def test_a_voided_card_sale_leaves_nothing_but_its_fee(paid: Basket, studio: Studio) -> None:
    studio.managers_desk.voids(paid)
    assert balances() == {"1100 Stripe balance": 154_00, "2250 Refunds payable": -154_00}

    worker_at(later(minutes=1))
    FetchMovements().run(now=later(hours=1))

    fee = round(154_00 * 0.027) + 5
    assert balances() == {"1100 Stripe balance": -fee, "6010 Processing fees": fee}
    books_are_clean(now=later(hours=1))


def test_a_tender_on_a_charge_that_did_not_pay_is_found(paid: Basket) -> None:
    Charge.objects.update(status="failed")
    assert found() == [f"tender {paid.tenders[0].pk} of 15400 stands on a charge that did not pay so much"]

    Charge.objects.update(status="succeeded", amount_cents=153_99)
    assert len(found()) == 1


def test_a_paid_charge_whose_tender_was_taken_off_is_found(paid: Basket) -> None:
    Tender.objects.update(status="released")

    assert found() == [f"charge {paid.tenders[0].charge_id} was paid, its tender released, and its money is nowhere"]


def test_a_refund_that_fails_later_is_owed_again(paid: Basket, studio: Studio, stripe: StandIn) -> None:
    """Rules 44, 44b and 47."""
    studio.managers_desk.refunds(paid, (1, 1))
    assert balances()["2250 Refunds payable"] == -24_00
    worker_at(later(minutes=1))
    assert "2250 Refunds payable" not in balances()

    refund = CardRefund.objects.get()
    stripe.tell(f"refunds/{refund.stripe_id}", outcome="failed")
    worker_at(later(hours=2))

    assert (CardRefund.objects.get().status, balances()["2250 Refunds payable"]) == ("failed", -24_00)
    FetchMovements().run(now=later(hours=3))
    books_are_clean(now=later(hours=3))
