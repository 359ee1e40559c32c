"""Asking Stripe about a charge: one look at a time by whoever holds its lease, with no transaction open.

A process may die at any line here: the next look finds the row and what Stripe says, and goes on from there.
"""

import datetime as dt
import logging
import math
import time
import uuid

from django.db.models import Count, Q, QuerySet

from jobs.leases import LeaseLost, again, failed
from jobs.leases import take as take_lease
from payments import keys
from payments.charges import FINISH_AFTER, Failure, Status, WrongAmount, end_try, settle
from payments.gateway import gateway
from payments.models import Charge, Presentation, Reader
from payments.rare import reached
from payments.states import (
    Attempt,
    Busy,
    Declined,
    Indeterminate,
    IntentState,
    Misuse,
    NeedsCustomer,
    ReaderAction,
    ReaderState,
)

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=60)
LOOK_AGAIN = dt.timedelta(seconds=60)
SOON = dt.timedelta(seconds=2)
AWAY_FROM = 3
"""So many charges in doubt at once: it is Stripe that is away, or our line to it."""
ASKED_WHILE_AWAY = 2
PATIENCE_SECONDS = 3.0
"""Who asks for a desk begins nothing more when that much is gone: the tablet hears how far it is, and comes back."""
LONGEST_DOUBT = dt.timedelta(seconds=20)
"""A client stands at the desk: when Stripe is back, that must not take long to be known."""


