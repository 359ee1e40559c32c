"""A disputed charge is in 1110 until it is decided: won to the cent, or written off to the cent (fault 24)."""

import datetime as dt

import pytest
from django.db import transaction

from ledger.journal import balances
from ledger.models import Entry, Posting
from payments import reconciliation, refunds
from payments.disputes import hear_dispute
from payments.gateway import gateway
from payments.models import Charge, Dispute
from payments.refunds import ChargeDisputed
from payments.states import DisputeState
from tests.builders import NOW, Studio, beach
from tests.payments.money import DAY, fetch, moves, online, paid, problems, sell, stops
from tests.racing import race
from tests.stripe_sim.stand_in import StandIn

pytestmark = pytest.mark.django_db

SALE = {"4020 Retail": -79_00, "6010 Processing fees": 2_59}


@pytest.fixture(autouse=True)
def at_ten(stripe: StandIn) -> None:
    stops(stripe)


@pytest.fixture
def charge(stripe: StandIn, studio: Studio) -> Charge:
    """79.00, sold and fetched."""
    made = online(stripe, studio.location, 79_00)
    sell(made)
    fetch()
    return made


@pytest.fixture
def dispute(stripe: StandIn, charge: Charge) -> str:
    """Its dispute at Stripe, not heard of yet."""
    return str(stripe.tell("disputes", charge=charge.stripe_charge)["id"])


def hears(dispute_id: str, now: dt.datetime = NOW) -> Dispute:
    """What an event brings about."""
    return hear_dispute(gateway().read_dispute(dispute_id), now=now)


def test_a_dispute_takes_the_money_and_a_fee(charge: Charge, dispute: str) -> None:
    fetch()

    assert balances() == SALE | {
        "1100 Stripe balance": -17_59,
        "1110 Stripe disputed funds": 79_00,
        "6020 Dispute fees": 15_00,
    }
    row = Dispute.objects.get()
    assert (row.pk, row.charge, row.status, row.amount_cents, row.closed_at) == (
        dispute,
        charge,
        "needs_response",
        79_00,
        None,
    )
    charge.refresh_from_db()
    assert charge.disputed_at == NOW
    assert problems(NOW + 90 * DAY) == []


def test_a_disputed_charge_is_not_given_back(charge: Charge, dispute: str) -> None:
    hears(dispute)

    with pytest.raises(ChargeDisputed), transaction.atomic():
        refunds.give_back(charge, 10_00, owner="refund:1", now=NOW)


def test_a_dispute_that_is_countered_and_won_costs_one_fee(stripe: StandIn, dispute: str) -> None:
    """T27c."""
    stripe.sdk.disputes.update(dispute, {"evidence": {"customer_name": "Ada"}})
    fetch()

    assert balances() == SALE | {
        "1100 Stripe balance": -32_59,
        "1110 Stripe disputed funds": 79_00,
        "6020 Dispute fees": 30_00,
    }

    stripe.tell(f"disputes/{dispute}", outcome="won")
    hears(dispute)
    fetch()

    assert balances() == SALE | {"1100 Stripe balance": 61_41, "6020 Dispute fees": 15_00}
    assert not Entry.objects.filter(kind="dispute_closed").exists()
    assert Dispute.objects.get().closed_at == NOW
    assert problems(NOW + 90 * DAY) == []


def test_a_lost_dispute_is_written_off_at_the_decision(stripe: StandIn, dispute: str) -> None:
    fetch()
    decided_at = NOW + 40 * DAY
    stripe.tell(f"disputes/{dispute}", outcome="lost")

    hears(dispute, decided_at)
    hears(dispute, decided_at + DAY)
    fetch(decided_at + DAY)

    assert balances() == SALE | {
        "1100 Stripe balance": -17_59,
        "6020 Dispute fees": 15_00,
        "6030 Chargeback losses": 79_00,
    }
    closed = Entry.objects.get(kind="dispute_closed")
    assert (closed.key, closed.business_date) == (f"dispute:{dispute}:lost", dt.date(2026, 4, 11))
    assert {row.instrument for row in closed.postings.all()} == {dispute}
    assert Dispute.objects.get().closed_at == decided_at
    assert problems(NOW + 90 * DAY) == []


def test_the_hourly_run_hears_of_a_decision_that_no_event_told(stripe: StandIn, dispute: str) -> None:
    fetch()
    stripe.tell(f"disputes/{dispute}", outcome="lost")

    fetch(NOW + 40 * DAY)

    assert balances()["6030 Chargeback losses"] == 79_00


