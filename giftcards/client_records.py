"""What is kept of a client's gift cards, told and forgotten with the rest."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.db.models import Q, QuerySet

from giftcards.models import GiftCard, GiftOrder
from pos.client_records import NOBODY, Rows, rows_of
from pos.models import Client


class Cards:
    """Cards that they bought or hold, and orders in which their address stands; a card itself is its holder's."""

    covers: ClassVar[frozenset[str]] = frozenset(
        {"giftcards.GiftCard.buyer", "giftcards.GiftCard.holder", "giftcards.GiftCardMove.client"}
    )

    def tell(self, client: Client) -> Mapping[str, Rows]:
        cards = GiftCard.objects.filter(Q(buyer=client) | Q(holder=client)).order_by("pk")
        orders = _orders(client)
        return {
            "gift_cards": rows_of(cards, "id", "last4", "status", "balance_cents", "expires_on"),
            "gift_orders": rows_of(orders, "id", "buyer_name", "recipient_name", "recipient_email", "message"),
        }

    def unsettled(self, client: Client, *, now: dt.datetime) -> Sequence[str]:
        held = GiftCard.objects.filter(holder=client, balance_cents__gt=0).exists()
        return ["A gift card of theirs has money on it: take it off their name or cash it out."] if held else []

    def move(self, gone: Client, into: Client, *, now: dt.datetime) -> Mapping[str, int]:
        GiftCard.objects.filter(buyer=gone).update(buyer=into)
        return {"gift_cards": GiftCard.objects.filter(holder=gone).update(holder=into)}

    def forget(self, client: Client, *, now: dt.datetime) -> None:
        GiftCard.objects.filter(buyer=client).update(buyer=None)
        GiftCard.objects.filter(holder=client).update(holder=None)
        if client.email:
            mine = GiftOrder.objects.filter(buyer_email__iexact=client.email)
            mine.update(buyer_name="", buyer_email=NOBODY, message="")
            GiftOrder.objects.filter(recipient_email__iexact=client.email).update(
                recipient_name="", recipient_email=NOBODY, message=""
            )


def _orders(client: Client) -> "QuerySet[GiftOrder]":
    if not client.email:
        return GiftOrder.objects.none()
    said = Q(buyer_email__iexact=client.email) | Q(recipient_email__iexact=client.email)
    return GiftOrder.objects.filter(said).order_by("pk")
