"""What members are told of a month that was not paid; queued with what it tells of, so that each is sent once (R28)."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse

from jobs.outbox import queue_mail
from ledger.money import dollars
from memberships import dues
from memberships.models import Due
from studio.models import Business

SALT = "memberships.due"


@dataclass(frozen=True, slots=True)
class Word:
    """A mail: its name, which is that of its templates, and its subject."""

    name: str
    subject: str


DECLINED = Word("declined", "Your payment to {business} did not go through")
SKIPPED = Word("skipped", "Your month at {business} was skipped")
ENDED = Word("ended_unpaid", "Your membership at {business} has ended")


def tell(word: Word, due: Due, *, now: dt.datetime) -> None:
    """Queue the mail to the member, once for each time that the due came to this; nothing without an address."""
    client = due.membership.client
    if not client.email:
        return
    business = Business.current()
    context = {
        "business": business,
        "location": due.membership.location,
        "due": due,
        "amount": f"${dollars(dues.total_cents(due, now=now))}",
        "url": pay_link(due),
        "has_card": due.decline_code != "no_card",
        "must_act": due.decline_group in ("never", "customer"),
    }
    queue_mail(
        dedupe=f"{due.key}:{word.name}:{due.first_declined_at:%Y%m%d%H%M%S}",
        to=client.email,
        subject=word.subject.format(business=business.name),
        text=render_to_string(f"memberships/mail/{word.name}.txt", context),
        html=render_to_string(f"memberships/mail/{word.name}.html", context),
        now=now,
    )


def pay_link(due: Due) -> str:
    """Where the month can be paid, as long as it is owed; nobody guesses the address."""
    return settings.SITE_URL + reverse("pay_due", args=[token_of(due)])


def token_of(due: Due) -> str:
    """The due's name in its link, signed."""
    return signing.Signer(salt=SALT).sign(due.pk.hex)


def due_of(token: str) -> Due | None:
    """The due that a link names; None for a forged one."""
    try:
        found = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    around = ("plan", "membership__plan", "membership__client", "membership__location")
    return Due.objects.select_related(*around).filter(pk=found).first()
