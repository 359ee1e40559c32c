"""Cards that pay: what one may pay of a sale, its parts, and what goes back to it (posting rules 10, 16, 45, 74)."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import UUIDField

from giftcards import finding, issuing, moving, postings
from giftcards.models import CardNotUsable, GiftCard, GiftCardHold, GiftCardMove
from giftcards.moving import Because
from ledger.journal import Line
from ledger.money import dollars
from pos.asked import AskedTender
from pos.kinds import Payable, line_kind
from pos.models import SaleLine, Tender
from pos.models.stored import NotEnoughLeft
from pos.tenders import NothingDue, PaysNoValue, exactly_cents
from pos.wares import OverTheCounter
from pos.writing import insert_together
from studio.prepared import Prepared, PreparedDelete, Slot
from studio.refusal import BadInput, Refusal

Kind, Status, MoveKind = GiftCard.Kind, GiftCard.Status, GiftCardMove.Kind
AT_LEAST = dt.timedelta(days=14)
"""What comes back can be used for so long at least, whatever the card said (R2)."""


class PromotionPaysTreatments(Refusal):
    """The part of a card that nobody paid for pays treatments and goods, no tips and nothing prepaid (R13)."""

    code = "promotion_pays_treatments"


_TENDER: Any = Slot("tender", UUIDField())
_USED = Prepared(
    lambda: (
        GiftCardMove.objects.select_related("card__location", "card__item")
        .filter(tender=_TENDER, kind=MoveKind.USED)
        .order_by()
    )
)
_HELD = Prepared(lambda: GiftCardHold.objects.filter(pk=_TENDER).order_by())
_GONE = PreparedDelete(lambda: GiftCardHold.objects.filter(pk=_TENDER))

# Held ----------------------------------------------------------------------------------------------------------------


def named_card(asked: AskedTender) -> GiftCard:
    """The card that the tender names, by its id or its code; one that was replaced does not lead to the new one."""
    if not asked.instrument:
        raise BadInput("instrument", "Scan the gift card, or type its code.")
    return finding.the_card(asked.instrument)


def must_pay(card: GiftCard, *, on: dt.date) -> None:
    """CardNotUsable unless the card pays on that day."""
    if card.status != Status.ACTIVE:
        raise CardNotUsable(f"This card is {card.get_status_display()}.", card_status=card.status)
    if has_expired(card, on=on):
        raise CardNotUsable(f"This card expired on {card.expires_on}.", card_status="expired")


def has_expired(card: GiftCard, *, on: dt.date) -> bool:
    return card.expires_on is not None and on >= card.expires_on


def amount_cents(asked: AskedTender, basket: Payable, card: GiftCard) -> int:
    """What the card pays: what is asked for, else as much as is due, as it may pay and as there is."""
    if basket.due_cents <= 0:
        raise NothingDue("This sale is paid already.")
    may_cents = basket.payable_by_value_cents
    if may_cents <= 0:
        raise PaysNoValue("A gift card does not buy gift cards and the like: take another way to pay.")
    most_cents = _with_promotion(card, min(may_cents, card.free_cents), basket)
    if asked.amount_cents is None and asked.tendered_cents is None:
        wanted_cents = most_cents
    else:
        wanted_cents = exactly_cents(asked, basket.due_cents)
    if wanted_cents > may_cents:
        raise PaysNoValue(f"A gift card can pay ${dollars(may_cents)} of this sale, not gift cards and the like.")
    if not 0 < wanted_cents <= max(card.free_cents, 1) or not card.free_cents:
        raise NotEnoughLeft(f"There is only ${dollars(card.free_cents)} left on it.", left_cents=card.free_cents)
    if wanted_cents > most_cents or not most_cents:
        raise PromotionPaysTreatments(
            f"This card can pay ${dollars(most_cents)} of this sale: its promotion pays treatments and goods only."
        )
    return wanted_cents


def check_room(basket: Payable) -> None:
    """Refuse when gift cards on the sale pay what they can not, because its contents changed."""
    if basket.payable_by_value_cents < 0:
        raise PaysNoValue("A gift card does not buy gift cards and the like. Take some of it off first.")
    if _promotion_room(basket) < 0:
        raise PromotionPaysTreatments("A promotional part pays no tip and nothing prepaid. Take the card off first.")


def hold(card: GiftCard, face_cents: int, *, tender_id: uuid.UUID) -> None:
    """Reserve so much of a locked card for a tender, its paid part fixed now."""
    paid_cents = card.paid_part(face_cents)
    card.hold_parts(face_cents, paid_cents=paid_cents)
    insert_together([GiftCardHold(tender_id=tender_id, card=card, face_cents=face_cents, paid_cents=paid_cents)])


def release(tender: Tender) -> None:
    """Let go of what the tender holds; nothing when it holds nothing."""
    held = moving.lock_held(tender)
    if held is not None:
        held.card.release_parts(held.face_cents, paid_cents=held.paid_cents)
        _GONE.run(tender=held.pk)


def _with_promotion(card: GiftCard, face_cents: int, basket: Payable) -> int:
    """The most of `face_cents` whose promotional part fits the treatments and goods of the sale."""
    if not card.promo_cents:
        return face_cents
    room_cents = _promotion_room(basket)
    low, high = 0, face_cents
    while low < high:  # the promotional part never shrinks when more is used
        middle = (low + high + 1) // 2
        fits = middle - card.paid_part(middle) <= room_cents
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _promotion_room(basket: Payable) -> int:
    """What promotional parts may still pay: treatments and goods with their tax, less what covers them, in cents."""
    goods = sum(_in_money(line) for line in basket.lines if isinstance(line_kind(line.kind), OverTheCounter))
    named = [tender.pk for tender in basket.live_tenders if tender.line_id is None and tender.instrument]
    return goods - sum(held.promo_cents for tender in named for held in _HELD.rows(tender=tender))


def _in_money(line: SaleLine) -> int:
    return max(0, line.paid_cents - (line.covered_cents or 0))


# Settled -------------------------------------------------------------------------------------------------------------


def settle(tender: Tender, *, now: dt.datetime) -> GiftCard:
    """Take what the tender holds off its card; CardNotUsable when it was blocked meanwhile."""
    held = moving.lock_held(tender)
    if held is None:
        raise GiftCardHold.DoesNotExist
    card = held.card
    must_pay(card, on=tender.sale.location.business_date(now))
    sale = tender.sale
    moving.use(
        card, held, because=Because(f"used:{tender.pk}", now=now, at=sale.location, by=sale.completed_by, tender=tender)
    )
    _GONE.run(tender=held.pk)
    return card


def debits(tender: Tender) -> Iterator[Line]:
    """Posting rules 10, 16 and 74: the paid part, the promotional part, and income that comes back."""
    used = _used(tender)
    yield from postings.taken(used.card, -used.paid_cents, at=tender.sale.location, tender=tender.kind)
    yield from postings.promotion(-used.promo_cents, tender=tender.kind)
    yield from postings.income_taken_back(used.card, -used.breakage_cents)


def _used(tender: Tender) -> GiftCardMove:
    for used in _USED.rows(tender=tender.pk):
        return used
    raise GiftCardMove.DoesNotExist


# Given back ----------------------------------------------------------------------------------------------------------


def give_back(tender: Tender, face_cents: int, *, key: str, now: dt.datetime) -> Iterator[Line]:
    """Posting rule 45: so much goes back, its paid part by cumulative difference; a closed card's to a new one."""
    used = _used(tender)
    before_cents = sum(move.face_cents for move in _restored(tender))
    paid_cents = _paid_up_to(used, before_cents + face_cents) - _paid_up_to(used, before_cents)
    card = _put_back(used.card, paid_cents, face_cents - paid_cents, tender=tender, key=key, now=now)
    yield from postings.taken(card, -paid_cents, at=tender.sale.location, tender=tender.kind)
    yield from postings.promotion(-(face_cents - paid_cents), tender=tender.kind)


