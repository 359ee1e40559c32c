"""A card taken back, a tablet that is gone: never “cancelled” with the money taken, never paid without a sale."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from ledger.accounts import Account
from ledger.journal import balance
from payments import refunds, unsold
from payments.asking import ask
from payments.models import CardRefund, Charge
from pos.models import Receipt, Sale
from tests.payments.asking import INTENTS, OIL_CENTS, CardSale, Counter, state_of
from tests.payments.interrupting import meanwhile

pytestmark = pytest.mark.django_db

CANCEL_ACTION = "/v1/terminal/readers/*/cancel_action"
CANCEL_INTENT = f"{INTENTS}/*/cancel"


@pytest.fixture
def sale(counter: Counter) -> CardSale:
    """A sale whose card is being asked for."""
    sale = counter.sale()
    assert state_of(sale.asks()) == "waiting"
    return sale


def agrees(sale: CardSale) -> None:
    """What the desk was told is what the intent says, and the sale can come to its end."""
    counter = sale.counter
    paid = bool(counter.intents("succeeded"))
    assert sale.charge.status == ("succeeded" if paid else "cancelled")
    if not paid:
        assert sale.pays_otherwise().status == 200
    assert sale.completes()["status"] == "completed"
    assert counter.taken_cents() == (OIL_CENTS if paid else 0)
    counter.hears()
    counter.works(60)
    counter.is_right()


def half_an_hour(counter: Counter) -> None:
    """Nobody comes back; the worker looks every five minutes once it is over."""
    counter.later(25 * 60)
    for _ in range(5):
        counter.works()
        counter.later(5 * 60)
    counter.works()


# Row 18 --------------------------------------------------------------------------------------------------------------


def test_the_client_cancels_and_then_the_desk(sale: CardSale) -> None:
    """Row 18: nothing was charged."""
    sale.counter.does("cancel")

    assert sale.takes_off_at_last()["due_cents"] == OIL_CENTS
    assert sale.charge.status == "cancelled"
    agrees(sale)


def test_the_desk_cancels_and_then_the_client_wants_to_tap(sale: CardSale) -> None:
    """Row 18: the reader does not ask any more."""
    assert sale.takes_off_at_last()["due_cents"] == OIL_CENTS

    assert not sale.counter.reader_waits()
    agrees(sale)


@pytest.mark.parametrize("how", ["tap", "tap_and_unplug"])
def test_the_card_is_approved_and_then_the_desk_cancels(sale: CardSale, how: str) -> None:
    """Row 18: paid is paid."""
    sale.counter.does(how)

    assert sale.takes_off_at_last().refusal == (409, "card_was_charged")
    agrees(sale)


@pytest.mark.parametrize("path", [CANCEL_ACTION, CANCEL_INTENT])
def test_the_card_is_approved_while_the_desk_cancels(sale: CardSale, path: str) -> None:
    """Row 18: on the way of either request the card is faster, or finds nothing to pay."""
    counter = sale.counter
    counter.breaks("latency", path, seconds=0.8)
    if path == CANCEL_INTENT:
        counter.does("unplug")  # the reader keeps what it was told

    with meanwhile(
        lambda: counter.does("tap") if path == CANCEL_ACTION else counter.does("plug_in"), once=counter.has_broken
    ):
        answer = sale.takes_off()

    assert answer.refusal == (409, "card_was_charged") if path == CANCEL_ACTION else answer.status == 200
    agrees(sale)


def test_while_the_bank_is_asked_nothing_can_be_cancelled(sale: CardSale) -> None:
    """Row 18, a card in the reader: the desk waits, and hears that it was paid."""
    sale.counter.inserts()

    waits = sale.takes_off()
    assert (waits.status, state_of(waits)) == (202, "cancelling")
    sale.counter.bank_answers()

    assert sale.takes_off_at_last().refusal == (409, "card_was_charged")
    agrees(sale)


def test_a_card_that_is_refused_while_the_desk_cancels_was_not_charged(sale: CardSale) -> None:
    """Row 18, with a decline at the last moment."""
    sale.counter.inserts("chargeDeclined")
    assert sale.takes_off().status == 202
    sale.counter.bank_answers()

    assert sale.takes_off_at_last()["due_cents"] == OIL_CENTS
    agrees(sale)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (CANCEL_ACTION, "reset_before"),
        (CANCEL_ACTION, "error_after"),
        (CANCEL_INTENT, "reset_before"),
        (CANCEL_INTENT, "reset_after"),
        (CANCEL_INTENT, "error_after"),
        (CANCEL_INTENT, "lock_timeout"),
    ],
)
def test_a_cancellation_without_an_answer_is_cleared_up(sale: CardSale, path: str, kind: str) -> None:
    """Rows 3 and 18: it is asked until Stripe says what became of it."""
    sale.counter.breaks(kind, path)

    waits = sale.takes_off()
    assert (waits.status, state_of(waits)) == (202, "cancelling")
    assert sale.takes_off_at_last()["due_cents"] == OIL_CENTS
    agrees(sale)


def test_a_try_after_a_cancellation_is_refused(sale: CardSale) -> None:
    """Row 18: what is being taken back is not presented again."""
    sale.counter.does("cancel")
    sale.asks()
    sale.counter.breaks("reset_before", CANCEL_INTENT)
    sale.takes_off()

    assert sale.tries(2).refusal == (409, "charge_in_flight")
    sale.takes_off_at_last()
    agrees(sale)


# The tablet is gone --------------------------------------------------------------------------------------------------


def test_a_webhook_that_never_comes_is_not_missed(sale: CardSale) -> None:
    """Row 14: the worker settles within three minutes, by looking."""
    sale.counter.taps()

    sale.counter.works(180, until=lambda: sale.charge.status == "succeeded")

    assert sale.charge.status == "succeeded"
    assert sale.charge.succeeded_at is not None
    assert timezone.now() - sale.charge.succeeded_at < dt.timedelta(minutes=3)
    sale.counter.works(30)
    assert sale.status == "completed"
    sale.counter.is_right()


def test_a_sale_paid_after_its_tablet_went_dark_is_completed(sale: CardSale) -> None:
    """The worker completes it within seconds of the news, in the name of who opened it."""
    sale.counter.later(20)
    sale.counter.taps()
    sale.counter.hears()
    assert sale.charge.status == "succeeded"

    sale.counter.later(6)
    sale.counter.worker.run_once()

    assert (sale.status, Receipt.objects.count()) == ("completed", 1)
    assert Sale.objects.get(pk=sale.id).completed_by == sale.counter.studio.desk_person
    again = sale.completes()
    assert (again.status, again["status"]) == (200, "completed")
    sale.counter.is_right()


def test_a_sale_paid_in_part_whose_tablet_is_gone_gives_the_money_back(counter: Counter) -> None:
    """Rules 80 and 44b: after half an hour."""
    sale = counter.sale()
    sale.asks(amount_cents=10_00)
    counter.taps()
    assert state_of(sale.asks(amount_cents=10_00)) == "paid"

    counter.works(60)
    assert sale.status == "open"
    half_an_hour(counter)

    assert (sale.status, sale.tender_status) == ("abandoned", "released")
    assert CardRefund.objects.get().status == "succeeded"
    assert counter.stripe.sdk.refunds.list().data[0].amount == 10_00
    assert balance(Account.REFUNDS_PAYABLE) == 0
    counter.is_right()


def test_a_card_never_presented_is_taken_back_when_its_tablet_is_gone(sale: CardSale) -> None:
    """Nothing was charged, and the sale ends."""
    half_an_hour(sale.counter)

    assert (sale.status, sale.charge.status) == ("abandoned", "cancelled")
    assert not sale.counter.reader_waits()
    assert sale.counter.taken_cents() == 0
    sale.counter.is_right()


def test_a_card_that_was_declined_is_taken_back_when_its_tablet_is_gone(sale: CardSale) -> None:
    sale.counter.taps("chargeDeclined")
    sale.asks()
    half_an_hour(sale.counter)

    assert (sale.status, sale.charge.status) == ("abandoned", "cancelled")
    sale.counter.is_right()


def test_one_forgotten_sale_that_can_not_end_does_not_keep_the_others(counter: Counter) -> None:
    """The paid part of one is disputed before anybody comes back; the others end all the same."""
    before, stuck, after = counter.sale(), counter.sale(), counter.sale()
    stuck.asks(amount_cents=10_00)
    counter.taps()
    stuck.asks(amount_cents=10_00)
    counter.stripe.tell("disputes", payment_intent=stuck.charge.intent_id)
    counter.hears()

    half_an_hour(counter)

    assert (before.status, after.status) == ("abandoned", "abandoned")


def test_money_for_a_charge_that_was_never_known_is_put_aside_and_given_back(counter: Counter) -> None:
    """The answer to the first request got lost, the desk cancelled, and somebody presented the orphan all the same."""
    sale = counter.sale()
    counter.breaks("reset_after", INTENTS)
    sale.asks()
    assert sale.takes_off_at_last()["due_cents"] == OIL_CENTS
    (orphan,) = counter.intents()
    counter.stripe.sdk.terminal.readers.process_payment_intent(counter.reader.stripe_id, {"payment_intent": orphan.id})
    counter.taps()
    counter.hears()
    sale.pays_otherwise()
    sale.completes()

    counter.is_right()
    stray = Charge.objects.get(owner__startswith="stripe:")
    assert balance(Account.REFUNDS_PAYABLE) == -OIL_CENTS
    with transaction.atomic():
        refund = unsold.give_unsold_back(stray, now=timezone.now())
    refunds.send(refund.pk, now=timezone.now())

    assert balance(Account.REFUNDS_PAYABLE) == 0
    counter.is_right()


def test_a_late_look_at_a_cancelled_charge_changes_nothing(sale: CardSale) -> None:
    sale.takes_off_at_last()

    ask(sale.charge.pk, now=timezone.now())
    sale.counter.works(60)

    assert sale.charge.status == "cancelled"
    agrees(sale)
