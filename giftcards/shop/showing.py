"""The buyer's page of an order: how it stands, the card to print, whom it goes to, and what may still be put right."""

import datetime as dt

from csp.decorators import csp_update
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from giftcards import delivery, faces, finding, fulfilment, links, printing
from giftcards.models import Delivery, GiftOrder
from giftcards.shop import orders
from giftcards.shop.designs import design_of
from giftcards.shop.forms import RecipientForm
from ledger.money import dollars
from pos import receipts
from pos.models import Receipt
from studio.models import Business
from studio.refusal import Refusal

Status = GiftOrder.Status
CHECKOUT = "https://checkout.stripe.com"


@require_safe
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """The order; whoever comes back from Stripe's page finds it fulfilled."""
    now = timezone.now()
    order = fulfilment.look(_find(token), now=now)
    return show_order(request, _find(token) if order.status != Status.DRAFT else order, token, now=now)


@require_safe
def order_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The card on paper, for the buyer to hand over."""
    now, order = timezone.now(), _find(token)
    if order.card is None:
        raise Http404
    card = finding.current(order.card)
    if not delivery.is_usable(card, now=now):
        raise Http404
    with transaction.atomic(durable=True):
        face = faces.reveal(card, order, why="print", now=now)
    return pdf(printing.render(face, paper=request.GET.get("paper", "letter")), name=order.number)


@require_POST
def correct(request: HttpRequest, token: str) -> HttpResponse:
    """Put the recipient right, as long as nothing has arrived."""
    now, order = timezone.now(), _find(token)
    form = RecipientForm(request.POST)
    if not form.is_valid():
        return show_order(request, order, token, now=now, form=form)
    name, email = form.cleaned_data["recipient_name"], form.cleaned_data["recipient_email"]
    try:
        with transaction.atomic(durable=True):
            delivery.correct(order, name=name, email=email, now=now)
    except Refusal as no:
        return show_order(request, order, token, now=now, problem=no.sentence)
    return _done(token, "corrected")


@require_POST
def resend(request: HttpRequest, token: str) -> HttpResponse:
    """Send the mail once more."""
    now, order = timezone.now(), _find(token)
    try:
        with transaction.atomic(durable=True):
            delivery.resend(order, now=now)
    except Refusal as no:
        return show_order(request, order, token, now=now, problem=no.sentence)
    return _done(token, "resent")


SAID = {"corrected": "Changed. The card goes to the new address.", "resent": "It is sent once more."}


def show_order(
    request: HttpRequest,
    order: GiftOrder,
    token: str,
    *,
    now: dt.datetime,
    problem: str = "",
    form: RecipientForm | None = None,
) -> HttpResponse:
    """The order's page, with what went wrong."""
    card = finding.current(order.card) if order.card is not None else None
    sending = delivery.last_card(order)
    receipt = Receipt.objects.filter(sale=order.sale, refund=None).first() if order.sale is not None else None
    context = {
        "business": Business.current(),
        "order": order,
        "token": token,
        "state": order.status if order.status != Status.DRAFT else _draft_state(order),
        "amount": f"${dollars(order.amount_cents)}",
        "face": faces.hidden(card, order) if card is not None else None,
        "is_usable": card is not None and delivery.is_usable(card, now=now),
        "design": design_of(order.design),
        "sending": sending,
        "sent_words": _sent_words(order, sending),
        "may_correct": delivery.may_correct(order, now=now),
        "may_resend": sending is None or not sending.is_waiting,
        "form": form or RecipientForm(initial=_recipient(order)),
        "problem": problem,
        "said": SAID.get(request.GET.get("done", ""), ""),
        "receipt_url": receipts.address(receipt) if receipt is not None else "",
    }
    status = 422 if form is not None else 409 if problem else 200
    return private(leading_to_stripe(request, "giftcards/order.html", context, status=status))


def leading_to_stripe(
    request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """The page, whose forms the browser lets lead on to Stripe's page and nowhere else."""

    def page(request: HttpRequest) -> HttpResponseBase:
        return render(request, template, context, status=status)

    allowed = csp_update({"form-action": [settings.STRIPE_API_BASE or CHECKOUT]})(page)(request)
    assert isinstance(allowed, HttpResponse)  # noqa: S101 - the decorator gives back what it got
    return allowed


def private(response: HttpResponse) -> HttpResponse:
    """Kept by no cache, found by no search, told to no other site."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


def pdf(body: bytes, *, name: str) -> HttpResponse:
    """A page to print."""
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="gift-card-{name}.pdf"'
    return private(response)


def _draft_state(order: GiftOrder) -> str:
    """`soon` while it is not certain whether it was paid, or whether there is a page to pay on."""
    page = orders.live_page(order)
    return "soon" if page is not None and page.status != page.Status.OPEN else "draft"


def _sent_words(order: GiftOrder, sending: Delivery | None) -> str:
    if sending is None or sending.cancelled_at is not None:
        return ""
    if sending.bounced_at is not None:
        return f"The mail to {sending.sent_to} came back. Put the address right, and it leaves again."
    if sending.sent_at is not None:
        return f"Sent to {sending.sent_to} on {faces.in_words(order.location.business_date(sending.sent_at))}."
    if order.send_on is not None and sending.n == 1:
        return f"Leaves for {order.recipient_email} on {faces.in_words(order.send_on)}, at nine in the morning."
    return f"Leaves for {order.recipient_email} in a moment."


def _recipient(order: GiftOrder) -> dict[str, object]:
    return {"recipient_name": order.recipient_name, "recipient_email": order.recipient_email}


def _done(token: str, what: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('gift_order', args=[token])}?done={what}", status=303)


def _find(token: str) -> GiftOrder:
    order = links.order_of(token)
    if order is None:
        raise Http404
    return order
