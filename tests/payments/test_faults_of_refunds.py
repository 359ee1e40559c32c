"""Money back to a card: never more than it paid, and owed until the client has it.

The numbers are those of the table of faults in the design of the charging.
"""

import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from ledger.accounts import Account
from ledger.journal import balance
from payments import refunds
from payments.models import CardRefund, Dispute
from tests.payments.asking import OIL_CENTS, REFUND_FAILS, CardSale, Counter, state_of
from tests.payments.interrupting import dies_at_write
from tests.stripe_sim.stand_in import wait_for

pytestmark = pytest.mark.django_db

REFUNDS = "/v1/refunds"


def returned_cents(counter: Counter) -> int:
    """What Stripe gave back and did not get back itself."""
    listed = counter.stripe.sdk.refunds.list({"limit": 100}).data
    return sum(refund.amount for refund in listed if refund.status != "failed")


def owed_cents() -> int:
    return -balance(Account.REFUNDS_PAYABLE)


def ends_given_back(counter: Counter, cents: int = OIL_CENTS) -> None:
    """So much went back in all, nothing is owed, and the books agree with Stripe."""
    counter.hears()
    counter.works(60)
    assert (returned_cents(counter), owed_cents()) == (cents, 0)
    assert set(CardRefund.objects.values_list("status", flat=True)) == {"succeeded"}
    counter.is_right()


# No answer -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["reset_before", "reset_after", "error_before", "error_saved", "error_after", "rate_limit", "lock_timeout"]
)
def test_a_refund_without_an_answer_is_given_once(counter: Counter, kind: str) -> None:
    """Rows 1 to 6 and N2, for money on its way out."""
    sale = counter.paid_sale()
    counter.breaks(kind, REFUNDS, method="POST")

    answer = sale.refunds()

    assert answer["tenders"][0]["charge"]["state"] == "sending"
    assert owed_cents() == OIL_CENTS
    counter.works(120, until=lambda: owed_cents() == 0)
    ends_given_back(counter)
    assert sale.refunds().refusal == (409, "more_than_is_left")


def test_a_lost_answer_whose_repeat_meets_the_first_and_then_a_limit_is_given_once(counter: Counter) -> None:
    """N3: the answer is lost, the repeat meets 409, then 429."""
    sale = counter.paid_sale()
    counter.breaks("reset_after", REFUNDS, method="POST")
    counter.breaks("lock_timeout", REFUNDS, method="GET")
    counter.breaks("rate_limit", REFUNDS, method="GET")
    sale.refunds()

    counter.works(120, until=lambda: owed_cents() == 0)

    ends_given_back(counter)


def test_wherever_the_process_dies_while_money_goes_back_the_worker_ends_it(counter: Counter) -> None:
    """Row 7: at each write of the refund; found again a day later, when Stripe has forgotten its keys."""
    n = 1
    while refund_dies_and_is_ended(counter.paid_sale(), n):
        n += 1

    assert n > 4
    ends_given_back(counter, n * OIL_CENTS)


def refund_dies_and_is_ended(sale: CardSale, n: int) -> bool:
    """Whether the process died at its n-th write; the worker finds it the day after."""
    refund = uuid.uuid4()
    has_died = dies_at_write(n, lambda: sale.refunds(refund=refund))
    sale.counter.later(25 * 3600)
    assert sale.refunds(refund=refund).status in (200, 201)
    sale.counter.works(60)
    assert owed_cents() == 0, f"died at write {n}"
    return has_died


# Row 23 --------------------------------------------------------------------------------------------------------------


def test_parts_of_a_split_sale_go_back_the_way_they_came(counter: Counter) -> None:
    """Row 23: the card leg waits in 2250, the other is given at once."""
    sale = counter.sale(quantity=2)
    sale.asks(amount_cents=30_00)
    counter.taps()
    sale.asks(amount_cents=30_00)
    sale.pays_otherwise()
    sale.completes()
    counter.breaks("rate_limit", REFUNDS)

    first = sale.refunds(1)
    second = sale.refunds(1)

    assert [(part["kind"], part["amount_cents"]) for part in first["tenders"]] == [("external", 18_00), ("card", 6_00)]
    assert [(part["kind"], part["amount_cents"]) for part in second["tenders"]] == [("card", 24_00)]
    assert balance(Account.EXTERNAL_TERMINAL) == 0
    counter.works(120, until=lambda: owed_cents() == 0)
    ends_given_back(counter, 30_00)