def undo(tender: Tender, *, now: dt.datetime) -> Iterator[Line]:
    """A void: the mirror has said it in the books, the card follows; a closed card's value goes on to a new one."""
    used = _used(tender)
    old = moving.lock(used.card)
    paid_cents, promo_cents = -used.paid_cents, -used.promo_cents
    if old.status == Status.ACTIVE:
        moving.change(
            old,
            MoveKind.RESTORED,
            paid_cents=paid_cents,
            promo_cents=promo_cents,
            breakage_cents=-used.breakage_cents,
            because=_because(tender, f"restored:{tender.pk}", now=now),
        )
        return
    new = _put_back(old, paid_cents, promo_cents, tender=tender, key=f"restored:{tender.pk}", now=now)
    yield from postings.moved(old, new, paid_cents)
    yield from postings.income_taken_back(old, -used.breakage_cents)


def _put_back(
    card: GiftCard, paid_cents: int, promo_cents: int, *, tender: Tender, key: str, now: dt.datetime
) -> GiftCard:
    """The card that has the value now: the same one, what it became, or a new one on the same terms."""
    landing = _landing(card, now=now)
    because = _because(tender, key, now=now)
    moving.change(landing, MoveKind.RESTORED, paid_cents=paid_cents, promo_cents=promo_cents, because=because)
    soonest = tender.sale.location.business_date(now) + AT_LEAST
    if landing.expires_on is not None and landing.expires_on < soonest:
        GiftCard.objects.filter(pk=landing.pk).update(expires_on=soonest)
    return landing


def _landing(card: GiftCard, *, now: dt.datetime) -> GiftCard:
    card = moving.lock(card)
    while card.status != Status.ACTIVE and card.replaced_by_id is not None:
        card = moving.lock(GiftCard(pk=card.replaced_by_id))
    if card.status == Status.ACTIVE:
        return card
    new = issuing.like(card, now=now)
    GiftCard.objects.filter(pk=card.pk).update(replaced_by=new)
    return new


def _because(tender: Tender, key: str, *, now: dt.datetime) -> Because:
    return Because(key, now=now, at=tender.sale.location, tender=tender)


def _restored(tender: Tender) -> list[GiftCardMove]:
    return list(GiftCardMove.objects.filter(tender_id=tender.pk, kind=MoveKind.RESTORED))


def _paid_up_to(used: GiftCardMove, face_cents: int) -> int:
    return used.paid_cents * face_cents // used.face_cents


def is_whole_treatment(card: GiftCard) -> bool:
    """Whether a treatment card is whole: nothing of it was spent as money, so that it still honours its treatment."""
    if card.kind != Kind.TREATMENT or not 0 < card.free_cents == card.balance_cents:
        return False
    put_on = sum(move.face_cents for move in card.moves.exclude(kind__in=[MoveKind.USED, MoveKind.RESTORED]))
    return card.balance_cents == put_on
