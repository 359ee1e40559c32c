"""The gateway asks Stripe for the right thing and understands the answer."""

import datetime as dt
from dataclasses import replace
from types import ModuleType

import pytest
from pytest_django.fixtures import Settings

import payments.gateway
from payments.gateway import StripeGateway, gateway
from payments.states import Busy, Card, Misuse
from tests.builders import NOW
from tests.payments.attempts import an_attempt, opened, paid
from tests.stripe_sim.stand_in import StandIn

EARLIER = NOW - dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
ADDRESS = {"line1": "1 Main St", "city": "Columbus", "state": "OH", "country": "US", "postal_code": "43004"}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(payments.gateway, "PAGE", 2)
    return payments.gateway


# Payments at a reader ------------------------------------------------------------------------------------------------


def test_an_opened_intent_waits_for_a_card_in_person(stripe: StandIn) -> None:
    attempt = an_attempt(50_00)

    state = gateway().open_intent(attempt)

    assert (state.status, state.amount_cents, state.received_cents, state.currency) == (
        "requires_payment_method",
        50_00,
        0,
        "usd",
    )
    assert (state.charge_id, state.card, state.decline, state.succeeded_at) == ("", None, None, None)
    assert state.metadata == attempt.metadata
    assert state.created_at is not None
    assert abs(state.created_at - NOW) < dt.timedelta(minutes=1)
    intent = stripe.sdk.payment_intents.retrieve(state.id)
    assert (intent.allowed_payment_method_types, intent.capture_method) == (["card_present"], "automatic")
    assert gateway().read_intent(state.id) == state


def test_a_card_held_to_the_reader_pays(stripe: StandIn) -> None:
    attempt, reader = opened(), stripe.reader()

    waiting = gateway().send_to_reader(attempt, reader.id, n=1)
    assert waiting.action is not None
    assert (waiting.id, waiting.label, waiting.is_online) == (reader.id, "Desk", True)
    assert (waiting.action.type, waiting.action.status) == ("process_payment_intent", "in_progress")
    assert waiting.action.intent_id == attempt.intent_id
    stripe.tell(f"readers/{reader.id}", do="tap", card="mastercard")

    intent, action = gateway().read_intent(attempt.intent_id), gateway().read_reader(reader.id).action
    assert action is not None
    assert (action.status, action.failure_code, action.decline, action.charge_id) == ("succeeded", "", None, "")
    assert (intent.status, intent.received_cents, intent.card) == ("succeeded", 155_74, Card("mastercard", "4444"))
    charge = gateway().read_charge(intent.charge_id)
    assert (charge.intent_id, charge.amount_cents, charge.is_paid) == (attempt.intent_id, 155_74, True)
    assert (charge.card, charge.created_at) == (intent.card, intent.succeeded_at)


def test_the_reader_skips_tips_and_lets_the_customer_cancel(stripe: StandIn) -> None:
    attempt, reader = opened(), stripe.reader()
    gateway().send_to_reader(attempt, reader.id, n=1)

    action = stripe.sdk.terminal.readers.retrieve(reader.id).action
    assert action is not None
    assert action.process_payment_intent is not None
    config = action.process_payment_intent.process_config
    assert config is not None
    assert (config.skip_tipping, config.enable_customer_cancellation) == (True, True)

    stripe.tell(f"readers/{reader.id}", do="cancel")
    ended = gateway().read_reader(reader.id).action
    assert ended is not None
    assert (ended.status, ended.failure_code, ended.decline) == ("failed", "customer_canceled", None)


def test_after_a_decline_the_same_intent_is_presented_again(stripe: StandIn) -> None:
    attempt, reader = opened(), stripe.reader()
    gateway().send_to_reader(attempt, reader.id, n=1)
    stripe.tell(f"readers/{reader.id}", do="decline")
    declined = gateway().read_intent(attempt.intent_id)
    assert (declined.status, declined.decline is not None) == ("requires_payment_method", True)

    gateway().send_to_reader(attempt, reader.id, n=2)
    stripe.tell(f"readers/{reader.id}", do="tap")

    now = gateway().read_intent(attempt.intent_id)
    assert (now.status, now.decline, now.charge_id != declined.charge_id) == ("succeeded", None, True)
    assert gateway().read_charge(declined.charge_id).is_paid is False


