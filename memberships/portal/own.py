"""The client's own pages that only show: what is theirs, receipts, who shares, and all of it to take away."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from memberships import extras
from memberships.portal import account, copies
from memberships.portal.showing import for_client, private, show
from payments import cards
from pos.models import Client

SAID = {
    "frozen": "Your membership will be frozen. We have mailed you when.",
    "unfrozen": "It is not frozen after all, and goes on as before.",
    "changed": "Your membership changes. We have mailed you when.",
    "kept": "The change is taken back.",
    "paid": "Thank you, it is paid.",
    "unclear": "It is not paid yet. If you have paid just now, look again in a minute.",
    "stays": "Good to have you: your membership goes on as before.",
}


@require_safe
@for_client
def overview(request: HttpRequest, client: Client) -> HttpResponse:
    """What is charged next, what is left, what is owed, and the ways on."""
    now = timezone.now()
    left = account.what_is_left(client, now=now)
    context = {
        "client": client,
        "standings": account.standings(client, now=now),
        "sessions": [one for one in left if one.is_sessions],
        "money": [one for one in left if not one.is_sessions],
        "owed": [(one, account.money(one.amount_cents)) for one in account.owed(client, now=now)],
        "extras": [(one, account.money(one.amount_cents)) for one in extras.owed_by(client, now=now)],
        "card": cards.default_card(client.pk),
        "papers": [account.paper(one) for one in account.receipts_of(client)[:3]],
        "said": SAID.get(request.GET.get("done", ""), ""),
        "here": "overview",
    }
    return show(request, "memberships/my/overview.html", context)


@require_safe
@for_client
def receipts(request: HttpRequest, client: Client) -> HttpResponse:
    """Every receipt, the newest first."""
    page = Paginator(account.receipts_of(client), account.RECEIPTS_A_PAGE).get_page(request.GET.get("page"))
    context = {"client": client, "page": page, "papers": [account.paper(one) for one in page], "here": "receipts"}
    return show(request, "memberships/my/receipts.html", context)


@require_safe
@for_client
def people(request: HttpRequest, client: Client) -> HttpResponse:
    """Who may use the client's sessions, and whose the client may use."""
    context = {
        "client": client,
        "sharers": account.sharers(client),
        "shared_by": account.shared_by(client),
        "here": "people",
    }
    return show(request, "memberships/my/people.html", context)


@require_safe
@for_client
def data(request: HttpRequest, client: Client) -> HttpResponse:
    """All that is kept of the client and is theirs, to take away."""
    response = JsonResponse(copies.copy_of(client, now=timezone.now()), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return private(response)
