"""What the gateway relies on for Stripe's pages and for cards that are charged later."""

import time
from typing import Any

import pytest
import stripe

from tests.stripe_contract.conftest import Target
from tests.stripe_contract.test_contract import CARD, new_key, saved_card

URLS = {"success_url": "https://example.com/ok?{CHECKOUT_SESSION_ID}", "cancel_url": "https://example.com/no"}
WHOLE: dict[str, Any] = {"expand": ["payment_intent.latest_charge", "setup_intent.payment_method"]}


def page(target: Target, **more: Any) -> stripe.checkout.Session:
    """A page to pay on, as the gateway asks for it."""
    price = {"currency": "usd", "unit_amount": 8_900, "product_data": {"name": "Membership"}}
    given: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": {"metadata": {"attempt": "1"}, "capture_method": "automatic"},
        "allowed_payment_method_types": ["card"],
        "expires_at": int(time.time()) + 3600,
        "client_reference_id": "1",
        "metadata": {"attempt": "1"},
    }
    return target.sdk.checkout.sessions.create({**given, **URLS, **more}, new_key())


def test_a_page_to_pay_on_tells_its_amount_and_whose_it_is(target: Target) -> None:
    made = page(target, customer_email="ada@example.com")

    told = target.sdk.checkout.sessions.retrieve(made.id, WHOLE)

    assert (told.status, told.payment_status, told.amount_total) == ("open", "unpaid", 8_900)
    assert told.metadata is not None
    assert (told.metadata.to_dict(), told.client_reference_id) == ({"attempt": "1"}, "1")
    assert (told.url or "").startswith("http")


def test_a_page_to_save_a_card_on_has_its_setup_intent(target: Target) -> None:
    customer = target.sdk.customers.create({"metadata": {"client": "1"}}, new_key())
    given: dict[str, Any] = {
        "mode": "setup",
        "customer": customer.id,
        "setup_intent_data": {"metadata": {"attempt": "1"}},
        "allowed_payment_method_types": ["card"],
        "expires_at": int(time.time()) + 3600,
        "metadata": {"attempt": "1"},
    }
    made = target.sdk.checkout.sessions.create({**given, **URLS}, new_key())

    told = target.sdk.checkout.sessions.retrieve(made.id, WHOLE)

    assert (told.status, told.payment_intent, told.customer) == ("open", None, customer.id)
    assert told.setup_intent is not None
    assert not isinstance(told.setup_intent, str)
    assert (told.setup_intent.payment_method, told.setup_intent.usage) == (None, "off_session")


def test_a_page_is_closed_once(target: Target) -> None:
    made = page(target)
    closed = target.sdk.checkout.sessions.expire(made.id)
    assert (closed.status, closed.url) == ("expired", None)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        target.sdk.checkout.sessions.expire(made.id)
    assert refused.value.http_status == 400


def test_a_page_lives_for_half_an_hour_at_least(target: Target) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        page(target, expires_at=int(time.time()) + 600)
    assert refused.value.param == "expires_at"


def test_a_saved_card_shows_its_face_and_is_listed(target: Target) -> None:
    customer, method = saved_card(target)

    told = target.sdk.payment_methods.retrieve(method)
    listed = target.sdk.customers.payment_methods.list(customer, {"type": "card"}).data

    assert told.card is not None
    assert (told.customer, told.card.brand, told.card.last4) == (customer, "visa", "4242")
    assert (len(told.card.fingerprint or ""), 1 <= told.card.exp_month <= 12) == (16, True)
    assert [card.id for card in listed] == [method]


def test_a_saved_card_is_confirmed_under_a_key_and_told_with_its_charge(target: Target) -> None:
    customer, method = saved_card(target)
    intent = target.sdk.payment_intents.create(
        {**CARD, "amount": 8_900, "customer": customer, "capture_method": "automatic"}, new_key()
    )
    key = new_key()
    params: Any = {"payment_method": method, "off_session": True, "expand": ["latest_charge"]}

    first, again = (target.sdk.payment_intents.confirm(intent.id, params, key) for _ in range(2))

    assert (first.status, first.id, again.status) == ("succeeded", intent.id, "succeeded")
    assert not isinstance(first.latest_charge, str)
    assert first.latest_charge is not None
    assert first.latest_charge.captured
    with pytest.raises(stripe.InvalidRequestError) as refused:
        target.sdk.payment_intents.confirm(intent.id, params, new_key())
    assert refused.value.code == "payment_intent_unexpected_state"


def test_what_was_declined_off_session_can_be_cancelled(target: Target) -> None:
    customer, method = saved_card(target, "pm_card_chargeCustomerFail")
    intent = target.sdk.payment_intents.create({**CARD, "amount": 8_900, "customer": customer})
    with pytest.raises(stripe.CardError):
        target.sdk.payment_intents.confirm(intent.id, {"payment_method": method, "off_session": True})

    cancelled = target.sdk.payment_intents.cancel(intent.id)

    assert (cancelled.status, cancelled.last_payment_error is not None) == ("canceled", True)


def test_a_card_is_let_go_of_once(target: Target) -> None:
    _, method = saved_card(target)
    assert target.sdk.payment_methods.detach(method).customer is None

    with pytest.raises(stripe.InvalidRequestError):
        target.sdk.payment_methods.detach(method)
    assert target.sdk.payment_methods.retrieve(method).customer is None
