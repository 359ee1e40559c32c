"""Whatever goes wrong while a card is asked for, it is charged once or not at all, and everybody knows which.

The numbers are those of the table of faults in the design of the charging.
"""

import logging
import uuid

import pytest

from payments import calling
from payments.gateway import gateway
from payments.models import Charge, Presentation
from pos.models import Receipt, Sale
from tests.payments.asking import DECLINED, INTENTS, MASTERCARD, OIL_CENTS, PROCESS, CardSale, Counter, state_of
from tests.payments.interrupting import dies_at_write

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale(counter: Counter) -> CardSale:
    return counter.sale()


def ends_paid_once(sale: CardSale) -> None:
    """One intent has the money, one receipt says so, and the books agree with Stripe."""
    counter = sale.counter
    assert sale.completes()["status"] == "completed"
    assert sale.completes()["receipt"] == sale.completes()["receipt"]
    assert (counter.taken_cents(), Receipt.objects.count()) == (OIL_CENTS, 1)
    counter.hears()
    counter.works(60)
    assert (counter.taken_cents(), Receipt.objects.count()) == (OIL_CENTS, 1)
    counter.is_right()


# No answer -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "kind"), [(1, "reset_before"), (2, "reset_after")])
def test_a_connection_lost_while_the_intent_is_made_leaves_one_intent(sale: CardSale, row: int, kind: str) -> None:
    """Rows 1 and 2."""
    counter = sale.counter
    counter.breaks(kind, INTENTS)

    assert state_of(sale.asks()) == "checking"
    sale.asks_until("waiting")

    assert len(counter.intents()) == 1
    counter.taps()
    assert state_of(sale.asks()) == "paid"
    ends_paid_once(sale)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "error_before", "error_after"])
def test_a_connection_lost_while_the_reader_is_told_is_cleared_up_by_the_intent(sale: CardSale, kind: str) -> None:
    """Row 3: what the reader was told is not known, what the card has paid is."""
    counter = sale.counter
    counter.breaks(kind, PROCESS)

    assert state_of(sale.asks()) == "checking"
    if not counter.reader_waits():
        sale.asks_until("waiting")
    counter.taps()
    sale.asks_until("paid")

    assert len(counter.intents()) == 1
    ends_paid_once(sale)


