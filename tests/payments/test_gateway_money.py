"""The gateway gives money back and reads what moved the balance, and the events that tell of it."""

import datetime as dt
import uuid
from types import ModuleType

import pytest

import payments.gateway
from payments.gateway import gateway
from payments.states import Misuse
from tests.builders import NOW
from tests.payments.attempts import an_attempt, opened, paid
from tests.stripe_sim.stand_in import StandIn, wait_for

EARLIER = NOW - dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(payments.gateway, "PAGE", 2)
    return payments.gateway


# Refunds -------------------------------------------------------------------------------------------------------------


def test_a_refund_is_made_read_and_found(stripe: StandIn) -> None:
    attempt = paid(stripe, 50_00)
    part, rest = an_attempt(20_00, intent=attempt.intent_id), an_attempt(30_00, intent=attempt.intent_id)

    made = gateway().refund(part)
    gateway().refund(rest)

    assert (made.status, made.amount_cents, made.failure_reason) == ("succeeded", 20_00, "")
    assert (made.intent_id, made.metadata) == (attempt.intent_id, part.metadata)
    assert made.charge_id == gateway().read_intent(attempt.intent_id).charge_id
    assert abs(made.created_at - NOW) < dt.timedelta(minutes=1)
    assert gateway().read_refund(made.id) == made
    assert gateway().find_refund(attempt.intent_id, attempt=part.uid) == made
    assert gateway().find_refund(attempt.intent_id, attempt=uuid.uuid4()) is None
    assert gateway().refund(part) == made


def test_a_refund_that_fails_later_says_why(stripe: StandIn) -> None:
    attempt = paid(stripe, 50_00)
    made = gateway().refund(an_attempt(50_00, intent=attempt.intent_id))
    stripe.tell(f"refunds/{made.id}", outcome="failed")

    failed = gateway().read_refund(made.id)

    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")


def test_stripe_refuses_refunds_by_a_code(stripe: StandIn) -> None:
    given_back, disputed = paid(stripe, 50_00), paid(stripe, 60_00)
    gateway().refund(an_attempt(50_00, intent=given_back.intent_id))
    stripe.tell("disputes", payment_intent=disputed.intent_id)

    for attempt, code in ((given_back, "charge_already_refunded"), (disputed, "charge_disputed")):
        with pytest.raises(Misuse) as refused:
            gateway().refund(an_attempt(1_00, intent=attempt.intent_id))
        assert (refused.value.code, refused.value.status) == (code, 400)


# The balance and what moves it ---------------------------------------------------------------------------------------


def test_the_balance_is_the_sum_of_its_movements(stripe: StandIn, small_pages: ModuleType) -> None:
    attempts = [paid(stripe, cents) for cents in (100_00, 50_00, 20_00)]
    wait_for(lambda: len(list(gateway().iter_movements())) == 3)
    refund = gateway().refund(an_attempt(5_00, intent=attempts[0].intent_id))

    movements = list(gateway().iter_movements())

    assert [(one.category, one.amount_cents, one.fee_cents) for one in movements] == [
        ("refund", -5_00, 0),
        ("charge", 20_00, 59),
        ("charge", 50_00, 1_40),
        ("charge", 100_00, 2_75),
    ]
    assert sum(one.net_cents for one in movements) == gateway().read_balance() == 160_26
    first = movements[-1]
    charge = gateway().read_intent(attempts[0].intent_id).charge_id
    assert (first.type, first.source, first.available_on) == ("charge", charge, dt.date(2026, 3, 4))
    assert list(gateway().iter_movements(source=refund.id)) == movements[:1]
    assert list(gateway().iter_movements(created_gte=EARLIER)) == movements
    assert list(gateway().iter_movements(created_gte=NOW + DAY)) == []


