"""What a member sees of the link in a mail: the month and its price, the way to Stripe's page, and how it ended."""

import datetime as dt

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ledger.money import dollars
from memberships import dues, duesmail, paying, renewals
from memberships.models import Due
from payments import hosted
from payments.models import HostedPage
from studio.models import Business
from studio.refusal import Refusal


@require_safe
def pay_due(request: HttpRequest, token: str) -> HttpResponse:
    """The month, what it costs and a way to pay it, or that it is paid."""
    return _told(request, _find(token), token, now=timezone.now())


@require_safe
def go(request: HttpRequest, token: str) -> HttpResponse:
    """Leads to the page at Stripe; back when nothing is to be paid, or a card is being asked just now."""
    now, due = timezone.now(), _find(token)
    try:
        with transaction.atomic(durable=True):
            page = paying.open_page(due, now=now)
    except Refusal as no:
        return _told(request, due, token, now=now, sentence=no.sentence)
    page = hosted.ask(page, now=now) if page.session_id is None else page
    return _private(HttpResponseRedirect(page.url)) if page.url else _told(request, due, token, now=now)


@require_safe
def done(request: HttpRequest, token: str) -> HttpResponse:
    """Where Stripe's page leads back to: asks whether it was paid, finishes what was, and thanks."""
    now, due = timezone.now(), _find(token)
    page = HostedPage.objects.filter(owner=due.key).order_by("-n").first()
    if page is not None:
        hosted.look(page, now=now)
        renewals.finish_all(due, now=now)
        due.refresh_from_db()
    return _told(request, due, token, now=now)


@require_safe
def card_saved(request: HttpRequest) -> HttpResponse:
    """Where the page for a card leads back to; the tablet at the desk sees by itself that it is saved."""
    return _private(render(request, "memberships/card_saved.html", {"business": Business.current()}))


def _find(token: str) -> Due:
    due = duesmail.due_of(token)
    if due is None:
        raise Http404
    return due


def _told(request: HttpRequest, due: Due, token: str, *, now: dt.datetime, sentence: str = "") -> HttpResponse:
    context = {
        "state": "open" if due.status in dues.OPEN else due.status,
        "sentence": sentence,
        "amount": f"${dollars(dues.total_cents(due, now=now))}",
        "due": due,
        "business": Business.current(),
        "location": due.membership.location,
        "token": token,
    }
    return _private(render(request, "memberships/pay_due.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
