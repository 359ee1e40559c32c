"""Stripe's events: stored as they come, then worked; what one says is not believed, its object is read again.

So the order in which events arrive, how often and how late, makes no difference; one that never comes is found by the
sweep, and money that no event tells of by the reconciliation.
"""

import datetime as dt
from collections.abc import Callable

from django.db.models import QuerySet

from jobs.leases import TryLater, again, done
from payments import keys
from payments.asking import hear_reader
from payments.cards import hear_card
from payments.disputes import hear_dispute
from payments.gateway import gateway
from payments.models import StripeEvent, SyncPoint
from payments.page_news import hear_intent, hear_session
from payments.payouts import hear_payout
from payments.rare import reached
from payments.refunds import hear_refund
from payments.states import BadSignature, Busy, EventState, Indeterminate

TYPES = (
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.failed",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payment_method.updated",
    "payout.canceled",
    "payout.created",
    "payout.failed",
    "payout.paid",
    "payout.reconciliation_completed",
    "payout.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "terminal.reader.action_failed",
    "terminal.reader.action_succeeded",
)
"""What we want to hear: an endpoint at Stripe needs no more, and the sweep asks for no more."""

A_MOMENT = dt.timedelta(minutes=1)
AWAY_AFTER = 3
"""So many events in a row that Stripe could not tell: it is away."""
OVERLAP = dt.timedelta(minutes=10)
STRIPE_KEEPS = dt.timedelta(days=30)


class WrongMode(BadSignature):
    """A test event for a studio that takes real money, or the other way round."""


def receive(body: bytes, header: str, *, now: dt.datetime) -> None:
    """Store an event that came to the webhook; BadSignature unless Stripe sent it to us just now."""
    store(gateway().read_event(body, header, now=now), came_by="webhook", now=now)


def store(event: EventState, *, came_by: str, now: dt.datetime) -> None:
    """Store an event unless it is there; WrongMode when it is of the other of Stripe's two worlds."""
    if event.is_live != keys.is_live():
        raise WrongMode(f"{event.id} is of the other mode")
    row = StripeEvent(
        event_id=event.id,
        type=event.type,
        object_id=event.object_id,
        api_version=event.api_version,
        created_at=event.created_at,
        received_at=now,
        payload=event.payload,
        came_by=came_by,
        run_at=now,
    )
    StripeEvent.objects.bulk_create([row], ignore_conflicts=True)


class StripeEvents:
    """Works the stored events, one at a time, whatever their order."""

    lease = dt.timedelta(minutes=1)

    def __init__(self) -> None:
        self.untold = 0

    def claimable(self, *, now: dt.datetime) -> QuerySet[StripeEvent]:
        return StripeEvent.objects.filter(done_at=None)

    def work(self, row: StripeEvent, *, now: dt.datetime) -> None:
        try:
            _hear(row, now=now)
        except (Busy, Indeterminate) as away:
            self._later(row, away, now=now)
        else:
            self.untold = 0
            done(row, done_at=now)

    def _later(self, row: StripeEvent, away: Exception, *, now: dt.datetime) -> None:
        """Perhaps Stripe can not tell this one object only, and the others come first; or it is away as a whole."""
        reached("event_later")
        self.untold += 1
        if self.untold < AWAY_AFTER:
            again(row, run_at=now + A_MOMENT, why=f"Stripe: {away}")
            return
        self.untold = 0
        StripeEvent.objects.filter(pk=row.pk, lease_token=row.lease_token).update(run_at=now + A_MOMENT)
        raise TryLater(f"Stripe: {away}") from away


def _hear(event: StripeEvent, *, now: dt.datetime) -> None:
    for prefix, handler in HANDLERS:
        if event.type.startswith(prefix):
            handler(event.object_id, now)
            return
    reached("event_of_unknown_type")


def _hear_intent(intent_id: str, now: dt.datetime) -> None:
    hear_intent(gateway().read_intent(intent_id), now=now)


def _hear_charge(charge_id: str, now: dt.datetime) -> None:
    intent_id = gateway().read_charge(charge_id).intent_id
    if intent_id:
        _hear_intent(intent_id, now)


def _hear_session(session_id: str, now: dt.datetime) -> None:
    hear_session(session_id, now=now)


def _hear_card(method: str, now: dt.datetime) -> None:
    hear_card(method, now=now)


def _hear_refund(refund_id: str, now: dt.datetime) -> None:
    hear_refund(gateway().read_refund(refund_id), now=now)


def _hear_reader(reader_id: str, now: dt.datetime) -> None:
    hear_reader(gateway().read_reader(reader_id), now=now)


def _hear_dispute(dispute_id: str, now: dt.datetime) -> None:
    hear_dispute(gateway().read_dispute(dispute_id), now=now)


def _hear_payout(payout_id: str, now: dt.datetime) -> None:
    hear_payout(gateway().read_payout(payout_id), now=now)


HANDLERS: tuple[tuple[str, Callable[[str, dt.datetime], None]], ...] = (
    ("payment_intent.", _hear_intent),
    ("checkout.session.", _hear_session),
    ("payment_method.", _hear_card),
    ("charge.dispute.", _hear_dispute),
    ("charge.refund.", _hear_refund),
    ("charge.", _hear_charge),
    ("refund.", _hear_refund),
    ("terminal.reader.", _hear_reader),
    ("payout.", _hear_payout),
)


class FetchMissedEvents:
    """Every hour: the events since the last time, for those that never reached the webhook."""

    kind = "fetch_missed_events"
    every = dt.timedelta(hours=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        point = SyncPoint.objects.filter(name=self.kind).first()
        since = max(point.at - OVERLAP if point else now - STRIPE_KEEPS, now - STRIPE_KEEPS)
        for event in gateway().iter_events(created_gte=since, types=TYPES):
            store(event, came_by="sweep", now=now)
        SyncPoint.objects.update_or_create(name=self.kind, defaults={"at": now})
