"""The owner's page for another price of a plan: who would be told, from when on it counts, the button that tells."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ledger.money import dollars
from memberships import telling, versions
from memberships.asking import Asker
from memberships.models import Plan
from studio.models import Business, Staff
from studio.refusal import BadInput

MAY = "memberships.add_plan"
NOTICE_DAYS = versions.LATEST
MOST_CENTS = 100_000_00


@dataclass(frozen=True, slots=True)
class Wish:
    """Which plan is to cost what, and how many days ahead its members are told."""

    plan: Plan
    price_cents: int
    notice_days: int


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def prices(request: HttpRequest) -> HttpResponse:
    """Asked with a price it lists who would be told; sent, it tells them (R32)."""
    if not isinstance(request.user, Staff):
        return redirect_to_login(request.get_full_path())
    if not (request.user.is_staff and request.user.has_perm(MAY)):
        raise PermissionDenied
    given = request.POST if request.method == "POST" else request.GET
    try:
        wish = _wish(given) if "plan" in given else None
        if wish is not None and request.method == "POST":
            return _announce(request, wish, by=request.user)
        return _page(request, given, wish, now=timezone.now())
    except BadInput as wrong:
        return _page(request, given, None, now=timezone.now(), trouble=wrong.sentence, status=400)


def _wish(given: QueryDict) -> Wish:
    """What the form says; BadInput with a sentence for the owner."""
    plan = Plan.objects.filter(code=given.get("plan", ""), is_on_sale=True).first()
    if plan is None:
        raise BadInput("plan", "Choose a plan that is on sale.")
    price_cents = _cents(given.get("price", ""))
    if price_cents == plan.price_cents:
        raise BadInput("price", "That is what it costs already.")
    days = given.get("days", "")
    if not (days.isdecimal() and len(days) < 4):
        raise BadInput("days", "Say how many days ahead.")
    return Wish(plan, price_cents, int(days))


def _cents(text: str) -> int:
    try:
        cents = Decimal(text.strip().removeprefix("$")) * 100
    except InvalidOperation:
        cents = Decimal("NaN")
    if not cents.is_finite() or cents != cents.to_integral_value() or not 0 < cents <= MOST_CENTS:
        raise BadInput("price", "Say what a period costs, in dollars and cents.")
    return int(cents)


def _announce(request: HttpRequest, wish: Wish, *, by: Staff) -> HttpResponse:
    with transaction.atomic(durable=True):
        new = versions.announce(
            wish.plan.code,
            notice_days=wish.notice_days,
            asker=Asker(how="office", staff=by),
            now=timezone.now(),
            price_cents=wish.price_cents,
        )
    messages.success(request, f"{new} costs ${dollars(new.price_cents)} from now on, and its members are told by mail.")
    return redirect("members_prices")


def _page(
    request: HttpRequest, given: QueryDict, wish: Wish | None, *, now: dt.datetime, trouble: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "business": Business.current(),
        "here": "prices",
        "plans": [(plan, dollars(plan.price_cents)) for plan in Plan.objects.filter(is_on_sale=True).order_by("name")],
        "given": {name: given.get(name, "") for name in ("plan", "price", "days")},
        "days": NOTICE_DAYS,
        "earliest": versions.EARLIEST,
        "trouble": trouble,
        "wish": wish,
    }
    if wish is not None:
        told = list(versions.would_tell(wish.plan.code, notice_days=wish.notice_days, now=now))
        context |= {"old": dollars(wish.plan.price_cents), "new": dollars(wish.price_cents)}
        context["told"] = [(one.membership, telling.day(one.effective_on)) for one in told]
    return render(request, "memberships/office/prices.html", context, status=status)
