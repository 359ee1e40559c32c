"""Each check of payments/checks.py is silent about money on its way, and finds what is wrong."""

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.models import Entry
from payments import refunds, unsold
from payments.checks import (
    check_balance_agrees,
    check_card_refunds_are_sent,
    check_charges_come_to_an_end,
    check_disputed_money,
    check_finished_payouts_come_to_zero,
    check_money_in_transit,
    check_movements_are_posted,
    check_nothing_stays_in_suspense,
    check_payouts_are_the_sum_of_their_parts,
    check_refunds_payable,
)
from payments.models import BalanceReading, BalanceTransaction, CardRefund, Charge, Dispute, Payout, PayoutItem
from studio.ids import new_id
from studio.models import Location
from tests.builders import NOW, Studio
from tests.payments.money import CHECKS, DAY, fetch, gives_back, moves, online, paid, problems, sell, sold, stops
from tests.stripe_sim.stand_in import StandIn

pytestmark = pytest.mark.django_db

LATER = NOW + 3 * DAY


@pytest.fixture(autouse=True)
def at_ten(stripe: StandIn) -> None:
    stops(stripe)


@pytest.fixture
def charge(stripe: StandIn, studio: Studio) -> Charge:
    """50.00, sold and fetched."""
    made = online(stripe, studio.location, 50_00)
    sell(made)
    fetch()
    return made


@pytest.fixture
def payout(stripe: StandIn, charge: Charge) -> Payout:
    """It has arrived with the money of that charge."""
    stripe.tell("payouts/run", all=True)
    fetch()
    return Payout.objects.get()


def post(location: Location, *lines: Line, kind: str = "correction") -> Entry:
    """Something that somebody posts past everything."""
    with transaction.atomic():
        entry = journal.post(key=f"x:{new_id()}", kind=kind, location=location, occurred_at=NOW, now=NOW, lines=lines)
    assert entry is not None
    return entry


def found(check: object, now: object = NOW) -> list[str]:
    return [f"{problem.check}: {problem.what}" for problem in check(using="default", now=now)]


# All of them ----------------------------------------------------------------------------------------------------------


def test_every_check_says_what_it_holds() -> None:
    assert all(
        check.__doc__[0] == "I" or check.__doc__.startswith(("Charges:", "Card refunds:", "Pages:")) for check in CHECKS
    )


def test_every_check_runs_with_the_others() -> None:
    listed = {path for path in settings.BOOK_CHECKS if path.startswith("payments.")}

    assert listed == {f"payments.checks.{check.__name__}" for check in CHECKS}


def test_no_money_at_all_passes_every_check(studio: Studio) -> None:
    assert problems() == []


def of_everything(stripe: StandIn, location: Location) -> None:
    """A charge that is sold, one put aside, a refund, a dispute, a payout and something unknown."""
    refunded, disputed = (online(stripe, location, 50_00) for _ in range(2))
    sell(refunded)
    sell(disputed)
    gives_back(stripe, refunded, 20_00)
    stripe.tell("disputes", charge=disputed.stripe_charge)
    stripe.pay(10_00, capture_method="automatic")
    moves(stripe, "contribution", -25)
    stripe.tell("payouts/run", all=True)
    paid(location, 5_00)
    fetch()


def test_a_check_asks_as_often_however_much_there_is(stripe: StandIn, studio: Studio) -> None:
    counts = []
    for _ in range(2):
        of_everything(stripe, studio.location)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            problems(NOW + 40 * DAY)
        counts.append(len(asked))

    assert counts[0] == counts[1]


# I20 and the life of a charge -----------------------------------------------------------------------------------------


def test_an_open_sale_is_no_gap_until_its_day_is_over(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, studio.location, 50_00)
    fetch()

    assert problems() == []
    assert found(check_movements_are_posted, LATER) == [
        f"I20: Stripe moved 48.25 for “{charge.stripe_charge}”, the books have -1.75."
    ]


def test_a_sale_whose_money_stripe_has_not_moved_is_no_gap_for_a_day(stripe: StandIn, studio: Studio) -> None:
    sold(studio.location, 50_00, by="ch_1")

    assert problems() == []
    assert found(check_movements_are_posted, LATER) == ["I20: Stripe moved 0.00 for “ch_1”, the books have 50.00."]


