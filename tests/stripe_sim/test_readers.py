"""Card readers: driven by the server, answered by a person."""

import urllib.parse
import urllib.request

import pytest
import stripe

from tests.stripe_sim.stand_in import StandIn, wait_for

DECLINED = "4000000000000002"


def in_person(sim: StandIn, amount: int = 15_574) -> stripe.PaymentIntent:
    return sim.sdk.payment_intents.create(
        {"amount": amount, "currency": "usd", "allowed_payment_method_types": ["card_present"]}
    )


def send(sim: StandIn, reader: stripe.terminal.Reader, intent: stripe.PaymentIntent) -> stripe.terminal.Reader:
    params = {"payment_intent": intent.id, "process_config": {"skip_tipping": True}}
    return sim.sdk.terminal.readers.process_payment_intent(reader.id, params)


def present(sim: StandIn, reader: stripe.terminal.Reader, number: str = "4242424242424242") -> stripe.terminal.Reader:
    params = {"type": "card_present", "card_present": {"number": number}}
    return sim.sdk.test_helpers.terminal.readers.present_payment_method(reader.id, params)


def test_a_card_at_the_reader_pays_with_the_fee_for_cards_present(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    waiting = send(sim, reader, intent)
    assert (waiting.action.type, waiting.action.status) == ("process_payment_intent", "in_progress")
    assert sim.sdk.payment_intents.retrieve(intent.id).status == "requires_payment_method"

    assert present(sim, reader).action.status == "succeeded"

    wait_for(lambda: "charge.updated" in sim.event_types())
    paid = sim.sdk.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
    assert (paid.status, paid.amount_received, paid.latest_charge.balance_transaction.fee) == ("succeeded", 15_574, 425)
    card = paid.latest_charge.payment_method_details.card_present
    assert (card.last4, card.read_method, card.reader) == ("4242", "contactless_emv", reader.id)
    assert "terminal.reader.action_succeeded" in sim.event_types()


def test_after_a_decline_the_same_intent_is_processed_again(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    send(sim, reader, intent)
    action = present(sim, reader, DECLINED).action
    assert (action.status, action.failure_code) == ("failed", "card_declined")
    assert (action.api_error.type, action.api_error.decline_code) == ("card_error", "generic_decline")
    assert sim.sdk.payment_intents.retrieve(intent.id).status == "requires_payment_method"

    send(sim, reader, intent)
    present(sim, reader)

    assert sim.sdk.payment_intents.retrieve(intent.id).status == "succeeded"
    assert len(sim.sdk.charges.list({"payment_intent": intent.id}).data) == 2


def test_a_payment_that_waits_is_replaced_and_one_that_is_authorised_makes_the_reader_busy(sim: StandIn) -> None:
    reader, first, second = sim.reader(), in_person(sim), in_person(sim, 2_000)
    send(sim, reader, first)
    assert send(sim, reader, second).action.process_payment_intent.payment_intent == second.id

    sim.tell(f"readers/{reader.id}", do="insert")
    for refused_call in (lambda: send(sim, reader, first), lambda: sim.sdk.terminal.readers.cancel_action(reader.id)):
        with pytest.raises(stripe.APIError) as refused:
            refused_call()
        assert (refused.value.http_status, refused.value.code) == (409, None)
        assert refused.value.error.code == "terminal_reader_busy"

    wait_for(lambda: sim.sdk.terminal.readers.retrieve(reader.id).action.status == "succeeded")
    assert sim.sdk.payment_intents.retrieve(second.id).status == "succeeded"
    assert sim.sdk.payment_intents.retrieve(first.id).status == "requires_payment_method"


def test_the_customer_and_the_staff_can_cancel(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    send(sim, reader, intent)
    action = sim.tell(f"readers/{reader.id}", do="cancel")["action"]
    assert (action["status"], action["failure_code"], action["api_error"]) == ("failed", "customer_canceled", None)

    send(sim, reader, intent)
    assert sim.sdk.terminal.readers.cancel_action(reader.id).action is None
    assert sim.sdk.payment_intents.cancel(intent.id).status == "canceled"


def test_a_payment_may_succeed_although_the_reader_has_gone(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    send(sim, reader, intent)
    sim.tell(f"readers/{reader.id}", do="tap_and_unplug")

    gone = sim.sdk.terminal.readers.retrieve(reader.id)
    assert (gone.status, gone.action.status) == ("offline", "in_progress")
    assert sim.sdk.payment_intents.retrieve(intent.id).status == "succeeded"

    sim.tell(f"readers/{reader.id}", do="plug_in")
    assert sim.sdk.terminal.readers.retrieve(reader.id).action.status == "succeeded"


def test_an_offline_reader_takes_no_orders(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    sim.tell(f"readers/{reader.id}", do="unplug")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        send(sim, reader, intent)
    assert refused.value.code == "terminal_reader_offline"


def test_a_card_for_later_is_saved_at_the_reader(sim: StandIn) -> None:
    reader, customer = sim.reader(), sim.sdk.customers.create({"name": "Ada"})
    setup = sim.sdk.setup_intents.create({"customer": customer.id, "allowed_payment_method_types": ["card_present"]})
    sim.sdk.terminal.readers.process_setup_intent(reader.id, {"setup_intent": setup.id, "allow_redisplay": "always"})

    assert present(sim, reader).action.status == "succeeded"

    (card,) = sim.sdk.customers.payment_methods.list(customer.id).data
    assert (card.type, card.card.last4) == ("card", "4242")
    assert sim.pay(card=card.id, customer=customer.id, off_session=True).status == "succeeded"


def test_the_display_shows_a_cart_and_the_reader_gives_back(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    cart = {
        "currency": "usd",
        "total": 15_574,
        "line_items": [{"amount": 15_574, "description": "Massage", "quantity": 1}],
    }
    sim.sdk.terminal.readers.set_reader_display(reader.id, {"type": "cart", "cart": cart})
    assert sim.sdk.terminal.readers.retrieve(reader.id).action.status == "succeeded"
    send(sim, reader, intent)
    present(sim, reader)

    sim.sdk.terminal.readers.refund_payment(reader.id, {"payment_intent": intent.id, "amount": 500})
    assert sim.sdk.refunds.list().data == []
    refunded = present(sim, reader)

    assert sim.sdk.refunds.retrieve(refunded.action.refund_payment.refund).amount == 500


def test_a_tip_on_the_reader_raises_the_amount(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim, 10_000)
    sim.sdk.terminal.readers.process_payment_intent(reader.id, {"payment_intent": intent.id})
    sim.sdk.test_helpers.terminal.readers.present_payment_method(reader.id, {"amount_tip": 1_500})

    paid = sim.sdk.payment_intents.retrieve(intent.id)
    assert (paid.amount, paid.amount_details.tip.amount) == (11_500, 1_500)


def test_the_readers_page_works_without_javascript(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    send(sim, reader, intent)
    url = f"{sim.url}/_sim/readers/{reader.id}"

    with urllib.request.urlopen(url, timeout=60) as page:  # noqa: S310
        html = page.read().decode()
        policy = page.headers["Content-Security-Policy"]
    assert "$155.74" in html
    assert "Test payments" in html
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    form = urllib.parse.urlencode({"do": "tap", "card": "mastercard"}).encode()
    with urllib.request.urlopen(url, form, timeout=60) as page:  # noqa: S310
        assert "Approved" in page.read().decode()
    assert sim.sdk.payment_intents.retrieve(intent.id).status == "succeeded"
    assert urllib.request.urlopen(f"{sim.url}/_sim/assets/reader.js", timeout=60).status == 200  # noqa: S310


def test_what_cannot_be_done_at_the_reader_is_said_on_its_page(sim: StandIn) -> None:
    reader, intent = sim.reader(), in_person(sim)
    send(sim, reader, intent)
    url = f"{sim.url}/_sim/readers/{reader.id}"

    form = urllib.parse.urlencode({"do": "insert", "tip": "500"}).encode()
    with urllib.request.urlopen(url, form, timeout=60) as page:  # noqa: S310
        assert "Tipping is skipped for this payment." in page.read().decode()
    assert sim.sdk.terminal.readers.retrieve(reader.id).action.status == "in_progress"
