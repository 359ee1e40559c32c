"""Refunds: in parts, never too much, slow, and failing after all."""

import pytest
import stripe

from tests.stripe_sim.stand_in import StandIn, wait_for


def test_parts_are_refunded_up_to_the_charge_and_not_a_cent_more(sim: StandIn) -> None:
    paid = sim.pay(5_000)
    part = sim.sdk.refunds.create({"payment_intent": paid.id, "amount": 2_000, "metadata": {"refund": "1"}})
    assert (part.status, part.metadata.to_dict()) == ("succeeded", {"refund": "1"})

    with pytest.raises(stripe.InvalidRequestError, match=r"greater than unrefunded amount on charge \(\$30.00\)"):
        sim.sdk.refunds.create({"charge": paid.latest_charge, "amount": 3_001})
    rest = sim.sdk.refunds.create({"charge": paid.latest_charge, "expand": ["charge", "balance_transaction"]})

    assert (rest.amount, rest.charge.amount_refunded, rest.charge.refunded) == (3_000, 5_000, True)
    money = rest.balance_transaction
    assert (money.amount, money.fee, money.reporting_category) == (-3_000, 0, "refund")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sim.sdk.refunds.create({"charge": paid.latest_charge})
    assert refused.value.code == "charge_already_refunded"


def test_a_refund_fails_after_it_had_succeeded(sim: StandIn) -> None:
    paid = sim.pay(5_000, card="pm_card_refundFail")
    refund = sim.sdk.refunds.create({"payment_intent": paid.id, "amount": 1_000})
    assert refund.status == "succeeded"

    wait_for(lambda: "refund.failed" in sim.event_types())

    failed = sim.sdk.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction", "charge"]})
    money = failed.failure_balance_transaction
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (money.type, money.amount, failed.charge.amount_refunded) == ("refund_failure", 1_000, 0)


def test_a_refund_may_be_pending_for_a_while(sim: StandIn) -> None:
    paid = sim.pay(5_000, card="pm_card_pendingRefund")
    refund = sim.sdk.refunds.create({"payment_intent": paid.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")

    wait_for(lambda: sim.sdk.refunds.retrieve(refund.id).status == "succeeded")
    assert sim.event_types()[-1] == "refund.updated"


def test_any_refund_can_be_made_to_fail(sim: StandIn) -> None:
    refund = sim.sdk.refunds.create({"payment_intent": sim.pay().id})

    assert sim.tell(f"refunds/{refund.id}", outcome="failed")["status"] == "failed"


def test_nothing_is_refunded_that_was_not_paid(sim: StandIn) -> None:
    intent = sim.sdk.payment_intents.create({"amount": 5000, "currency": "usd"})

    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        sim.sdk.refunds.create({"payment_intent": intent.id})
