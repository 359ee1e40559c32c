"""Asking Stripe while it is away: few ask at a time, so that cash sales keep the threads of the web."""

import datetime as dt
import uuid

from payments import asking
from payments.models import Charge, Presentation, Reader
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
