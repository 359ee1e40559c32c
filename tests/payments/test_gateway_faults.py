"""Whatever goes wrong on the way to Stripe ends in one of five exceptions, in time, and asks nothing twice."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from payments import calling
from payments.gateway import gateway
from payments.states import Busy, Indeterminate, Misuse
from tests.payments.attempts import EVERY_CALL, an_attempt, opened, paid
from tests.stripe_sim.stand_in import StandIn, wait_for

INTENTS = "/v1/payment_intents"


@pytest.fixture
def impatient(stripe: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway gives up after a third of a second instead of ten."""
    monkeypatch.setattr(calling, "ANSWER_SECONDS", 0.3)
    gateway.cache_clear()


def intents(stripe: StandIn) -> int:
    return len(stripe.sdk.payment_intents.list().data)


# No transaction ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY_CALL)
@pytest.mark.django_db
def test_nothing_is_asked_while_a_transaction_is_open(stripe: StandIn, name: str) -> None:
    with transaction.atomic(), pytest.raises(AssertionError, match="outside of any transaction"):
        EVERY_CALL[name]()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_opened_between_two_pages_is_noticed(stripe: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.gateway.PAGE", 1)
    for _ in range(2):
        stripe.tell("transactions", type="topup", amount=1_00)
    listed = gateway().iter_movements()
    next(listed)

    with transaction.atomic(), pytest.raises(AssertionError):
        next(listed)


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_all_is_well(stripe: StandIn) -> None:
    with transaction.atomic():
        pass
    assert gateway().read_balance() == 0


# No answer -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY_CALL)
def test_any_call_may_end_without_an_answer(stripe: StandIn, name: str) -> None:
    stripe.tell("faults", kind="reset_before", path="/v1/*")

    with pytest.raises(Indeterminate) as doubt:
        EVERY_CALL[name]()

    assert doubt.value.is_stored is False
    assert stripe.tell("faults", using="GET") == {"data": []}


KEPT_UNDER_A_KEY = {
    "confirm_off_session",
    "ensure_customer",
    "open_card_setup",
    "open_checkout",
    "open_intent",
    "open_off_session_intent",
    "refund",
}


@pytest.mark.parametrize("name", EVERY_CALL)
def test_a_500_may_be_stored_only_under_a_key_of_ours(stripe: StandIn, name: str) -> None:
    stripe.tell("faults", kind="error_before", path="/v1/*")

    with pytest.raises(Indeterminate) as doubt:
        EVERY_CALL[name]()

    assert doubt.value.is_stored is (name in KEPT_UNDER_A_KEY)


def test_nobody_listening_is_no_answer(settings: Settings) -> None:
    gateway.cache_clear()  # the address of the settings is nobody's
    with pytest.raises(Indeterminate):
        gateway().read_balance()
    gateway.cache_clear()


@pytest.mark.parametrize(("kind", "done"), [("reset_before", 0), ("reset_after", 1)])
def test_after_a_lost_connection_the_same_key_makes_one_intent(stripe: StandIn, kind: str, done: int) -> None:
    attempt = an_attempt()
    stripe.tell("faults", kind=kind, method="POST", path=INTENTS)
    with pytest.raises(Indeterminate):
        gateway().open_intent(attempt)
    assert intents(stripe) == done

    first, again = gateway().open_intent(attempt), gateway().open_intent(attempt)

    assert (first, intents(stripe)) == (again, 1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("kind", "done"), [("hang_before", 0), ("hang_after", 1)])
def test_an_answer_that_does_not_come_is_not_waited_for(stripe: StandIn, kind: str, done: int) -> None:
    attempt, began = an_attempt(), time.monotonic()
    stripe.tell("faults", kind=kind, method="POST", path=INTENTS, seconds=30)
    with pytest.raises(Indeterminate):
        gateway().open_intent(attempt)
    assert time.monotonic() - began < 25

    assert intents(stripe) == done
    gateway().open_intent(attempt)
    assert intents(stripe) == 1


@pytest.mark.usefixtures("impatient")
def test_a_key_whose_request_is_still_being_worked_on_is_busy(stripe: StandIn) -> None:
    attempt = an_attempt()
    stripe.tell("faults", kind="latency", method="POST", path=INTENTS, seconds=1.5)
    with pytest.raises(Indeterminate):
        gateway().open_intent(attempt)

    with pytest.raises(Busy, match="idempotency_key_in_use"):
        gateway().open_intent(attempt)

    wait_for(lambda: intents(stripe) == 1)
    gateway().open_intent(attempt)
    assert intents(stripe) == 1


def test_a_500_that_sticks_to_its_key_is_left_by_the_next_key(stripe: StandIn) -> None:
    attempt = an_attempt()
    stripe.tell("faults", kind="error_saved", method="POST", path=INTENTS)
    for _ in range(3):
        with pytest.raises(Indeterminate) as doubt:
            gateway().open_intent(attempt)
        assert doubt.value.is_stored

    assert gateway().open_intent(replace(attempt, create_try=1)).status == "requires_payment_method"
    assert intents(stripe) == 1


def test_a_500_that_passes_leaves_the_key_good(stripe: StandIn) -> None:
    attempt = an_attempt()
    stripe.tell("faults", kind="error_before", method="POST", path=INTENTS)
    with pytest.raises(Indeterminate):
        gateway().open_intent(attempt)

    gateway().open_intent(attempt)
    assert intents(stripe) == 1


def test_a_refund_behind_a_stored_500_is_found(stripe: StandIn) -> None:
    refund = an_attempt(50_00, intent=paid(stripe, 50_00).intent_id)
    stripe.tell("faults", kind="error_after", method="POST", path="/v1/refunds")
    for _ in range(2):
        with pytest.raises(Indeterminate) as doubt:
            gateway().refund(refund)
        assert doubt.value.is_stored

    found = gateway().find_refund(refund.intent_id, attempt=refund.uid)

    assert found is not None
    assert (found.status, found.amount_cents) == ("succeeded", 50_00)


def test_a_burst_of_429_is_no_answer_and_stored_nowhere(stripe: StandIn) -> None:
    attempt = an_attempt()
    stripe.tell("faults", kind="rate_limit", path="/v1/*", count=3)
    for _ in range(3):
        with pytest.raises(Indeterminate) as doubt:
            gateway().open_intent(attempt)
        assert doubt.value.is_stored is False

    gateway().open_intent(attempt)
    assert intents(stripe) == 1


def test_an_object_that_another_request_holds_is_busy(stripe: StandIn) -> None:
    attempt = opened()
    stripe.tell("faults", kind="lock_timeout", path="/v1/*")

    with pytest.raises(Busy, match="lock_timeout"):
        gateway().cancel_intent(attempt)


def test_a_fault_between_two_pages_is_told(stripe: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.gateway.PAGE", 1)
    for _ in range(2):
        stripe.tell("transactions", type="topup", amount=1_00)
    listed = gateway().iter_movements()
    next(listed)
    stripe.tell("faults", kind="rate_limit", path="/v1/*")

    with pytest.raises(Indeterminate):
        next(listed)


# Refused -------------------------------------------------------------------------------------------------------------


def test_the_same_key_for_another_amount_is_a_misuse(stripe: StandIn) -> None:
    attempt = an_attempt(50_00)
    gateway().open_intent(attempt)

    with pytest.raises(Misuse) as refused:
        gateway().open_intent(replace(attempt, amount_cents=60_00))

    assert (refused.value.code, refused.value.status) == ("idempotency_error", 400)
    assert [intent.amount for intent in stripe.sdk.payment_intents.list().data] == [50_00]


def test_a_key_that_is_not_ours_is_a_misuse(stripe: StandIn, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_nobody"
    gateway.cache_clear()

    with pytest.raises(Misuse) as refused:
        gateway().read_balance()

    assert refused.value.status == 401


def test_too_little_for_a_card_is_a_misuse(stripe: StandIn) -> None:
    with pytest.raises(Misuse, match=r"at least \$0.50") as refused:
        gateway().open_intent(an_attempt(49))

    assert refused.value.code == "amount_too_small"


# Many at once --------------------------------------------------------------------------------------------------------


def test_threads_share_the_client_without_mixing_answers(stripe: StandIn) -> None:
    attempts = [opened(50_00 + n) for n in range(8)]

    def read(attempt_n: int) -> int:
        return gateway().read_intent(attempts[attempt_n % 8].intent_id).amount_cents

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(80))) == [50_00 + n % 8 for n in range(80)]
