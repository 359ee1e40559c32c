"""Addresses that nobody guesses: signed, so that no table holds them and a stolen one opens no card (R18, S2)."""

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from giftcards.models import GiftCard, GiftOrder

CARD, ORDER = "giftcards.card", "giftcards.order"


def card_address(card: GiftCard) -> str:
    """The recipient's page; whoever has the address sees the code."""
    return settings.SITE_URL + reverse("gift_card", args=[card_token(card)])


def paper_address(card: GiftCard) -> str:
    """The card as a page to print; whoever has the address sees the code."""
    return settings.SITE_URL + reverse("gift_card_pdf", args=[card_token(card)])


def order_address(order: GiftOrder) -> str:
    """The buyer's page of the order."""
    return settings.SITE_URL + reverse("gift_order", args=[order_token(order)])


def card_token(card: GiftCard) -> str:
    return _token(card.pk, CARD)


def order_token(order: GiftOrder) -> str:
    return token_for(order.pk)


def token_for(order_id: uuid.UUID) -> str:
    """The token of an order that may not be there yet: its form carries it."""
    return _token(order_id, ORDER)


def card_of(token: str) -> GiftCard | None:
    """The card of a token that we signed; None for any other."""
    card_id = _read(token, CARD)
    cards = GiftCard.objects.select_related("location", "item")
    return cards.filter(pk=card_id).first() if card_id is not None else None


def order_id_of(token: str) -> uuid.UUID | None:
    """The id that we signed for an order; None for any other token."""
    return _read(token, ORDER)


def order_of(token: str) -> GiftOrder | None:
    """The order of a token that we signed; None for any other."""
    orders = GiftOrder.objects.select_related("location", "item", "card__location", "card__item", "charge", "sale")
    order_id = order_id_of(token)
    return orders.filter(pk=order_id).first() if order_id is not None else None


def _token(row_id: uuid.UUID, salt: str) -> str:
    return signing.Signer(salt=salt, sep=".").sign(row_id.hex)


def _read(token: str, salt: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(signing.Signer(salt=salt, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None
