"""Every movement of the Stripe balance is in the books once, whatever came first and whoever was interrupted."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from ledger.accounts import Account
from ledger.journal import balance, balances
from ledger.models import Entry, Posting
from ledger.periods import close
from payments import refunds
from payments.gateway import gateway
from payments.models import BalanceReading, BalanceTransaction, CardRefund, Charge, SyncPoint
from payments.movements import take_in
from payments.posting import RULES
from payments.states import Indeterminate, Misuse, Movement
from payments.unsold import give_unsold_back
from stripe_sim import account as sim
from stripe_sim.balance import record
from tests.builders import NOW, Studio, beach
from tests.payments.money import DAY, fetch, gives_back, moves, online, paid, problems, sell, sold, stops
from tests.racing import race
from tests.stripe_sim.stand_in import StandIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_ten(stripe: StandIn) -> None:
    """Stripe's clock stands at the tests' moment."""
    stops(stripe)


@pytest.fixture
def charge(studio: Studio) -> Charge:
    """The charge of T02, sold."""
    return sold(studio.location, 155_74, by="ch_1")


def entries() -> list[tuple[str, str, str]]:
    """Key, kind and date of what was posted beside sales."""
    rows = Entry.objects.exclude(kind="sale").order_by("business_date", "kind")
    return [(row.key, row.kind, row.business_date.isoformat()) for row in rows]


# The worked cases -----------------------------------------------------------------------------------------------------


def test_a_card_sale_its_fee_and_its_payout_are_t02(stripe: StandIn, charge: Charge) -> None:
    fee = moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")
    fetch()
    stops(stripe, NOW + 2 * DAY)
    payout = stripe.tell("payouts/run", all=True)["payout"]
    fetch(NOW + 3 * DAY)

    assert balances() == {"1050 Bank operating": 151_49, "4020 Retail": -155_74, "6010 Processing fees": 4_25}
    left = Entry.objects.get(kind="payout")
    assert entries() == [
        (f"stripe:{fee}", "card_fee", "2026-03-02"),
        (left.key, "payout", "2026-03-04"),
        (f"payout:{payout['id']}:arrived", "payout_arrived", "2026-03-05"),
    ]
    assert problems(NOW + 10 * DAY) == []


def test_a_payout_of_charges_a_refund_and_a_dispute_is_t34(stripe: StandIn, studio: Studio, charge: Charge) -> None:
    moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")
    refunded, disputed = online(stripe, studio.location, 100_00), online(stripe, studio.location, 79_00)
    sell(refunded)
    sell(disputed)
    gives_back(stripe, refunded, 100_00)
    stripe.tell("disputes", charge=disputed.stripe_charge)
    stripe.tell("payouts/run", all=True)

    fetch(NOW + DAY)

    assert balances() == {
        "1050 Bank operating": 130_70,
        "1110 Stripe disputed funds": 79_00,
        "4020 Retail": -334_74,
        "4910 Refunds and allowances": 100_00,
        "6010 Processing fees": 10_04,
        "6020 Dispute fees": 15_00,
    }
    assert problems(NOW + 3 * DAY) == []


# Once, and nothing lost -----------------------------------------------------------------------------------------------


def test_fetching_twice_posts_nothing_new(stripe: StandIn, charge: Charge) -> None:
    moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")
    stripe.tell("payouts/run", all=True)
    fetch()
    before = (balances(), Entry.objects.count(), BalanceTransaction.objects.count())

    fetch(NOW + dt.timedelta(hours=1))

    assert (balances(), Entry.objects.count(), BalanceTransaction.objects.count()) == before


def test_nothing_is_asked_before_the_first_charge(stripe: StandIn, studio: Studio) -> None:
    stripe.pay()
    stripe.tell("faults", kind="error_before", count=100)

    fetch()

    assert (BalanceTransaction.objects.count(), SyncPoint.objects.count()) == (0, 0)


def test_the_first_time_reads_from_a_day_before_the_first_charge(stripe: StandIn, studio: Studio) -> None:
    stops(stripe, NOW - dt.timedelta(hours=25))
    moves(stripe, "fee", -1_00)
    stops(stripe, NOW - dt.timedelta(hours=23))
    kept = moves(stripe, "fee", -2_00)
    paid(studio.location, 50_00)

    fetch()

    assert list(BalanceTransaction.objects.values_list("pk", flat=True)) == [kept]
    assert balances() == {"1100 Stripe balance": -2_00, "6010 Processing fees": 2_00}


def test_an_interrupted_run_leaves_no_gap_behind(stripe: StandIn, charge: Charge) -> None:
    moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")
    stops(stripe, NOW + DAY)
    stray = stripe.pay(50_00, capture_method="automatic")
    stops(stripe, NOW + 3 * DAY)
    moves(stripe, "fee", -2_00)
    stripe.tell("faults", kind="error_before", path="/v1/charges/*")

    with pytest.raises(Indeterminate):
        fetch(NOW + 3 * DAY)

    assert list(BalanceTransaction.objects.values_list("category", "source")) == [("charge", "ch_1")]
    fetch(NOW + 3 * DAY)
    assert BalanceTransaction.objects.count() == 3
    assert Charge.objects.filter(stripe_charge=stray.latest_charge).count() == 1


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_workers_that_fetch_at_once_post_each_movement_once(stripe: StandIn, studio: Studio) -> None:
    sold(studio.location, 155_74, by="ch_1")
    moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")
    stray = stripe.pay(50_00, capture_method="automatic")
    disputed = online(stripe, studio.location, 79_00)
    stripe.tell("disputes", charge=disputed.stripe_charge)
    stripe.tell("payouts/run", all=True)

    assert race(4, lambda _: fetch()) == [None] * 4

    keys = list(Entry.objects.exclude(kind="sale").values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == 7  # three fees, put aside, a dispute, a payout and its arrival
    assert Charge.objects.filter(stripe_charge=stray.latest_charge).count() == 1
    sell(disputed)
    assert balance(Account.STRIPE) == 0
    assert problems() == []


def test_fees_come_though_no_event_told_of_them(stripe: StandIn, studio: Studio) -> None:
    """Nobody listens here; captured asynchronously, the fee is told by charge.updated alone (fault 25)."""
    intent = stripe.pay(50_00)
    sell(paid(studio.location, 50_00, by=str(intent.latest_charge), intent_id=intent.id))

    fetch()

    assert balances() == {"1100 Stripe balance": 48_25, "4020 Retail": -50_00, "6010 Processing fees": 1_75}


# Charges --------------------------------------------------------------------------------------------------------------


def test_a_movement_may_come_before_its_charge_has_heard(stripe: StandIn, studio: Studio) -> None:
    intent = stripe.pay(50_00, capture_method="automatic")
    unheard = {"status": "sent", "stripe_charge": "", "succeeded_at": None, "finished_at": None}
    charge = paid(studio.location, 50_00, intent_id=intent.id, **unheard)

    fetch()

    charge.refresh_from_db()
    assert (charge.status, charge.stripe_charge, charge.unsold_at) == ("succeeded", intent.latest_charge, None)
    assert Charge.objects.count() == 1
    assert balances() == {"1100 Stripe balance": -1_75, "6010 Processing fees": 1_75}


def test_a_movement_finds_the_charge_whose_intent_was_never_stored(stripe: StandIn, studio: Studio) -> None:
    unheard = {"status": "unknown", "stripe_charge": "", "succeeded_at": None, "finished_at": None}
    charge = paid(studio.location, 50_00, **unheard)
    intent = stripe.pay(50_00, capture_method="automatic", metadata={"attempt": str(charge.pk)})

    fetch()

    charge.refresh_from_db()
    assert (charge.status, charge.intent_id) == ("succeeded", intent.id)
    assert Charge.objects.count() == 1


def test_money_that_came_without_us_is_put_aside_for_a_person(stripe: StandIn, studio: Studio) -> None:
    paid(studio.location, 10_00, at=NOW - dt.timedelta(hours=1), status="cancelled", stripe_charge="")
    intent = stripe.pay(50_00, capture_method="automatic")

    fetch()

    stray = Charge.objects.get(owner=f"stripe:{intent.latest_charge}")
    assert (stray.status, stray.amount_cents, stray.location) == ("succeeded", 50_00, studio.location)
    assert (stray.intent_id, stray.card, stray.unsold_at, stray.finished_at) == (intent.id, "Visa ···4242", NOW, NOW)
    assert balances() == {
        "1100 Stripe balance": 48_25,
        "2250 Refunds payable": -50_00,
        "6010 Processing fees": 1_75,
    }
    assert problems(NOW + 3 * DAY) == []


def test_money_that_came_without_us_can_be_given_back(stripe: StandIn, studio: Studio) -> None:
    paid(studio.location, 10_00, status="cancelled", stripe_charge="")
    stripe.pay(50_00, capture_method="automatic")
    fetch()

    with transaction.atomic():
        refund = give_unsold_back(Charge.objects.get(owner__startswith="stripe:"), now=NOW)
    refunds.send(refund.pk, now=NOW)
    fetch()

    assert balances() == {"1100 Stripe balance": -1_75, "6010 Processing fees": 1_75}
    assert problems(NOW + 3 * DAY) == []


def test_a_charge_without_a_fee_posts_nothing(stripe: StandIn, charge: Charge) -> None:
    movement = moves(stripe, "charge", 155_74, source="ch_1")

    fetch()

    assert BalanceTransaction.objects.get(pk=movement).entry is None
    assert entries() == []
    assert problems() == []


def test_a_fee_falls_on_the_location_and_the_local_day_of_its_charge(stripe: StandIn, studio: Studio) -> None:
    late = dt.datetime(2026, 3, 3, 7, 30, tzinfo=dt.UTC)  # still Monday in California
    sold(beach(), 155_74, by="ch_1", at=late)
    stops(stripe, late)
    moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")

    fetch(late)

    posted = Posting.objects.filter(entry__kind="card_fee")
    assert {(row.location.code, row.instrument, row.amount_cents) for row in posted} == {
        ("BCH", "ch_1", 4_25),
        ("BCH", "ch_1", -4_25),
    }
    assert Entry.objects.get(kind="card_fee").business_date == dt.date(2026, 3, 2)


def test_a_fee_of_a_closed_month_falls_on_the_first_open_day(stripe: StandIn, studio: Studio) -> None:
    january = dt.datetime(2026, 1, 30, 15, 0, tzinfo=dt.UTC)
    sold(studio.location, 155_74, by="ch_1", at=january)
    stops(stripe, january)
    moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")
    for month in (dt.date(2026, 1, 1), dt.date(2026, 2, 1)):
        close(month, by=studio.owner, now=NOW)

    fetch()

    fee = Entry.objects.get(kind="card_fee")
    assert (fee.business_date, fee.original_date) == (dt.date(2026, 3, 1), dt.date(2026, 1, 30))


def test_the_part_that_was_not_captured_goes_with_the_charge(stripe: StandIn, charge: Charge) -> None:
    moves(stripe, "charge", 200_00, fee=4_25, source="ch_1")
    moves(stripe, "partial_capture_reversal", -44_26, source="ch_1")

    fetch()

    assert balances() == {"1100 Stripe balance": 151_49, "4020 Retail": -155_74, "6010 Processing fees": 4_25}
    assert problems() == []


def test_a_capture_of_another_amount_than_asked_waits_in_suspense(stripe: StandIn, studio: Studio) -> None:
    intent = stripe.pay(60_00, capture_method="automatic")
    unheard = {"status": "sent", "stripe_charge": "", "succeeded_at": None, "finished_at": None}
    paid(studio.location, 50_00, intent_id=intent.id, **unheard)

    fetch()

    assert balances() == {"1100 Stripe balance": 57_96, "1190 Stripe suspense": -57_96}


def test_money_for_a_charge_that_ended_otherwise_waits_in_suspense(stripe: StandIn, studio: Studio) -> None:
    intent = stripe.pay(50_00, capture_method="automatic")
    paid(studio.location, 50_00, intent_id=intent.id, status="cancelled", stripe_charge="")

    fetch()

    assert balances() == {"1100 Stripe balance": 48_25, "1190 Stripe suspense": -48_25}
    assert Charge.objects.count() == 1


# Refunds --------------------------------------------------------------------------------------------------------------


def test_a_movement_may_come_before_its_refund_has_heard(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, studio.location, 100_00)
    sell(charge)
    made = gives_back(stripe, charge, 30_00)

    fetch()
    fetch()

    made.refresh_from_db()
    assert (made.status, made.accepted_at) == ("succeeded", NOW)
    assert balances() == {
        "1100 Stripe balance": 66_80,
        "4020 Retail": -100_00,
        "4910 Refunds and allowances": 30_00,
        "6010 Processing fees": 3_20,
    }
    assert problems() == []


def test_a_refund_that_fails_later_is_owed_again_once(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, studio.location, 100_00)
    sell(charge)
    made = gives_back(stripe, charge, 30_00)
    fetch()
    made.refresh_from_db()
    stripe.tell(f"refunds/{made.stripe_id}", outcome="failed")

    fetch()
    assert balance(Account.REFUNDS_PAYABLE) == -30_00
    refunds.hear_refund(gateway().read_refund(made.stripe_id), now=NOW)
    fetch()

    assert balances() == {
        "1100 Stripe balance": 96_80,
        "2250 Refunds payable": -30_00,
        "4020 Retail": -100_00,
        "4910 Refunds and allowances": 30_00,
        "6010 Processing fees": 3_20,
    }
    assert [key for key, *_ in entries() if key.endswith(":failed")] == [f"card-refund:{made.pk}:failed"]
    assert problems(NOW + 3 * DAY) == []


def test_a_refund_that_failed_before_anybody_heard_of_it_is_still_owed(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, studio.location, 100_00)
    sell(charge)
    made = gives_back(stripe, charge, 30_00)
    (at_stripe,) = stripe.sdk.refunds.list().data
    stripe.tell(f"refunds/{at_stripe.id}", outcome="failed")

    fetch()

    made.refresh_from_db()
    assert (made.status, made.is_owed) == ("failed", True)
    assert balance(Account.STRIPE) == 96_80
    assert balance(Account.REFUNDS_PAYABLE) == -30_00
    assert problems(NOW + 3 * DAY) == []


def test_a_refund_made_in_stripes_dashboard_waits_in_suspense(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, beach(), 100_00)
    sell(charge)
    refund = stripe.sdk.refunds.create({"payment_intent": charge.intent_id, "amount": 30_00})

    fetch()

    waiting = Posting.objects.get(account=Account.STRIPE_SUSPENSE)
    assert (waiting.amount_cents, waiting.instrument, waiting.location.code) == (30_00, refund.id, "BCH")
    assert waiting.entry.memo == "Stripe: refund"

    stripe.tell(f"refunds/{refund.id}", outcome="failed")
    fetch()

    assert balance(Account.STRIPE_SUSPENSE) == 0
    assert problems(NOW + 3 * DAY) == []


def test_a_refund_that_stripe_had_though_we_were_refused_waits_in_suspense(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, studio.location, 100_00)
    sell(charge)
    made = gives_back(stripe, charge, 30_00)
    CardRefund.objects.filter(pk=made.pk).update(status="failed", failed_at=NOW)

    fetch()

    assert balance(Account.STRIPE_SUSPENSE) == 30_00
    assert balance(Account.REFUNDS_PAYABLE) == -30_00


@pytest.mark.pg_only
@pytest.mark.django_db(transaction=True)
def test_a_failed_refund_heard_while_it_is_fetched_is_posted_once(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, studio.location, 100_00)
    sell(charge)
    made = gives_back(stripe, charge, 30_00)
    fetch()
    made.refresh_from_db()
    stripe.tell(f"refunds/{made.stripe_id}", outcome="failed")
    state = gateway().read_refund(made.stripe_id)

    assert race(6, lambda n: fetch() if n % 2 else refunds.hear_refund(state, now=NOW) and None) == [None] * 6

    assert balance(Account.REFUNDS_PAYABLE) == -30_00
    assert problems() == []


# Other movements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "cents", "fee", "against"),
    [
        ("fee", -2_00, 0, {"6010 Processing fees": 2_00}),
        ("reserve_hold", -100_00, 0, {"1105 Stripe reserves held": 100_00}),
        ("reserve_release", 100_00, 0, {"1105 Stripe reserves held": -100_00}),
        ("risk_reserved_funds", -100_00, 0, {"1105 Stripe reserves held": 100_00}),
        ("topup", 500_00, 0, {"1050 Bank operating": -500_00}),
        ("contribution", -25, 0, {"1190 Stripe suspense": 25}),
        ("charge_failure", -50_00, 5_00, {"1190 Stripe suspense": 55_00}),
        ("charge", 50_00, 1_75, {"1190 Stripe suspense": -48_25}),
    ],
)
def test_a_movement_without_a_source_goes_where_its_category_says(
    stripe: StandIn, studio: Studio, category: str, cents: int, fee: int, against: dict[str, int]
) -> None:
    paid(studio.location, 10_00, status="cancelled", stripe_charge="")
    movement = moves(stripe, category, cents, fee=fee)

    fetch()

    assert balances() == {"1100 Stripe balance": cents - fee} | against
    assert set(Posting.objects.values_list("instrument", flat=True)) == {movement}
    assert Entry.objects.get().key == f"stripe:{movement}"
    assert problems() == []


@pytest.mark.parametrize("category", sorted(RULES))
def test_every_rule_balances(studio: Studio, category: str) -> None:
    """Without a source nothing is asked of Stripe, and what needs one is in suspense."""
    paid(studio.location, 10_00, at=NOW - DAY)
    movement = Movement("txn_1", category, category, "", -70_00, 3_00, -73_00, NOW, NOW.date())

    assert take_in(movement, now=NOW)
    assert not take_in(movement, now=NOW)

    assert balance(Account.STRIPE) == -73_00
    assert sum(balances().values()) == 0


@pytest.mark.parametrize("category", ["charge", "refund", "refund_failure", "dispute", "payout", "payout_reversal"])
def test_a_source_that_stripe_does_not_know_leaves_the_money_in_suspense(
    stripe: StandIn, studio: Studio, category: str
) -> None:
    paid(studio.location, 10_00, status="cancelled", stripe_charge="")
    moves(stripe, category, -25_00, source="xx_unknown")

    fetch()

    assert balances() == {"1100 Stripe balance": -25_00, "1190 Stripe suspense": 25_00}
    assert problems() == []


def test_a_key_that_stripe_refuses_puts_nothing_into_suspense(
    stripe: StandIn, studio: Studio, settings: Settings
) -> None:
    paid(studio.location, 10_00, at=NOW - DAY)
    settings.STRIPE_SECRET_KEY = "sk_live_of_somebody_else"
    gateway.cache_clear()

    with pytest.raises(Misuse):
        take_in(Movement("txn_1", "charge", "charge", "ch_1", 70_00, 3_00, 67_00, NOW, NOW.date()), now=NOW)

    assert not BalanceTransaction.objects.exists()


# The balance ----------------------------------------------------------------------------------------------------------


def readings() -> list[tuple[int, int]]:
    return list(BalanceReading.objects.order_by("read_at").values_list("balance_cents", "transactions_cents"))


def test_the_balance_is_read_beside_what_we_know_of_it(stripe: StandIn, charge: Charge) -> None:
    stops(stripe, NOW - 30 * DAY)
    moves(stripe, "charge", 20_00, source="ch_before")  # another system's, before the books began
    stops(stripe)
    moves(stripe, "charge", 155_74, fee=4_25, source="ch_1")
    fetch()
    moves(stripe, "fee", -2_00)
    fetch(NOW + dt.timedelta(hours=1))

    assert readings() == [(171_49, 151_49), (169_49, 149_49)]
    assert problems() == []


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Fees that Stripe takes right after it has said its balance, one each time."""
    fees: list[int] = []
    says = sim.ANSWERS["GET /v1/balance"]

    def then_moves(account: sim.Account, params: dict[str, Any]) -> dict[str, Any]:
        said = says(account, params)
        if fees:
            record(account, kind="stripe_fee", category="fee", source={"id": None}, amount=-fees.pop(0))
        return said

    monkeypatch.setitem(sim.ANSWERS, "GET /v1/balance", then_moves)
    return fees


def test_what_moves_while_the_balance_is_read_is_fetched_first(charge: Charge, busy: list[int]) -> None:
    busy += [1_00, 2_00]

    fetch()

    assert readings() == [(-3_00, -3_00)]


def test_a_balance_that_never_stands_still_is_not_read(charge: Charge, busy: list[int]) -> None:
    busy += [1_00] * 3

    fetch()

    assert readings() == []
    assert balances()["6010 Processing fees"] == 3_00
