"""Gift cards in tests: sold, found and used as at the desk."""

from giftcards import codes
from giftcards.models import GiftCard
from pos.asked import AskedLine
from pos.basket import Basket
from tests.builders import TestDesk


def card_for(cents: int, *, quantity: int = 1, instrument: str = "") -> AskedLine:
    """A line that sells gift cards of an amount."""
    return AskedLine(kind="gift_card", unit_cents=cents, quantity=quantity, instrument=instrument)


def card_for_treatment(code: str, *, quantity: int = 1) -> AskedLine:
    """A line that sells treatment cards."""
    return AskedLine(kind="gift_card", item=code, quantity=quantity)


def load_of(card: GiftCard, cents: int) -> AskedLine:
    """A line that loads a card."""
    return AskedLine(kind="gift_card_load", unit_cents=cents, instrument=str(card.pk))


def sells_card(desk: TestDesk, cents: int, **more: object) -> GiftCard:
    """A card sold on the other terminal."""
    return card_of(desk.rings_up(card_for(cents), **more).pays(external=cents))


def card_of(basket: Basket, line: int = 0) -> GiftCard:
    """The card that a line of a completed sale sold."""
    return GiftCard.objects.select_related("location", "item").get(pk=basket.lines[line].instrument)


def code_of(card: GiftCard) -> str:
    """Its code, read from the sealed copy."""
    return codes.grouped(codes.open_sealed(card.code_sealed, card.code_key))
