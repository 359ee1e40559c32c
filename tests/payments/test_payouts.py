"""Payouts leave 1100, travel through 1060 and arrive at the bank once; some turn back, some go the other way."""

import datetime as dt
from dataclasses import replace

import pytest

from ledger.accounts import Account
from ledger.journal import balance, balances
from ledger.models import Entry
from ledger.periods import close
from payments import reconciliation
from payments.models import BalanceTransaction, Charge, Payout, PayoutItem
from payments.payouts import hear_payout
from payments.states import PayoutState
from tests.builders import NOW, Studio
from tests.payments.money import DAY, fetch, gives_back, moves, online, problems, sell, sold, stops
from tests.racing import race
from tests.stripe_sim.stand_in import StandIn

pytestmark = pytest.mark.django_db

LEFT = {"4020 Retail": -50_00, "6010 Processing fees": 1_75}


@pytest.fixture(autouse=True)
def at_ten(stripe: StandIn) -> None:
    stops(stripe)


@pytest.fixture
def charge(stripe: StandIn, studio: Studio) -> Charge:
    """50.00 that Stripe has moved, sold."""
    made = online(stripe, studio.location, 50_00)
    sell(made)
    return made


def runs(stripe: StandIn, **how: object) -> Payout:
    """A payout of everything, fetched."""
    told = stripe.tell("payouts/run", all=True, **how)["payout"]
    fetch()
    return Payout.objects.get(pk=told["id"])


def test_a_payout_is_in_transit_until_it_arrives(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe, arrives_after=86_400)

    assert (payout.status, payout.amount_cents, payout.arrived_at) == ("pending", 48_25, None)
    assert balances() == LEFT | {"1060 Stripe payouts in transit": 48_25}
    assert problems() == []

    stops(stripe, NOW + DAY)
    fetch(NOW + DAY)

    payout.refresh_from_db()
    assert (payout.status, payout.arrived_at, payout.itemised_at) == ("paid", NOW + DAY, NOW + DAY)
    assert balances() == LEFT | {"1050 Bank operating": 48_25}
    assert problems(NOW + 5 * DAY) == []


def test_a_payout_falls_on_its_own_days(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe)

    (arrived,) = Entry.objects.filter(kind="payout_arrived")
    (left,) = Entry.objects.filter(kind="payout")
    assert arrived.key == f"payout:{payout.pk}:arrived"
    assert (left.business_date, arrived.business_date) == (dt.date(2026, 3, 2), payout.arrives_on)
    assert {row.instrument for entry in (left, arrived) for row in entry.postings.all()} == {payout.pk}


def test_an_arrival_in_a_closed_month_falls_on_the_first_open_day(stripe: StandIn, studio: Studio) -> None:
    february = dt.datetime(2026, 2, 26, 15, 0, tzinfo=dt.UTC)
    stops(stripe, february)
    made = online(stripe, studio.location, 50_00, at=february)
    sell(made)
    stripe.tell("payouts/run", all=True)
    close(dt.date(2026, 2, 1), by=studio.owner, now=NOW)

    fetch()

    arrived = Entry.objects.get(kind="payout_arrived")
    assert (arrived.business_date, arrived.original_date) == (dt.date(2026, 3, 1), dt.date(2026, 2, 27))


def test_a_negative_payout_is_taken_from_the_bank(stripe: StandIn, charge: Charge) -> None:
    runs(stripe)
    gives_back(stripe, charge, 20_00)

    payout = runs(stripe)

    assert payout.amount_cents == -20_00
    assert balances() == LEFT | {"1050 Bank operating": 28_25, "4910 Refunds and allowances": 20_00}
    assert problems(NOW + 3 * DAY) == []


def test_a_failed_payout_is_back_in_the_balance(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe, fail=True)

    assert (payout.status, payout.arrived_at) == ("failed", None)
    assert balances() == LEFT | {"1100 Stripe balance": 48_25}
    assert not Entry.objects.filter(kind="payout_arrived").exists()

    runs(stripe)

    assert balances() == LEFT | {"1050 Bank operating": 48_25}
    assert problems(NOW + 3 * DAY) == []


def test_a_payout_that_fails_after_its_arrival_takes_the_arrival_back(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe)
    bank_sends_back(stripe, payout)

    fetch(NOW + DAY)
    fetch(NOW + DAY)

    payout.refresh_from_db()
    assert (payout.status, payout.arrived_at) == ("failed", None)
    assert balances() == LEFT | {"1100 Stripe balance": 48_25}
    assert Entry.objects.get(key=f"payout:{payout.pk}:returned").reverses.key == f"payout:{payout.pk}:arrived"
    assert problems(NOW + 5 * DAY) == []


def test_the_money_that_is_back_tells_of_the_failure(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe)
    bank_sends_back(stripe, payout)

    reconciliation.fetch(now=NOW)  # the movements alone: payouts are not looked at

    assert Payout.objects.get(pk=payout.pk).status == "failed"
    assert balances() == LEFT | {"1100 Stripe balance": 48_25}


def bank_sends_back(stripe: StandIn, payout: Payout) -> None:
    """Days after Stripe has called it paid."""
    account = stripe.running.server.account
    with account.store:
        account.later(0, "fail_payout", payout.pk)


