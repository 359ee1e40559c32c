"""Cards that the house brings to people: on paper, or by a mail of their own, with names and a few words (R17, R18)."""

import datetime as dt
from dataclasses import dataclass

from giftcards import delivery, issuing, links
from giftcards.models import CardNotUsable, Delivery, GiftCard, GiftCardMove, GiftOrder
from giftcards.shop.designs import FIRST
from pos.asked import Desk
from pos.models import Sale
from studio import audit
from studio.refusal import BadInput

Kind, Way, Status = Delivery.Kind, GiftOrder.Way, GiftOrder.Status


@dataclass(frozen=True, slots=True)
class Gift:
    """Whom a card is for and from whom, with which words and picture, and when it is mailed (no day: at once)."""

    to: str = ""
    email: str = ""
    by: str = ""
    message: str = ""
    design: str = FIRST
    send_on: dt.date | None = None
    buyer_email: str = ""


def mail_card(card: GiftCard, gift: Gift, *, desk: Desk, now: dt.datetime) -> Delivery:
    """The mail that brings the card to the gift's address, queued in the caller's transaction.

    It needs the right to see codes, for it tells one. CardNotUsable; TooManyMails after five a day.
    """
    if not gift.email:
        raise BadInput("email", "Write where the card goes.")
    issuing.may_reveal(desk)
    _must_be_usable(card, now=now)
    known = GiftOrder.objects.filter(card=card).first()
    order = _put_right(known, gift) if known is not None else wrap(card, gift, now=now)
    audit.record(
        at=now, action="gift_card_mailed", actor=desk.staff, device=desk.device, location=desk.location, subject=card
    )
    return delivery.send_anew(order, now=now)


def on_paper(card: GiftCard, *, desk: Desk, now: dt.datetime) -> str:
    """The address of the card's printed page; whoever has it sees the code, so it leaves an audit row (R14)."""
    _must_be_usable(card, now=now)
    issuing.reveal(card, why="print", now=now, desk=desk)
    return links.paper_address(card)


def wrap(card: GiftCard, gift: Gift, *, now: dt.datetime, sale: Sale | None = None) -> GiftOrder:
    """A card that is there already as a gift of its own: names, words and design for paper, page and mail."""
    return GiftOrder.objects.create(
        status=Status.FULFILLED,
        location=card.location,
        amount_cents=_worth_cents(card),
        item=card.item,
        way=Way.EMAIL if gift.email else Way.HAND,
        recipient_name=gift.to,
        recipient_email=gift.email,
        buyer_name=gift.by,
        buyer_email=gift.buyer_email,
        message=gift.message,
        design=gift.design,
        send_on=gift.send_on,
        made_at=now,
        ended_at=now,
        sale=sale or _sale_of(card),
        card=card,
    )


def _put_right(order: GiftOrder, gift: Gift) -> GiftOrder:
    """The gift as it is wished now; what is left out stays as it was."""
    order.way, order.recipient_email = Way.EMAIL, gift.email
    order.recipient_name = gift.to or order.recipient_name
    order.buyer_name = gift.by or order.buyer_name
    order.message = gift.message or order.message
    order.save(update_fields=["way", "recipient_email", "recipient_name", "buyer_name", "message"])
    return order


def _must_be_usable(card: GiftCard, *, now: dt.datetime) -> None:
    if not delivery.is_usable(card, now=now):
        raise CardNotUsable(f"This card is {card.get_status_display()}.", card_status=card.status)


def _sale_of(card: GiftCard) -> Sale | None:
    return card.sold_line.sale if card.sold_line is not None else None


def _worth_cents(card: GiftCard) -> int:
    """What was put on it first: paid, given or taken over; what is on it when that was elsewhere."""
    first = card.moves.filter(kind__in=_BEGINNINGS).order_by("at", "id").first()
    return first.face_cents if first is not None else max(card.balance_cents, 1)


_BEGINNINGS = (
    GiftCardMove.Kind.SOLD,
    GiftCardMove.Kind.GIVEN,
    GiftCardMove.Kind.IMPORTED,
    GiftCardMove.Kind.MOVED_IN,
)
