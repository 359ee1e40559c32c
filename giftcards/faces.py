"""What a card shows to whoever holds it: said once, printed by page, PDF and mail alike."""

import datetime as dt
from dataclasses import dataclass

from giftcards import balance_check, issuing, spending
from giftcards.balance_check import Balance
from giftcards.models import GiftCard, GiftCardMove, GiftOrder
from giftcards.shop.designs import FIRST, Design, design_of
from ledger.money import dollars
from pos.qr import Qr, qr_of
from studio.models import Business, Location


@dataclass(frozen=True, slots=True)
class Face:
    """A card as it is given: of a treatment card the treatment, and nowhere what it cost (R13)."""

    business: Business
    location: Location
    design: Design
    worth: str
    to: str
    by: str
    message: str
    code: str
    last4: str
    expires: str

    @property
    def qr(self) -> Qr:
        """The code for the desk's scanner."""
        return qr_of(self.code)


def reveal(card: GiftCard, order: GiftOrder | None, *, why: str, now: dt.datetime) -> Face:
    """The card with its whole code; leaves an audit row, so in a transaction (R14)."""
    return _face(card, order, issuing.reveal(card, why=why, now=now))


def hidden(card: GiftCard, order: GiftOrder | None) -> Face:
    """The card with all but its last four symbols hidden."""
    return _face(card, order, f"····-····-····-{card.last4}")


def balance_of(face: Face, *, now: dt.datetime) -> Balance | None:
    """What is left of a revealed card, and its last uses without names."""
    return balance_check.look(face.code, now=now)


def money(cents: int) -> str:
    """`$120`, `$49.99`: as cards say it."""
    return f"${dollars(cents)}".removesuffix(".00")


def in_words(day: dt.date) -> str:
    """`3 March 2031`."""
    return f"{day.day} {day:%B %Y}"


def worth_of(card: GiftCard) -> str:
    """What was given: the treatment, or the amount that was on the card when it was sold."""
    if card.item is not None and (spending.is_whole_treatment(card) or not card.balance_cents):
        return card.item.name
    sold = card.moves.filter(kind=GiftCardMove.Kind.SOLD).order_by("-at").first()
    return money(sold.face_cents if sold is not None and card.item is None else card.balance_cents)


def _face(card: GiftCard, order: GiftOrder | None, code: str) -> Face:
    return Face(
        business=Business.current(),
        location=card.location,
        design=design_of(order.design if order is not None else FIRST),
        worth=worth_of(card),
        to=order.recipient_name if order is not None else "",
        by=order.buyer_name if order is not None else "",
        message=order.message if order is not None else "",
        code=code,
        last4=card.last4,
        expires=f"Valid until {in_words(card.expires_on - dt.timedelta(days=1))}"
        if card.expires_on is not None
        else "Never expires",
    )
