"""What a cashier reads about a card: how far a charge or a refund is, why it was declined, what to do now."""

from collections.abc import Iterable

from ledger.money import dollars
from payments.models import CardRefund, Charge
from pos.kinds import Progress

Status = Charge.Status


def progress_of(charge: Charge) -> Progress:
    """How far the charge is, and the sentence for the cashier."""
    state = _state(charge)
    return Progress(
        state=state,
        sentence=_sentence(state, charge),
        card=charge.card,
        tries=charge.n if charge.how == Charge.How.OFF_SESSION else charge.try_wanted,
        decline_code=charge.decline_code,
        reader_id=charge.reader_id,
        reader=str(charge.reader) if charge.reader_id else "",
        is_over=charge.has_ended,
    )


def _state(charge: Charge) -> str:
    if charge.status == Status.SUCCEEDED:
        return "paid"
    if charge.status == Status.CANCELLED:
        return "cancelled"
    if charge.status == Status.FAILED and charge.has_ended:
        return charge.failure
    if charge.cancel_wanted_at is not None:
        # A saved card that did not pay is taken back by us: nobody at the desk has asked for that.
        return "checking" if charge.failure and charge.how == Charge.How.OFF_SESSION else "cancelling"
    if charge.status == Status.FAILED:
        return charge.failure
    if charge.doubts or charge.status in (Status.UNKNOWN, Status.REQUIRES_ACTION):
        return "checking"
    return "waiting"


def _sentence(state: str, charge: Charge) -> str:
    if charge.how == Charge.How.OFF_SESSION and state in _OF_A_SAVED_CARD:
        return _OF_A_SAVED_CARD[state].format(card=charge.card, amount=_amount(charge), why=_why(charge.decline_code))
    reader = str(charge.reader) if charge.reader_id else "the reader"
    return _AT_A_READER[state].format(
        card=charge.card, amount=_amount(charge), reader=reader, why=_why(charge.decline_code)
    )


def _amount(of: Charge | CardRefund) -> str:
    return f"${dollars(of.amount_cents)}"


_AT_A_READER: dict[str, str] = {
    "waiting": "Present card · {amount} · {reader}",
    "checking": "Checking with the bank. Take no other payment for this yet.",
    "cancelling": "Taking it back from the reader. Wait until it is known.",
    "cancelled": "Nothing was charged.",
    "paid": "Paid {amount} with {card}.",
    Charge.Failure.DECLINED: "Declined: {why}. Try again, or another card.",
    Charge.Failure.CANCELLED_AT_READER: "Cancelled on {reader}. Nothing was charged.",
    Charge.Failure.READER_GONE: "{reader} does not answer. Check its power and network, or choose another.",
    Charge.Failure.READER_FAILED: "{reader} could not do it. Try again, or choose another.",
}
_OF_A_SAVED_CARD: dict[str, str] = {
    "waiting": "Asking the bank for {amount} · {card}",
    "cancelling": "Taking it back from the bank. Wait until it is known.",
    Charge.Failure.DECLINED: "{card} declined: {why}. Try another card, or another way to pay.",
    Charge.Failure.CARD_GONE: "{card} is no longer saved. Take another card, or another way to pay.",
    Charge.Failure.TIRED_OUT: "{card} was declined too often this month and is not asked again. Take another card.",
}


REASONS = {
    "authentication_required": "the bank wants the client to confirm it, on the reader or by a pay link",
    "insufficient_funds": "not enough money on the card",
    "expired_card": "the card is expired",
    "incorrect_pin": "the PIN was wrong",
    "invalid_pin": "the PIN was wrong",
    "pin_try_exceeded": "too many wrong PINs",
    "online_or_offline_pin_required": "the card wants to be inserted, with PIN",
    "offline_pin_required": "the card wants to be inserted, with PIN",
    "card_not_supported": "the bank does not allow this kind of payment",
    "currency_not_supported": "the card does not pay in this currency",
    "processing_error": "something went wrong on the way to the bank",
    "issuer_not_available": "the bank does not answer",
    "withdrawal_count_limit_exceeded": "the card has reached its limit",
    "card_velocity_exceeded": "the card has reached its limit",
    "approve_with_id": "the bank wants to be called",
    "call_issuer": "the bank wants to be called",
}
"""What a cashier may say of a decline; a lost or stolen card and a suspicion are nobody's business but the bank's."""


def _why(decline_code: str) -> str:
    return REASONS.get(decline_code, "the bank said no")


def _state_back(refund: CardRefund) -> str:
    return {
        CardRefund.Status.CREATED: "sending",
        CardRefund.Status.PENDING: "on_its_way",
        CardRefund.Status.SUCCEEDED: "given_back",
        CardRefund.Status.FAILED: "failed" if refund.is_owed else "paid_otherwise",
    }[CardRefund.Status(refund.status)]


def progress_back_of(refund: CardRefund) -> Progress:
    """How far money that goes back to a card is."""
    state, card, amount = _state_back(refund), refund.charge.card, _amount(refund)
    sentence = {
        "sending": f"{amount} is being sent back to {card}.",
        "on_its_way": f"{amount} is on its way to {card}.",
        "given_back": f"{amount} went back to {card}; it shows in 5 to 10 days.",
        "failed": f"{amount} could not go back to {card}. The owner will pay it otherwise.",
        "paid_otherwise": f"{amount} could not go back to {card} and was paid otherwise.",
    }[state]
    return Progress(state=state, sentence=sentence, card=card)


def states_back(owners: Iterable[str]) -> dict[str, str]:
    """How far what goes back to cards is, by what it is for; one query for all."""
    found = CardRefund.objects.filter(owner__in=list(owners))
    return {refund.owner: _state_back(refund) for refund in found}
