"""The client pays an upgrade, a freeze or leaving early on Stripe's page, and comes back."""

import datetime as dt
import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from memberships import extras
from memberships.extras import Extra
from memberships.portal.own_card import go_to_stripe
from memberships.portal.showing import committed, for_client, go_to, show
from payments import hosted
from payments.models import HostedPage
from pos.models import Client
from studio.refusal import Refusal


@require_POST
@for_client
def pay(request: HttpRequest, client: Client, kind: str, row_id: uuid.UUID) -> HttpResponse:
    """On to Stripe's page; 404 for what is not the client's, or not to be paid any more."""
    now = timezone.now()
    extra = extras.find(_key(kind, row_id), client, now=now)
    if extra is None:
        raise Http404
    return to_pay(request, extra, now=now)


def to_pay(request: HttpRequest, extra: Extra, *, now: dt.datetime) -> HttpResponse:
    """The way to Stripe's page for something that is to be paid."""
    back = settings.SITE_URL + reverse("my_paid", args=[extra.kind, extra.id])
    here = settings.SITE_URL + reverse("my")
    try:
        page = committed(lambda: extras.open_page(extra, success_url=back, cancel_url=here, now=now))
    except Refusal as no:
        return show(request, "memberships/my/refused.html", {"problem": no.sentence}, status=409)
    page = hosted.ask(page, now=now) if page.session_id is None else page
    return go_to_stripe(page) if page.url else go_to("my", done="unclear")


@require_safe
@for_client
def paid(request: HttpRequest, client: Client, kind: str, row_id: uuid.UUID) -> HttpResponse:
    """Where Stripe's page leads back to: what was paid is noted at once, else the worker does it."""
    key, now = _key(kind, row_id), timezone.now()
    page = HostedPage.objects.filter(owner=key, client=client.pk).order_by("-n").first()
    if page is None:
        raise Http404
    page = hosted.look(page, now=now) or page
    extras.finish_all(key, now=now)
    return go_to("my", done="paid" if page.status == page.Status.PAID else "unclear")


def _key(kind: str, row_id: uuid.UUID) -> str:
    if kind not in extras.LINE_KINDS:
        raise Http404
    return f"{kind}:{row_id}"
