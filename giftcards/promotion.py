"""Promotional cards, given away: nobody paid for them, so they expire, pay no cash and are never escheated (R13)."""

import datetime as dt
import uuid

from giftcards import delivery, handing, issuing, limits
from giftcards.handing import Gift
from giftcards.models import Delivery, GiftCard, GiftCardMove
from giftcards.moving import Because
from pos.asked import Desk
from studio import audit, rights
from studio.models import Right
from studio.refusal import BadInput

MOST_DAYS = 5 * 366


def give(
    gift: Gift, *, gift_id: uuid.UUID, amount_cents: int, expires_on: dt.date, why: str, desk: Desk, now: dt.datetime
) -> GiftCard:
    """A card of that worth, valid before `expires_on`, mailed when the gift has an address; the same id: the same card.

    In the caller's transaction. BadInput; NotAllowed without the right to look after gift cards.
    """
    rights.require(desk.staff, Right.GIFT_CARDS, desk.location)
    key = f"given:{gift_id}"
    known = GiftCardMove.objects.filter(key=key).select_related("card").first()
    if known is not None:
        return known.card
    _check(amount_cents, expires_on, why, desk=desk, now=now)
    card = issuing.prepare(location=desk.location, now=now, kind=GiftCard.Kind.PROMOTIONAL, expires_on=expires_on)
    because = Because(key, now=now, at=desk.location, by=desk.staff, why=why)
    issuing.give_away(card=card, promo_cents=amount_cents, because=because)
    audit.record(
        at=now,
        action="gift_card_given",
        actor=desk.staff,
        location=desk.location,
        subject=card,
        after={"amount_cents": amount_cents, "expires_on": expires_on.isoformat()},
        reason=why[:200],
    )
    order = handing.wrap(card, gift, now=now)
    if gift.email:
        delivery.add(order, Delivery.Kind.CARD, at=delivery.send_at(order, now=now), now=now)
    return card


def _check(amount_cents: int, expires_on: dt.date, why: str, *, desk: Desk, now: dt.datetime) -> None:
    limits.check_price(amount_cents)
    today = desk.location.business_date(now)
    if not today < expires_on <= today + dt.timedelta(days=MOST_DAYS):
        raise BadInput("expires_on", "A promotional card ends on a day to come, within five years.")
    if not why.strip():
        raise BadInput("why", "Say what it is given for.")
