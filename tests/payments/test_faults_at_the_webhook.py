"""Events come late, often, never, in any order or from somebody else: what they bring about is the same.

The numbers are those of the table of faults in the design of the charging.
"""

import datetime as dt

import pytest
from django.utils import timezone

from jobs.leases import run_again
from ledger.accounts import Account
from ledger.journal import balance
from ledger.models import Entry
from payments.inbox import TYPES
from payments.models import BalanceTransaction, CardRefund, Charge, StripeEvent
from payments.reconciliation import FetchMovements
from pos.models import Receipt
from tests.payments.asking import (
    DECLINED,
    INTENTS,
    MASTERCARD,
    OIL_CENTS,
    REFUND_FAILS,
    CardSale,
    Counter,
    state_of,
    unworked,
)
from tests.stripe_sim.stand_in import wait_for

pytestmark = pytest.mark.django_db

ACTION_SUCCEEDED = "terminal.reader.action_succeeded"
NEVER = dt.timedelta(days=700)


def asks_and_taps(counter: Counter) -> CardSale:
    """The card has paid, and nobody at the desk has heard of it."""
    sale = counter.sale()
    sale.asks()
    counter.taps()
    return sale


def test_an_event_delivered_five_times_has_one_effect(counter: Counter) -> None:
    """Row 11."""
    sale = asks_and_taps(counter)
    for event in counter.events():
        for _ in range(5):
            assert counter.delivers(event) == 200
            counter.worker.run_once()
    sale.completes()
    sale.refunds()
    for event in counter.events():
        for _ in range(5):
            assert counter.delivers(event) == 200
    counter.works(30)

    assert StripeEvent.objects.count() == len(counter.events())
    assert list(unworked()) == []
    assert (Receipt.objects.count(), Entry.objects.filter(kind="card_refund").count()) == (2, 1)
    counter.is_right()


def test_an_event_that_comes_before_the_answer_is_stored_belongs_to_its_charge(counter: Counter) -> None:
    """Row 12 and N5: the intent's id is still unknown to us when it has succeeded."""
    sale = counter.sale()
    counter.breaks("reset_after", INTENTS)
    sale.asks()
    (intent,) = counter.intents()
    assert sale.charge.intent_id is None
    counter.stripe.sdk.terminal.readers.process_payment_intent(counter.reader.stripe_id, {"payment_intent": intent.id})
    counter.taps()

    counter.hears()

    assert (sale.charge.intent_id, sale.charge.status) == (intent.id, "succeeded")
    counter.later()
    assert state_of(sale.asks()) == "paid"
    assert sale.completes()["status"] == "completed"
    assert len(counter.intents()) == 1
    counter.is_right()


def test_events_of_an_intent_that_is_over_change_nothing_of_the_next(counter: Counter) -> None:
    """Row 13 and N5: a failed payment of the first intent after the second has paid."""
    sale = counter.sale()
    sale.asks()
    counter.taps(DECLINED)
    sale.asks()
    sale.takes_off_at_last()
    late = counter.events()
    second = CardSale(counter, counter.reader, counter.till, id=sale.id)
    second.asks()
    counter.taps(MASTERCARD)
    second.asks()
    second.completes()

    for event in late:
        counter.delivers(event)
    counter.works(30)

    assert sorted(Charge.objects.values_list("status", flat=True)) == ["cancelled", "succeeded"]
    assert counter.taken_cents() == OIL_CENTS
    counter.is_right()


def test_events_in_reverse_end_in_the_same_state(counter: Counter) -> None:
    """Row 13: the refund before the charge, the decline after the payment."""
    sale = counter.sale()
    sale.asks()
    counter.taps(DECLINED)
    sale.asks()
    sale.tries(2)
    counter.taps(REFUND_FAILS)
    sale.asks()
    sale.completes()
    sale.refunds()
    wait_for(lambda: "refund.failed" in counter.stripe.event_types())

    for event in reversed(counter.events()):
        assert counter.delivers(event) == 200
        counter.worker.run_once()

    assert sale.charge.status == "succeeded"
    refund = CardRefund.objects.get()
    assert (refund.status, refund.is_owed) == ("failed", True)
    assert balance(Account.REFUNDS_PAYABLE) == -OIL_CENTS
    counter.is_right()


