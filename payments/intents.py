"""What asking for a card's money has in common at a reader and with a saved card: one intent, made once, ended once."""

import datetime as dt
import functools
from collections.abc import Callable

from payments import keys
from payments.charges import Status
from payments.gateway import gateway
from payments.models import Charge
from payments.rare import reached
from payments.states import Attempt, Busy, Indeterminate, IntentState
from payments.wishes import Call, Keep, Look, Settle, alone


def metadata_of(key: object, about: str) -> dict[str, str]:
    """What Stripe keeps with everything we ask for: our row, what it is about, and no name of anybody."""
    kind, _, name = about.partition(":")
    return {"attempt": str(key), "env": "live" if keys.is_live() else "test"} | ({kind: name} if name else {})


def attempt_of(charge: Charge) -> Attempt:
    """The charge as it is asked for."""
    metadata = metadata_of(charge.pk, charge.about)
    return Attempt(charge.pk, charge.amount_cents, charge.create_try, metadata, charge.intent_id or "")


def make(charge: Charge, ask: Callable[[Attempt], IntentState], *, now: dt.datetime) -> bool:
    """Make the intent and commit its id: only then may a card see it. False when the charge ended meanwhile."""
    return alone(making(charge, ask, now=now))


def making(charge: Charge, ask: Callable[[Attempt], IntentState], *, now: dt.datetime) -> Look[bool]:
    """The look of `make`."""
    try:
        intent: IntentState = yield Call(functools.partial(ask, attempt_of(charge)))
    except Indeterminate as doubt:
        reached("create_5xx" if doubt.is_stored else "create_lost")
        if doubt.is_stored:
            # Stripe keeps that 500 under the key and would replay it for a day: the next try needs another key.
            Charge.objects.filter(pk=charge.pk, intent_id=None).update(create_try=charge.create_try + 1)
        raise
    if (yield Keep(charge, intent, now)):
        return True
    yield from _somebody_was_faster(charge, intent)
    return False


def _somebody_was_faster(charge: Charge, intent: IntentState) -> Look[None]:
    """Another worker stored an intent, or the charge ended: ours is an orphan that no card will ever see."""
    charge.refresh_from_db(fields=["intent_id", "status", "cancel_wanted_at", "try_wanted"])
    if charge.intent_id != intent.id:
        reached("orphan_cancelled")
        orphan = Attempt(charge.pk, charge.amount_cents, charge.create_try, {}, intent.id)
        yield Call(functools.partial(gateway().cancel_intent, orphan))


def never_asked(charge: Charge) -> None:
    """No intent is known: if one was made and its answer lost, it is unconfirmed for ever and takes no money."""
    reached("cancelled_before_intent")
    Charge.objects.to_be_asked().filter(pk=charge.pk, intent_id=None).update(status=Status.CANCELLED)


def cancel(charge: Charge, *, now: dt.datetime) -> None:
    """Cancel the intent, and believe only what it says then."""
    alone(cancelling(charge, now=now))


def cancelling(charge: Charge, *, now: dt.datetime) -> Look[None]:
    """The look of `cancel`."""
    assert charge.intent_id is not None  # noqa: S101
    try:
        intent = yield Call(functools.partial(gateway().cancel_intent, attempt_of(charge)))
    except Busy as busy:
        reached("cancel_too_late")
        intent = yield Call(functools.partial(gateway().read_intent, charge.intent_id))
        if intent.status not in ("succeeded", "canceled"):
            raise busy
    yield Settle(charge, intent, now)
