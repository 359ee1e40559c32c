"""Cards come into being: prepared, activated by a completed sale, their codes told to those who may know (R13, R14)."""

import datetime as dt

from giftcards import codes, moving
from giftcards.models import CardBatch, GiftCard, GiftCardMove
from giftcards.moving import Because
from pos.asked import Desk
from pos.models import Item, Sale
from studio import audit, rights
from studio.models import Location, Right

Kind, Status = GiftCard.Kind, GiftCard.Status


def prepare(
    *,
    location: Location,
    now: dt.datetime,
    kind: GiftCard.Kind = GiftCard.Kind.VALUE,
    item: Item | None = None,
    expires_on: dt.date | None = None,
    batch: CardBatch | None = None,
    kept: codes.Kept | None = None,
) -> GiftCard:
    """A new card, inactive and worth nothing until a completed sale names it; `kept` for a code it has already."""
    kept = kept or codes.keep(codes.new_code())
    card: GiftCard = GiftCard.objects.create(
        serial=codes.new_serial(),
        kind=kind,
        code_mac=kept.code_mac,
        code_key=kept.code_key,
        code_sealed=kept.code_sealed,
        last4=kept.last4,
        location=location,
        item=item,
        expires_on=expires_on,
        batch=batch,
        made_at=now,
    )
    return card


def activate(
    card: GiftCard, kind: GiftCardMove.Kind, *, paid_cents: int, promo_cents: int, because: Because
) -> GiftCard:
    """Make a prepared card worth something at the location of `because`; CardNotUsable when it is active already."""
    on = because.at.business_date(because.now)
    card.move_to(
        Status.ACTIVE,
        location=because.at,
        state=because.at.state,
        issued_on=on,
        loaded_on=on,
        sold_line_id=because.line.pk if because.line is not None else None,
        buyer_id=because.client,
    )
    moving.change(card, kind, paid_cents=paid_cents, promo_cents=promo_cents, because=because)
    return card


def like(old: GiftCard, *, now: dt.datetime) -> GiftCard:
    """A new active card without value, on the terms of the old one: kind, treatment, expiry, owner, location."""
    card = prepare(location=old.location, now=now, kind=Kind(old.kind), item=old.item, expires_on=old.expires_on)
    card.move_to(
        Status.ACTIVE,
        state=old.state,
        issued_on=old.issued_on,
        loaded_on=old.loaded_on,
        buyer_id=old.buyer_id,
        holder_id=old.holder_id,
        last_used_at=old.last_used_at,
    )
    return card


def give_away(
    *,
    card: GiftCard,
    promo_cents: int,
    because: Because,
) -> GiftCard:
    """Activate a promotional card that nobody paid for: nothing in the books, its use is a discount (rule 19)."""
    return activate(card, GiftCardMove.Kind.GIVEN, paid_cents=0, promo_cents=promo_cents, because=because)


def cards_of(sale: Sale) -> list[GiftCard]:
    """What a completed sale sold, in the order of its lines and of the cards on each."""
    return [card for card, _ in cards_with_prices(sale)]


def cards_with_prices(sale: Sale) -> list[tuple[GiftCard, int]]:
    """The same with what was paid for each, in cents."""
    sold = GiftCardMove.objects.filter(line__sale=sale, kind=GiftCardMove.Kind.SOLD)
    moves = sold.select_related("card__location", "card__item").order_by("line__position", "id")
    return [(move.card, move.paid_cents) for move in moves]


def may_reveal(desk: Desk) -> None:
    """Nothing when whoever is at the desk may see codes; otherwise NotAllowed."""
    rights.require(desk.staff, Right.REVEAL_CODES, desk.location)


def reveal(card: GiftCard, *, why: str, now: dt.datetime, desk: Desk | None = None) -> str:
    """The whole code as people read it, for mail, print or the desk; each reveal leaves an audit row (R14).

    At a desk it needs the right to see codes. SealBroken when the key it was sealed with is gone.
    """
    if desk is not None:
        may_reveal(desk)
    audit.record(
        at=now,
        action="gift_card_code_revealed",
        actor=desk.staff if desk is not None else None,
        device=desk.device if desk is not None else None,
        location=desk.location if desk is not None else card.location,
        subject=card,
        reason=why,
    )
    return codes.grouped(codes.open_sealed(card.code_sealed, card.code_key))
