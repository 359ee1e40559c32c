"""The client's own card: another one is saved on Stripe's page, and used at once for what is owed."""

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from memberships import dunning
from memberships.models import Membership
from memberships.portal import account
from memberships.portal.showing import committed, for_client, go_to, show
from payments import cards, hosted
from payments.models import HostedPage
from pos.models import Client
from studio.models import Business
from studio.refusal import Refusal

CONSENT = "my-card-1"
"""The sentence beside the button, for a client without a membership."""


@require_http_methods(["GET", "HEAD", "POST"])
@for_client
def card(request: HttpRequest, client: Client) -> HttpResponse:
    """The card that dues are charged to, and the way to another one."""
    now = timezone.now()
    if request.method != "POST":
        return _page(request, client, now=now)
    here = settings.SITE_URL + reverse("my_card_saved")
    try:
        page = to_save(client, success_url=here, cancel_url=settings.SITE_URL + reverse("my_card"), now=now)
    except Refusal as no:
        return _page(request, client, problem=no.sentence, now=now, status=409)
    if page.url:
        return go_to_stripe(page)
    return _page(request, client, problem="Stripe does not answer just now. Try again in a minute.", now=now)


@require_safe
@for_client
def saved(request: HttpRequest, client: Client) -> HttpResponse:
    """Where Stripe's page leads back to."""
    now = timezone.now()
    page = latest_page(client)
    if page is not None and (page := hosted.look(page, now=now)) is not None and page.status == page.Status.SAVED:
        committed(lambda: dunning.card_changed(client.pk, now=now))
        return go_to("my_card", done="saved")
    return go_to("my_card", done="unclear" if page is not None and page.status == page.Status.UNCLEAR else "not")


def to_save(client: Client, *, success_url: str, cancel_url: str, now: dt.datetime) -> HostedPage:
    """Stripe's page for another card, which leads back to where this client came from; its `url` is empty while
    Stripe does not answer. One that leads elsewhere is closed first: PageIsOpen when that is not certain yet.
    """
    owner = f"card:{client.pk}"
    live = HostedPage.objects.live().filter(owner=owner).first()
    if live is not None and live.success_url != success_url and not hosted.close(owner=owner, now=now):
        raise hosted.PageIsOpen("Another page for your card is still open. Try again in a minute.", live)
    page = committed(lambda: _open(client, success_url=success_url, cancel_url=cancel_url, now=now))
    return hosted.ask(page, now=now) if page.session_id is None else page


def latest_page(client: Client) -> HostedPage | None:
    """The page for a card that the client opened last."""
    return HostedPage.objects.filter(owner=f"card:{client.pk}").order_by("-n").first()


def go_to_stripe(page: HostedPage) -> HttpResponse:
    """On to Stripe's page."""
    response = go_to("my_card")
    response["Location"] = page.url
    return response


def _open(client: Client, *, success_url: str, cancel_url: str, now: dt.datetime) -> HostedPage:
    member = account.memberships_of(client).exclude(status=Membership.Status.ENDED).exclude(consent=None).first()
    return hosted.open_page(
        owner=f"card:{client.pk}",
        purpose=HostedPage.Purpose.SETUP,
        location=account.place_of(client),
        amount_cents=0,
        description=f"{Business.current().name}: your card",
        client=client.pk,
        email=client.email,
        consent=f"consent:{member.consent_id}" if member is not None else CONSENT,
        success_url=success_url,
        cancel_url=cancel_url,
        now=now,
    )


SAID = {
    "saved": "Your card is saved, and is charged from now on.",
    "unclear": "We are asking Stripe whether your card was saved. Look again in a minute.",
    "not": "No card was saved.",
}


def _page(
    request: HttpRequest, client: Client, *, now: dt.datetime, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "client": client,
        "card": cards.default_card(client.pk),
        "owed": [(one, account.money(one.amount_cents)) for one in account.owed(client, now=now)],
        "said": SAID.get(request.GET.get("done", ""), ""),
        "problem": problem,
        "here": "card",
    }
    return show(request, "memberships/my/card.html", context, status=status)
