"""Which card somebody means: by its id, its public serial or its code; and the card that another one became."""

import uuid

from giftcards import codes
from giftcards.models import GiftCard
from studio.refusal import Refusal


class UnknownCard(Refusal):
    """No card has this code."""

    code = "unknown_code"


def by_code(text: str) -> GiftCard | None:
    """The card with the code that was typed or scanned; WrongCode, without looking, when it can not be one."""
    return GiftCard.objects.select_related("location", "item").filter(code_mac__in=codes.macs_of(text)).first()


def the_card(named: str) -> GiftCard:
    """The card by its id, its serial or its code; UnknownCard or WrongCode when there is none."""
    cards = GiftCard.objects.select_related("location", "item")
    found = cards.filter(pk=_id(named)).first() if _id(named) else cards.filter(serial=named.strip().upper()).first()
    found = found or (by_code(named) if _id(named) is None else None)
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
