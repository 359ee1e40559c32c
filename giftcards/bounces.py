"""Mails that did not arrive: the mail service says so, and buyer and studio are told (R18)."""

import datetime as dt

from django.db import transaction
from django.db.models import Max
from django.template.loader import render_to_string

from giftcards.models import Delivery
from jobs.outbox import message_id, queue_mail
from studio.models import Business

Kind = Delivery.Kind


def hear(named: str, *, reason: str, now: dt.datetime) -> bool:
    """Note that the mail with this Message-ID came back; False when it is none of a gift card. Twice is once."""
    bare = named.strip().strip("<>")
    found = Delivery.objects.select_related("order").filter(message_id=f"<{bare}>").first()
    if found is not None:
        note(found, reason=reason, now=now)
    return found is not None


def note(row: Delivery, *, reason: str, now: dt.datetime) -> None:
    """Note on a mail that was sent that it came back, and tell whom it concerns; in the caller's transaction."""
    sent = Delivery.objects.filter(pk=row.pk, bounced_at=None).exclude(sent_at=None)
    if not sent.update(bounced_at=now, bounce_reason=" ".join(reason.split())[:200]):
        return
    row.refresh_from_db()
    _tell(row, now=now)


def give_up(row: Delivery, *, now: dt.datetime) -> None:
    """Note on a mail that all tries failed to send that it did not arrive, and tell whom it concerns. Twice is once."""
    dead = Delivery.objects.filter(pk=row.pk, bounced_at=None, sent_at=None).exclude(dead_at=None)
    if dead.update(bounced_at=now, bounce_reason="It could not be sent."):
        row.refresh_from_db()
        _tell(row, now=now)


class TellOfLostMails:
    """A job every ten minutes: a card's mail that the sender gave up is told to its buyer and to the studio (R18)."""

    kind = "tell_of_lost_gift_mails"
    every = dt.timedelta(minutes=10)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        lost = Delivery.objects.filter(kind=Kind.CARD, sent_at=None, bounced_at=None, cancelled_at=None)
        for row in lost.exclude(dead_at=None).select_related("order"):
            with transaction.atomic(durable=True):
                give_up(row, now=now)


def _tell(row: Delivery, *, now: dt.datetime) -> None:
    if row.kind == Kind.CARD and row.order.buyer_email:
        _tell_buyer(row, now=now)
    _tell_studio(row, now=now)


def _tell_buyer(row: Delivery, *, now: dt.datetime) -> None:
    told = Delivery.objects.filter(order=row.order, kind=Kind.BOUNCED)
    n = (told.aggregate(last=Max("n"))["last"] or 0) + 1
    key = message_id(f"gift:{row.order_id}:{Kind.BOUNCED}:{n}")
    Delivery.objects.create(order=row.order, kind=Kind.BOUNCED, n=n, message_id=key, queued_at=now, run_at=now)


def _tell_studio(row: Delivery, *, now: dt.datetime) -> None:
    business = Business.current()
    if business.email:
        queue_mail(
            dedupe=f"gift-bounce:{row.pk}",
            to=business.email,
            subject=f"A gift card mail came back: {row.order.number}",
            text=render_to_string("giftcards/mail/studio_bounced.txt", {"delivery": row, "order": row.order}),
            now=now,
        )
