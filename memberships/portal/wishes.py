"""The client's own wishes for a membership: to freeze it, to change the plan, to cancel, and to take that back.

Each page shows the exact effect first and then asks for one press.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ledger.money import dollars
from memberships import cancelling, changes, consents, extras, freezes, leaving, telling
from memberships.asking import ONLINE
from memberships.cancelling import Cancelled
from memberships.consents import Agreed
from memberships.models import Change, Freeze, Membership, Plan
from memberships.portal import account, effects, own_extras
from memberships.portal.effects import Effect, effect_of
from memberships.portal.showing import committed, for_client, go_to, show
from pos import refunds
from pos.models import Client
from studio.addresses import address_of
from studio.refusal import BadInput, Refusal


def find(client: Client, membership_id: uuid.UUID) -> Membership:
    """The client's membership; 404 for anybody else's."""
    found = account.memberships_of(client).filter(pk=membership_id).first()
    if found is None or found.status == Membership.Status.JOINING:
        raise Http404
    return found


# Freezing ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_client
def freeze(request: HttpRequest, client: Client, membership_id: uuid.UUID) -> HttpResponse:
    """One, two or three months: each with what it comes to, chosen by one press."""
    now, membership = timezone.now(), find(client, membership_id)
    if request.method != "POST":
        return _freeze_page(request, membership, now=now)
    try:
        months = int(request.POST.get("months", ""))
        effects.make(lambda: _frozen(membership, months, now=now), shown=request.POST.get("shown", ""))
    except ValueError:
        return _freeze_page(request, membership, problem="Choose how long.", now=now, status=422)
    except BadInput as bad:
        return _freeze_page(request, membership, problem=bad.sentence, now=now, status=422)
    except Refusal as no:
        return _freeze_page(request, membership, problem=no.sentence, now=now, status=409)
    return go_to("my", done="frozen")


def _frozen(membership: Membership, months: int, *, now: dt.datetime) -> tuple[Sequence[str], Freeze]:
    made = freezes.freeze(membership_id=membership.pk, months=months, asker=ONLINE, now=now)
    return telling.of_freeze(made), made


def _freeze_page(
    request: HttpRequest, membership: Membership, *, now: dt.datetime, problem: str = "", status: int = 200
) -> HttpResponse:
    most = freezes.months_left(membership, on=membership.location.business_date(now))
    options = [(months, _freeze_effect(membership, months, now=now)) for months in range(1, most + 1)]
    possible = [(months, effect) for months, effect in options if not effect.problem]
    why_not = next((effect.problem for _, effect in options), "All months of pause that the plan allows are used.")
    context = {
        "membership": membership,
        "options": possible,
        "problem": problem,
        "why_not": "" if possible else why_not,
    }
    return show(request, "memberships/my/freeze.html", context, status=status)


def _freeze_effect(membership: Membership, months: int, *, now: dt.datetime) -> Effect:
    return effect_of(lambda: _frozen(membership, months, now=now)[0])


# Another plan --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_client
def change(request: HttpRequest, client: Client, membership_id: uuid.UUID) -> HttpResponse:
    """Which plan instead, from the next renewal on; its terms and its effect before the name is typed under them."""
    now, membership = timezone.now(), find(client, membership_id)
    code = request.POST.get("plan") or request.GET.get("plan", "")
    plan = _plans(membership).get(code)
    if plan is None:
        return show(request, "memberships/my/plans.html", _plans_context(membership))
    if request.method != "POST":
        return _change_page(request, membership, plan, now=now)
    name = request.POST.get("signature", "").strip()[: consents.LONGEST_NAME]
    if not name:
        return _change_page(request, membership, plan, problem="Type your name to agree.", now=now, status=422)
    agreed = Agreed(request.POST.get("text", ""), how="online", address=address_of(request)[:45], signature=name)
    when = changes.NOW if request.POST.get("when") == changes.NOW else changes.AT_RENEWAL
    shown = request.POST.get("shown_now" if when == changes.NOW else "shown", "")
    try:
        made = effects.make(lambda: _changed(membership, plan, agreed, when=when, now=now), shown=shown)
    except Refusal as no:
        return _change_page(request, membership, plan, problem=no.sentence, now=now, status=409)
    extra = extras.find(made.key, client, now=now) if made.proration_cents else None
    return own_extras.to_pay(request, extra, now=now) if extra is not None else go_to("my", done="changed")


def _changed(
    membership: Membership, plan: Plan, agreed: Agreed, *, now: dt.datetime, when: str = changes.AT_RENEWAL
) -> tuple[Sequence[str], Change]:
    made = changes.change(membership_id=membership.pk, plan=plan, when=when, agreed=agreed, asker=ONLINE, now=now)
    return telling.of_change(made), made


def _plans(membership: Membership) -> dict[str, Plan]:
    sold = Plan.objects.filter(is_on_sale=True, joins_online=True).exclude(code=membership.plan.code)
    return {plan.code: plan for plan in sold}


def _plans_context(membership: Membership) -> dict[str, Any]:
    plans = [(plan, price_of(plan), gets_of(plan)) for plan in _plans(membership).values()]
    return {"membership": membership, "plans": plans, "price": price_of(membership.plan)}


def price_of(plan: Plan) -> str:
    """`$79.00 a month`."""
    every = "a month" if plan.interval_months == 1 else f"every {plan.interval_months} months"
    return f"${dollars(plan.price_cents)} {every}"


def gets_of(plan: Plan) -> str:
    """`1 session each time`."""
    count = plan.credits_per_cycle
    return f"{count} session{'' if count == 1 else 's'} {'a month' if plan.interval_months == 1 else 'each time'}"


def _change_page(
    request: HttpRequest, membership: Membership, plan: Plan, *, now: dt.datetime, problem: str = "", status: int = 200
) -> HttpResponse:
    text = consents.text_for(plan)
    agreed = Agreed(consents.hash_of(text), how="online")
    effect = effect_of(lambda: _changed(membership, plan, agreed, now=now)[0])
    at_once = effect_of(lambda: _changed(membership, plan, agreed, when=changes.NOW, now=now)[0])
    context = {
        "membership": membership,
        "plan": plan,
        "text": text,
        "text_hash": agreed.text_hash,
        "effect": effect,
        "at_once": at_once,
        "problem": problem,
        "longest_name": consents.LONGEST_NAME,
    }
    return show(request, "memberships/my/change.html", context, status=status)


# Cancelling ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_client
def cancel(request: HttpRequest, client: Client, membership_id: uuid.UUID) -> HttpResponse:
    """The second of two clicks: what it comes to, at most one offer to freeze instead, and the button (R31)."""
    now, membership = timezone.now(), find(client, membership_id)
    if cancelling.current(membership) is not None:
        return go_to("my_cancelled", membership_id)
    if request.method != "POST":
        return _cancel_page(request, membership, now=now)
    try:
        done = effects.make(lambda: _cancelled(membership, now=now), shown=request.POST.get("shown", ""))
    except Refusal as no:
        return _cancel_page(request, membership, problem=no.sentence, now=now, status=409)
    if done.given is not None:
        refunds.send_back(done.given, now=now)
    return go_to("my_cancelled", membership_id)


def _cancelled(membership: Membership, *, now: dt.datetime) -> tuple[Sequence[str], Cancelled]:
    """Its number is a new one each time, and no part of what is shown before."""
    done = cancelling.cancel(membership_id=membership.pk, asker=ONLINE, now=now)
    number = done.cancellation.number
    return [told for told in telling.of_cancellation(done.cancellation) if number not in told], done


def _cancel_page(
    request: HttpRequest, membership: Membership, *, now: dt.datetime, problem: str = "", status: int = 200
) -> HttpResponse:
    effect = effect_of(lambda: _cancelled(membership, now=now)[0])
    today = membership.location.business_date(now)
    at_once = leaving.first_due_to_refund(membership, today=today) is not None
    context = {
        "membership": membership,
        "effect": effect,
        "is_at_once": at_once,
        "has_fee": not at_once and leaving.fee(membership, ends_on=leaving.ends_on(membership, today=today)).cents,
        "problem": problem or effect.problem,
        "offers_freeze": cancelling.may_freeze_instead(membership, now=now),
    }
    return show(request, "memberships/my/cancel.html", context, status=status)


@require_http_methods(["GET", "HEAD"])
@for_client
def cancelled(request: HttpRequest, client: Client, membership_id: uuid.UUID) -> HttpResponse:
    """The number to keep, and what it comes to; it can be taken back here until the end."""
    membership = find(client, membership_id)
    cancellation = cancelling.current(membership)
    if cancellation is None:
        return go_to("my")
    cancellation.membership = membership
    context = {
        "membership": membership,
        "cancellation": cancellation,
        "sentences": telling.of_cancellation(cancellation),
        "may_stay": membership.status != Membership.Status.ENDED,
    }
    return show(request, "memberships/my/cancelled.html", context)


# Taken back ----------------------------------------------------------------------------------------------------------


def _taking_back(undo: Callable[[uuid.UUID, dt.datetime], object], *, said: str) -> Callable[..., HttpResponse]:
    """The view of a button that takes a planned change back; what can not be taken back is said."""

    @require_POST
    @for_client
    def view(request: HttpRequest, client: Client, membership_id: uuid.UUID) -> HttpResponse:
        membership = find(client, membership_id)
        try:
            committed(lambda: undo(membership.pk, timezone.now()))
        except Refusal as no:
            return show(request, "memberships/my/refused.html", {"problem": no.sentence}, status=409)
        return go_to("my", done=said)

    return view


unfreeze = _taking_back(lambda pk, now: freezes.undo(membership_id=pk, asker=ONLINE, now=now), said="unfrozen")
keep_plan = _taking_back(lambda pk, now: changes.undo(membership_id=pk, asker=ONLINE, now=now), said="kept")
stay = _taking_back(lambda pk, now: cancelling.undo(membership_id=pk, asker=ONLINE, now=now), said="stays")
