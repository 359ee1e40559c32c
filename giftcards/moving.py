"""The one way in which a card's value changes: its row and its move together, in the caller's transaction."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import UUIDField

from giftcards.models import GiftCard, GiftCardHold, GiftCardMove
from pos.models import SaleLine, Tender
from pos.writing import insert_together
from studio.models import Location, Staff
from studio.prepared import Prepared, Slot

Kind = GiftCardMove.Kind


@dataclass(frozen=True, slots=True)
class Because:
    """What a change stands for: its key (once), its moment and place, and whom or what it is about."""

    key: str
    now: dt.datetime
    at: Location
    by: Staff | None = None
    why: str = ""
    line: SaleLine | None = None
    tender: Tender | None = None
    client: uuid.UUID | None = None


_CARD: Any = Slot("card", UUIDField())
_TENDER: Any = Slot("tender", UUIDField())
_LOCKED: Prepared[GiftCard] = Prepared(
    lambda: (
        GiftCard.objects.select_for_update(of=("self",)).select_related("location", "item").filter(pk=_CARD).order_by()
    )
)
_HOLD: Prepared[GiftCardHold] = Prepared(
    lambda: (
        GiftCardHold.objects.select_for_update(of=("card",))
        .select_related("card__location", "card__item")
        .filter(pk=_TENDER)
        .order_by()
    )
)


def lock(card: GiftCard) -> GiftCard:
    """The card as it now is, its row locked until the transaction ends."""
    return lock_id(card.pk)


def lock_id(card_id: uuid.UUID) -> GiftCard:
    """The card of that id, its row locked; GiftCard.DoesNotExist when there is none."""
    for locked in _LOCKED.rows(card=card_id):
        return locked
    raise GiftCard.DoesNotExist


def lock_held(tender: Tender) -> GiftCardHold | None:
    """What the tender holds of a card, whose row is locked; None when it holds nothing."""
    return next(iter(_HOLD.rows(tender=tender.pk)), None)


def lock_all(cards: list[GiftCard]) -> list[GiftCard]:
    """The cards as they now are, locked in the order of their keys and given in the order asked."""
    rows = GiftCard.objects.select_for_update(of=("self",)).select_related("location", "item")
    locked = {row.pk: row for row in rows.filter(pk__in=[card.pk for card in cards]).order_by("pk")}
    return [locked[card.pk] for card in cards]


def change(
    card: GiftCard, kind: Kind, *, paid_cents: int, promo_cents: int, because: Because, breakage_cents: int = 0
) -> GiftCardMove | None:
    """Add these parts to the card (negative: take them off what is free); its move, None when nothing moves."""
    if not (paid_cents or promo_cents or breakage_cents):
        return None
    card.change_parts(paid_cents=paid_cents, promo_cents=promo_cents, breakage_cents=breakage_cents)
    return _note(card, kind, paid_cents, promo_cents, breakage_cents, because)


def use(card: GiftCard, held: GiftCardHold, *, because: Because) -> GiftCardMove:
    """Take what a sale holds off the card, with what was counted as income on it; its move."""
    income_cents = takes_back_income(card, held.paid_cents)
    card.use_parts(held.face_cents, paid_cents=held.paid_cents, breakage_cents=-income_cents, at=because.now)
    return _note(card, Kind.USED, -held.paid_cents, -held.promo_cents, -income_cents, because)


def _note(
    card: GiftCard, kind: Kind, paid_cents: int, promo_cents: int, breakage_cents: int, because: Because
) -> GiftCardMove:
    move = GiftCardMove(
        card=card,
        kind=kind,
        paid_cents=paid_cents,
        promo_cents=promo_cents,
        breakage_cents=breakage_cents,
        at=because.now,
        key=because.key,
        line_id=because.line.pk if because.line is not None else None,
        tender_id=because.tender.pk if because.tender is not None else None,
        location=because.at,
        client=because.client,
        made_by=because.by,
        why=because.why[:200],
    )
    insert_together([move])
    return move


def takes_back_income(card: GiftCard, paid_cents: int) -> int:
    """How much that was counted as income comes back when so much of the paid part goes (posting rule 16), in cents."""
    return max(0, card.breakage_cents - (card.paid_cents - paid_cents))