def test_whatever_a_webhook_missed_the_sweep_finds(counter: Counter) -> None:
    """Row 14: an endpoint that was away for ten days."""
    sales = [counter.paid_sale() for _ in range(3)]
    counter.later(10 * 86_400)
    sales[0].refunds()

    counter.worker.run_once()

    heard = set(StripeEvent.objects.values_list("event_id", flat=True))
    assert heard == {event["id"] for event in counter.events() if event["type"] in TYPES}
    assert set(StripeEvent.objects.values_list("came_by", flat=True)) == {"sweep"}
    assert list(unworked()) == []
    counter.is_right()


# Row 16 --------------------------------------------------------------------------------------------------------------


def test_an_event_that_can_not_be_worked_keeps_no_other_and_can_be_run_again(counter: Counter) -> None:
    """Row 16: twelve tries, then a person is told; once the cause is gone it is run again."""
    bad, good = counter.sale(), counter.sale(reader=counter.another_reader())
    for sale in (bad, good):
        sale.asks()
        counter.taps(reader=sale.reader)
    charge = bad.charge
    Charge.objects.filter(pk=charge.pk).update(amount_cents=OIL_CENTS + 1, run_at=timezone.now() + NEVER)
    counter.hears()

    assert good.charge.status == "succeeded"
    good.completes()
    assert {"charge.succeeded", "payment_intent.succeeded", ACTION_SUCCEEDED} <= set(unworked())
    for _ in range(14):
        counter.later(3601)
        counter.works_on("StripeEvents")
    dead = StripeEvent.objects.exclude(dead_at=None)
    assert {(event.attempts, "WrongAmount" in event.last_error) for event in dead} == {(12, True)}
    assert dead.count() == len(list(unworked()))

    Charge.objects.filter(pk=charge.pk).update(amount_cents=OIL_CENTS)
    run_again(dead, now=timezone.now())
    counter.worker.run_once()
    assert list(unworked()) == []
    assert bad.charge.status == "succeeded"
    bad.completes()


def test_an_object_that_stripe_can_not_tell_keeps_no_other_event(counter: Counter) -> None:
    """Row 16: a 500 for one object alone; the events behind it are worked within a minute or two."""
    first = asks_and_taps(counter)
    told = counter.events()
    counter.breaks("error_before", f"{INTENTS}/{first.charge.intent_id}", count=1_000)
    second = counter.sale(reader=counter.another_reader())
    second.asks()
    counter.taps(reader=second.reader)
    for event in told:
        counter.delivers(event)
    for event in counter.events()[len(told) :]:
        counter.delivers(event)

    counter.works(180, until=lambda: second.charge.status == "succeeded" and not waits_for(second))

    assert not waits_for(second)
    counter.heals()
    counter.works(600, until=lambda: not list(unworked()))
    first.completes()
    second.completes()
    counter.is_right()


def waits_for(sale: CardSale) -> list[str]:
    """The types of the sale's events that are not worked yet."""
    mine = StripeEvent.objects.filter(done_at=None, payload__contains=str(sale.charge.intent_id))
    return list(mine.values_list("type", flat=True))


# Row 25 --------------------------------------------------------------------------------------------------------------


def test_a_fee_that_no_event_told_is_pulled_at_night(counter: Counter) -> None:
    """Row 25."""
    counter.paid_sale()
    assert balance(Account.PROCESSING_FEES) == 0
    assert not BalanceTransaction.objects.exists()

    counter.later(12 * 3600)
    counter.worker.run_once()

    assert balance(Account.PROCESSING_FEES) == 70  # 2.7 % and 5 cents
    FetchMovements().run(now=timezone.now())
    assert balance(Account.PROCESSING_FEES) == 70
    counter.is_right()


def test_a_fee_that_comes_before_its_sale_is_completed_waits_for_nothing(counter: Counter) -> None:
    """Row 25, the other way round."""
    sale = asks_and_taps(counter)
    FetchMovements().run(now=timezone.now())
    assert balance(Account.PROCESSING_FEES) == 70

    assert state_of(sale.asks()) == "paid"
    sale.completes()

    counter.is_right()
