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
from payments import intents, off_session, pace, wishes
from payments.charges import FINISH_AFTER, Failure, Status, WrongAmount, end_try, settle
from payments.gateway import gateway
from payments.models import Charge, Presentation, Reader
from payments.rare import reached
from payments.states import (
    Busy,
    Declined,
    Indeterminate,
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
LONGEST_ALONE = dt.timedelta(minutes=10)
"""Nobody stands there for a saved card."""
AWAY_AFTER = 3
"""So many saved cards in a row without an answer: Stripe is away, and the others wait a minute."""


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
    """Whether Stripe is away and some charges are being asked already: each would hold a thread of the web for long.

    Saved cards wait long after a doubt, so what they know is old.
    """
    others = Charge.objects.live().exclude(how=Charge.How.OFF_SESSION)
    found = others.aggregate(
        in_doubt=Count("pk", filter=Q(doubts__gt=0)), being_asked=Count("pk", filter=Q(lease_until__gt=now))
    )
    return bool(found["in_doubt"] >= AWAY_FROM and found["being_asked"] >= ASKED_WHILE_AWAY)


class LiveCharges:
    """The worker's look at charges that nobody at a desk looks after any more."""

    lease = LEASE

    def claimable(self, *, now: dt.datetime) -> QuerySet[Charge]:
        return Charge.objects.to_be_asked().exclude(how=Charge.How.OFF_SESSION)

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        go_on(row, now=now)


class OffSessionCharges:
    """The worker's look at charges to saved cards; a kind of its own, so that no desk waits behind a month's dues."""

    lease = LEASE

    def __init__(self) -> None:
        self.untold = 0
        self.away_until: dt.datetime | None = None

    def claimable(self, *, now: dt.datetime) -> QuerySet[Charge]:
        if self.away_until is not None and now < self.away_until:
            return Charge.objects.none()
        return Charge.objects.to_be_asked().filter(how=Charge.How.OFF_SESSION)

    def work(self, row: Charge, *, now: dt.datetime) -> None:
        go_on(row, now=now)
        self.untold = self.untold + 1 if row.doubts else 0
        if self.untold >= AWAY_AFTER:
            reached("off_session_away")
            self.untold, self.away_until = 0, now + LOOK_AGAIN


def go_on(charge: Charge, *, now: dt.datetime, until: float = math.inf) -> None:
    """One look of the lease's holder: open, present, hear or cancel; then the lease is given back.

    `until` is the moment of `time.monotonic` after which nothing more is begun.
    """
    try:
        step(charge, now=now, until=until)
    except UNANSWERED as told:
        put_off(charge, told, now=now)
    else:
        charge.refresh_from_db(fields=["status"])
        again(charge, run_at=now + (FINISH_AFTER if charge.has_ended else LOOK_AGAIN), doubts=0)


UNANSWERED = (Busy, Declined, NeedsCustomer, Indeterminate)
"""What ends a look without an answer; the next one finds it."""


def put_off(charge: Charge, told: Exception, *, now: dt.datetime) -> None:
    """Give back a charge whose look ended without an answer (`told` is one of UNANSWERED)."""
    if isinstance(told, Indeterminate):
        _doubt(charge, told, now=now)
    elif isinstance(told, Busy):
        reached(f"busy_{told.code}")
        again(charge, run_at=now + SOON, why=f"busy: {told.code}", doubts=0)
    else:
        reached("answer_before_the_card")  # the intent and the reader say it better at the next look
        again(charge, run_at=now + SOON, why=f"{type(told).__name__}: {told}", doubts=0)


def step(charge: Charge, *, now: dt.datetime, until: float = math.inf) -> None:
    """What is next for the charge, by what Stripe says of it now; Busy when there is no time left for that."""
    if charge.how == Charge.How.OFF_SESSION:
        wishes.alone(off_session.look(charge, now=now, until=until))
    else:
        _step_at_the_desk(charge, now=now, until=until)


def _step_at_the_desk(charge: Charge, *, now: dt.datetime, until: float) -> None:
    if charge.intent_id is None:
        if charge.cancel_wanted_at is not None:
            intents.never_asked(charge)
            return
        if not _open(charge, now=now):
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


def _open(charge: Charge, *, now: dt.datetime) -> bool:
    """Make the intent; False when the charge ended meanwhile, or Stripe refuses to make it."""
    try:
        return intents.make(charge, gateway().open_intent, now=now)
    except Misuse as error:
        _give_up(charge, error)
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
        gateway().send_to_reader(intents.attempt_of(charge), shown.reader.stripe_id, n=shown.n)
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


def _cancel(charge: Charge, *, now: dt.datetime) -> None:
    """Take it off the reader, and cancel the intent."""
    assert charge.intent_id is not None  # noqa: S101
    if charge.reader is not None and charge.status != Status.FAILED:
        _clear(charge.reader, charge.intent_id)
    intents.cancel(charge, now=now)


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
    if doubt.is_too_fast:
        pace.slow_down(now=now)
    doubts = min(charge.doubts + 1, 12)
    longest = LONGEST_ALONE if charge.how == Charge.How.OFF_SESSION else LONGEST_DOUBT
    again(charge, run_at=now + min(SOON * 2**doubts, longest), why=str(doubt) or "no answer", doubts=doubts)
