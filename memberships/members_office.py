"""The owner's pages about members: who they are, what happened to each, what the billing did, how it all goes.

Whoever sees the books of a location sees its members here; everything is read only.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ledger.money import dollars
from memberships import figures, telling
from memberships.models import BillingRun, Due, LotMove, Membership, Plan, SessionLot
from payments import cards
from studio import rights
from studio.models import Business, Location, Right, Staff
from studio.plots import plot

A_PAGE = 50
RUNS_SHOWN = 60
STATES = {
    "active": Q(status=Membership.Status.ACTIVE, ends_on=None),
    "past_due": Q(status=Membership.Status.PAST_DUE),
    "frozen": Q(status=Membership.Status.FROZEN),
    "ending": Q(ends_on__isnull=False) & ~Q(status=Membership.Status.ENDED),
    "joining": Q(status=Membership.Status.JOINING),
    "ended": Q(status=Membership.Status.ENDED),
}
NAMES = {
    "active": "Active",
    "past_due": "Past due",
    "frozen": "Frozen",
    "ending": "Ending",
    "joining": "Joining",
    "ended": "Ended",
}
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, list[Location], P], HttpResponse]


def _for_places(view: View[P]) -> Callable[..., HttpResponse]:
    """The view for somebody of the back office, of the locations whose books they see."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not isinstance(request.user, Staff):
            return redirect_to_login(request.get_full_path())
        places = rights.places_of(request.user, Right.SEE_BOOKS) if request.user.is_staff else []
        if not places:
            raise PermissionDenied
        return view(request, places, *args, **kwargs)

    return require_safe(never_cache(wrapped))


def _show(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"memberships/office/{name}.html", {"business": Business.current(), "here": name, **context})


# Who they are --------------------------------------------------------------------------------------------------------


@_for_places
def members(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Members by state, plan and location; the address says which, so that it can be kept and sent."""
    found, chosen = _chosen(request, places)
    page = Paginator(found.order_by("client__name", "pk"), A_PAGE).get_page(request.GET.get("page"))
    return _show(
        request,
        "members",
        page=page,
        rows=[_row(member) for member in page],
        chosen=chosen,
        states=NAMES,
        plans=Plan.objects.order_by("code", "-version").values_list("code", flat=True).distinct(),
        places=places,
        query=urlencode({key: value for key, value in chosen.items() if value}),
        may_import=request.user.has_perm("memberships.add_sessionlot"),
    )


def _chosen(request: HttpRequest, places: list[Location]) -> tuple["QuerySet[Membership]", dict[str, str]]:
    """The members that are asked for, and by what."""
    chosen = {name: request.GET.get(name, "").strip()[:80] for name in ("state", "plan", "location", "name")}
    found = Membership.objects.filter(location__in=places).select_related("client", "plan", "location")
    found = found.filter(STATES.get(chosen["state"], ~Q(status__in=["joining", "ended"])))
    if chosen["plan"]:
        found = found.filter(plan__code=chosen["plan"])
    if chosen["location"]:
        found = found.filter(location__code=chosen["location"])
    if chosen["name"]:
        found = found.filter(Q(client__name__icontains=chosen["name"]) | Q(client__email__icontains=chosen["name"]))
    return found, chosen


def _row(member: Membership) -> dict[str, Any]:
    return {"member": member, "state": state_of(member), "paid_until": telling.day(member.paid_until)}


def state_of(member: Membership) -> str:
    """As the filter calls it."""
    if member.ends_on is not None and member.status != Membership.Status.ENDED:
        return f"Ending {telling.day(member.ends_on)}"
    return NAMES[member.status]


# One of them ---------------------------------------------------------------------------------------------------------


@_for_places
def member(request: HttpRequest, places: list[Location], membership_id: uuid.UUID) -> HttpResponse:
    """All that happened to one membership; 404 for one of a location whose books the person does not see."""
    around = Membership.objects.filter(location__in=places).select_related("client", "plan", "location", "consent")
    found = around.filter(pk=membership_id).first()
    if found is None:
        raise Http404
    dues = list(found.dues.select_related("plan").order_by("-starts_on"))
    keys = [due.key for due in dues]
    moves = LotMove.objects.filter(lot__due_key__in=keys).select_related("item", "used_by", "made_by", "lot")
    return _show(
        request,
        "member",
        member=found,
        state=state_of(found),
        card=cards.default_card(found.client_id),
        others=found.client.memberships.filter(location__in=places).exclude(pk=found.pk).select_related("plan"),
        dues=[_due_row(due) for due in dues],
        left=sum(lot.units for lot in SessionLot.objects.filter(due_key__in=keys, status=SessionLot.Status.OPEN)),
        moves=[(move, _money(move.value_cents)) for move in moves.order_by("-at", "-id")[:A_PAGE]],
        freezes=found.freezes.select_related("asked_by").order_by("-starts_on"),
        changes=found.changes.select_related("from_plan", "to_plan", "asked_by"),
        cancellations=[
            (one, _money(one.fee_cents), _money(one.full_fee_cents))
            for one in found.cancellations.select_related("asked_by", "waived_by")
        ],
    )


def _due_row(due: Due) -> dict[str, Any]:
    return {
        "due": due,
        "months": f"{telling.day(due.starts_on)} to {telling.day(due.ends_on)}",
        "amount": _money(due.amount_cents),
        "sale": due.sale_key.removeprefix("sale:"),
    }


# The billing ---------------------------------------------------------------------------------------------------------


@_for_places
def billing(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """What the last runs came to; of all locations together, so only for who sees all books."""
    if len(places) < Location.objects.count():
        raise PermissionDenied
    runs = BillingRun.objects.all()[:RUNS_SHOWN]
    return _show(request, "billing", runs=[(run, _money(run.charged_cents), _declined(run)) for run in runs])


def _declined(run: BillingRun) -> int:
    return run.declined_never + run.declined_customer + run.declined_later + run.declined_soon


# How it goes ---------------------------------------------------------------------------------------------------------


@_for_places
def numbers(request: HttpRequest, places: list[Location]) -> HttpResponse:
    """Dues a month, who came and went, and what is owed in sessions: bars, and under them the figures."""
    here = [place for place in places if place.code == request.GET.get("location")] or places
    found = figures.months(here, now=timezone.now())
    told = [(month, f"{month.starts_on:%b}", f"{month.starts_on:%B %Y}") for month in found]
    plots = [
        plot("Dues paid", [(label, m.dues_cents, f"{name}: {_money(m.dues_cents)}") for m, label, name in told]),
        plot(
            "Members who left, of a hundred", [(lb, m.churn_percent or 0, f"{n}: {_percent(m)}") for m, lb, n in told]
        ),
        plot(
            "Credits and sessions owed",
            [(lb, _owed_cents(m), f"{n}: {_money(_owed_cents(m))}") for m, lb, n in told],
        ),
    ]
    rows = [
        (name, m, _money(m.dues_cents), _percent(m), _money(m.credits_cents), _money(m.sessions_cents))
        for m, _, name in reversed(told)
    ]
    return _show(request, "numbers", plots=plots, rows=rows, places=places, chosen=request.GET.get("location", ""))


def _owed_cents(month: figures.Month) -> int:
    return month.credits_cents + month.sessions_cents


def _percent(month: figures.Month) -> str:
    return "–" if month.churn_percent is None else f"{month.churn_percent:.1f} %"


def _money(cents: int) -> str:
    return f"{'−' if cents < 0 else ''}${dollars(abs(cents))}"