def test_a_refund_in_stripes_own_dashboard_leaves_less_for_ours(counter: Counter) -> None:
    """Row 23 and N6: Stripe refuses what would be more than was paid, and we still owe it."""
    sale = counter.paid_sale(quantity=2)
    counter.stripe.sdk.refunds.create({"payment_intent": sale.charge.intent_id, "amount": 30_00})
    counter.hears()

    refused = sale.refunds(1)
    assert refused["tenders"][0]["charge"]["state"] == "failed"
    assert "The owner will pay it otherwise" in refused["tenders"][0]["charge"]["sentence"]

    refund = CardRefund.objects.get()
    assert (refund.status, refund.is_owed, owed_cents()) == ("failed", True, OIL_CENTS)
    with transaction.atomic():
        refunds.settle_otherwise(refund, by=counter.studio.owner, note="bank transfer", now=timezone.now())
    assert (returned_cents(counter), owed_cents()) == (30_00, 0)
    counter.is_right()


def test_a_refund_told_twice_is_posted_once(counter: Counter) -> None:
    """N6."""
    sale = counter.paid_sale()
    sale.refunds()
    for event in counter.events():
        for _ in range(2):
            counter.delivers(event)

    ends_given_back(counter)


def test_a_refund_that_fails_later_is_owed_again_until_it_is_paid(counter: Counter) -> None:
    """Row 23 and rule 47: tried once more, and then paid another way."""
    sale = counter.paid_sale(card=REFUND_FAILS)
    answer = sale.refunds()
    assert answer["tenders"][0]["charge"]["state"] in ("on_its_way", "given_back")
    assert owed_cents() == 0
    wait_for(lambda: "refund.failed" in counter.stripe.event_types())
    counter.hears()

    first = CardRefund.objects.get()
    assert (first.status, first.is_owed, owed_cents()) == ("failed", True, OIL_CENTS)
    counter.is_right()
    with transaction.atomic():
        second = refunds.try_again(first, by=counter.studio.owner, now=timezone.now())
    refunds.send(second.pk, now=timezone.now())
    counter.later(2)
    counter.hears()
    second.refresh_from_db()
    assert (second.status, owed_cents()) == ("failed", OIL_CENTS)
    with transaction.atomic():
        refunds.settle_otherwise(second, by=counter.studio.owner, note="check 12", now=timezone.now())

    assert owed_cents() == 0
    with pytest.raises(refunds.NothingOwed), transaction.atomic():
        refunds.try_again(second, by=counter.studio.owner, now=timezone.now())
    counter.is_right()


def test_a_refund_that_fails_while_nobody_listens_is_found(counter: Counter) -> None:
    """Row 23 without webhooks."""
    counter.paid_sale(card=REFUND_FAILS).refunds()
    counter.later(3601)

    counter.works(30)

    assert (CardRefund.objects.get().status, owed_cents()) == ("failed", OIL_CENTS)
    counter.is_right()


def test_a_void_that_stripe_hears_of_late_is_sent_by_the_worker(counter: Counter) -> None:
    """Row 4, for a void."""
    sale = counter.paid_sale()
    counter.breaks("reset_before", REFUNDS)
    answer = counter.managers_till.put(f"sales/{sale.id}/void", {"reason": "mistake"})
    assert (answer.status, state_of(answer)) == (200, "sending")

    counter.works(60)

    assert state_of(sale.shows()) in ("on_its_way", "given_back")
    ends_given_back(counter)


def test_the_same_refund_again_is_the_same_refund(counter: Counter) -> None:
    sale, refund = counter.paid_sale(quantity=2), uuid.uuid4()
    counter.breaks("reset_after", REFUNDS, method="POST")

    answers = [sale.refunds(1, refund=refund) for _ in range(3)]

    assert [answer.status for answer in answers] == [201, 200, 200]
    counter.works(60)
    ends_given_back(counter)


# Row 24 --------------------------------------------------------------------------------------------------------------


def test_a_disputed_charge_is_not_refunded(counter: Counter) -> None:
    """Row 24: the client would have the money twice."""
    sale = counter.paid_sale()
    dispute = counter.stripe.tell("disputes", payment_intent=sale.charge.intent_id)
    counter.hears("charge.dispute.created")

    assert sale.refunds().refusal == (409, "charge_disputed")
    assert returned_cents(counter) == 0
    counter.is_right()

    counter.stripe.tell(f"disputes/{dispute['id']}", outcome="lost")
    counter.hears()
    counter.works(60)
    assert Dispute.objects.get().status == "lost"
    assert balance(Account.CHARGEBACK_LOSSES) == OIL_CENTS
    counter.is_right()


def test_a_dispute_of_which_we_have_not_heard_is_stripes_to_refuse(counter: Counter) -> None:
    """Row 24: what we promised the client stays owed."""
    sale = counter.paid_sale()
    dispute = counter.stripe.tell("disputes", payment_intent=sale.charge.intent_id)

    answer = sale.refunds()

    assert answer["tenders"][0]["charge"]["state"] == "failed"
    assert (returned_cents(counter), owed_cents()) == (0, OIL_CENTS)
    counter.hears()
    counter.stripe.tell(f"disputes/{dispute['id']}", outcome="won")
    counter.hears()
    counter.is_right()
