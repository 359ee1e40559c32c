"""Asking Stripe while it is away: few ask at a time, so that cash sales keep the threads of the web."""

import datetime as dt
import uuid

import pytest

from payments import asking
from payments.gateway import gateway
from payments.models import Charge, Presentation, Reader
from payments.states import ReaderState
from tests.builders import NOW, Studio
from tests.stripe_sim.stand_in import StandIn

A_MINUTE = dt.timedelta(minutes=1)


def charge(studio: Studio, reader: Reader, **more: object) -> Charge:
    made = Charge.objects.create(
        owner=f"tender:{uuid.uuid4()}",
        location=studio.location,
        reader=reader,
        amount_cents=24_00,
        created_at=NOW,
        run_at=NOW,
        **more,
    )
    Presentation.objects.create(charge=made, n=1, reader=reader, asked_at=NOW)
    return made


def in_doubt(studio: Studio, *, held: bool) -> Charge:
    """A charge on a reader of its own that Stripe does not answer for; `held` by somebody who is asking just now."""
    reader = Reader.objects.create(location=studio.location, stripe_id=uuid.uuid4().hex, label=uuid.uuid4().hex)
    lease = {"lease_until": NOW + A_MINUTE, "lease_token": uuid.uuid4()} if held else {}
    return charge(studio, reader, doubts=1, **lease)


def test_while_stripe_is_away_two_find_out_and_the_others_wait(studio: Studio, stripe: StandIn, reader: Reader) -> None:
    for held in (True, True, False):
        in_doubt(studio, held=held)
    mine = charge(studio, reader)

    asking.ask(mine.pk, now=NOW)
    assert Charge.objects.get(pk=mine.pk).intent_id is None

    asking.ask(mine.pk, now=NOW + A_MINUTE * 2)
    assert Charge.objects.get(pk=mine.pk).intent_id is not None


def test_two_charges_in_doubt_keep_nobody_from_asking(studio: Studio, stripe: StandIn, reader: Reader) -> None:
    for _ in range(2):
        in_doubt(studio, held=True)
    mine = charge(studio, reader)

    asking.ask(mine.pk, now=NOW)

    assert Charge.objects.get(pk=mine.pk).intent_id is not None


def test_a_slow_stripe_is_asked_one_thing_at_a_time(
    studio: Studio, stripe: StandIn, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the desk's answer does not wait for two slow ones; each look goes on where the last one stopped."""
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.0)
    mine = charge(studio, reader)

    asking.ask(mine.pk, now=NOW)
    opened = Charge.objects.get(pk=mine.pk)
    assert (opened.status, opened.intent_id is not None) == ("created", True)

    monkeypatch.undo()
    asking.ask(mine.pk, now=NOW)
    assert Charge.objects.get(pk=mine.pk).status == "sent"


def test_a_card_that_paid_before_its_reader_turned_to_another_sale_has_paid(
    studio: Studio, stripe: StandIn, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read as unpaid, then paid, then the reader shows another sale's prompt: the intent is asked once more."""
    mine = charge(studio, reader)
    asking.ask(mine.pk, now=NOW)
    read_reader = gateway().read_reader

    def pays_and_serves_another(reader_id: str) -> ReaderState:
        stripe.client.v1.test_helpers.terminal.readers.present_payment_method(reader_id)
        stripe.sdk.terminal.readers.cancel_action(reader_id)
        return read_reader(reader_id)

    monkeypatch.setattr(gateway(), "read_reader", pays_and_serves_another)
    asking.ask(mine.pk, now=NOW + A_MINUTE)

    assert Charge.objects.get(pk=mine.pk).status == "succeeded"


def test_a_prompt_whose_answer_was_lost_and_was_paid_is_not_shown_for_ever(
    studio: Studio, stripe: StandIn, reader: Reader
) -> None:
    """Who showed it died before noting so: the charge looks as if no reader had been told."""
    mine = charge(studio, reader)
    asking.ask(mine.pk, now=NOW)
    Charge.objects.update(status="created")
    Presentation.objects.update(sent_at=None)
    stripe.client.v1.test_helpers.terminal.readers.present_payment_method(reader.stripe_id)

    asking.ask(mine.pk, now=NOW + A_MINUTE)

    assert Charge.objects.get(pk=mine.pk).status == "succeeded"
