"""How cards reach people: mailed at once or at nine of a day, each once; sent again, put right, or come back (R18)."""

import datetime as dt
import smtplib

from django.db import transaction
from django.db.models import Max, QuerySet

from giftcards import bounces, finding, letters, spending
from giftcards.models import Delivery, GiftCard, GiftOrder
from jobs import outbox
from jobs.leases import again, done
from studio.models import Location
from studio.refusal import Refusal

Kind, Way = Delivery.Kind, GiftOrder.Way

IN_THE_MORNING = dt.time(9, 0)
MOST_DAYS_AHEAD = 365
RESENDS, RESENDS_PER = 5, dt.timedelta(days=1)
LOOK_AGAIN = dt.timedelta(days=1)


class AlreadySent(Refusal):
    """The card is on its way: who gets it can not be changed any more."""

    code = "already_sent"


class NotSentYet(Refusal):
    """The card waits for its day."""

    code = "not_sent_yet"


class TooManyMails(Refusal):
    """It was sent again often enough for a day."""

    code = "too_many_mails"


# Queued --------------------------------------------------------------------------------------------------------------


def queue(order: GiftOrder, *, now: dt.datetime) -> None:
    """The mails of a fulfilled order, in its transaction: the receipt now, the card when it is wished for."""
    add(order, Kind.RECEIPT, at=now, now=now)
    if order.is_mailed:
        add(order, Kind.CARD, at=send_at(order, now=now), now=now)


def add(order: GiftOrder, kind: Delivery.Kind, *, at: dt.datetime, now: dt.datetime) -> Delivery:
    """One mail more of that kind, to be sent then."""
    n = (order.deliveries.filter(kind=kind).aggregate(last=Max("n"))["last"] or 0) + 1
    key = outbox.message_id(f"gift:{order.pk}:{kind}:{n}")
    return Delivery.objects.create(order=order, kind=kind, n=n, message_id=key, queued_at=now, run_at=at)


def send_at(order: GiftOrder, *, now: dt.datetime) -> dt.datetime:
    """Nine in the morning of the day that was wished for, on the studio's clock; now when that has passed."""
    return now if order.send_on is None else max(now, morning_of(order.send_on, order.location))


def morning_of(day: dt.date, location: Location) -> dt.datetime:
    """Nine o'clock there, in UTC, summer or winter."""
    return dt.datetime.combine(day, IN_THE_MORNING, location.zone).astimezone(dt.UTC)


def last_card(order: GiftOrder) -> Delivery | None:
    """The latest sending of the card to its recipient."""
    return order.deliveries.filter(kind=Kind.CARD).order_by("-n").first()


# Put right -----------------------------------------------------------------------------------------------------------


def may_correct(order: GiftOrder, *, now: dt.datetime) -> bool:
    """Whether the recipient may still be put right: nothing is sent yet, or it came back."""
    sending = last_card(order)
    if sending is None or sending.cancelled_at is not None:
        return False
    is_leaving = sending.lease_until is not None and sending.lease_until >= now
    return sending.bounced_at is not None or (sending.sent_at is None and not is_leaving)


def correct(order: GiftOrder, *, name: str, email: str, now: dt.datetime) -> None:
    """Put the recipient right; a card that came back leaves again at once. AlreadySent when it has arrived.

    In the caller's transaction.
    """
    order = _locked(order)
    # The sender can not take the row meanwhile: it passes over a locked one.
    waiting = Delivery.objects.select_for_update().filter(order=order, kind=Kind.CARD)
    sending = waiting.order_by("-n").first()
    if sending is None or not may_correct(order, now=now):
        raise AlreadySent("The card is on its way already. Ask us if it went to the wrong address.")
    GiftOrder.objects.filter(pk=order.pk).update(recipient_name=name, recipient_email=email)
    if sending.bounced_at is not None:
        _must_not_be_too_many(order, now=now)
        add(order, Kind.CARD, at=now, now=now)
    elif sending.dead_at is not None:
        Delivery.objects.filter(pk=sending.pk).update(dead_at=None, attempts=0, run_at=now)