def test_a_charge_is_in_order_at_each_step_of_its_way(stripe: StandIn, studio: Studio) -> None:
    charge = online(stripe, studio.location, 50_00)
    steps = (put_aside, fetch, lambda: sells_late(charge), lambda: voids_late(charge))
    for step in steps:
        step(charge) if step is put_aside else step()
        assert problems() == []
    assert found(check_movements_are_posted, LATER) == []
    assert found(check_refunds_payable, LATER) == []


def put_aside(charge: Charge) -> None:
    with transaction.atomic():
        unsold.put_aside(charge, now=NOW)


def sells_late(charge: Charge) -> None:
    """A sale that is completed when its money was put aside before."""
    aside = debit(Account.REFUNDS_PAYABLE, 50_00, instrument=unsold.instrument(charge))
    post(charge.location, aside, credit(Account.RETAIL, 50_00, category="retail"), kind="sale")


def voids_late(charge: Charge) -> None:
    """Its void: the mirror, and the money on its way back through 2250."""
    with transaction.atomic():
        sale = Entry.objects.get(kind="sale")
        journal.reverse(sale, key="void:1", kind="void", occurred_at=NOW, now=NOW)
        back = refunds.give_back(charge, 50_00, owner="void:1", now=NOW)
    aside = debit(Account.REFUNDS_PAYABLE, 50_00, instrument=unsold.instrument(charge))
    post(charge.location, aside, credit(Account.REFUNDS_PAYABLE, 50_00, instrument=refunds.payable(back)))


def test_a_refund_is_in_order_at_each_step_of_its_way(stripe: StandIn, charge: Charge) -> None:
    made = gives_back(stripe, charge, 20_00)
    assert problems() == []

    refunds.send(made.pk, now=NOW)  # accepted, and its movement is not fetched
    assert problems() == []
    assert len(found(check_movements_are_posted, LATER)) == 1

    fetch()
    assert found(check_movements_are_posted, LATER) == []

    made.refresh_from_db()
    stripe.tell(f"refunds/{made.stripe_id}", outcome="failed")
    refunds.hear_refund(refunds.gateway().read_refund(made.stripe_id), now=NOW)
    assert problems() == []
    assert len(found(check_movements_are_posted, LATER)) == 1

    fetch()
    assert found(check_movements_are_posted, LATER) == []
    assert found(check_refunds_payable, LATER) == []


def test_a_refund_that_fails_long_afterwards_is_no_gap_for_a_day(stripe: StandIn, charge: Charge) -> None:
    made = gives_back(stripe, charge, 20_00)
    fetch()
    made.refresh_from_db()
    long_after = NOW + 30 * DAY
    stops(stripe, long_after)
    stripe.tell(f"refunds/{made.stripe_id}", outcome="failed")

    refunds.hear_refund(refunds.gateway().read_refund(made.stripe_id), now=long_after)

    assert problems(long_after) == []
    assert len(found(check_movements_are_posted, long_after + 2 * DAY)) == 1


def test_a_sale_that_is_posted_twice_is_found_at_once(charge: Charge) -> None:
    sell(charge)

    assert problems() == [f"I20: Stripe moved 48.25 for “{charge.stripe_charge}”, the books have 98.25."]


def test_a_sale_posted_twice_before_stripe_moved_it_is_found_too(studio: Studio) -> None:
    sell(sold(studio.location, 50_00, by="ch_1"))

    assert problems() == ["I20: Stripe moved 0.00 for “ch_1”, the books have 100.00."]


def test_money_at_stripe_that_nobody_names_is_found(charge: Charge) -> None:
    post(charge.location, debit(Account.STRIPE, 10_00), credit(Account.BANK, 10_00))

    assert problems() == ["I20: Stripe moved 0.00 for nothing by name, the books have 10.00."]


# I21 ------------------------------------------------------------------------------------------------------------------


def test_a_balance_that_drifts_from_its_movements_is_found(stripe: StandIn, charge: Charge) -> None:
    BalanceReading.objects.create(read_at=NOW + DAY, balance_cents=48_24, transactions_cents=48_25)

    assert found(check_balance_agrees) == ["I21: Stripe's balance is -0.01 off what its transactions come to."]

    BalanceReading.objects.create(read_at=NOW + 2 * DAY, balance_cents=60_00, transactions_cents=60_00)
    assert found(check_balance_agrees) == []


