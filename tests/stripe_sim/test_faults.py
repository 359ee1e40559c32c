"""Faults on order: what the caller sees and what has been done."""

import time

import pytest
import stripe

from tests.stripe_sim.stand_in import StandIn, client_of

INTENT = {"amount": 5000, "currency": "usd", "allowed_payment_method_types": ["card"]}


@pytest.mark.parametrize(("kind", "done"), [("reset_before", 0), ("reset_after", 1), ("hang_before", 0), ("hang", 1)])
def test_a_lost_connection_leaves_the_caller_in_doubt(sim: StandIn, kind: str, done: int) -> None:
    impatient = client_of(sim.url, http_client=stripe.RequestsClient(timeout=(1, 0.3)))
    sim.tell("faults", kind=kind, method="POST", path="/v1/payment_intents", seconds=1)

    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.payment_intents.create(INTENT, {"idempotency_key": "a"})

    time.sleep(0.05)
    assert len(sim.sdk.payment_intents.list().data) == done
    sim.sdk.payment_intents.create(INTENT, {"idempotency_key": "a"})
    assert len(sim.sdk.payment_intents.list().data) == 1


def test_a_500_before_the_work_is_not_saved(sim: StandIn) -> None:
    sim.tell("faults", kind="error_before", path="/v1/payment_intents")
    with pytest.raises(stripe.APIError):
        sim.sdk.payment_intents.create(INTENT, {"idempotency_key": "a"})

    assert sim.sdk.payment_intents.create(INTENT, {"idempotency_key": "a"}).amount == 5000


def test_a_500_can_stick_to_its_key_for_ever(sim: StandIn) -> None:
    sim.tell("faults", kind="error_saved", path="/v1/payment_intents")
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            sim.sdk.payment_intents.create(INTENT, {"idempotency_key": "a"})

    assert sim.sdk.payment_intents.list().data == []


@pytest.mark.parametrize(("kind", "code"), [("rate_limit", "rate_limit"), ("lock_timeout", "lock_timeout")])
def test_too_many_requests_are_429_so_many_times(sim: StandIn, kind: str, code: str) -> None:
    sim.tell("faults", kind=kind, path="/v1/customers*", count=2)
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError) as refused:
            sim.sdk.customers.list()
        assert refused.value.error.code == code

    assert sim.sdk.customers.list().data == []


def test_faults_are_listed_matched_and_cleared(sim: StandIn) -> None:
    sim.tell("faults", kind="reset_before", method="POST", path="/v1/refunds", count=3)
    assert sim.sdk.refunds.list().data == []
    waiting = sim.tell("faults", using="GET")["data"]
    assert waiting == [{"kind": "reset_before", "method": "POST", "path": "/v1/refunds", "count": 3, "seconds": 30}]

    assert sim.tell("faults", using="DELETE") == {"data": []}
