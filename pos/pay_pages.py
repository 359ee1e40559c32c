"""What a client sees of a pay link: the way to Stripe's page, and how it ended. Nothing here names the client."""

import datetime as dt

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ledger.money import dollars
from payments import hosted
from payments.models import HostedPage
from pos.models import PayLink
from studio.models import Business

Status = HostedPage.Status


@require_safe
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Leads to the page at Stripe while it is open; otherwise says how it ended."""
    link = _find(token)
    page = _up_to_date(link.page, now=timezone.now())
    if page.url and page.close_wanted_at is None:
        return _private(HttpResponseRedirect(page.url))
    return _told(request, link, page)


@require_safe
def done(request: HttpRequest, token: str) -> HttpResponse:
    """Where Stripe's page leads back to: asks whether it was paid, and thanks."""
    link = _find(token)
    return _told(request, link, hosted.look(link.page, now=timezone.now()) or link.page)


def _find(token: str) -> PayLink:
    return get_object_or_404(PayLink.objects.select_related("page__location"), token=token)


def _up_to_date(page: HostedPage, *, now: dt.datetime) -> HostedPage:
    """Made, if a mail was faster than the desk."""
    return hosted.ask(page, now=now) if page.is_live and page.session_id is None else page


def _told(request: HttpRequest, link: PayLink, page: HostedPage) -> HttpResponse:
    state = "paid" if page.status == Status.PAID else "soon" if page.is_live else "ended"
    if page.status == Status.OPEN:
        state = "open"
    context = {
        "state": state,
        "amount": f"${dollars(page.amount_cents)}",
        "business": Business.current(),
        "location": page.location,
        "token": link.token,
    }
    return _private(render(request, "pos/pay.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
