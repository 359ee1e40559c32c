"""Reports that leave by mail: now, or by themselves every Monday or first at seven; an address says no by a tap."""

import datetime as dt
import uuid
from collections.abc import Sequence
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounting import ranges
from accounting.asking import Question
from accounting.kinds import Report
from accounting.models import ReportMail, ReportRecipient, ReportSending
from studio import audit
from studio.models import Location, Staff
from studio.refusal import BadInput

AT = dt.time(7, 0)
MOST_RECIPIENTS = 10
LEAVING = "accounting.mailing:leave"
DAYS = ("from", "to", "preset", "compare")
"""The parts of a question that each sending has of its own."""


# Asked for -----------------------------------------------------------------------------------------------------------


def addresses(text: str) -> list[str]:
    """The addresses in a text, each once; BadInput for none, too many, or one that is none."""
    found = list(dict.fromkeys(word.strip().lower() for word in text.replace(",", " ").replace(";", " ").split()))
    if not 0 < len(found) <= MOST_RECIPIENTS:
        raise BadInput("to", f"Name one to {MOST_RECIPIENTS} addresses.")
    for address in found:
        try:
            validate_email(address)
        except ValidationError as error:
            raise BadInput("to", f"“{address[:60]}” is no e-mail address.") from error
    return found


def send_now(
    report: Report, question: Question, *, to: Sequence[str], form: str, by: Staff, now: dt.datetime
) -> list[ReportSending]:
    """The report to these addresses, at once; in the caller's transaction."""
    asked = urlencode(question.dated)
    made = [
        ReportSending.objects.create(
            to=address, report=report.slug, asked=asked, form=form, asked_by=by, queued_at=now, run_at=now
        )
        for address in to
    ]
    after = {"to": list(to), "asked": asked, "form": form}
    audit.record(at=now, action="report_mailed", actor=by, subject=("report", report.slug), after=after)
    return made


def send_regularly(
    report: Report, question: Question, *, every: str, to: Sequence[str], form: str, by: Staff, now: dt.datetime
) -> ReportMail:
    """The report to these addresses from the next Monday or first on; in the caller's transaction."""
    narrowed = urlencode({name: value for name, value in question.said.items() if name not in DAYS})
    mail = ReportMail.objects.create(
        report=report.slug, every=every, form=form, narrowed=narrowed, made_by=by, made_at=now
    )
    ReportRecipient.objects.bulk_create([ReportRecipient(mail=mail, email=address) for address in to])
    after = {"to": list(to), "report": report.slug, "every": every, "form": form, "narrowed": narrowed}
    audit.record(at=now, action="report_mail_made", actor=by, subject=mail, after=after)
    return mail


def end(mail_id: uuid.UUID, *, by: Staff, now: dt.datetime) -> ReportMail:
    """Send it no more; ReportMail.DoesNotExist for one of somebody else. In the caller's transaction."""
    mail = ReportMail.objects.select_for_update(of=("self",)).get(pk=mail_id, made_by=by)
    if mail.ended_at is None:
        ReportMail.objects.filter(pk=mail.pk).update(ended_at=now)
        audit.record(at=now, action="report_mail_ended", actor=by, subject=mail)
    return mail


# Said no -------------------------------------------------------------------------------------------------------------


def leaving_token(recipient: ReportRecipient) -> str:
    """What stands in the recipient's mails, and ends them."""
    return signing.dumps(recipient.pk, salt=LEAVING)


def recipient_of(token: str) -> ReportRecipient | None:
    """Whose token it is; None for one that we did not make."""
    try:
        key = signing.loads(token, salt=LEAVING)
    except signing.BadSignature:
        return None
    return ReportRecipient.objects.select_related("mail").filter(pk=key).first()


def leave(recipient: ReportRecipient, *, now: dt.datetime) -> None:
    """Send this address nothing more of it; twice is once. In the caller's transaction."""
    if ReportRecipient.objects.filter(pk=recipient.pk, left_at=None).update(left_at=now):
        audit.record(at=now, action="report_mail_left", subject=recipient, after={"email": recipient.email})


# By themselves -------------------------------------------------------------------------------------------------------


class MailReports:
    """Queues what has come due; a slot that was missed while nobody worked is made up for once."""

    kind = "mail_reports"
    every = dt.timedelta(minutes=30)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        for mail in ReportMail.objects.filter(ended_at=None).prefetch_related("recipients"):
            with transaction.atomic(durable=True):
                queue_due(mail, now=now)


def queue_due(mail: ReportMail, *, now: dt.datetime) -> None:
    """The sendings of the last slot, unless they are there or the slot is older than the mail itself."""
    slot_on, slot_at = last_slot(mail.every, main_place(), now=now)
    if slot_at < mail.made_at:
        return
    starts_on, ends_on = _range_before(mail.every, slot_on)
    days = {"from": f"{starts_on}", "to": f"{ends_on - ranges.DAY}"}
    asked = f"{urlencode(days)}{'&' if mail.narrowed else ''}{mail.narrowed}"
    made = [
        ReportSending(
            to=recipient.email,
            report=mail.report,
            asked=asked,
            form=mail.form,
            asked_by_id=mail.made_by_id,
            recipient=recipient,
            slot_on=slot_on,
            queued_at=now,
            run_at=now,
        )
        for recipient in mail.recipients.all()
        if recipient.left_at is None
    ]
    ReportSending.objects.bulk_create(made, ignore_conflicts=True)


def main_place() -> Location:
    """The location by whose clock mails leave."""
    place = Location.objects.order_by("-is_main", "pk").first()
    return place or Location()


def last_slot(every: str, place: Location, *, now: dt.datetime) -> tuple[dt.date, dt.datetime]:
    """The last Monday or first on which it was seven there, and that moment."""
    today = now.astimezone(place.zone).date()
    day = ranges.of("this_week" if every == ReportMail.Every.WEEK else "this_month", today)[0]
    if _seven(day, place) > now:
        day = _range_before(every, day)[0]
    return day, _seven(day, place)


def _seven(day: dt.date, place: Location) -> dt.datetime:
    return dt.datetime.combine(day, AT, place.zone).astimezone(dt.UTC)


def _range_before(every: str, day: dt.date) -> ranges.Range:
    """The week or the month that has ended when that Monday or first begins."""
    return ranges.of("last_week" if every == ReportMail.Every.WEEK else "last_month", day)
