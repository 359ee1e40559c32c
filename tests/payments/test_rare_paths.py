"""Paths that are seldom taken: each is walked here, and leaves its name in the log (F20)."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments import unsold
from payments.asking import ask
from payments.models import Charge
from payments.reconciliation import FetchMovements
from tests.payments.asking import DECLINED, INTENTS, OIL_CENTS, PROCESS, REFUND_FAILS, CardSale, Counter, post
from tests.payments.interrupting import meanwhile, meanwhile_at

pytestmark = pytest.mark.django_db

REFUNDS = "/v1/refunds"
PRESENT = {"amount": 9_00, "currency": "usd", "allowed_payment_method_types": ["card_present"]}
Walk = Callable[[Counter], object]


def asked(counter: Counter) -> CardSale:
    sale = counter.sale()
    sale.asks()
    return sale


def tapped(counter: Counter, card: str = "visa") -> CardSale:
    sale = asked(counter)
    counter.taps(card)
    return sale


def broken(kind: str, path: str, *, method: str = "*") -> Walk:
    """A card is asked for, and a request of it is broken."""

    def walk(counter: Counter) -> None:
        counter.breaks(kind, path, method=method)
        asked(counter)

    return walk


def refund_broken(kind: str) -> Walk:
    """A refund is broken, and the worker goes on with it."""

    def walk(counter: Counter) -> None:
        sale = counter.paid_sale()
        counter.breaks(kind, REFUNDS, method="POST")
        sale.refunds()
        counter.works(60)

    return walk


def fetches(_: object = None) -> None:
    FetchMovements().run(now=timezone.now())


# The card ------------------------------------------------------------------------------------------------------------


def reader_asks_for_another(counter: Counter) -> None:
    foreign = counter.stripe.sdk.payment_intents.create(PRESENT)
    counter.stripe.sdk.terminal.readers.process_payment_intent(counter.reader.stripe_id, {"payment_intent": foreign.id})
    counter.inserts()
    asked(counter)


def intent_is_locked(counter: Counter) -> None:
    sale = asked(counter)
    counter.breaks("lock_timeout", f"{INTENTS}/*")
    sale.asks()


def intent_ends_before_the_reader_is_told(counter: Counter) -> None:
    counter.breaks("latency", PROCESS, seconds=0.8)
    with meanwhile(lambda: cancels_at_stripe(counter), once=counter.has_broken):
        asked(counter)


def cancels_at_stripe(counter: Counter) -> None:
    counter.stripe.sdk.payment_intents.cancel(counter.intents()[0].id)


def slow_one_is_overtaken(counter: Counter, words: str, work: Walk) -> None:
    """A look at a charge is held up past its lease, and somebody else goes on meanwhile."""
    sale = counter.sale()
    counter.breaks("reset_before", INTENTS)
    sale.asks()
    counter.later()
    now = timezone.now()

    def overtakes() -> None:
        counter.later(61)
        work(counter)

    with meanwhile_at(words, overtakes):
        ask(sale.charge.pk, now=now)


def looks_again(counter: Counter) -> None:
    ask(Charge.objects.get().pk, now=timezone.now())


def takes_it_off(counter: Counter) -> None:
    charge = Charge.objects.get()
    counter.till.delete(f"sales/{charge.about.removeprefix('sale:')}/tenders/{charge.owner.removeprefix('tender:')}")


def reader_is_unknown_at_stripe(counter: Counter) -> None:
    counter.stripe.sdk.terminal.readers.delete(counter.reader.stripe_id)
    asked(counter)


def is_cancelled_before_there_is_an_intent(counter: Counter) -> None:
    counter.breaks("reset_after", INTENTS)
    asked(counter).takes_off_at_last()


def card_is_faster_than_the_desk(counter: Counter) -> None:
    sale = asked(counter)
    counter.breaks("latency", "*/cancel_action", seconds=0.8)
    with meanwhile(counter.taps, once=counter.has_broken):
        sale.takes_off()


def is_cancelled_without_power(counter: Counter) -> None:
    sale = asked(counter)
    counter.does("unplug")
    sale.takes_off()


def fails_at_the_reader(counter: Counter) -> None:
    asked(counter)
    cancels_at_stripe(counter)
    counter.taps()
    counter.hears("terminal.reader.action_failed")


def is_cancelled_at_the_reader(counter: Counter) -> None:
    sale = asked(counter)
    counter.does("cancel")
    sale.asks()


def has_no_power(counter: Counter) -> None:
    counter.does("unplug")
    asked(counter)


# Events --------------------------------------------------------------------------------------------------------------


def orphan_is_paid(counter: Counter) -> CardSale:
    """The intent whose id we never heard of is presented by somebody."""
    counter.breaks("reset_after", INTENTS)
    sale = asked(counter)
    orphan = {"payment_intent": counter.intents()[0].id}
    counter.stripe.sdk.terminal.readers.process_payment_intent(counter.reader.stripe_id, orphan)
    return sale


def pays_before_its_id_is_known(counter: Counter) -> None:
    orphan_is_paid(counter)
    counter.taps()
    counter.hears()


def pays_after_it_was_cancelled(counter: Counter) -> None:
    orphan_is_paid(counter).takes_off_at_last()
    counter.taps()
    counter.hears()


def somebody_else_is_paid(counter: Counter) -> None:
    counter.stripe.pay()
    counter.hears()


def something_new_happens(counter: Counter) -> None:
    counter.stripe.pay()
    counter.delivers(counter.events()[0] | {"id": "evt_new", "type": "quote.created"})
    counter.worker.run_once()


def object_can_not_be_told(counter: Counter) -> None:
    tapped(counter)
    counter.breaks("error_before", f"{INTENTS}/*")
    counter.hears()


# Refunds and the balance ---------------------------------------------------------------------------------------------


def stripe_gives_back_by_itself(counter: Counter) -> CardSale:
    sale = counter.paid_sale()
    counter.stripe.sdk.refunds.create({"payment_intent": sale.charge.intent_id})
    counter.hears()
    return sale


def fails_after_it_was_accepted(counter: Counter) -> None:
    counter.paid_sale(card=REFUND_FAILS).refunds()
    counter.later()
    counter.works()
    counter.events()
    counter.hears()


def fails_before_it_was_heard_of(counter: Counter) -> None:
    sale = counter.paid_sale(card=REFUND_FAILS)
    counter.breaks("reset_after", REFUNDS, method="POST")
    sale.refunds()
    counter.later(2)
    counter.works(60)


def moves_before_the_refund_is_heard_of(counter: Counter) -> None:
    sale = counter.paid_sale()
    counter.breaks("reset_after", REFUNDS, method="POST")
    sale.refunds()
    fetches()


def is_put_aside(counter: Counter) -> None:
    sale = tapped(counter)
    sale.asks()
    with transaction.atomic():
        unsold.put_aside(sale.charge, now=timezone.now())


def money_comes_without_us(counter: Counter) -> None:
    counter.paid_sale()
    counter.stripe.pay(capture_method="automatic")
    fetches()


def stripe_takes_another_amount(counter: Counter) -> None:
    tapped(counter)
    Charge.objects.update(amount_cents=OIL_CENTS + 1)
    fetches()


def movement(**told: object) -> Walk:
    def walk(counter: Counter) -> None:
        counter.paid_sale()
        counter.stripe.tell("transactions", amount=-25, **told)
        fetches()

    return walk


def another_is_faster_with_a_movement(counter: Counter) -> None:
    counter.paid_sale()
    with meanwhile_at('"payments_charge"."stripe_charge" =', fetches):
        fetches()


PATHS: dict[str, Walk] = {
    "create_lost": broken("reset_before", INTENTS),
    "create_5xx": broken("error_saved", INTENTS),
    "doubt": broken("rate_limit", PROCESS),
    "busy_terminal_reader_busy": reader_asks_for_another,
    "busy_lock_timeout": intent_is_locked,
    "busy_payment_intent_unexpected_state": intent_ends_before_the_reader_is_told,
    "orphan_cancelled": lambda counter: slow_one_is_overtaken(counter, 'SET "intent_id"', takes_it_off),
    "lease_lost": lambda counter: slow_one_is_overtaken(counter, '"sent_at" =', looks_again),
    "refused_by_stripe": reader_is_unknown_at_stripe,
    "cancelled_before_intent": is_cancelled_before_there_is_an_intent,
    "cancel_too_late": card_is_faster_than_the_desk,
    "cancel_while_offline": is_cancelled_without_power,
    "try_declined": lambda counter: tapped(counter, DECLINED).asks(),
    "try_cancelled_at_reader": is_cancelled_at_the_reader,
    "try_reader_gone": has_no_power,
    "try_reader_failed": fails_at_the_reader,
    "news_before_id": pays_before_its_id_is_known,
    "late_news_ignored": pays_after_it_was_cancelled,
    "intent_of_nobody": somebody_else_is_paid,
    "event_of_unknown_type": something_new_happens,
    "event_later": object_can_not_be_told,
    "webhook_refused": lambda _: post(b"{}", None),
    "refund_lost": refund_broken("reset_before"),
    "refund_5xx": refund_broken("error_saved"),
    "refund_found": refund_broken("reset_after"),
    "refund_busy_lock_timeout": refund_broken("lock_timeout"),
    "refund_refused": lambda counter: stripe_gives_back_by_itself(counter).refunds(),
    "refund_of_nobody": stripe_gives_back_by_itself,
    "refund_failed_later": fails_after_it_was_accepted,
    "refund_failed_at_once": fails_before_it_was_heard_of,
    "put_aside": is_put_aside,
    "stray_charge": money_comes_without_us,
    "charge_contradicted": stripe_takes_another_amount,
    "movement_before_charge": lambda counter: fetches(tapped(counter)),
    "movement_before_refund": moves_before_the_refund_is_heard_of,
    "movement_taken_by_another": another_is_faster_with_a_movement,
    "suspense": movement(type="contribution", reporting_category="contribution"),
    "source_not_found": movement(type="refund", reporting_category="refund", source="re_of_nobody"),
}
ELSEWHERE = {
    "answer_before_the_card",  # not at a reader
    "balance_never_still",
    "lost_dispute_regained",
    "others_find_out",
    "payout_does_not_add_up",
    "payout_failed_after_arrival",
    "payout_news_late",
    "reader_registered_before",
}
"""Walked by the tests of the reconciliation and of the readers."""
BY_CLIENTS = {
    "card_changed_meanwhile",
    "card_detached_elsewhere",
    "card_kept_before",
    "card_tired_out",
    "confirm_5xx",
    "customer_made_by_another",
    "detach_later",
    "detached_before",
    "look_in_doubt",
    "off_session_away",
    "pace_slowed_down",
    "pace_too_long",
    "page_5xx",
    "page_closed_too_late",
    "page_in_doubt",
    "page_lost",
    "page_never_shown",
    "page_nobody_sees",
    "page_of_wrong_amount",
    "page_opened_twice",
    "page_paid_beside_a_charge",
    "page_paid_twice",
    "page_refused",
    "session_of_nobody",
}
"""Walked by the tests of saved cards and of pages."""


@pytest.mark.parametrize("path", PATHS)
def test_a_rare_path_is_walked_and_told(counter: Counter, caplog: pytest.LogCaptureFixture, path: str) -> None:
    """F20."""
    with caplog.at_level(logging.INFO, "footfall.rare"):
        PATHS[path](counter)

    assert path in [record.message for record in caplog.records if record.name == "footfall.rare"]


def test_every_rare_path_of_the_code_is_in_the_table() -> None:
    """F20: a path that is added to the code is walked somewhere."""
    sources = "".join(file.read_text() for file in Path(settings.BASE_DIR, "payments").glob("*.py"))
    told = {name for call in re.findall(r"reached\((.*)\)", sources) for name in re.findall(r'(?<!f)"(\w+)"', call)}

    assert told - PATHS.keys() - ELSEWHERE - BY_CLIENTS == set()
    assert len(PATHS) >= 20
