"""Mail: queued in the business transaction, sent after it, at least once, and recognisable when sent twice."""

import datetime as dt
import hashlib
import smtplib
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import Count, Q, QuerySet

from jobs.leases import TryLater, done
from jobs.models import OutboxMail

DAY = dt.timedelta(days=1)
ALWAYS_ALLOWED_PER_DAY = 1000


def queue_mail(*, dedupe: str, to: str, subject: str, text: str, html: str = "", now: dt.datetime) -> OutboxMail:
    """The mail to be sent once the caller's transaction is committed; the same `dedupe` gives the first one again."""
    fields = {
        "message_id": message_id(dedupe),
        "to": to,
        "subject": " ".join(subject.split()),  # a line break would end the header
        "text": text,
        "html": html,
        "queued_at": now,
        "run_at": now,
    }
    mail, _ = OutboxMail.objects.get_or_create(dedupe=dedupe, defaults=fields)
    return mail


def message_id(dedupe: str) -> str:
    """The same Message-ID for the same `dedupe`, so that a mail sent twice is shown once."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{hashlib.sha256(dedupe.encode()).hexdigest()[:40]}@{host}>"


class Outbox:
    """Sends the mails that wait. A mail may leave twice when the sender dies before noting it, under one Message-ID."""

    lease = dt.timedelta(minutes=5)

    def claimable(self, *, now: dt.datetime) -> QuerySet[OutboxMail]:
        if is_flood(now=now):
            return OutboxMail.objects.none()
        return OutboxMail.objects.filter(sent_at=None)

    def work(self, row: OutboxMail, *, now: dt.datetime) -> None:
        send(row)
        done(row, sent_at=now)


def is_flood(*, now: dt.datetime) -> bool:
    """Whether the last 24 hours have sent three times what the 24 hours before did (1000 are always allowed)."""
    sent = OutboxMail.objects.filter(sent_at__gt=now - 2 * DAY, sent_at__lte=now).aggregate(
        today=Count("pk", filter=Q(sent_at__gt=now - DAY)), yesterday=Count("pk", filter=Q(sent_at__lte=now - DAY))
    )
    return bool(sent["today"] >= max(ALWAYS_ALLOWED_PER_DAY, 3 * sent["yesterday"]))


def send(mail: OutboxMail) -> None:
    """Hand the mail to the mail server; TryLater when the server cannot be reached at all."""
    message = EmailMultiAlternatives(mail.subject, mail.text, None, [mail.to], headers={"Message-ID": mail.message_id})
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    hand_over(lambda: message)


def hand_over(write: Callable[[], EmailMultiAlternatives]) -> None:
    """Hand what is written to the mail server, once that answers; TryLater, with nothing written, when it is away.

    For letters that are kept nowhere, because of the secrets in them.
    """
    server = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as away:
        raise TryLater(f"The mail server is away: {away}") from away
    try:
        server.send_messages([write()])
    finally:
        server.close()
