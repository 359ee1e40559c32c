"""The page of trouble in the back office: who sees the books sees it, the owner acts; an act is a form and a reload."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from payments import mending, trouble
from payments.mending import Told
from payments.models import CardRefund, Charge, HostedPage
from studio import rights
from studio.models import Business, Level, Right, Staff
from studio.refusal import BadInput, Refusal

MENDS = Right.MEND_CARDS
"""Who may do something about trouble: whoever has this right everywhere, which is the owner."""

P = ParamSpec("P")


def _for_staff(view: Callable[Concatenate[HttpRequest, Staff, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """The view for somebody of the back office; whoever is not signed on there is asked to."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("trouble"))
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, request.user, *args, **kwargs)

    return wrapped


@require_safe
@never_cache
@_for_staff
def page(request: HttpRequest, staff: Staff) -> HttpResponse:
    """All that needs somebody, of the locations whose books the person may see."""
    now = timezone.now()
    locations = rights.places_of(staff, Right.SEE_BOOKS)
    if not locations:
        raise PermissionDenied
    sees_all = rights.can(staff, Right.SEE_BOOKS, None) == Level.ALLOWED
    sections = trouble.find(locations, with_events=sees_all, now=now)
    context = {
        "business": Business.current(),
        "sections": sections,
        "open_count": sum(section.count for section in sections if section.about.is_open),
        "may_act": rights.can(staff, MENDS, None) == Level.ALLOWED,
        "locations": locations,
        "longest_note": mending.LONGEST_NOTE,
        "now": now,
    }
    return render(request, "payments/trouble.html", context)


def _act(do: Callable[Concatenate[HttpRequest, Staff, P], Told]) -> Callable[..., HttpResponse]:
    """The view of an act: does it for whoever may, says how it went, and shows the page again."""

    @wraps(do)
    def wrapped(request: HttpRequest, staff: Staff, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if rights.can(staff, MENDS, None) != Level.ALLOWED:
            raise PermissionDenied
        try:
            told = do(request, staff, *args, **kwargs)
            messages.add_message(request, messages.SUCCESS if told.is_well else messages.WARNING, told.sentence)
        except Refusal as refusal:
            messages.info(request, refusal.sentence)
        except BadInput as bad:
            messages.error(request, bad.sentence)
        except (Charge.DoesNotExist, CardRefund.DoesNotExist, HostedPage.DoesNotExist) as unknown:
            raise Http404 from unknown
        return redirect("trouble")

    return require_POST(_for_staff(wrapped))


@_act
def look_again(request: HttpRequest, staff: Staff, charge_id: uuid.UUID) -> Told:
    return mending.look_again(charge_id, by=staff, now=timezone.now())


@_act
def look_at_page(request: HttpRequest, staff: Staff, page_id: uuid.UUID) -> Told:
    return mending.look_at_page(page_id, by=staff, now=timezone.now())


@_act
def give_back(request: HttpRequest, staff: Staff, charge_id: uuid.UUID) -> Told:
    return mending.give_unsold_back(charge_id, by=staff, now=timezone.now())


@_act
def refund_again(request: HttpRequest, staff: Staff, refund_id: uuid.UUID) -> Told:
    return mending.try_refund_again(refund_id, by=staff, now=timezone.now())


@_act
def refund_paid(request: HttpRequest, staff: Staff, refund_id: uuid.UUID) -> Told:
    return mending.settle_otherwise(refund_id, note=request.POST.get("note", ""), by=staff, now=timezone.now())


@_act
def refund_send(request: HttpRequest, staff: Staff, refund_id: uuid.UUID) -> Told:
    return mending.send_refund(refund_id, by=staff, now=timezone.now())


@_act
def event_again(request: HttpRequest, staff: Staff, event_id: str) -> Told:
    return mending.run_event_again(event_id, by=staff, now=timezone.now())


@_act
def events_again(request: HttpRequest, staff: Staff) -> Told:
    return mending.run_events_again(by=staff, now=timezone.now())
