"""Card payments as Stripe would make them."""

import pytest
import stripe

from stripe_sim.account import Terms
from tests.stripe_sim.stand_in import StandIn, stand_in, wait_for


def test_a_payment_settles_a_moment_after_it_succeeded(sim: StandIn) -> None:
    paid = sim.pay(10_000, expand=["latest_charge"])
    assert (paid.status, paid.amount_received) == ("succeeded", 10_000)

    wait_for(lambda: "charge.updated" in sim.event_types())
    charge = sim.sdk.charges.retrieve(paid.latest_charge.id, {"expand": ["balance_transaction"]})

    money = charge.balance_transaction
    assert (money.amount, money.fee, money.net, money.reporting_category) == (10_000, 320, 9_680, "charge")
    assert sim.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_the_balance_transaction_is_not_there_at_once() -> None:
    with stand_in(terms=Terms(settle_after=3600)) as sim:
        paid = sim.pay(expand=["latest_charge"])
        assert paid.latest_charge.balance_transaction is None
        sim.tell("clock", advance=3601)
        charge = sim.sdk.charges.retrieve(paid.latest_charge.id)
        assert charge.balance_transaction.startswith("txn_")


def test_automatic_capture_settles_at_once(sim: StandIn) -> None:
    paid = sim.pay(7_900, capture_method="automatic", expand=["latest_charge.balance_transaction"])

    assert paid.latest_charge.balance_transaction.fee == 259


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "advice"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline", "try_again_later"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", "try_again_later"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card", "do_not_try_again"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", "do_not_try_again"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card", "confirm_card_data"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error", "try_again_later"),
        ("pm_card_radarBlock", "card_declined", "fraudulent", "do_not_try_again"),
    ],
)
def test_a_declined_card_says_why(sim: StandIn, card: str, code: str, decline_code: str, advice: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        sim.pay(card=card)

    error = refused.value.error
    assert (refused.value.http_status, refused.value.code) == (402, code)
    assert (error.decline_code, error.advice_code) == (decline_code, advice)
    intent = sim.sdk.payment_intents.retrieve(error.payment_intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.payment_method, intent.amount_received) == ("requires_payment_method", None, 0)
    assert intent.last_payment_error.decline_code == decline_code
    assert (intent.latest_charge.status, intent.latest_charge.outcome.advice_code) == ("failed", advice)


def test_a_declined_intent_takes_a_second_card(sim: StandIn) -> None:
    with pytest.raises(stripe.CardError) as refused:
        sim.pay(card="pm_card_chargeDeclined")

    intent_id = refused.value.error.payment_intent.id
    paid = sim.sdk.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})

    assert paid.status == "succeeded"
    assert [charge.status for charge in sim.sdk.charges.list({"payment_intent": intent_id}).data] == [
        "succeeded",
        "failed",
    ]


def test_a_saved_card_is_charged_without_its_owner(sim: StandIn) -> None:
    customer = sim.sdk.customers.create({"email": "ada@example.com"})
    setup = sim.sdk.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
        }
    )
    paid = sim.pay(card=setup.payment_method, customer=customer.id, off_session=True)

    assert (setup.status, paid.status) == ("succeeded", "succeeded")
    cards = sim.sdk.customers.payment_methods.list(customer.id).data
    assert [card.card.last4 for card in cards] == ["4242"]


def test_a_bank_that_wants_its_customer_says_so_off_session(sim: StandIn) -> None:
    with pytest.raises(stripe.CardError) as refused:
        sim.pay(card="pm_card_authenticationRequired", off_session=True)

    assert refused.value.code == "authentication_required"


def test_a_customer_on_session_authenticates_on_the_banks_page(sim: StandIn) -> None:
    intent = sim.pay(card="pm_card_authenticationRequired", return_url="http://127.0.0.1/back")
    assert intent.status == "requires_action"
    assert intent.next_action.redirect_to_url.url == f"{sim.url}/_sim/3ds/{intent.id}"

    waiting = sim.pay(card="pm_card_authenticationRequired")
    assert sim.tell(f"3ds/{waiting.id}", outcome="approved")["status"] == "succeeded"
    refused = sim.pay(card="pm_card_authenticationRequired")
    assert sim.tell(f"3ds/{refused.id}", outcome="refused")["status"] == "requires_payment_method"


def test_a_cancelled_intent_is_never_paid(sim: StandIn) -> None:
    intent = sim.sdk.payment_intents.create(
        {"amount": 5000, "currency": "usd", "allowed_payment_method_types": ["card"]}
    )
    assert sim.sdk.payment_intents.cancel(intent.id).status == "canceled"

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sim.sdk.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"
    paid = sim.pay()
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        sim.sdk.payment_intents.cancel(paid.id)


def test_a_manual_capture_takes_a_part_and_lets_the_rest_go(sim: StandIn) -> None:
    held = sim.pay(10_000, capture_method="manual")
    assert (held.status, held.amount_capturable) == ("requires_capture", 10_000)

    taken = sim.sdk.payment_intents.capture(held.id, {"amount_to_capture": 6_000, "expand": ["latest_charge"]})

    assert (taken.status, taken.amount_received, taken.latest_charge.amount_captured) == ("succeeded", 6_000, 6_000)


def test_a_payment_can_take_its_time(sim: StandIn) -> None:
    customer = sim.sdk.customers.create({})
    card = sim.sdk.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    sim.tell(f"payment_methods/{card.id}", outcome="processing")

    intent = sim.pay(card=card.id, customer=customer.id)

    assert intent.status == "processing"
    wait_for(lambda: sim.sdk.payment_intents.retrieve(intent.id).status == "succeeded")


def test_a_card_can_be_told_what_to_say(sim: StandIn) -> None:
    customer = sim.sdk.customers.create({})
    card = sim.sdk.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    sim.tell(f"payment_methods/{card.id}", outcome="do_not_honor")
    with pytest.raises(stripe.CardError) as refused:
        sim.pay(card=card.id, customer=customer.id, off_session=True)
    assert refused.value.error.decline_code == "do_not_honor"

    sim.tell(f"payment_methods/{card.id}", outcome="approved")
    assert sim.pay(card=card.id, customer=customer.id, off_session=True).status == "succeeded"


def test_a_card_belongs_to_one_customer_and_is_used_once_by_nobody(sim: StandIn) -> None:
    one, other = sim.sdk.customers.create({}), sim.sdk.customers.create({})
    card = sim.sdk.payment_methods.attach("pm_card_visa", {"customer": one.id})
    with pytest.raises(stripe.InvalidRequestError, match="another customer"):
        sim.pay(card=card.id, customer=other.id)

    loose = sim.sdk.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    sim.pay(card=loose.id)
    with pytest.raises(stripe.InvalidRequestError, match="previously used"):
        sim.pay(card=loose.id)