# I22, I23, I24 Payouts ------------------------------------------------------------------------------------------------


def test_a_finished_payout_that_leaves_something_in_1100_is_found(payout: Payout, charge: Charge) -> None:
    more = debit(Account.STRIPE, 1_00, instrument=charge.stripe_charge)
    post(charge.location, more, credit(Account.BANK, 1_00))

    assert found(check_finished_payouts_come_to_zero) == [f"I22: Payout {payout.pk} leaves 1.00 in 1100."]


def test_what_a_payout_has_two_parts_of_counts_once(stripe: StandIn, charge: Charge) -> None:
    dispute = stripe.tell("disputes", charge=charge.stripe_charge)["id"]
    stripe.sdk.disputes.update(dispute, {"evidence": {"customer_name": "Ada"}})
    stripe.tell("payouts/run", all=True)
    fetch()
    more = debit(Account.STRIPE, 1_00, instrument=dispute)
    post(charge.location, more, credit(Account.BANK, 1_00))

    assert found(check_finished_payouts_come_to_zero) == [f"I22: Payout {Payout.objects.get().pk} leaves 1.00 in 1100."]


def test_a_finished_payout_without_one_of_its_parts_is_found(stripe: StandIn, payout: Payout) -> None:
    moves(stripe, "fee", -2_00)
    fetch()
    stray = BalanceTransaction.objects.get(category="fee")
    PayoutItem.objects.create(transaction=stray, payout=payout)

    assert found(check_finished_payouts_come_to_zero) == [f"I22: Payout {payout.pk} leaves -2.00 in 1100."]
    assert found(check_payouts_are_the_sum_of_their_parts) == [
        f"I23: Payout {payout.pk} is 48.25, its transactions come to 46.25."
    ]


def test_a_payout_that_is_never_itemised_is_found(payout: Payout) -> None:
    Payout.objects.update(itemised_at=None)

    assert found(check_payouts_are_the_sum_of_their_parts, NOW + 2 * DAY) == []
    assert found(check_payouts_are_the_sum_of_their_parts, NOW + 4 * DAY) == [
        f"I23: Payout {payout.pk} has arrived, and its transactions do not add up to it."
    ]


def test_an_arrival_that_is_not_posted_is_found(payout: Payout) -> None:
    Payout.objects.update(arrived_at=None)

    assert found(check_money_in_transit) == [
        f"I24: 1060 Stripe payouts in transit holds 0.00 for “{payout.pk}”, and 48.25 are due."
    ]


def test_money_in_transit_that_is_no_payout_is_found(charge: Charge) -> None:
    post(charge.location, debit(Account.STRIPE_IN_TRANSIT, 1_00, instrument="po_x"), credit(Account.BANK, 1_00))

    assert found(check_money_in_transit) == [
        "I24: 1060 Stripe payouts in transit holds 1.00 for “po_x”, and 0.00 are due."
    ]


# I25 Disputes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def dispute(stripe: StandIn, charge: Charge) -> Dispute:
    stripe.tell("disputes", charge=charge.stripe_charge)
    fetch()
    return Dispute.objects.get()


def test_a_lost_dispute_that_is_not_written_off_is_found(dispute: Dispute) -> None:
    Dispute.objects.update(status="lost", closed_at=NOW)

    assert found(check_disputed_money) == [
        f"I25: 1110 Stripe disputed funds holds 50.00 for “{dispute.pk}”, and 0.00 are due."
    ]


def test_a_won_dispute_whose_money_does_not_come_back_is_found(dispute: Dispute) -> None:
    Dispute.objects.update(status="won", closed_at=NOW)

    assert found(check_disputed_money, NOW + 6 * DAY) == []
    assert found(check_disputed_money, NOW + 8 * DAY) == [
        f"I25: 1110 Stripe disputed funds holds 50.00 for “{dispute.pk}”, and 0.00 are due."
    ]


def test_disputed_money_that_is_no_disputes_is_found(charge: Charge) -> None:
    post(charge.location, debit(Account.STRIPE_DISPUTED, 1_00, instrument="du_x"), credit(Account.BANK, 1_00))

    assert found(check_disputed_money) == ["I25: 1110 Stripe disputed funds holds 1.00 for “du_x”, and 0.00 are due."]


def test_a_dispute_that_nobody_noted_is_found(dispute: Dispute) -> None:
    Dispute.objects.all().delete()

    assert len(found(check_disputed_money)) == 1


