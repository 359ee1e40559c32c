"""The pages of joining: which plan, its terms and who, Stripe's page for the card, and how far it is."""

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from memberships import consents, dues, joining, telling
from memberships.consents import Agreed
from memberships.models import Membership, Plan
from memberships.portal import account, links, online_joining, own_card
from memberships.portal.online_joining import Joiner, TooManyJoin
from memberships.portal.showing import committed, go_to, show, visitor_of
from memberships.portal.wishes import gets_of, price_of
from pos.models import Client
from studio.addresses import address_of
from studio.ids import new_id
from studio.refusal import BadInput, Refusal

Mistakes = dict[str, str]


@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """The memberships that can be joined online."""
    sold = Plan.objects.filter(is_on_sale=True, joins_online=True).prefetch_related("items", "member_prices__item")
    context = {"plans": [_plan_row(plan) for plan in sold], "client": visitor_of(request)}
    return show(request, "memberships/join/plans.html", context)


def _plan_row(plan: Plan) -> dict[str, Any]:
    return {
        "plan": plan,
        "price": price_of(plan),
        "gets": gets_of(plan),
        "items": [item.name for item in plan.items.all()],
        "prices": [(row.item.name, account.money(row.price_cents)) for row in plan.member_prices.all()],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """What is agreed to, and by whom; then on to Stripe's page for the card."""
    plan = Plan.objects.filter(code=code, is_on_sale=True, joins_online=True).first()
    if plan is None:
        raise Http404
    client = visitor_of(request)
    if request.method != "POST":
        return _form(request, plan, client)
    mistakes = _mistakes(request, client)
    return _form(request, plan, client, mistakes, status=422) if mistakes else _agreed(request, plan, client)


def _mistakes(request: HttpRequest, client: Client | None) -> Mistakes:
    """What is wrong, by field, in the order of the page."""
    found: Mistakes = {}
    if request.POST.get("website"):
        found["website"] = "Leave this field empty: only programs fill it in."
    name = request.POST.get("name", "").strip()
    if not name or len(name) > consents.LONGEST_NAME:
        found["name"] = "Write your name." if not name else f"A name has at most {consents.LONGEST_NAME} characters."
    if client is None:
        try:
            EmailValidator()(request.POST.get("email", "").strip())
        except ValidationError:
            found["email"] = "Write your e-mail address, like ada@example.com."
    if request.POST.get("agree") != "yes":
        found["agree"] = "Tick the box if you agree to the terms."
    return found


def _agreed(request: HttpRequest, plan: Plan, client: Client | None) -> HttpResponse:
    now, address = timezone.now(), address_of(request)
    membership_id = links.membership_id_of(request.POST.get("join", "")) or new_id()
    name = " ".join(request.POST.get("name", "").split())
    joiner = Joiner(name, request.POST.get("email", "").strip(), client)
    agreed = Agreed(request.POST.get("text", ""), how="online", address=address[:45], signature=name)
    try:
        committed(lambda: online_joining.reserve(address, now=now))
        return _to_stripe(_agree(membership_id, plan, joiner, agreed, now=now), now=now)
    except BadInput as bad:
        return _form(request, plan, client, {bad.field: bad.sentence}, status=422)
    except Refusal as no:
        status = 429 if isinstance(no, TooManyJoin) else 409
        return _form(request, plan, client, {"": no.sentence}, status=status)


def _agree(membership_id: uuid.UUID, plan: Plan, joiner: Joiner, agreed: Agreed, *, now: dt.datetime) -> Membership:
    """The membership, committed; once more when the same form was sent twice and the other was faster."""

    def unit() -> Membership:
        return online_joining.agree(membership_id, plan, joiner, agreed, now=now)

    try:
        return committed(unit)
    except (joining.AlreadyMember, BadInput):
        if not Membership.objects.filter(pk=membership_id).exists():
            raise
        return committed(unit)


def _to_stripe(membership: Membership, *, now: dt.datetime) -> HttpResponse:
    """On to Stripe's page for the card; to our own when it is paid already, or Stripe does not answer."""
    token = links.token_of(membership.pk)
    if membership.status != Membership.Status.JOINING:
        return go_to("join_state", token)
    here = links.join_url(membership.pk)
    page = own_card.to_save(membership.client, success_url=here, cancel_url=here, now=now)
    return own_card.go_to_stripe(page) if page.url else go_to("join_state", token)


def _form(
    request: HttpRequest, plan: Plan, client: Client | None, mistakes: Mistakes | None = None, *, status: int = 200
) -> HttpResponse:
    text = consents.text_for(plan)
    mistakes = mistakes or {}
    posted = links.membership_id_of(request.POST.get("join", ""))
    context = {
        **_plan_row(plan),
        "client": client,
        "text": text,
        "text_hash": consents.hash_of(text),
        "token": links.token_of(posted or new_id()),
        "typed": {name: request.POST.get(name, "") for name in ("name", "email", "agree")},
        "mistakes": mistakes,
        "problem": mistakes.get("", ""),
        "longest_name": consents.LONGEST_NAME,
    }
    return show(request, "memberships/join/form.html", context, status=status)


# How far it is -------------------------------------------------------------------------------------------------------


@require_safe
def state(request: HttpRequest, token: str) -> HttpResponse:
    """How far the joining is; it goes on by itself while somebody looks, and without."""
    now, membership = timezone.now(), _find(token)
    if membership is None:
        return show(request, "memberships/join/over.html", {}, status=410)
    how_far = online_joining.go_on(membership, now=now)
    if how_far == "over":
        return show(request, "memberships/join/over.html", {}, status=410)
    due = joining.first_due(membership)
    due.membership = membership
    context = {
        "membership": membership,
        "plan": membership.plan,
        "state": how_far,
        "amount": account.money(dues.total_cents(due, now=now)),
        "next": _next_charge(membership, now=now) if how_far == "begun" else "",
        "token": token,
        "is_here": visitor_of(request) == membership.client,
    }
    return show(request, "memberships/join/state.html", context)


def _next_charge(membership: Membership, *, now: dt.datetime) -> str:
    coming = dues.coming(membership, now=now)
    return account.next_charge(coming, now=now) if coming is not None else telling.day(membership.paid_until)


@require_POST
def to_card(request: HttpRequest, token: str) -> HttpResponse:
    """Once more to Stripe's page: for the card that was not saved, or for another one."""
    now, membership = timezone.now(), _find(token)
    if membership is None or online_joining.go_on(membership, now=now) not in ("card", "declined"):
        return go_to("join_state", token)
    try:
        return _to_stripe(membership, now=now)
    except Refusal as no:
        return show(request, "memberships/my/refused.html", {"problem": no.sentence}, status=409)


def _find(token: str) -> Membership | None:
    """The membership of the token; 404 for one that we did not sign, None when it was forgotten."""
    membership_id: uuid.UUID | None = links.membership_id_of(token)
    if membership_id is None:
        raise Http404
    around = Membership.objects.select_related("plan", "client", "location", "consent")
    return around.filter(pk=membership_id).first()