def test_an_arrival_heard_before_its_payout_left_waits_for_it(stripe: StandIn, charge: Charge) -> None:
    told = stripe.tell("payouts/run", all=True)["payout"]
    state = PayoutState(told["id"], "paid", 48_25, True, NOW, dt.date(2026, 3, 3), True)

    assert hear_payout(state, now=NOW).arrived_at is None
    assert balances() == {"1100 Stripe balance": 50_00, "4020 Retail": -50_00}

    fetch()

    assert balances() == LEFT | {"1050 Bank operating": 48_25}


def test_an_arrival_is_posted_once_however_often_it_is_heard(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe)
    state = PayoutState(payout.pk, "paid", 48_25, True, NOW, payout.arrives_on, True)

    for _ in range(3):
        hear_payout(state, now=NOW)

    assert balances() == LEFT | {"1050 Bank operating": 48_25}


def test_old_news_of_a_payout_changes_nothing(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe, fail=True)
    state = PayoutState(payout.pk, "paid", 48_25, True, NOW, payout.arrives_on, True)

    assert hear_payout(state, now=NOW).status == "failed"
    assert hear_payout(replace(state, status="in_transit"), now=NOW).status == "failed"

    assert balances() == LEFT | {"1100 Stripe balance": 48_25}


def test_an_automatic_payout_is_itemised(stripe: StandIn, charge: Charge) -> None:
    moves(stripe, "fee", -2_00)

    payout = runs(stripe)

    items = PayoutItem.objects.filter(payout=payout)
    assert sorted(items.values_list("transaction__category", "transaction__net_cents")) == [
        ("charge", 48_25),
        ("fee", -2_00),
        ("payout", -46_25),
    ]
    assert payout.itemised_at == NOW


def test_a_manual_payout_can_not_be_itemised(stripe: StandIn, charge: Charge) -> None:
    stops(stripe, NOW + 2 * DAY)
    made = stripe.sdk.payouts.create({"amount": 10_00, "currency": "usd"})
    stops(stripe, NOW + 3 * DAY)

    fetch(NOW + 3 * DAY)

    payout = Payout.objects.get(pk=made.id)
    assert (payout.is_automatic, payout.status, payout.itemised_at) == (False, "paid", None)
    assert balances() == LEFT | {"1050 Bank operating": 10_00, "1100 Stripe balance": 38_25}
    assert problems(NOW + 10 * DAY) == []


def test_what_a_payout_holds_from_before_the_books_is_kept_and_not_posted(stripe: StandIn, studio: Studio) -> None:
    """The first payouts pay what another till had sold; that is part of no entry of ours (rule 78)."""
    stops(stripe, NOW - 3 * DAY)
    old = moves(stripe, "charge", 20_00, fee=1_00, source="ch_of_another_till")
    stops(stripe)
    sell(online(stripe, studio.location, 50_00))

    payout = runs(stripe)

    stored = BalanceTransaction.objects.get(pk=old)
    assert (stored.entry, stored.item.payout, payout.itemised_at) == (None, payout, NOW)
    assert balance(Account.BANK) == 67_25
    assert balance(Account.STRIPE) == -19_00  # against the opening balance, which is not posted here
    assert Charge.objects.count() == 1
    assert problems(NOW + 5 * DAY) == []


def test_a_payout_that_does_not_add_up_is_looked_at_again(stripe: StandIn, charge: Charge) -> None:
    payout = runs(stripe)
    Payout.objects.filter(pk=payout.pk).update(itemised_at=None)
    state = PayoutState(payout.pk, "paid", 48_24, True, NOW, payout.arrives_on, True)

    reconciliation.itemise(state, now=NOW)

    payout.refresh_from_db()
    assert payout.itemised_at is None
    later = NOW + 40 * DAY
    stops(stripe, later)
    moves(stripe, "fee", -1_00)
    stripe.tell("payouts/run", all=True)  # newer payouts are listed first, and the old one is not forgotten
    fetch(later)
    fetch(later)
    payout.refresh_from_db()
    assert payout.itemised_at == later


def test_what_is_first_seen_in_a_payout_is_posted_then(stripe: StandIn, charge: Charge) -> None:
    sold(charge.location, 30_00, by="ch_2")
    moves(stripe, "charge", 30_00, fee=1_00, source="ch_2")
    told = stripe.tell("payouts/run", all=True)["payout"]
    hear_payout(PayoutState(told["id"], "paid", 77_25, True, NOW, dt.date(2026, 3, 3), True), now=NOW)

    reconciliation.itemise(PayoutState(told["id"], "paid", 77_25, True, NOW, dt.date(2026, 3, 3), True), now=NOW)

    assert balances() == {"1050 Bank operating": 77_25, "4020 Retail": -80_00, "6010 Processing fees": 2_75}


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_an_arrival_heard_while_the_payout_is_fetched_is_posted_once(stripe: StandIn, charge: Charge) -> None:
    told = stripe.tell("payouts/run", all=True)["payout"]
    state = PayoutState(told["id"], "paid", 48_25, True, NOW, dt.date(2026, 3, 3), True)

    assert race(6, lambda n: fetch() if n % 2 else hear_payout(state, now=NOW) and None) == [None] * 6

    assert balances() == LEFT | {"1050 Bank operating": 48_25}
    assert problems() == []
