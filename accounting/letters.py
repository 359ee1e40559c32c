"""The mail with a report: its sums in words, the file beside it, or a link where that is too large."""

import datetime as dt
import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse

from accounting import files, ranges, showing
from accounting.answers import Answer, answer
from accounting.asking import read
from accounting.downloads import write
from accounting.kinds import reports
from accounting.mailing import leaving_token
from accounting.models import ReportSending
from jobs import outbox
from jobs.leases import done
from studio import rights
from studio.models import Business, Location, Right
from studio.refusal import BadInput

logger = logging.getLogger("footfall.accounting")

MOST_ATTACHED = 5 * 1024 * 1024
"""Larger files are linked; whoever opens the link signs on."""


class ReportSendings:
    """Sends the reports that wait. One may leave twice when the sender dies before noting it, under one Message-ID."""

    lease = dt.timedelta(minutes=10)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[ReportSending]":
        return ReportSending.objects.filter(sent_at=None, cancelled_at=None)

    def work(self, row: ReportSending, *, now: dt.datetime) -> None:
        places = rights.places_of(row.asked_by, Right.SEE_BOOKS) if row.asked_by.is_staff else []
        if not places or _has_left(row) or row.report not in reports():
            done(row, cancelled_at=now)
            return
        try:
            letter = _letter(row, places, now=now)
        except BadInput as bad:  # what it was narrowed by is gone, or its maker sees that location no more
            logger.warning("Report %s for %s is not sent: %s", row.report, row.to, bad)
            done(row, cancelled_at=now)
            return
        outbox.hand_over(lambda: letter)
        done(row, sent_at=now)


def _has_left(row: ReportSending) -> bool:
    """Whether the address, or whoever arranged for it, has said no since it was queued."""
    if row.recipient is None:
        return False
    return row.recipient.left_at is not None or row.recipient.mail.ended_at is not None


def _letter(row: ReportSending, places: list[Location], *, now: dt.datetime) -> EmailMultiAlternatives:
    report = reports()[row.report]
    question = read(QueryDict(row.asked), filters=report.filters, places=places, now=now)
    with answer(report, question, now=now) as told, write(told, row.form) as out:
        contents = out.read(MOST_ATTACHED + 1)
        is_attached = len(contents) <= MOST_ATTACHED
        letter = _words(row, told, is_attached=is_attached)
        if is_attached:
            letter.attach(files.name_of(told, row.form), contents, files.TYPES[row.form].partition(";")[0])
    return letter


def _words(row: ReportSending, told: Answer, *, is_attached: bool) -> EmailMultiAlternatives:
    asked = told.question.asked
    days = ranges.told((asked.starts_on, asked.ends_on))
    business = Business.current()
    context = {
        "business": business,
        "report": told.report,
        "days": days,
        "places": [place.name for place in asked.places],
        "figures": showing.figures(told),
        "is_attached": is_attached,
        "page": f"{settings.SITE_URL}{reverse('report', args=[row.report])}?{row.asked}",
        "leave": _leave_address(row),
    }
    headers = {"Message-ID": outbox.message_id(f"report:{row.pk}")}
    if context["leave"]:
        headers |= {"List-Unsubscribe": f"<{context['leave']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    subject = " ".join(f"{told.report.title}, {days} · {business.name}".split())
    text = render_to_string("accounting/mail/report.txt", context)
    return EmailMultiAlternatives(subject, text, None, [row.to], headers=headers)


def _leave_address(row: ReportSending) -> str:
    if row.recipient is None:
        return ""
    return f"{settings.SITE_URL}{reverse('leave_report_mail', args=[leaving_token(row.recipient)])}"