# I26 What is owed to cards --------------------------------------------------------------------------------------------


def test_a_refund_that_is_owed_and_not_in_the_books_is_found(charge: Charge) -> None:
    with transaction.atomic():
        made = refunds.give_back(charge, 20_00, owner="refund:1", now=NOW)

    assert found(check_refunds_payable) == [
        f"I26: 2250 Refunds payable holds 0.00 for “refund:{made.pk}”, and -20.00 are due."
    ]


def test_a_debt_for_a_refund_that_was_given_back_is_found(stripe: StandIn, charge: Charge) -> None:
    made = gives_back(stripe, charge, 20_00)
    CardRefund.objects.update(status="succeeded")

    assert found(check_refunds_payable) == [
        f"I26: 2250 Refunds payable holds -20.00 for “refund:{made.pk}”, and 0.00 are due."
    ]


def test_a_refund_that_was_paid_otherwise_is_owed_no_more(stripe: StandIn, studio: Studio, charge: Charge) -> None:
    made = gives_back(stripe, charge, 20_00)
    CardRefund.objects.update(status="failed", failed_at=NOW)
    assert found(check_refunds_payable) == []

    with transaction.atomic():
        refunds.settle_otherwise(made, by=studio.owner, note="Check 17", now=NOW)

    assert found(check_refunds_payable) == []


def test_unsold_money_that_is_not_in_the_books_is_found(studio: Studio) -> None:
    charge = paid(studio.location, 50_00, unsold_at=NOW)

    assert found(check_refunds_payable) == [
        f"I26: 2250 Refunds payable holds 0.00 for “charge:{charge.pk}”, and -50.00 are due."
    ]


def test_a_debt_to_a_card_that_is_nobodys_is_found(charge: Charge) -> None:
    post(charge.location, debit(Account.BANK, 1_00), credit(Account.REFUNDS_PAYABLE, 1_00))

    assert found(check_refunds_payable) == ["I26: 2250 Refunds payable holds -1.00 for “”, and 0.00 are due."]


# I44 and what takes too long ------------------------------------------------------------------------------------------


def test_money_that_stays_in_suspense_is_found(stripe: StandIn, charge: Charge) -> None:
    movement = moves(stripe, "contribution", -25)
    fetch()

    assert found(check_nothing_stays_in_suspense, NOW) == []
    assert found(check_nothing_stays_in_suspense, LATER) == [
        f"I44: 0.25 of “{movement}” are in suspense: nobody has said what they are."
    ]

    cleared = credit(Account.STRIPE_SUSPENSE, 25, instrument=movement)
    post(charge.location, debit(Account.PROCESSING_FEES, 25), cleared)
    assert found(check_nothing_stays_in_suspense, LATER) == []


@pytest.mark.parametrize("status", ["created", "sent", "unknown", "requires_action"])
def test_a_charge_that_does_not_end_is_found(studio: Studio, status: str) -> None:
    charge = paid(studio.location, 50_00, status=status, succeeded_at=None, finished_at=None)

    assert problems() == []
    assert found(check_charges_come_to_an_end, LATER) == [
        f"charges: {charge} is {charge.get_status_display()} since 2026-03-02 15:00."
    ]


@pytest.mark.parametrize("status", ["succeeded", "cancelled"])
def test_a_charge_whose_end_nobody_notes_is_found(studio: Studio, status: str) -> None:
    charge = paid(studio.location, 50_00, status=status, finished_at=None)

    assert problems() == []
    assert found(check_charges_come_to_an_end, LATER) == [
        f"charges: {charge} is {charge.get_status_display()}, and {charge.owner} took no note of it."
    ]


def test_money_that_is_put_aside_waits_for_a_person(studio: Studio) -> None:
    """It is on the owner's page and in 2250; no check has to say so too."""
    put_aside(paid(studio.location, 50_00, finished_at=None))

    assert found(check_charges_come_to_an_end, LATER) == []


def test_a_card_refund_that_is_not_sent_is_found(stripe: StandIn, charge: Charge) -> None:
    made = gives_back(stripe, charge, 20_00)

    assert found(check_card_refunds_are_sent) == []
    assert found(check_card_refunds_are_sent, LATER) == [f"card refunds: {made} waits since 2026-03-02 15:00: "]