def ask(charge_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Go on with a charge as far as it goes just now.

    Nothing while somebody else does, in a pause after doubt, or while enough others find out whether Stripe is back.
    """
    if _others_find_out(now):
        reached("others_find_out")
        return
    charge = take_lease(
        Charge.objects.to_be_asked().filter(pk=charge_id).exclude(doubts__gt=0, run_at__gt=now), now=now, lease=LEASE
    )
    if charge is None:
        return
    try:
        go_on(charge, now=now, until=time.monotonic() + PATIENCE_SECONDS)
    except LeaseLost:
        reached("lease_lost")
    except (Misuse, WrongAmount) as error:
        logger.error("%s needs a person: %s", charge, error)
        failed(charge, error=f"{type(error).__name__}: {error}", now=now)


def _others_find_out(now: dt.datetime) -> bool:
    """Whether Stripe is away and some charges are being asked already: each would hold a thread of the web for long."""
    found = Charge.objects.live().aggregate(
        in_doubt=Count("pk", filter=Q(doubts__gt=0)), being_asked=Count("pk", filter=Q(lease_until__gt=now))
    )
    return bool(found["in_doubt"] >= AWAY_FROM and found["being_asked"] >= ASKED_WHILE_AWAY)


class LiveCharges:
    """The worker's look at charges that nobody at a desk looks after any more."""

    lease = LEASE

    def claimable(self, *, now: dt.datetime) -> QuerySet[Charge]:
        return Charge.objects.to_be_asked()

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        go_on(row, now=now)


def go_on(charge: Charge, *, now: dt.datetime, until: float = math.inf) -> None:
    """One look of the lease's holder: open, present, hear or cancel; then the lease is given back.

    `until` is the moment of `time.monotonic` after which nothing more is begun.
    """
    try:
        step(charge, now=now, until=until)
    except Busy as busy:
        reached(f"busy_{busy.code}")
        again(charge, run_at=now + SOON, why=f"busy: {busy.code}", doubts=0)
    except (Declined, NeedsCustomer) as told:
        reached("answer_before_the_card")  # the intent and the reader say it better at the next look
        again(charge, run_at=now + SOON, why=f"{type(told).__name__}: {told}", doubts=0)
    except Indeterminate as doubt:
        _doubt(charge, doubt, now=now)
    else:
        charge.refresh_from_db(fields=["status"])
        ended = charge.status in (Status.SUCCEEDED, Status.CANCELLED)
        again(charge, run_at=now + (FINISH_AFTER if ended else LOOK_AGAIN), doubts=0)


def step(charge: Charge, *, now: dt.datetime, until: float = math.inf) -> None:
    """What is next for the charge, by what Stripe says of it now; Busy when there is no time left for that."""
    if charge.intent_id is None:
        if charge.cancel_wanted_at is not None:
            _never_asked(charge)
            return
        if not _open(charge):
            return
    elif charge.status != Status.CREATED:  # one that no reader was told of can not have paid
        settle(charge.pk, gateway().read_intent(charge.intent_id), now=now)
        charge.refresh_from_db(fields=["status", "cancel_wanted_at", "try_wanted", "reader"])
        if charge.status in (Status.SUCCEEDED, Status.CANCELLED):
            return
    if time.monotonic() > until:
        raise Busy("slow")
    if charge.cancel_wanted_at is not None:
        _cancel(charge, now=now)
    elif charge.reader is not None and charge.status != Status.FAILED:
        _at_the_reader(charge, now=now)


def _attempt(charge: Charge) -> Attempt:
    kind, _, key = charge.about.partition(":")
    metadata = {"attempt": str(charge.pk), "env": "live" if keys.is_live() else "test"} | ({kind: key} if key else {})
    return Attempt(charge.pk, charge.amount_cents, charge.create_try, metadata, charge.intent_id or "")


def _open(charge: Charge) -> bool:
    """Make the intent and commit its id: only then may a card see it. False when the charge ended meanwhile."""
    try:
        intent = gateway().open_intent(_attempt(charge))
    except Indeterminate as doubt:
        reached("create_5xx" if doubt.is_stored else "create_lost")
        if doubt.is_stored:
            # Stripe keeps that 500 under the key and would replay it for a day: the next try needs another key.
            Charge.objects.filter(pk=charge.pk, intent_id=None).update(create_try=charge.create_try + 1)
        raise
    except Misuse as error:
        _give_up(charge, error)
        return False
    mine = Charge.objects.to_be_asked().filter(pk=charge.pk, intent_id=None)
    if not mine.update(intent_id=intent.id):
        return _somebody_was_faster(charge, intent)
    charge.intent_id = intent.id
    return True


def _somebody_was_faster(charge: Charge, intent: IntentState) -> bool:
    """Another worker stored an intent, or the charge ended: ours is an orphan that no card will ever see."""
    charge.refresh_from_db(fields=["intent_id", "status", "cancel_wanted_at", "try_wanted"])
    if charge.intent_id != intent.id:
        reached("orphan_cancelled")
        gateway().cancel_intent(Attempt(charge.pk, charge.amount_cents, charge.create_try, {}, intent.id))
    return False


def _at_the_reader(charge: Charge, *, now: dt.datetime) -> None:
    shown = charge.presentations.select_related("reader").get(n=charge.try_wanted)
    if shown.sent_at is None:
        _present(charge, shown, now=now)
    else:
        _look_at(charge, shown, now=now)


def _present(charge: Charge, shown: Presentation, *, now: dt.datetime) -> None:
    """Tell the reader. A second time is harmless: the intent succeeds once, however often it is shown."""
    try:
        gateway().send_to_reader(_attempt(charge), shown.reader.stripe_id, n=shown.n)
    except Busy as busy:
        if busy.code == "terminal_reader_offline":
            end_try(charge, Failure.READER_GONE, now=now)
        elif not _has_paid(charge, now=now):  # by a prompt whose answer was lost
            raise
        return
    except Misuse as error:
        _give_up(charge, error)
        return
    Presentation.objects.filter(pk=shown.pk).update(sent_at=now)
    Charge.objects.filter(pk=charge.pk, status__in=[Status.CREATED, Status.UNKNOWN]).update(status=Status.SENT)


def _look_at(charge: Charge, shown: Presentation, *, now: dt.datetime) -> None:
    """What the reader does with what it was told; when that is gone, no card can pay by it any more."""
    state = gateway().read_reader(shown.reader.stripe_id)
    if state.action is not None and state.action.intent_id == charge.intent_id:
        _hear(charge, state.action, now=now)
    elif not _has_paid(charge, now=now):
        end_try(charge, Failure.READER_GONE, now=now)


def _has_paid(charge: Charge, *, now: dt.datetime) -> bool:
    """Whether the card paid after the look at the intent and before that at the reader."""
    assert charge.intent_id is not None  # noqa: S101
    settle(charge.pk, gateway().read_intent(charge.intent_id), now=now)
    charge.refresh_from_db(fields=["status"])
    return charge.status == Status.SUCCEEDED


def hear_reader(state: ReaderState, *, now: dt.datetime) -> None:
    """Note how the reader's last action went, when it is for a try of ours that was presented there."""
    if state.action is None or not state.action.intent_id:
        return
    shown_there = Charge.objects.live().filter(intent_id=state.action.intent_id, reader__stripe_id=state.id)
    charge = shown_there.first()
    # Before the present try was sent, the reader still shows how the one before it ended.
    if charge is not None and charge.presentations.filter(n=charge.try_wanted).exclude(sent_at=None).exists():
        _hear(charge, state.action, now=now)


def _hear(charge: Charge, action: ReaderAction, *, now: dt.datetime) -> None:
    if action.status == "succeeded":
        settle(charge.pk, gateway().read_intent(action.intent_id), now=now)
    elif action.status == "failed" and action.decline is not None:
        code = action.decline.decline_code or action.decline.code
        end_try(charge, Failure.DECLINED, now=now, decline_code=code, stripe_charge=action.charge_id)
    elif action.status == "failed" and action.failure_code == "customer_canceled":
        end_try(charge, Failure.CANCELLED_AT_READER, now=now)
    elif action.status == "failed":
        end_try(charge, Failure.READER_FAILED, now=now)
    else:
        Charge.objects.filter(pk=charge.pk, status=Status.UNKNOWN).update(status=Status.SENT)


def _give_up(charge: Charge, error: Misuse) -> None:
    """Stripe refuses to do it at all (no such reader, a wrong key): nothing was taken, and the desk may go on."""
    logger.error("%s: Stripe refuses what we ask: %s", charge, error)
    reached("refused_by_stripe")
    Charge.objects.live().filter(pk=charge.pk).update(status=Status.FAILED, failure=Failure.READER_FAILED)


def _never_asked(charge: Charge) -> None:
    """No intent is known: if one was made and its answer lost, it is unconfirmed for ever and takes no money."""
    reached("cancelled_before_intent")
    Charge.objects.to_be_asked().filter(pk=charge.pk, intent_id=None).update(status=Status.CANCELLED)


def _cancel(charge: Charge, *, now: dt.datetime) -> None:
    """Take it off the reader, cancel the intent, and believe only what the intent says then."""
    assert charge.intent_id is not None  # noqa: S101
    if charge.reader is not None and charge.status != Status.FAILED:
        _clear(charge.reader, charge.intent_id)
    try:
        intent = gateway().cancel_intent(_attempt(charge))
    except Busy as busy:
        reached("cancel_too_late")
        intent = gateway().read_intent(charge.intent_id)
        if intent.status not in ("succeeded", "canceled"):
            raise busy
    settle(charge.pk, intent, now=now)


def _clear(reader: Reader, intent_id: str) -> None:
    action = gateway().read_reader(reader.stripe_id).action
    if action is None or action.status != "in_progress" or action.intent_id != intent_id:
        return
    try:
        gateway().cancel_reader(reader.stripe_id)
    except Busy as busy:
        if busy.code != "terminal_reader_offline":
            raise
        reached("cancel_while_offline")


def _doubt(charge: Charge, doubt: Indeterminate, *, now: dt.datetime) -> None:
    """No clear answer: the charge is unknown until one comes, each look later than the one before."""
    reached("doubt")
    if charge.intent_id is not None:
        Charge.objects.filter(pk=charge.pk, status=Status.SENT).update(status=Status.UNKNOWN)
        Charge.objects.filter(pk=charge.pk, status=Status.CREATED).update(status=Status.UNKNOWN)
    doubts = min(charge.doubts + 1, 12)
    again(charge, run_at=now + min(SOON * 2**doubts, LONGEST_DOUBT), why=str(doubt) or "no answer", doubts=doubts)
