"""What the holder of a card sees: the card behind its own address, on paper, and what is left of any card."""

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from giftcards import balance_check, codes, delivery, faces, links, printing, wallets
from giftcards.faces import Face
from giftcards.models import GiftCard, GiftOrder
from giftcards.shop.showing import pdf, private
from studio.addresses import address_of
from studio.models import Business
from studio.refusal import Refusal


@require_safe
def card_page(request: HttpRequest, token: str) -> HttpResponse:
    """The card with its code, what is left and its last uses; only that it can not be used, when it can not."""
    now = timezone.now()
    card, face = _revealed(token, why="look")
    context = {
        "business": Business.current(),
        "face": face or faces.hidden(card, _order_of(card)),
        "is_usable": face is not None,
        "balance": balance_row(faces.balance_of(face, now=now)) if face is not None else None,
        "token": token,
        "wallets": wallets.ways(),
    }
    return private(render(request, "giftcards/card.html", context))


@require_safe
def card_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The same on paper."""
    _, face = _revealed(token, why="print")
    if face is None:
        raise Http404
    return pdf(printing.render(face, paper=request.GET.get("paper", "letter")), name=face.last4)


@require_safe
def apple_pass(request: HttpRequest, token: str) -> HttpResponse:
    """The card for Apple Wallet; 404 without the studio's certificates."""
    card, face = _for_wallet(token, is_there=wallets.ways().apple)
    body = wallets.apple_pass(card, face, url=links.card_address(card))
    response = HttpResponse(body, content_type=wallets.APPLES_TYPE)
    response["Content-Disposition"] = f'attachment; filename="gift-card-{face.last4}.pkpass"'
    return private(response)


@require_safe
def google_pass(request: HttpRequest, token: str) -> HttpResponse:
    """On to Google Wallet with the card; 404 without the studio's account there."""
    card, face = _for_wallet(token, is_there=wallets.ways().google)
    return private(HttpResponseRedirect(wallets.google_address(card, face, url=links.card_address(card))))


def _for_wallet(token: str, *, is_there: bool) -> tuple[GiftCard, Face]:
    if not is_there:
        raise Http404
    card, face = _revealed(token, why="wallet")
    if face is None:
        raise Http404
    return card, face


@require_http_methods(["GET", "HEAD", "POST"])
def balance(request: HttpRequest) -> HttpResponse:
    """What is left of a card, for whoever has its code; one answer for every code that pays nothing (R19)."""
    context: dict[str, object] = {"business": Business.current()}
    status = 200
    if request.method == "POST":
        try:
            context["balance"] = balance_row(_checked(request))
        except Refusal as no:
            context["problem"] = no.sentence
            status = 429 if isinstance(no, balance_check.TooManyTries) else 422
    return private(render(request, "giftcards/balance.html", context, status=status))


def _checked(request: HttpRequest) -> balance_check.Balance:
    """A try is counted and committed, only then the code is looked at."""
    now, address = timezone.now(), address_of(request)
    code = request.POST.get("code", "")[:80]
    codes.read(code)  # a slip of the finger is told, and is no try
    with transaction.atomic(durable=True):
        balance_check.reserve(address, now=now)
    found = balance_check.look(code, now=now)
    with transaction.atomic(durable=True):
        if found is None:
            balance_check.missed(address, now=now)
        else:
            balance_check.found(address, now=now)
    if found is None:
        raise balance_check.NoSuchBalance("There is no card with this code that can be used now.")
    return found


def balance_row(found: balance_check.Balance | None) -> dict[str, object] | None:
    """The balance in words."""
    if found is None:
        return None
    uses = [
        (faces.in_words(use.on), f"{'−' if use.face_cents < 0 else '+'}{faces.money(abs(use.face_cents))}")
        for use in found.uses
    ]
    left = found.treatment if found.balance_cents is None else faces.money(found.balance_cents)
    return {"last4": found.last4, "left": left, "is_treatment": found.balance_cents is None, "uses": uses}


def _revealed(token: str, *, why: str) -> tuple[GiftCard, Face | None]:
    """The card of the address, with its face when it can be used today; 404 for an address that we did not make."""
    now = timezone.now()
    card = links.card_of(token)
    if card is None:
        raise Http404
    if not delivery.is_usable(card, now=now):
        return card, None
    with transaction.atomic(durable=True):
        return card, faces.reveal(card, _order_of(card), why=why, now=now)


def _order_of(card: GiftCard) -> GiftOrder | None:
    """The order that it was bought by, or the card which this one replaced."""
    return GiftOrder.objects.filter(Q(card=card) | Q(card__replaced_by=card)).first()
