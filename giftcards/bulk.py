"""Many cards in one order: a CSV of recipients, one sale with one receipt, a card for each of them (R17)."""

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from giftcards import delivery, faces, handing, issuing, limits, printing, sheets
from giftcards.handing import Gift
from giftcards.models import Delivery, GiftCard, GiftOrder
from giftcards.shop.designs import FIRST
from ledger.money import dollars
from pos import checkout, receipts
from pos.asked import AskedLine, AskedSale, AskedTender, Desk
from pos.models import Receipt, Sale
from studio import rights
from studio.models import Right
from studio.refusal import BadInput

FEWEST, MOST = 10, 500
WAYS_TO_PAY = ("external", "check")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a card of how much, with which words."""

    name: str
    email: str
    amount_cents: int
    message: str


@dataclass(frozen=True, slots=True)
class Order:
    """What an order for many says beside its recipients: who orders and pays how, and how all the cards look."""

    buyer_name: str
    buyer_email: str
    paid_by: str
    reference: str = ""
    message: str = ""
    design: str = FIRST
    send_on: dt.date | None = None


def place(recipients: list[Recipient], order: Order, *, sale_id: uuid.UUID, desk: Desk, now: dt.datetime) -> Sale:
    """The one sale of all the cards, paid, each card wrapped for its recipient and mailed where there is an address.

    The buyer gets one receipt. In the caller's transaction; the same id again is the same sale and nothing more.
    """
    rights.require(desk.staff, Right.GIFT_CARDS, desk.location)
    if order.paid_by not in WAYS_TO_PAY:
        raise BadInput("paid_by", "An order for many is paid by check or beside the till.")
    asked = AskedSale(lines=lines(recipients))
    tender = (sale_id, AskedTender(kind=order.paid_by, reference=order.reference))
    basket = checkout.sell(sale_id=sale_id, asked=asked, tenders=[tender], desk=desk, now=now)
    if not GiftOrder.objects.filter(sale=basket.sale).exists():
        for recipient, card in match(basket.sale, recipients):
            _wrap(recipient, card, order, basket.sale, now=now)
        _send_receipt(basket.sale, order, now=now)
    return basket.sale


def papers(sale: Sale, *, desk: Desk, now: dt.datetime) -> bytes:
    """A PDF of each card of the order, in one zip; every code that is in it leaves its audit row (R14)."""
    issuing.may_reveal(desk)
    orders = GiftOrder.objects.filter(sale=sale).select_related("location", "item", "card__location", "card__item")
    live = [order for order in orders.order_by("made_at", "id") if _is_usable(order, now=now)]
    faced = [(order.recipient_name, _face(order, desk=desk, now=now)) for order in live]
    return printing.zipped(faced)


def _face(order: GiftOrder, *, desk: Desk, now: dt.datetime) -> faces.Face:
    assert order.card is not None  # noqa: S101 - those without are left out
    return faces.reveal(order.card, order, why=f"zip by {desk.staff}", now=now)


def _is_usable(order: GiftOrder, *, now: dt.datetime) -> bool:
    return order.card is not None and delivery.is_usable(order.card, now=now)


def _wrap(recipient: Recipient, card: GiftCard, order: Order, sale: Sale, *, now: dt.datetime) -> None:
    gift = Gift(
        to=recipient.name[:80],
        email=recipient.email,
        by=order.buyer_name,
        message=recipient.message or order.message,
        design=order.design,
        send_on=order.send_on,
        buyer_email=order.buyer_email,
    )
    wrapped = handing.wrap(card, gift, now=now, sale=sale)
    if recipient.email:
        delivery.add(wrapped, Delivery.Kind.CARD, at=delivery.send_at(wrapped, now=now), now=now)


def _send_receipt(sale: Sale, order: Order, *, now: dt.datetime) -> None:
    if order.buyer_email:
        receipts.queue(Receipt.objects.get(sale=sale, refund=None), to=order.buyer_email, now=now)


def read_csv(text: str) -> list[Recipient]:
    """The recipients of a CSV (`name, amount, email, message`), 10 to 500; BadRows lists every mistake."""
    rows = sheets.read_rows(text, columns=["name", "amount"], optional=["email", "message"], read=_recipient)
    if not FEWEST <= len(rows) <= MOST:
        raise sheets.BadRows(f"An order for many is {FEWEST} to {MOST} cards; here are {len(rows)}.", rows=[])
    return [recipient for _, recipient in rows]


def lines(recipients: list[Recipient]) -> tuple[AskedLine, ...]:
    """The lines of the one sale: a line for each amount, as many cards as there are recipients of it."""
    counts: dict[int, int] = defaultdict(int)
    for recipient in recipients:
        counts[recipient.amount_cents] += 1
    return tuple(AskedLine(kind="gift_card", unit_cents=cents, quantity=quantity) for cents, quantity in counts.items())


def match(sale: Sale, recipients: list[Recipient]) -> list[tuple[Recipient, GiftCard]]:
    """Each recipient with the card that the completed sale made for them, in the order of the file, always the same."""
    cards: dict[int, list[GiftCard]] = defaultdict(list)
    for card, unit_cents in issuing.cards_with_prices(sale):
        cards[unit_cents].append(card)
    waiting = {cents: iter(of_amount) for cents, of_amount in cards.items()}
    return [(recipient, next(waiting[recipient.amount_cents])) for recipient in recipients]


def _recipient(cells: dict[str, str]) -> Recipient:
    name, email, message = cells["name"], cells["email"], cells["message"]
    if not 0 < len(name) <= 120:
        raise sheets.BadCell("A name has 1 to 120 characters.")
    if len(message) > 300:
        raise sheets.BadCell("A message has at most 300 characters.")
    if email:
        _check_email(email)
    cents = sheets.money(cells["amount"])
    if not limits.DESK_LEAST_CENTS <= cents <= limits.DESK_MOST_CENTS:
        raise sheets.BadCell(f"A card is at most ${dollars(limits.DESK_MOST_CENTS)}, and at least $1.")
    return Recipient(name, email, cents, message)


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise sheets.BadCell(f"“{email[:40]}” is no e-mail address.") from error