def test_the_money_that_is_back_tells_of_the_decision(stripe: StandIn, dispute: str) -> None:
    fetch()
    stripe.tell(f"disputes/{dispute}", outcome="won")

    reconciliation.fetch(now=NOW)  # the movements alone: disputes are not looked at

    assert Dispute.objects.get().status == "won"
    assert balances() == SALE | {"1100 Stripe balance": 61_41, "6020 Dispute fees": 15_00}


def test_a_dispute_lost_before_its_money_was_seen_is_written_off_with_it(stripe: StandIn, dispute: str) -> None:
    stripe.tell(f"disputes/{dispute}", outcome="lost")
    hears(dispute)
    assert balances() == SALE | {"1100 Stripe balance": 76_41}
    assert problems() == []

    reconciliation.fetch(now=NOW)  # the movements alone: nothing is heard of the dispute again

    assert balances() == SALE | {
        "1100 Stripe balance": -17_59,
        "6020 Dispute fees": 15_00,
        "6030 Chargeback losses": 79_00,
    }


def test_a_lost_dispute_that_an_appeal_wins_takes_the_loss_back(stripe: StandIn, dispute: str) -> None:
    stripe.tell(f"disputes/{dispute}", outcome="lost")
    fetch()
    moves(stripe, "dispute_reversal", 79_00, source=dispute)

    fetch(NOW + DAY)
    fetch(NOW + DAY)

    assert balances() == SALE | {"1100 Stripe balance": 61_41, "6020 Dispute fees": 15_00}
    assert Entry.objects.get(key=f"dispute:{dispute}:regained").reverses.key == f"dispute:{dispute}:lost"
    assert problems(NOW + 90 * DAY) == []


def test_a_dispute_of_a_part_takes_that_part(stripe: StandIn, charge: Charge) -> None:
    dispute = stripe.tell("disputes", charge=charge.stripe_charge, amount=30_00)["id"]
    stripe.tell(f"disputes/{dispute}", outcome="lost")

    fetch()

    assert balances() == SALE | {
        "1100 Stripe balance": 31_41,
        "6020 Dispute fees": 15_00,
        "6030 Chargeback losses": 30_00,
    }


def test_an_inquiry_takes_no_money_and_lets_refunds_through(charge: Charge) -> None:
    state = DisputeState("du_1", "warning_needs_response", "general", 79_00, charge.stripe_charge, "", NOW)

    hear_dispute(state, now=NOW)

    charge.refresh_from_db()
    assert (charge.disputed_at, Dispute.objects.get().charge) == (None, charge)
    assert problems(NOW + 90 * DAY) == []


def test_a_dispute_belongs_to_the_location_of_its_charge(stripe: StandIn, studio: Studio) -> None:
    made = online(stripe, beach(), 79_00)
    sell(made)
    dispute = stripe.tell("disputes", charge=made.stripe_charge)["id"]
    stripe.tell(f"disputes/{dispute}", outcome="lost")

    fetch()

    places = Posting.objects.filter(instrument=dispute).values_list("entry__kind", "location__code").distinct()
    assert set(places) == {("dispute", "BCH"), ("dispute_closed", "BCH")}


def test_a_dispute_of_a_charge_from_before_the_books_belongs_to_the_main_location(
    stripe: StandIn, studio: Studio
) -> None:
    stops(stripe, NOW - 30 * DAY)
    intent = stripe.pay(79_00, capture_method="automatic")
    stops(stripe)
    paid(studio.location, 10_00, status="cancelled", stripe_charge="")
    stripe.tell("disputes", charge=intent.latest_charge)

    fetch()

    assert Dispute.objects.get().charge is None
    assert balances() == {
        "1100 Stripe balance": -94_00,
        "1110 Stripe disputed funds": 79_00,
        "6020 Dispute fees": 15_00,
    }
    assert problems(NOW + 90 * DAY) == []


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_a_decision_heard_while_its_money_is_fetched_is_posted_once(stripe: StandIn, charge: Charge) -> None:
    dispute = stripe.tell("disputes", charge=charge.stripe_charge)["id"]
    stripe.tell(f"disputes/{dispute}", outcome="lost")

    assert race(6, lambda n: fetch() if n % 2 else hears(dispute) and None) == [None] * 6

    assert [entry.key for entry in Entry.objects.filter(kind="dispute_closed")] == [f"dispute:{dispute}:lost"]
    assert balances()["6030 Chargeback losses"] == 79_00
    assert problems() == []
