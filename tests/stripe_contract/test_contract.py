"""What the gateway relies on, in one order of calls each."""

import time
import uuid
from typing import Any

import pytest
import stripe

from tests.stripe_contract.conftest import Target
from tests.stripe_sim.stand_in import wait_for

CARD: dict[str, Any] = {"currency": "usd", "allowed_payment_method_types": ["card"]}


def new_key() -> dict[str, Any]:
    return {"idempotency_key": str(uuid.uuid4())}


def saved_card(target: Target, card: str = "pm_card_visa") -> tuple[str, str]:
    """A customer and a card of theirs, set up for later."""
    customer = target.sdk.customers.create({"email": "ada@example.com", "metadata": {"env": "test"}})
    params = {
        "customer": customer.id,
        "payment_method": card,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
    }
    setup = target.sdk.setup_intents.create({**params, "usage": "off_session"})
    assert setup.status == "succeeded"
    return customer.id, str(setup.payment_method)


def settled(target: Target, intent_id: str) -> stripe.Charge:
    """The intent's charge once its fee is known."""

    def charge() -> stripe.Charge | None:
        intent = target.sdk.payment_intents.retrieve(intent_id, {"expand": ["latest_charge.balance_transaction"]})
        return intent.latest_charge if intent.latest_charge.balance_transaction else None

    return wait_for(charge, seconds=30)


def test_open_then_confirm_off_session(target: Target) -> None:
    customer, card = saved_card(target)
    intent = target.sdk.payment_intents.create(
        {**CARD, "amount": 12_300, "customer": customer, "metadata": {"attempt": "1"}}, new_key()
    )
    assert (intent.status, intent.latest_charge, intent.amount_received) == ("requires_payment_method", None, 0)

    paid = target.sdk.payment_intents.confirm(intent.id, {"payment_method": card, "off_session": True}, new_key())

    assert (paid.status, paid.amount_received, paid.metadata.to_dict()) == ("succeeded", 12_300, {"attempt": "1"})
    money = settled(target, intent.id).balance_transaction
    assert (money.amount, money.type, money.reporting_category) == (12_300, "charge", "charge")
    assert money.net == 12_300 - money.fee
    assert money.fee > 0


def test_the_same_key_is_the_same_answer(target: Target) -> None:
    params, key = {**CARD, "amount": 5_000}, new_key()
    first, second = target.sdk.payment_intents.create(params, key), target.sdk.payment_intents.create(params, key)

    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        target.sdk.payment_intents.create({**params, "amount": 5_001}, key)


def test_a_decline_off_session_carries_its_codes_and_its_intent(target: Target) -> None:
    customer, card = saved_card(target, "pm_card_chargeCustomerFail")
    intent = target.sdk.payment_intents.create({**CARD, "amount": 5_000, "customer": customer})

    with pytest.raises(stripe.CardError) as refused:
        target.sdk.payment_intents.confirm(intent.id, {"payment_method": card, "off_session": True})

    error = refused.value.error
    assert (refused.value.code, error.decline_code, error.payment_intent.id) == (
        "card_declined",
        "generic_decline",
        intent.id,
    )
    after = target.sdk.payment_intents.retrieve(intent.id)
    assert (after.status, after.last_payment_error.code) == ("requires_payment_method", "card_declined")


def test_a_bank_that_wants_its_customer(target: Target) -> None:
    intent = target.sdk.payment_intents.create(
        {**CARD, "amount": 5_000, "payment_method": "pm_card_authenticationRequired"}
    )

    waiting = target.sdk.payment_intents.confirm(intent.id, {"return_url": "https://example.com/back"})

    assert (waiting.status, waiting.next_action.type) == ("requires_action", "redirect_to_url")
    assert target.sdk.payment_intents.cancel(intent.id).status == "canceled"


def test_what_is_final_stays_final(target: Target) -> None:
    intent = target.sdk.payment_intents.create(
        {**CARD, "amount": 5_000, "payment_method": "pm_card_visa", "confirm": True}
    )
    for call in (target.sdk.payment_intents.cancel, target.sdk.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"


def test_the_old_way_to_name_means_of_payment_is_refused(target: Target) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        target.sdk.payment_intents.create({"amount": 5_000, "currency": "usd", "payment_method_types": ["card"]})

    assert refused.value.code == "payment_method_types_no_longer_supported"


def test_an_unknown_parameter_is_refused(target: Target) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        target.sdk.customers.create({"colour": "red"})  # type: ignore[typeddict-unknown-key]

    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "colour")


def test_refunds_in_parts_and_never_too_much(target: Target) -> None:
    intent = target.sdk.payment_intents.create(
        {**CARD, "amount": 5_000, "payment_method": "pm_card_visa", "confirm": True}
    )
    settled(target, intent.id)
    refund = target.sdk.refunds.create(
        {"payment_intent": intent.id, "amount": 2_000, "metadata": {"refund": "1"}}, new_key()
    )
    assert refund.status in ("succeeded", "pending")

    with pytest.raises(stripe.InvalidRequestError):
        target.sdk.refunds.create({"payment_intent": intent.id, "amount": 3_001})
    assert target.sdk.charges.retrieve(str(intent.latest_charge)).amount_refunded == 2_000
    assert [found.id for found in target.sdk.refunds.list({"payment_intent": intent.id}).data] == [refund.id]