@pytest.mark.parametrize("path", [INTENTS, PROCESS, f"{INTENTS}/*"])
def test_while_stripe_hangs_the_desk_reads_checking_and_takes_no_second_payment(
    sale: CardSale, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 4: the answer to any of the three requests does not come in time."""
    monkeypatch.setattr(calling, "ANSWER_SECONDS", 0.3)
    gateway.cache_clear()
    counter = sale.counter
    if path.endswith("/*"):
        sale.asks()
        counter.taps()
    counter.breaks("hang_after", path, seconds=30)

    checking = sale.asks()

    assert (checking.status, state_of(checking)) == (202, "checking")
    assert "Take no other payment" in checking["tenders"][0]["charge"]["sentence"]
    assert sale.pays_otherwise().refusal == (409, "nothing_due")
    assert sale.asks(tender=uuid.uuid4()).refusal == (409, "nothing_due")
    assert sale.completes().refusal == (409, "charge_in_flight")
    assert sale.abandons().refusal == (409, "charge_in_flight")
    if not counter.intents("succeeded"):
        sale.asks_until("waiting")
        counter.taps()
    sale.asks_until("paid")
    ends_paid_once(sale)


def test_a_part_in_doubt_is_not_paid_again_while_the_other_part_is(sale: CardSale) -> None:
    """Row 4, split: the other leg can be paid, the sale waits for the leg in doubt."""
    counter = sale.counter
    counter.breaks("reset_after", PROCESS)

    assert state_of(sale.asks(amount_cents=10_00)) == "checking"
    assert sale.pays_otherwise(amount_cents=14_01).refusal == (409, "more_than_due")
    assert sale.pays_otherwise(amount_cents=14_00).status == 202
    assert sale.completes().refusal == (409, "charge_in_flight")
    counter.taps()
    counter.later()
    sale.asks(amount_cents=10_00)

    assert sale.completes()["status"] == "completed"
    assert counter.taken_cents() == 10_00
    counter.is_right()


def test_a_500_that_passes_costs_a_moment(sale: CardSale) -> None:
    """Row 5, once."""
    sale.counter.breaks("error_before", INTENTS)

    assert state_of(sale.asks()) == "checking"
    sale.asks_until("waiting")
    sale.counter.taps()
    sale.asks_until("paid")

    ends_paid_once(sale)


@pytest.mark.parametrize(("kind", "made"), [("error_saved", 1), ("error_after", 2)])
def test_a_500_stored_under_the_key_is_left_behind_with_it(sale: CardSale, kind: str, made: int) -> None:
    """Row 5, for ever: the intent of the first key stays without a card, whether or not it was made."""
    counter = sale.counter
    counter.breaks(kind, INTENTS)

    assert state_of(sale.asks()) == "checking"
    sale.asks_until("waiting")
    counter.taps()
    sale.asks_until("paid")

    assert sale.charge.create_try == 1
    assert len(counter.intents()) == made
    assert len(counter.intents("succeeded")) == 1
    ends_paid_once(sale)


def test_a_burst_of_429_is_sat_out(sale: CardSale) -> None:
    """Row 6, at the desk: nothing is lost, and no try is counted."""
    counter = sale.counter
    counter.breaks("rate_limit", count=6)

    assert state_of(sale.asks()) == "checking"
    sale.asks_until("waiting", seconds=600)
    counter.breaks("rate_limit", count=3)
    counter.taps()
    sale.asks_until("paid", seconds=600)

    assert (sale.charge.try_wanted, sale.charge.create_try, sale.charge.dead_at) == (1, 0, None)
    ends_paid_once(sale)


# A process that dies -------------------------------------------------------------------------------------------------


def test_wherever_the_process_dies_while_the_card_is_asked_the_worker_ends_it(counter: Counter) -> None:
    """Row 7 and N1: at each write, between Stripe's answer and our commit, up to the paid sale."""
    n = 1
    while dies_and_is_ended(counter.sale(), n):
        n += 1

    assert n > 8
    assert (counter.taken_cents(), Receipt.objects.count()) == (n * OIL_CENTS, n)
    counter.is_right()


def dies_and_is_ended(sale: CardSale, n: int) -> bool:
    """Whether the process died at its n-th write; either way the sale ends paid, by the worker if need be."""
    counter = sale.counter

    def asks_and_is_paid() -> None:
        sale.asks()
        counter.taps()
        sale.asks()

    has_died = dies_at_write(n, asks_and_is_paid)
    if not Charge.objects.filter(about=f"sale:{sale.id}").exists():
        sale.asks()  # it died before the desk's own commit, and the tablet asks again
    counter.works(90, until=lambda: counter.reader_waits() or sale.status == "completed")
    if counter.reader_waits():
        counter.taps()
    counter.works(120, until=lambda: sale.status == "completed")
    assert (sale.status, sale.charge.status) == ("completed", "succeeded"), f"died at write {n}"
    return has_died


# Two at once ---------------------------------------------------------------------------------------------------------


def test_the_same_key_for_another_amount_is_an_alarm_and_no_charge(
    sale: CardSale, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 10: a bug of ours that Stripe notices; the desk can go on."""
    counter = sale.counter
    counter.breaks("reset_after", INTENTS)
    sale.asks()
    Charge.objects.update(amount_cents=OIL_CENTS + 1)
    counter.later()

    with caplog.at_level(logging.ERROR):
        failed = sale.asks()

    assert (failed.status, state_of(failed)) == (200, "reader_failed")
    assert "idempotent" in caplog.text
    assert counter.taken_cents() == 0
    assert sale.takes_off_at_last()["due_cents"] == OIL_CENTS
    assert sale.pays_otherwise().status == 200
    assert sale.completes()["status"] == "completed"
    counter.works(90)
    assert (counter.taken_cents(), sale.tender_status) == (0, "released")
    counter.is_right()


def test_a_second_card_pays_what_the_first_could_not(sale: CardSale) -> None:
    """Row 17: one intent, one sale, two charges at Stripe."""
    counter = sale.counter
    sale.asks()
    counter.taps(DECLINED)
    assert state_of(sale.asks()) == "declined"
    sale.tries(2)
    counter.taps(MASTERCARD)
    assert state_of(sale.asks()) == "paid"

    (intent,) = counter.intents()
    charges = counter.stripe.sdk.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    told = {one.stripe_charge for one in Presentation.objects.all()}
    assert told == {charge.id for charge in charges}
    ends_paid_once(sale)
    assert Sale.objects.count() == 1


def test_a_reader_that_loses_power_after_the_tap_has_been_paid(sale: CardSale) -> None:
    """Row 19: the intent is looked at, and not the reader."""
    sale.asks()
    sale.counter.does("tap_and_unplug")

    paid = sale.asks()

    assert (paid.status, state_of(paid)) == (200, "paid")
    ends_paid_once(sale)


def test_a_reader_that_loses_power_while_the_bank_is_asked_has_been_paid(sale: CardSale) -> None:
    """Row 19, with the card in the reader."""
    sale.asks()
    sale.counter.inserts()
    sale.counter.does("unplug")

    assert state_of(sale.asks()) in ("waiting", "checking")
    sale.counter.bank_answers()

    assert state_of(sale.asks()) == "paid"
    ends_paid_once(sale)


def test_a_reader_of_another_till_is_told_to_be_busy_and_nothing_is_lost(counter: Counter) -> None:
    """Row 20: by our own knowledge, then free again."""
    first, second = counter.sale(), counter.sale(till=counter.managers_till)
    first.asks()

    busy = second.asks()
    assert busy.refusal == (409, "reader_busy")
    assert "busy with another sale" in busy["detail"]
    assert second.shows()["due_cents"] == OIL_CENTS
    counter.taps()
    first.asks()
    first.completes()

    assert state_of(second.asks()) == "waiting"
    counter.taps(MASTERCARD)
    assert state_of(second.asks()) == "paid"
    second.completes()
    assert counter.taken_cents() == 2 * OIL_CENTS
    counter.is_right()


def test_a_reader_that_asks_a_bank_for_somebody_else_is_waited_for(sale: CardSale) -> None:
    """Row 20: Stripe says that it is busy; it is told when it is free."""
    counter = sale.counter
    present = {"amount": 9_00, "currency": "usd", "allowed_payment_method_types": ["card_present"]}
    foreign = counter.stripe.sdk.payment_intents.create(present)
    counter.stripe.sdk.terminal.readers.process_payment_intent(counter.reader.stripe_id, {"payment_intent": foreign.id})
    counter.inserts()

    assert sale.asks().status == 202
    assert sale.charge.last_error == "busy: terminal_reader_busy"
    counter.bank_answers()
    counter.later()
    sale.asks()
    counter.taps()

    assert state_of(sale.asks()) == "paid"
    assert sale.charge.intent_id != foreign.id
    sale.completes()
    assert counter.taken_cents() == 9_00 + OIL_CENTS
