"""What a client has that could pay, and what a code stands for."""

from typing import TypedDict

from api.answers.values import Day, day_or_none
from pos.kinds import Offer


class OfferAnswer(TypedDict):
    """Something that could pay; `items` are the codes of treatments it covers, none when it pays anything.

    `units` for what is counted in sessions, `amount_cents` for what is counted in money; `left` says either in words.
    With `can_pay` false it is shown and refused, such as a card that is blocked.
    """

    kind: str
    instrument: str
    name: str
    left: str
    units: int | None
    amount_cents: int | None
    expires_on: Day | None
    items: list[str]
    can_pay: bool


class HoldingsAnswer(TypedDict):
    """What a client has, in the order in which it should be used."""

    results: list[OfferAnswer]


def offer_answer(offer: Offer) -> OfferAnswer:
    return {
        "kind": offer.kind,
        "instrument": offer.instrument,
        "name": offer.name,
        "left": offer.left,
        "units": offer.units,
        "amount_cents": offer.amount_cents,
        "expires_on": day_or_none(offer.expires_on),
        "items": list(offer.items),
        "can_pay": offer.can_pay,
    }
