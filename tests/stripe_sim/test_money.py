"""Payouts and disputes to the cent, and the clock that dates them."""

import pytest
import stripe

from stripe_sim.account import Terms
from tests.stripe_sim.stand_in import StandIn, stand_in, wait_for

DAY = 86_400


def in_reports(sim: StandIn, **filters: object) -> list[tuple[str, int, int, int]]:
    """Category, amount, fee, net of every transaction, oldest first."""
    found = sim.sdk.balance_transactions.list({"limit": 100, **filters}).auto_paging_iter()
    return [(one.reporting_category, one.amount, one.fee, one.net) for one in found][::-1]


def test_a_payout_is_the_sum_of_what_it_is_made_of(sim: StandIn) -> None:
    sim.pay(15_574)
    refunded = sim.pay(10_000)
    disputed = sim.pay(7_900)
    wait_for(lambda: sim.event_types().count("charge.updated") == 3)
    sim.sdk.refunds.create({"payment_intent": refunded.id})
    sim.tell("disputes", payment_intent=disputed.id)

    payout = sim.tell("payouts/run", all=True)["payout"]

    assert (payout["status"], payout["reconciliation_status"], payout["automatic"]) == ("paid", "completed", True)
    items = in_reports(sim, payout=payout["id"])
    assert items == [
        ("charge", 15_574, 482, 15_092),
        ("charge", 10_000, 320, 9_680),
        ("charge", 7_900, 259, 7_641),
        ("refund", -10_000, 0, -10_000),
        ("dispute", -7_900, 1_500, -9_400),
        ("payout", -13_013, 0, -13_013),
    ]
    assert payout["amount"] == 13_013
    assert sum(net for *_, net in items) == 0
    assert sim.tell("payouts/run", all=True) == {"payout": None}
    assert sim.event_types()[-3:] == ["payout.created", "payout.paid", "payout.reconciliation_completed"]


def test_only_what_is_available_is_paid_out(sim: StandIn) -> None:
    sim.pay(5_000, capture_method="automatic")
    assert sim.tell("payouts/run")["payout"] is None
    assert sim.sdk.balance.retrieve().pending[0].amount == 4_825

    sim.tell("clock", advance=2 * DAY)

    assert sim.sdk.balance.retrieve().available[0].amount == 4_825
    assert sim.tell("payouts/run")["payout"]["amount"] == 4_825


def test_a_payout_can_be_negative_and_can_fail(sim: StandIn) -> None:
    paid = sim.pay(5_000, capture_method="automatic")
    sim.tell("payouts/run", all=True)
    sim.sdk.refunds.create({"payment_intent": paid.id})
    assert sim.tell("payouts/run")["payout"]["amount"] == -5_000

    sim.pay(9_000, capture_method="automatic")
    failed = sim.tell("payouts/run", all=True, fail=True)["payout"]
    assert failed["status"] == "failed"
    assert in_reports(sim)[-1] == ("payout_reversal", 8_709, 0, 8_709)
    assert sim.tell("payouts/run")["payout"]["amount"] == 8_709


def test_a_manual_payout_takes_only_what_is_there_and_is_not_itemised(sim: StandIn) -> None:
    sim.pay(5_000, capture_method="automatic")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sim.sdk.payouts.create({"amount": 1_000, "currency": "usd"})
    assert refused.value.code == "balance_insufficient"
    sim.tell("clock", advance=2 * DAY)

    payout = sim.sdk.payouts.create({"amount": 1_000, "currency": "usd"})

    assert (payout.automatic, payout.status) == (False, "pending")
    with pytest.raises(stripe.InvalidRequestError, match="automatic"):
        sim.sdk.balance_transactions.list({"payout": payout.id})


def test_a_transaction_of_an_unknown_kind_can_be_added(sim: StandIn) -> None:
    made = sim.tell("transactions", type="contribution", reporting_category="contribution", amount=-25)

    assert in_reports(sim, type="contribution") == [("contribution", -25, 0, -25)]
    assert made["source"] is None


def test_a_dispute_that_is_countered_and_won_costs_the_first_fee_only(sim: StandIn) -> None:
    paid = sim.pay(7_900, capture_method="automatic")
    dispute = sim.tell("disputes", payment_intent=paid.id, reason="product_not_received")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sim.sdk.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_disputed"

    countered = sim.sdk.disputes.update(dispute["id"], {"evidence": {"customer_name": "Ada"}})
    assert (countered.status, countered.evidence_details.submission_count) == ("under_review", 1)
    assert sim.tell(f"disputes/{dispute['id']}", outcome="won")["status"] == "won"

    assert in_reports(sim)[1:] == [
        ("dispute", -7_900, 1_500, -9_400),
        ("dispute", 0, 1_500, -1_500),
        ("dispute_reversal", 7_900, -1_500, 9_400),
    ]
    assert [kind for kind in sim.event_types() if "dispute" in kind] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]
    assert len(sim.sdk.disputes.retrieve(dispute["id"]).balance_transactions) == 3


def test_a_dispute_given_up_is_lost_and_moves_nothing_more(sim: StandIn) -> None:
    paid = sim.pay(7_900, card="pm_card_createDispute", capture_method="automatic")
    wait_for(lambda: "charge.dispute.created" in sim.event_types())
    (dispute,) = sim.sdk.disputes.list({"payment_intent": paid.id}).data

    assert sim.sdk.disputes.close(dispute.id).status == "lost"

    assert in_reports(sim)[1:] == [("dispute", -7_900, 1_500, -9_400)]
    assert sim.sdk.charges.retrieve(paid.latest_charge).disputed


def test_the_clock_dates_charges_fees_and_payouts() -> None:
    start = 1_772_463_600  # 2026-03-02 15:00 UTC
    with stand_in(terms=Terms(settle_after=60)) as sim:
        sim.tell("clock", now=start, stop=True)
        paid = sim.pay(5_000)
        assert paid.created == start
        sim.tell("clock", now=start + 5 * DAY)

        (money,) = sim.sdk.balance_transactions.list().data
        assert (money.created, money.status) == (start + 60, "available")
        assert money.available_on == start // DAY * DAY + 2 * DAY
        assert [event.created for event in sim.sdk.events.list({"type": "charge.updated"}).data] == [start + 60]
        created = {"created": {"gte": start + 1, "lt": start + 61}}
        assert len(sim.sdk.balance_transactions.list(created).data) == 1
        assert sim.tell("clock", reset=True)["is_stopped"] is False


def test_reset_leaves_nothing_behind(sim: StandIn) -> None:
    sim.pay()
    sim.tell("faults", kind="rate_limit", path="/v1/none")

    sim.tell("reset")

    assert (sim.sdk.payment_intents.list().data, sim.event_types()) == ([], [])
    assert sim.tell("faults", using="GET") == {"data": []}
