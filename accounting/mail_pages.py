"""Pages on which reports are sent by mail, now or regularly, and on which an address says no."""

import uuid
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounting import mailing, ranges
from accounting.asking import Question, read
from accounting.kinds import Report, reports
from accounting.models import ReportMail
from accounting.models.mails import Form
from accounting.pages import report_of, show
from accounting.visitors import for_books, staff_of
from studio.models import Business, Location
from studio.refusal import BadInput

NOW = "now"
WHENS = [(NOW, "Now, once"), *((value, f"{label[0].upper()}{label[1:]}") for value, label in ReportMail.Every.choices)]


@require_http_methods(["GET", "HEAD", "POST"])
@for_books
def mail(request: HttpRequest, places: list[Location], slug: str) -> HttpResponseBase:
    """The form that sends a report, now or from now on; a mistake in it is told on it."""
    found = report_of(slug)
    question = read(request.GET, filters=found.filters, places=places, now=timezone.now())
    if request.method != "POST":
        return _form(request, found, question, said={"to": staff_of(request).email})
    try:
        sentence = _send(request, found, question)
    except BadInput as bad:
        return _form(request, found, question, said=request.POST.dict(), bad=bad)
    messages.success(request, sentence)
    return redirect(f"{reverse('report', args=[slug])}{question.address()}")


def _form(
    request: HttpRequest, found: Report, question: Question, *, said: dict[str, Any], bad: BadInput | None = None
) -> HttpResponseBase:
    asked = question.asked
    answer = show(
        request,
        "mail",
        report=found,
        question=question,
        range=ranges.told((asked.starts_on, asked.ends_on)),
        back=f"{reverse('report', args=[found.slug])}{question.address()}",
        said=said,
        bad=bad,
        forms=Form.choices,
        whens=WHENS,
    )
    answer.status_code = 400 if bad else 200
    return answer


def _send(request: HttpRequest, found: Report, question: Question) -> str:
    """Do what the form says; the sentence that tells so."""
    to = mailing.addresses(request.POST.get("to", ""))
    form, when = request.POST.get("form", ""), request.POST.get("when", "")
    if form not in Form.values:
        raise BadInput("form", "Choose Excel or CSV.")
    if when not in dict(WHENS):
        raise BadInput("when", "Choose when it is sent.")
    who: dict[str, Any] = {"to": to, "form": form, "by": staff_of(request), "now": timezone.now()}
    with transaction.atomic(durable=True):
        if when == NOW:
            mailing.send_now(found, question, **who)
            return f"{found.title} is on its way to {', '.join(to)}."
        mailing.send_regularly(found, question, every=when, **who)
    return f"{found.title} leaves {ReportMail.Every(when).label} to {', '.join(to)}."


@require_safe
@for_books
def mails(request: HttpRequest, places: list[Location]) -> HttpResponseBase:
    """What the person has arranged to leave by itself."""
    mine = ReportMail.objects.filter(made_by=staff_of(request), ended_at=None).prefetch_related("recipients")
    rows = [(one, reports()[one.report].title if one.report in reports() else one.report) for one in mine]
    return show(request, "mails", mails=rows)


@require_POST
@for_books
def end(request: HttpRequest, places: list[Location], mail_id: uuid.UUID) -> HttpResponseBase:
    """Send it no more."""
    with transaction.atomic(durable=True):
        try:
            ended = mailing.end(mail_id, by=staff_of(request), now=timezone.now())
        except ReportMail.DoesNotExist as unknown:
            raise Http404 from unknown
    messages.success(request, f"It is sent no more: {ended}.")
    return redirect("report_mails")


@csrf_exempt  # mail programs send it by themselves (RFC 8058); the token is the proof
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponseBase:
    """Say no to a report that comes by itself: one tap, without signing on."""
    recipient = mailing.recipient_of(token)
    if recipient is None:
        raise Http404
    if request.method == "POST":
        with transaction.atomic(durable=True):
            mailing.leave(recipient, now=timezone.now())
        recipient.refresh_from_db()
    context = {"business": Business.current(), "recipient": recipient, "has_left": recipient.left_at is not None}
    return render(request, "accounting/leave.html", context)
