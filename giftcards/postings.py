"""What gift cards say in the books (posting rules 9-16, 45, 74)."""

from collections.abc import Iterator

from giftcards.models import GiftCard
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from pos.crossing import restore, use_up
from studio.models import Location


def issued(card: GiftCard, paid_cents: int, *, at: Location) -> Iterator[Line]:
    """More is owed on the card (rule 9); loaded elsewhere, its seller owes it all the same (rule 74)."""
    yield from restore(Account.GIFT_CARDS, paid_cents, sold_at=card.location, used_at=at, instrument=card.instrument)


def taken(card: GiftCard, paid_cents: int, *, at: Location, tender: str = "") -> Iterator[Line]:
    """Less is owed on the card: it paid, was refunded or cashed out at `at` (rules 10-12, 74)."""
    yield from use_up(
        Account.GIFT_CARDS,
        paid_cents,
        sold_at=card.location,
        used_at=at,
        instrument=card.instrument,
        tender=tender,
    )


def promotion(promo_cents: int, *, tender: str) -> Iterator[Line]:
    """The part that nobody paid for is a discount when it is used (rules 10, 19)."""
    yield debit(Account.DISCOUNTS, promo_cents, tender=tender)


def income_taken_back(card: GiftCard, cents: int) -> Iterator[Line]:
    """What was counted as income on the card is owed again, because it turned up (rule 16)."""
    yield debit(Account.BREAKAGE_GIFT_CARDS, cents, location=card.location, instrument=card.instrument)
    yield credit(Account.GIFT_CARD_BREAKAGE, cents, location=card.location, instrument=card.instrument)


def moved(old: GiftCard, new: GiftCard, paid_cents: int) -> Iterator[Line]:
    """The debt of one card becomes that of another; between locations with what they then owe each other."""
    yield from use_up(
        Account.GIFT_CARDS, paid_cents, sold_at=old.location, used_at=new.location, instrument=old.instrument
    )
    yield credit(Account.GIFT_CARDS, paid_cents, location=new.location, instrument=new.instrument)