def resend(order: GiftOrder, *, now: dt.datetime) -> Delivery:
    """Send it once more to where it went: the card to its recipient, or the copy to a buyer who hands it over.

    In the caller's transaction. NotSentYet, TooManyMails after five a day.
    """
    order = _locked(order)
    kind = Kind.CARD if order.is_mailed else Kind.RECEIPT
    if order.deliveries.filter(kind=kind, sent_at=None, cancelled_at=None).exists():
        raise NotSentYet("It is not sent yet: it leaves by itself.")
    _must_not_be_too_many(order, now=now)
    return add(order, kind, at=now, now=now)


def send_anew(order: GiftOrder, *, now: dt.datetime) -> Delivery:
    """The card once more to whom the order now names, or for the first time; one that still waits leaves as it is now.

    In the caller's transaction. TooManyMails after five a day.
    """
    order = _locked(order)
    waiting = order.deliveries.filter(kind=Kind.CARD, sent_at=None, cancelled_at=None, dead_at=None).first()
    if waiting is not None:
        return waiting
    _must_not_be_too_many(order, now=now)
    return add(order, Kind.CARD, at=send_at(order, now=now), now=now)


def _locked(order: GiftOrder) -> GiftOrder:
    return GiftOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)


def _must_not_be_too_many(order: GiftOrder, *, now: dt.datetime) -> None:
    again_today = order.deliveries.filter(queued_at__gt=now - RESENDS_PER, kind__in=[Kind.CARD, Kind.RECEIPT], n__gt=1)
    if again_today.count() >= RESENDS:
        raise TooManyMails(f"It was sent again {RESENDS} times today. Try again tomorrow, or call us.")


# Sent ----------------------------------------------------------------------------------------------------------------


class Deliveries:
    """Sends the mails that are due. One may leave twice when the sender dies before noting it, under one Message-ID."""

    lease = dt.timedelta(minutes=5)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[Delivery]":
        return Delivery.objects.filter(sent_at=None, cancelled_at=None)

    def work(self, row: Delivery, *, now: dt.datetime) -> None:
        orders = GiftOrder.objects.select_related("location", "item", "card__location", "sale")
        order = orders.get(pk=row.order_id)
        card = finding.current(order.card) if order.card is not None else None
        if row.kind == Kind.CARD and card is not None and not is_usable(card, now=now):
            _hold_back(row, card, now=now)
        else:
            _send(row, order, card, now=now)


def is_usable(card: GiftCard, *, now: dt.datetime) -> bool:
    """Whether the card can be used today."""
    is_over = spending.has_expired(card, on=card.location.business_date(now))
    return card.status == GiftCard.Status.ACTIVE and not is_over


def _hold_back(row: Delivery, card: GiftCard, *, now: dt.datetime) -> None:
    """A blocked card may be freed again; one that was refunded or has expired is not sent."""
    if card.status == GiftCard.Status.BLOCKED:
        again(row, run_at=now + LOOK_AGAIN, why="The card is blocked.")
    else:
        done(row, cancelled_at=now)


def _send(row: Delivery, order: GiftOrder, card: GiftCard | None, *, now: dt.datetime) -> None:
    to = order.recipient_email if row.kind == Kind.CARD else order.buyer_email
    try:
        outbox.hand_over(lambda: letters.write(row, order, card, to=to, now=now))
    except smtplib.SMTPRecipientsRefused as refused:
        with transaction.atomic(durable=True):
            done(row, sent_at=now, sent_to=to)
            bounces.note(row, reason=_reason(refused), now=now)
    else:
        done(row, sent_at=now, sent_to=to)


def _reason(refused: smtplib.SMTPRecipientsRefused) -> str:
    code, words = next(iter(refused.recipients.values()))
    return f"{code} {words.decode(errors='replace')}"
