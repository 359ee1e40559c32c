"""The shop's pages: what to give, and the way to Stripe's page and back. They work without scripts."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from giftcards import links
from giftcards.models import GiftOrder, OrderIsOver
from giftcards.shop import offers, orders
from giftcards.shop.designs import DESIGNS
from giftcards.shop.forms import GiftForm, initial_of
from giftcards.shop.showing import leading_to_stripe, private, show_order
from payments import hosted
from payments.charges import CardWasCharged
from payments.models import HostedPage
from studio.addresses import address_of
from studio.ids import new_id
from studio.models import Business
from studio.refusal import BadInput, Refusal

COOKIE = "footfall_gift"
"""The order that this browser went to pay: the address that Stripe leads back to must not tell the way to a card."""
Status = GiftOrder.Status


@require_http_methods(["GET", "HEAD", "POST"])
def shop(request: HttpRequest) -> HttpResponse:
    """The first of two screens; the second is Stripe's."""
    try:
        location = orders.online_location()
    except orders.ShopClosed as closed:
        raise Http404 from closed
    now = timezone.now()
    today = location.business_date(now)
    if request.method == "POST":
        form = GiftForm(request.POST, today=today)
        return _ordered(request, form, now=now) if form.is_valid() else _form(request, form, now=now, status=422)
    earlier = links.order_of(request.GET.get("again", ""))
    return _form(request, GiftForm(today=today, initial=initial_of(earlier) if earlier else None), now=now)


def _ordered(request: HttpRequest, form: GiftForm, *, now: dt.datetime) -> HttpResponse:
    """Reserved first, then written, then asked of Stripe, each by itself; the same form twice is one order."""
    order_id = links.order_id_of(request.POST.get("order", "")) or new_id()
    wish = form.wish()
    try:
        with transaction.atomic(durable=True):
            orders.reserve(address_of(request), wish.buyer_email, now=now)
        _close_page(order_id, now=now)
        with transaction.atomic(durable=True):
            order = orders.put(order_id, wish, now=now)
            page = orders.open_page(order, now=now)
    except (OrderIsOver, CardWasCharged):
        return HttpResponseRedirect(reverse("gift_order", args=[links.token_for(order_id)]), status=303)
    except BadInput as bad:
        form.add_error(bad.field if bad.field in form.fields else None, bad.sentence)
        return _form(request, form, now=now, status=422)
    except Refusal as no:
        form.add_error(None, no.sentence)
        return _form(request, form, now=now, status=429 if isinstance(no, orders.TooManyOrders) else 409)
    return _to_pay(order, hosted.ask(page, now=now))


def _close_page(order_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Nobody may pay for what the order was before; PageIsOpen when Stripe does not answer."""
    owner = GiftOrder(pk=order_id).owner
    if not hosted.close(owner=owner, now=now):
        live = HostedPage.objects.live().get(owner=owner)
        raise hosted.PageIsOpen("The page to pay on is still open. Wait a moment and try again.", live)


def _to_pay(order: GiftOrder, page: HostedPage) -> HttpResponse:
    """On to Stripe's page; to our own when it is not certain yet that there is one."""
    token = links.order_token(order)
    response = HttpResponseRedirect(page.url or reverse("gift_order", args=[token]), status=303)
    response.set_cookie(COOKIE, token, path="/gift-cards/", secure=settings.HTTPS, httponly=True, samesite="Lax")
    return private(response)


def _form(request: HttpRequest, form: GiftForm, *, now: dt.datetime, status: int = 200) -> HttpResponse:
    location = orders.online_location()
    posted = links.order_id_of(request.POST.get("order", ""))
    context = {
        "business": Business.current(),
        "location": location,
        "form": form,
        "token": links.token_for(posted or _order_to_change(request) or new_id()),
        "amounts": offers.amounts(form, location, now=now),
        "treatments": offers.treatments(form, location, now=now),
        "designs": DESIGNS.values(),
        "preview": offers.preview(form, location, now=now),
        "errors": offers.errors(form),
    }
    return private(leading_to_stripe(request, "giftcards/shop.html", context, status=status))


def _order_to_change(request: HttpRequest) -> uuid.UUID | None:
    """The draft that the buyer came back to change; a paid order is only copied."""
    earlier = links.order_of(request.GET.get("again", ""))
    return earlier.pk if earlier is not None and earlier.status == Status.DRAFT else None


@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Where Stripe's page leads back to, paid or not: the order's own page in the browser that began it.

    In any other one it says how it went, and nothing of the card.
    """
    now = timezone.now()
    order = links.order_of(request.COOKIES.get(COOKIE, ""))
    session = request.GET.get("session", "")
    page = hosted.look(session, now=now) if session else None
    if order is not None and (page is None or page.owner == order.owner):
        return private(HttpResponseRedirect(reverse("gift_order", args=[links.order_token(order)])))
    context = {"business": Business.current(), "is_paid": page is not None and page.status == page.Status.PAID}
    return private(render(request, "giftcards/back.html", context))


@require_POST
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Once more to Stripe's page, for an order that is not paid yet."""
    now, order = timezone.now(), _find(token)
    try:
        page = orders.live_page(order)
        if page is None:
            with transaction.atomic(durable=True):
                orders.reserve(address_of(request), order.buyer_email, now=now)
            with transaction.atomic(durable=True):
                page = orders.open_page(order, now=now)
    except Refusal as no:
        return show_order(request, order, token, now=now, problem=no.sentence)
    return _to_pay(order, hosted.ask(page, now=now) if page.session_id is None else page)


@require_safe
def design(request: HttpRequest, key: str) -> HttpResponse:
    """A design's picture."""
    if key not in DESIGNS:
        raise Http404
    response = HttpResponse(DESIGNS[key].svg, content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def ashiatsu(request: HttpRequest) -> HttpResponse:
    """What Ashiatsu is, in careful words."""
    return render(request, "giftcards/ashiatsu.html", {"business": Business.current()})


def _find(token: str) -> GiftOrder:
    order = links.order_of(token)
    if order is None:
        raise Http404
    return order