def test_what_is_held_beside_the_balance_is_no_movement_of_it(stripe: StandIn) -> None:
    stripe.tell("transactions", type="stripe_fee", amount=-10_00)
    held = stripe.tell("transactions", type="reserve_hold", amount=7_00)
    with stripe.running.account.store as store:
        store.put(store.get("balance_transaction", held["id"]) | {"balance_type": "risk_reserved"})

    assert [one.type for one in gateway().iter_movements()] == ["stripe_fee"]


def test_a_payout_consists_of_its_movements(stripe: StandIn) -> None:
    paid(stripe, 100_00)
    wait_for(lambda: list(gateway().iter_movements()))
    made = stripe.tell("payouts/run", all=True)["payout"]
    manual = stripe.tell("payouts/run", all=True)["payout"]
    assert manual is None

    payout = gateway().read_payout(made["id"])

    assert (payout.status, payout.amount_cents, payout.is_automatic, payout.is_itemised) == ("paid", 97_25, True, True)
    assert (payout.arrives_on, abs(payout.created_at - NOW) < DAY) == (dt.date(2026, 3, 3), True)
    assert list(gateway().iter_payouts(created_gte=EARLIER)) == [payout]
    assert list(gateway().iter_payouts(created_gte=NOW + DAY)) == []
    items = list(gateway().iter_movements(payout=payout.id))
    assert {(one.category, one.net_cents) for one in items} == {("charge", 97_25), ("payout", -97_25)}


def test_a_manual_payout_cannot_be_itemised(stripe: StandIn) -> None:
    stripe.tell("transactions", type="topup", amount=50_00)
    made = stripe.sdk.payouts.create({"amount": 40_00, "currency": "usd"})

    payout = gateway().read_payout(made.id)

    assert (payout.is_automatic, payout.is_itemised) == (False, False)
    with pytest.raises(Misuse, match="only be filtered on automatic payouts"):
        list(gateway().iter_movements(payout=made.id))


def test_a_dispute_is_read(stripe: StandIn) -> None:
    attempt = paid(stripe, 50_00)
    opened_one = stripe.tell("disputes", payment_intent=attempt.intent_id, reason="duplicate")

    dispute = gateway().read_dispute(opened_one["id"])

    assert (dispute.status, dispute.reason, dispute.amount_cents) == ("needs_response", "duplicate", 50_00)
    assert dispute.intent_id == attempt.intent_id
    assert dispute.charge_id == gateway().read_intent(attempt.intent_id).charge_id
    assert list(gateway().iter_disputes(created_gte=EARLIER)) == [dispute]
    assert list(gateway().iter_disputes(created_gte=NOW + DAY)) == []


# Events --------------------------------------------------------------------------------------------------------------


def some_events(stripe: StandIn) -> list[str]:
    """Three intents opened and cancelled; their ids in that order."""
    attempts = [opened() for _ in range(3)]
    for attempt in attempts:
        gateway().cancel_intent(attempt)
    return [attempt.intent_id for attempt in attempts]


@pytest.mark.parametrize("older", [0, 1])
@pytest.mark.parametrize("more_types", [0, 20])
def test_events_are_told_from_the_oldest_on(
    stripe: StandIn, small_pages: ModuleType, older: int, more_types: int
) -> None:
    for _ in range(older):
        stripe.tell("clock", now=(NOW - DAY).timestamp())
        opened()
        stripe.tell("clock", now=NOW.timestamp())
    types = ["payment_intent.created", "payment_intent.canceled", *(f"customer.t{n}" for n in range(more_types))]
    ids = some_events(stripe)
    stripe.sdk.customers.create({"name": "of another type"})

    events = list(gateway().iter_events(created_gte=NOW, types=types))

    assert [event.object_id for event in events] == ids * 2
    assert [event.type for event in events] == ["payment_intent.created"] * 3 + ["payment_intent.canceled"] * 3
    assert (events[0].is_live, events[0].api_version) == (False, "2026-10-28.endive")
    assert events[0].created_at >= NOW
    assert f'"id": "{ids[0]}"' in events[0].payload
