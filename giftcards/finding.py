"""Which card somebody means: by its id, its public serial or its code; and the card that another one became."""

import uuid
from typing import Any

from django.db.models import CharField, UUIDField

from giftcards import codes
from giftcards.models import GiftCard
from studio.prepared import Prepared, Slot
from studio.refusal import Refusal


class UnknownCard(Refusal):
    """No card has this code."""

    code = "unknown_code"


_ANY: Any = GiftCard.objects.select_related("location", "item")
_BY_ID: Prepared[GiftCard] = Prepared(lambda: _ANY.filter(pk=Slot("id", UUIDField())).order_by())
_BY_SERIAL: Prepared[GiftCard] = Prepared(lambda: _ANY.filter(serial=Slot("serial", CharField())).order_by())
_BY_MAC: Prepared[GiftCard] = Prepared(lambda: _ANY.filter(code_mac=Slot("mac", CharField())).order_by())


def by_code(text: str) -> GiftCard | None:
    """The card with the code that was typed or scanned; WrongCode, without looking, when it can not be one."""
    return next((card for mac in codes.macs_of(text) for card in _BY_MAC.rows(mac=mac)), None)


def the_card(named: str) -> GiftCard:
    """The card by its id, its serial or its code; UnknownCard or WrongCode when there is none."""
    card_id = _id(named)
    if card_id is not None:
        found = next(iter(_BY_ID.rows(id=card_id)), None)
    else:
        found = next(iter(_BY_SERIAL.rows(serial=named.strip().upper())), None) or by_code(named)
    if found is None:
        raise UnknownCard("This card is not known. Check the code and try again.")
    return found


def current(card: GiftCard) -> GiftCard:
    """The card that this one became by being replaced or merged; itself when it was not."""
    while card.status == GiftCard.Status.REPLACED and card.replaced_by_id is not None:
        card = GiftCard.objects.select_related("location", "item").get(pk=card.replaced_by_id)
    return card


def _id(named: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(named) if len(named) == 36 else None
    except ValueError:
        return None
