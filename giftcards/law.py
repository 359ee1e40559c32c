"""What the law says of a card: whether its holder may ask for the rest in cash, and when it may expire (R16)."""

import datetime as dt
from dataclasses import dataclass

from giftcards.models import CardLaw, GiftCard, GiftCardMove
from ledger.money import dollars
from studio.models import Location
from studio.refusal import Refusal

NEVER_CASHED_OUT = (GiftCard.Kind.PROMOTIONAL,)


class NotLawful(Refusal):
    """The law of the state forbids it."""

    code = "not_lawful"


@dataclass(frozen=True, slots=True)
class CashOutRight:
    """That the holder may ask for cash: how much, by which row, and the sentence for the desk."""

    amount_cents: int
    law: CardLaw
    sentence: str


def cash_out_allowed(card: GiftCard, *, location: Location, now: dt.datetime) -> CashOutRight | None:
    """What the holder may ask for in cash at the location, by its law or that of the card's state; None: nothing."""
    if card.status != GiftCard.Status.ACTIVE or card.kind in NEVER_CASHED_OUT or not card.paid_cents:
        return None
    laws = CardLaw.objects.in_force(states={card.state, location.state}, on=location.business_date(now))
    law = next((law for law in laws if _allows(law, card)), None)
    if law is None:
        return None
    amount = f"${dollars(card.paid_cents)}"
    confirmed = "" if law.standing == CardLaw.Standing.CONFIRMED else " (not confirmed by a lawyer)"
    return CashOutRight(card.paid_cents, law, f"The holder may have {amount} in cash: {_threshold(law)}{confirmed}.")


def check_expiry(card: GiftCard, *, expires_on: dt.date, state: str) -> None:
    """NotLawful when a card that was paid for may not expire on that day (R13, R16)."""
    if card.kind == GiftCard.Kind.PROMOTIONAL:
        return
    since = max(day for day in (card.issued_on, card.loaded_on, dt.date.min) if day is not None)
    laws = list(CardLaw.objects.in_force(states={state}, on=expires_on))
    if not laws or not all(law.may_expire for law in laws):
        raise NotLawful("Gift cards never expire here.")
    years = max(law.min_years for law in laws)
    if expires_on < _years_after(since, years):
        raise NotLawful(f"A gift card lasts at least {years} years here.")


def is_never_escheated(card: GiftCard, *, on: dt.date) -> bool:
    """Whether what is left on the card, forgotten, need not be handed to its state."""
    return CardLaw.objects.in_force(states={card.state}, on=on).filter(is_never_escheated=True).exists()


def _allows(law: CardLaw, card: GiftCard) -> bool:
    if law.only_reloadable and card.kind != GiftCard.Kind.VALUE:
        return False
    if law.after_first_use and card.last_used_at is None:
        return False
    return (
        (law.below_cents is not None and card.balance_cents < law.below_cents)
        or (law.up_to_cents is not None and card.balance_cents <= law.up_to_cents)
        or (law.percent_used is not None and _percent_used(card) >= law.percent_used)
    )


def _threshold(law: CardLaw) -> str:
    if law.below_cents is not None:
        return f"{law.state} law, below ${dollars(law.below_cents)}"
    if law.up_to_cents is not None:
        return f"{law.state} law, up to ${dollars(law.up_to_cents)}"
    return f"{law.state} law, {law.percent_used} % used"


def _percent_used(card: GiftCard) -> int:
    """How much of what was ever put on the card was used, in whole per cent, rounded down."""
    use = (GiftCardMove.Kind.USED, GiftCardMove.Kind.RESTORED)
    put_on = sum(move.face_cents for move in card.moves.exclude(kind__in=use))
    return 100 * (put_on - card.balance_cents) // put_on if put_on > 0 else 0


def _years_after(day: dt.date, years: int) -> dt.date:
    """The same day so many years later; a 29 February becomes 1 March, so that no day is lost."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
