"""Many cards in one order: a CSV of recipients, one sale with one receipt, a card for each of them (R17)."""

from collections import defaultdict
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from giftcards import issuing, limits, sheets
from giftcards.models import GiftCard
from ledger.money import dollars
from pos.asked import AskedLine
from pos.models import Sale

FEWEST, MOST = 10, 500


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a card of how much, with which words."""

    name: str
    email: str
    amount_cents: int
    message: str


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
