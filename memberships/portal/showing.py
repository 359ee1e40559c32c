"""What the client's own pages and those of joining have in common: who looks, nothing cached, the way to Stripe."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from csp.decorators import csp_update
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from memberships.portal import signing_in
from pos.models import Client
from studio.models import Business

CHECKOUT = "https://checkout.stripe.com"
P = ParamSpec("P")
Answer = TypeVar("Answer")


def show(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The page; its forms may lead on to Stripe's page and nowhere else."""

    def page(request: HttpRequest) -> HttpResponseBase:
        return render(request, template, {"business": Business.current(), **context}, status=status)

    shown = csp_update({"form-action": [settings.STRIPE_API_BASE or CHECKOUT]})(page)(request)
    assert isinstance(shown, HttpResponse)  # noqa: S101 - the decorator gives back what it got
    return private(shown)


def private(response: HttpResponse) -> HttpResponse:
    """Kept by no cache, found by no search, told to no other site."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


def go_to(name: str, *args: object, **query: str) -> HttpResponse:
    """On to one of our pages, by GET."""
    told = "&".join(f"{key}={word}" for key, word in query.items())
    return private(HttpResponseRedirect(reverse(name, args=args) + (f"?{told}" if told else ""), status=303))


def visit_of(request: HttpRequest) -> str:
    """The token of the visit that the browser holds; empty without one."""
    return request.COOKIES.get(settings.CLIENT_COOKIE_NAME, "")


def visitor_of(request: HttpRequest) -> Client | None:
    """The client who is signed in in this browser."""
    return signing_in.visitor(visit_of(request), now=timezone.now())


def for_client(view: Callable[Concatenate[HttpRequest, Client, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """The view for a client who is signed in; whoever is not is asked to."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        client = visitor_of(request)
        return go_to("my_sign_in") if client is None else view(request, client, *args, **kwargs)

    return wrapped


def committed(unit: Callable[[], Answer]) -> Answer:
    """What the unit answers, once it is committed."""
    with transaction.atomic(durable=True):
        return unit()


def rehearsed(unit: Callable[[], Answer]) -> Answer:
    """What it would answer, with everything that it wrote taken back (R40)."""
    with transaction.atomic(durable=True):
        answer = unit()
        transaction.set_rollback(True)
        return answer