def test_the_same_try_may_be_presented_twice_and_is_never_answered_from_memory(stripe: StandIn) -> None:
    attempt, reader = opened(), stripe.reader()
    stripe.tell(f"readers/{reader.id}", do="unplug")
    with pytest.raises(Busy, match="terminal_reader_offline"):
        gateway().send_to_reader(attempt, reader.id, n=1)
    stripe.tell(f"readers/{reader.id}", do="plug_in")

    gateway().send_to_reader(attempt, reader.id, n=1)
    other = opened()
    gateway().send_to_reader(other, reader.id, n=1)
    gateway().send_to_reader(attempt, reader.id, n=1)

    action = gateway().read_reader(reader.id).action
    assert action is not None
    assert (action.status, action.intent_id) == ("in_progress", attempt.intent_id)


def test_an_intent_that_has_ended_is_not_presented_and_not_cancelled(stripe: StandIn) -> None:
    attempt, reader = paid(stripe), stripe.reader()

    for too_late in (
        lambda: gateway().send_to_reader(attempt, reader.id, n=2),
        lambda: gateway().cancel_intent(attempt),
    ):
        with pytest.raises(Busy, match="payment_intent_unexpected_state"):
            too_late()
    assert gateway().read_intent(attempt.intent_id).status == "succeeded"


def test_reader_and_intent_are_cancelled(stripe: StandIn) -> None:
    attempt, reader = opened(), stripe.reader()
    gateway().send_to_reader(attempt, reader.id, n=1)

    assert gateway().cancel_reader(reader.id).action is None
    assert gateway().cancel_intent(attempt).status == "canceled"

    with pytest.raises(Busy, match="payment_intent_unexpected_state"):
        gateway().cancel_intent(attempt)


def test_a_reader_that_asks_the_bank_is_busy(stripe: StandIn) -> None:
    attempt, reader = opened(), stripe.reader()
    gateway().send_to_reader(attempt, reader.id, n=1)
    stripe.tell(f"readers/{reader.id}", do="insert")

    with pytest.raises(Busy, match="terminal_reader_busy"):
        gateway().cancel_reader(reader.id)
    with pytest.raises(Busy, match="terminal_reader_busy"):
        gateway().send_to_reader(opened(), reader.id, n=1)
    stripe.tell(f"readers/{reader.id}", do="unplug")
    assert gateway().read_reader(reader.id).is_online is False


def test_readers_are_registered_at_the_one_location_of_their_place(stripe: StandIn, small_pages: ModuleType) -> None:
    def register(place: str, label: str) -> str:
        made = gateway().register_reader(code="simulated-wpe", label=label, place=place, address=ADDRESS)
        assert (made.label, made.is_online, made.action) == (label, True, None)
        return str(stripe.sdk.terminal.readers.retrieve(made.id).location)

    desk, beach = register("UPT", "Desk"), register("BCH", "Beach")
    for place in "ABC":
        register(place, place)

    assert register("UPT", "Second desk") == desk != beach
    assert len(stripe.sdk.terminal.locations.list().data) == 5


def test_a_wrong_code_registers_nothing(stripe: StandIn) -> None:
    with pytest.raises(Misuse, match="No reader has this code"):
        gateway().register_reader(code="apple-pear", label="Desk", place="UPT", address=ADDRESS)


# The client ----------------------------------------------------------------------------------------------------------


def test_a_process_has_one_gateway(stripe: StandIn) -> None:
    assert gateway() is gateway()
    assert isinstance(gateway(), StripeGateway)


def test_without_an_address_of_ours_it_is_stripes_own(settings: Settings) -> None:
    settings.STRIPE_API_BASE = ""
    settings.STRIPE_SECRET_KEY = "sk_test_nobody"

    asked = payments.gateway._client()._requestor._options

    assert asked.base_addresses.get("api") == "https://api.stripe.com"
    assert (asked.stripe_version, asked.max_network_retries) == ("2026-10-28.endive", 0)


def test_what_stripe_does_not_know_is_a_misuse(stripe: StandIn) -> None:
    for unknown in (
        lambda: gateway().read_intent("pi_unknown"),
        lambda: gateway().send_to_reader(opened(), "tmr_unknown", n=1),
        lambda: gateway().cancel_intent(replace(an_attempt(), intent_id="pi_unknown")),
    ):
        with pytest.raises(Misuse) as refused:
            unknown()
        assert (refused.value.code, refused.value.status) == ("resource_missing", 404)