def test_a_reader_declines_and_then_accepts_the_same_intent(target: Target) -> None:
    address = {"line1": "1 Main St", "city": "Columbus", "state": "OH", "country": "US", "postal_code": "43004"}
    location = target.sdk.terminal.locations.create({"display_name": "Contract", "address": address})
    reader = target.sdk.terminal.readers.create({"registration_code": "simulated-wpe", "location": location.id})
    intent = target.sdk.payment_intents.create(
        {"amount": 5_000, "currency": "usd", "allowed_payment_method_types": ["card_present"]}
    )
    try:
        for number, status in (("4000000000000002", "failed"), ("4242424242424242", "succeeded")):
            params = {"payment_intent": intent.id, "process_config": {"skip_tipping": True}}
            sent = target.sdk.terminal.readers.process_payment_intent(reader.id, params)
            assert (sent.action.type, sent.action.status) == ("process_payment_intent", "in_progress")
            card = {"type": "card_present", "card_present": {"number": number}}
            target.sdk.test_helpers.terminal.readers.present_payment_method(reader.id, card)
            wait_for(lambda: target.sdk.terminal.readers.retrieve(reader.id).action.status != "in_progress", seconds=30)
            assert target.sdk.terminal.readers.retrieve(reader.id).action.status == status
        assert target.sdk.payment_intents.retrieve(intent.id).status == "succeeded"
    finally:
        target.sdk.terminal.readers.delete(reader.id)
        target.sdk.terminal.locations.delete(location.id)


def test_checkout_sessions_open_and_expire(target: Target) -> None:
    item = {
        "quantity": 1,
        "price_data": {"currency": "usd", "unit_amount": 5_000, "product_data": {"name": "Gift card"}},
    }
    urls = {"success_url": "https://example.com/ok?{CHECKOUT_SESSION_ID}", "cancel_url": "https://example.com/no"}
    session = target.sdk.checkout.sessions.create(
        {"mode": "payment", "line_items": [item], "allowed_payment_method_types": ["card"], **urls}
    )
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 5_000)

    assert target.sdk.checkout.sessions.expire(session.id).status == "expired"
    assert [item.amount_total for item in target.sdk.checkout.sessions.line_items.list(session.id).data] == [5_000]


def test_a_setup_page_belongs_to_its_customer(target: Target) -> None:
    customer = target.sdk.customers.create({"email": "ada@example.com"})
    given = {"mode": "setup", "customer": customer.id, "allowed_payment_method_types": ["card"]}
    session = target.sdk.checkout.sessions.create({**given, "success_url": "https://example.com/saved"})  # type: ignore[typeddict-item]

    assert (session.customer, session.payment_status) == (customer.id, "no_payment_required")
    assert str(session.setup_intent).startswith("seti_")


def test_a_detached_card_is_gone(target: Target) -> None:
    customer, card = saved_card(target)
    assert [found.id for found in target.sdk.customers.payment_methods.list(customer).data] == [card]

    assert target.sdk.payment_methods.detach(card).customer is None
    assert target.sdk.customers.payment_methods.list(customer).data == []
    with pytest.raises(stripe.InvalidRequestError):
        target.sdk.payment_intents.create({**CARD, "amount": 5_000, "payment_method": card, "confirm": True})


def test_events_tell_of_the_payment(target: Target) -> None:
    began = int(time.time()) - 5
    intent = target.sdk.payment_intents.create(
        {**CARD, "amount": 5_000, "payment_method": "pm_card_visa", "confirm": True}
    )
    params = {"types": ["payment_intent.succeeded"], "created": {"gte": began}, "limit": 100}

    def told() -> list[str]:
        listed = target.sdk.events.list(params).auto_paging_iter()
        return [event.id for event in listed if event.data.object.id == intent.id]

    assert len(wait_for(told, seconds=30)) == 1


def test_a_dispute_stops_refunds(target: Target) -> None:
    intent = target.sdk.payment_intents.create(
        {**CARD, "amount": 5_000, "payment_method": "pm_card_createDispute", "confirm": True}
    )
    (dispute,) = wait_for(lambda: target.sdk.disputes.list({"payment_intent": intent.id}).data, seconds=30)

    assert (dispute.amount, dispute.status) == (5_000, "needs_response")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        target.sdk.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"


def test_a_payout_can_be_itemised(target: Target) -> None:
    target.tell("clock", advance=0)
    target.sdk.payment_intents.create({**CARD, "amount": 5_000, "payment_method": "pm_card_visa", "confirm": True})
    wait_for(lambda: target.sdk.balance_transactions.list().data)
    payout = target.tell("payouts/run", all=True)["payout"]

    items = list(target.sdk.balance_transactions.list({"payout": payout["id"]}).auto_paging_iter())

    assert sum(item.net for item in items if item.type != "payout") == payout["amount"]
    assert target.sdk.payouts.retrieve(payout["id"]).reconciliation_status == "completed"
