"""How much may be put on cards: per card, per person and per buyer, each day of the business (R15)."""

import datetime as dt
import uuid

from django.db.models import F, Q, QuerySet, Sum

from giftcards.models import GiftCard, GiftCardMove
from ledger.money import dollars
from pos import approvals
from pos.asked import Desk
from pos.models import Approval, Sale
from studio.refusal import BadInput, Refusal

ONLINE_LEAST_CENTS = 25_00
ONLINE_MOST_CENTS = 500_00
DESK_LEAST_CENTS = 1_00
DESK_MOST_CENTS = 1_000_00
CARD_A_DAY_CENTS = 2_000_00
"""What one card may come to on a day, with what was on it."""
PERSON_A_DAY_CENTS = 10_000_00
"""What one person may buy a day; nobody can allow more."""
BUYER_ALONE_CENTS = 1_500_00
"""What one buyer may buy a day without somebody's approval."""

BOUGHT = (GiftCardMove.Kind.SOLD, GiftCardMove.Kind.LOADED)


class OverTheLimit(Refusal):
    """More than the law or the house allows on cards in a day."""

    code = "over_the_limit"


def check_price(unit_cents: int | None) -> int:
    """An amount that the desk may sell a card for, or load; BadInput otherwise."""
    if unit_cents is None or not DESK_LEAST_CENTS <= unit_cents <= DESK_MOST_CENTS:
        raise BadInput(
            "amount_cents", f"A gift card is between ${dollars(DESK_LEAST_CENTS)} and ${dollars(DESK_MOST_CENTS)}."
        )
    return unit_cents


def check_load(card: GiftCard, amount_cents: int) -> None:
    """OverTheLimit when the card would come to more than $2,000."""
    if card.balance_cents + amount_cents > CARD_A_DAY_CENTS:
        most_cents = max(0, CARD_A_DAY_CENTS - card.balance_cents)
        raise OverTheLimit(f"This card takes ${dollars(most_cents)} more today.", left_cents=most_cents)


def check_card_day(card: GiftCard, *, sale: Sale, now: dt.datetime) -> None:
    """OverTheLimit when what was on the card this morning and was put on since comes to more than $2,000."""
    starts, _ = sale.location.day_bounds(sale.location.business_date(now))
    bought_cents = _bought(GiftCardMove.objects.filter(card=card, at__gte=starts))
    used = GiftCardMove.objects.filter(card=card, at__gte=starts)
    before_cents = card.balance_cents - _sum(used)
    if before_cents + bought_cents > CARD_A_DAY_CENTS:
        raise OverTheLimit(f"A card takes ${dollars(CARD_A_DAY_CENTS)} a day, with what is on it.")


def check_person(sale: Sale, *, now: dt.datetime) -> None:
    """Refuse above $10,000 a person and day; above $1,500 a buyer and day ask for somebody's approval.

    Called when a line has been delivered, so that what this sale sold counts. Without a client the sale counts alone.
    """
    starts, _ = sale.location.day_bounds(sale.location.business_date(now))
    who: Q = Q(client=sale.client_id) if sale.client_id is not None else Q(line__sale_id=sale.pk)
    bought_cents = _bought(GiftCardMove.objects.filter(who, at__gte=starts))
    if bought_cents > PERSON_A_DAY_CENTS:
        raise OverTheLimit(f"One person buys at most ${dollars(PERSON_A_DAY_CENTS)} of gift cards a day.")
    if bought_cents > BUYER_ALONE_CENTS and not _is_online(sale):
        _must_be_approved(sale, now=now)


def _must_be_approved(sale: Sale, *, now: dt.datetime) -> None:
    """One yes for the whole sale, given for its id and its total; it is used with the first card."""
    action = Approval.Action.GIFT_CARDS
    assert sale.completed_by is not None  # noqa: S101 - cards are delivered by a completion
    given = Approval.objects.filter(action=action, object_id=sale.pk, amount_cents=sale.total_cents)
    if given.filter(used_at=now).exists():
        return
    fresh = given.filter(used_at=None, expires_at__gt=now, requested_by=sale.completed_by, device=sale.device)
    approvals.required(
        action,
        object_id=sale.pk,
        amount_cents=sale.total_cents,
        approval_id=_latest(fresh),
        desk=Desk(location=sale.location, staff=sale.completed_by, device=sale.device),
        now=now,
    )


def _latest(given: QuerySet[Approval]) -> uuid.UUID | None:
    return given.order_by("-given_at").values_list("pk", flat=True).first()


def _is_online(sale: Sale) -> bool:
    """The house sells online by itself, after its own limits."""
    return sale.completed_by is not None and sale.completed_by.username == "online"


def _bought(moves: QuerySet[GiftCardMove]) -> int:
    return _sum(moves.filter(kind__in=BOUGHT))


def _sum(moves: QuerySet[GiftCardMove]) -> int:
    return moves.aggregate(sum=Sum(F("paid_cents") + F("promo_cents")))["sum"] or 0
