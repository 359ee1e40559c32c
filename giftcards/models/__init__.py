"""Gift cards, what happened to them, and the law and promotions that they follow."""

from giftcards.models.cards import CardBatch, CardNotUsable, GiftCard, GiftCardHold, GiftCardMove
from giftcards.models.orders import Delivery, GiftOrder, OrderIsOver
from giftcards.models.terms import CardLaw, GiftBonus
from giftcards.models.unclaimed import UnclaimedLaw

__all__ = [
    "CardBatch",
    "CardLaw",
    "CardNotUsable",
    "Delivery",
    "GiftBonus",
    "GiftCard",
    "GiftCardHold",
    "GiftCardMove",
    "GiftOrder",
    "OrderIsOver",
    "UnclaimedLaw",
]
