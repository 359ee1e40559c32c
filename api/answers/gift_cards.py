"""A gift card as the desk sees it, and what its holder may know without being known. Never its code."""

from typing import TypedDict

from api.answers.values import Day, Moment, day_or_none, moment
from giftcards.balance_check import Balance
from giftcards.law import CashOutRight
from giftcards.life import CashedOut
from giftcards.models import GiftCard, GiftCardMove


class MoveAnswer(TypedDict):
    """A change of what is on a card: more is positive, less negative; `promo_cents` is what nobody paid for."""

    kind: str
    at: Moment
    paid_cents: int
    promo_cents: int
    location: str
    why: str


class GiftCardAnswer(TypedDict):
    """A gift card; `cash_out` is what its holder may ask for in cash by law, and why; null: nothing."""

    id: str
    serial: str
    last4: str
    kind: str
    status: str
    balance_cents: int
    free_cents: int
    paid_cents: int
    item: str
    location: str
    expires_on: Day | None
    replaced_by: str | None
    cash_out_cents: int | None
    cash_out: str
    moves: list[MoveAnswer]


class CashedOutAnswer(TypedDict):
    """What the holder got in cash; `by_law` says by which right, empty when it was goodwill."""

    card: GiftCardAnswer
    amount_cents: int
    by_law: str


class GiftCardCodeAnswer(TypedDict):
    """The whole code of a card; the look at it has been noted."""

    code: str


class PaperAnswer(TypedDict):
    """Where a card is printed from; whoever has the address sees the code."""

    url: str


class UseAnswer(TypedDict):
    """A use or a load: more is positive."""

    on: Day
    face_cents: int


class BalanceAnswer(TypedDict):
    """What a holder may know; of a treatment card the treatment, and not what was paid for it."""

    last4: str
    balance_cents: int | None
    treatment: str
    expires_on: Day | None
    uses: list[UseAnswer]


def gift_card_answer(card: GiftCard, *, may_have: CashOutRight | None) -> GiftCardAnswer:
    moves = card.moves.select_related("location").order_by("at", "id")
    return {
        "id": str(card.pk),
        "serial": card.serial,
        "last4": card.last4,
        "kind": card.kind,
        "status": card.status,
        "balance_cents": card.balance_cents,
        "free_cents": card.free_cents,
        "paid_cents": card.paid_cents,
        "item": card.item.code if card.item is not None else "",
        "location": card.location.code,
        "expires_on": day_or_none(card.expires_on),
        "replaced_by": str(card.replaced_by_id) if card.replaced_by_id is not None else None,
        "cash_out_cents": may_have.amount_cents if may_have is not None else None,
        "cash_out": may_have.sentence if may_have is not None else "",
        "moves": [_move_answer(move) for move in moves],
    }


def cashed_out_answer(paid: CashedOut) -> CashedOutAnswer:
    card = gift_card_answer(paid.card, may_have=None)
    return {"card": card, "amount_cents": paid.amount_cents, "by_law": paid.sentence}


def balance_answer(balance: Balance) -> BalanceAnswer:
    return {
        "last4": balance.last4,
        "balance_cents": balance.balance_cents,
        "treatment": balance.treatment,
        "expires_on": day_or_none(balance.expires_on),
        "uses": [{"on": use.on.isoformat(), "face_cents": use.face_cents} for use in balance.uses],
    }


def _move_answer(move: GiftCardMove) -> MoveAnswer:
    return {
        "kind": move.kind,
        "at": moment(move.at),
        "paid_cents": move.paid_cents,
        "promo_cents": move.promo_cents,
        "location": move.location.code,
        "why": move.why,
    }
