"""What became of card money, in sentences for whoever looks after it."""

from jobs.leases import DIED_EACH_TIME
from ledger.money import dollars
from payments.models import CardRefund, Charge, Dispute, HostedPage

FAILURES = {
    "lost_or_stolen_card": "The card was reported lost or stolen.",
    "expired_or_canceled_card": "The card is expired or was cancelled.",
    "declined": "The client’s bank refused the money.",
    "insufficient_funds": "The Stripe balance does not cover it. Top it up, or wait for the next sales.",
    "charge_for_pending_refund_disputed": "The cardholder disputes the charge: the bank decides who has the money.",
    "merchant_request": "It was cancelled at Stripe.",
    "canceled": "It was cancelled at Stripe.",
    "unknown": "Stripe does not say why.",
    "": "Stripe does not say why.",
}
"""Stripe's reasons why a refund did not arrive."""


CLAIMS = {
    "credit_not_processed": "The cardholder says that a refund was promised and did not come.",
    "duplicate": "The cardholder says that the same was charged twice.",
    "fraudulent": "The cardholder says that they did not pay this.",
    "general": "The cardholder did not say why.",
    "product_not_received": "The cardholder says that they did not get what they paid for.",
    "product_unacceptable": "The cardholder says that it was not what was promised.",
    "subscription_canceled": "The cardholder says that the membership was cancelled before.",
    "unrecognized": "The cardholder does not recognize the charge.",
}
"""Stripe's reasons of disputes."""


def charge(about: Charge) -> str:
    """How far a charge is."""
    amount = f"${dollars(about.amount_cents)}"
    if about.status == Charge.Status.SUCCEEDED:
        return f"{_card(about)} has paid {amount}." + _unfinished(about)
    if about.status == Charge.Status.CANCELLED:
        return "Nothing was charged." + _unfinished(about)
    return " ".join(filter(None, [_how_far(about), _error(about.last_error), _given_up(about)]))


def _unfinished(about: Charge) -> str:
    return "" if about.finished_at else " Its sale has not taken note of that yet."


def _how_far(about: Charge) -> str:
    if about.cancel_wanted_at is not None:
        return "It is being taken back." if about.reader_id is None else "It is being taken back from the reader."
    if about.status == Charge.Status.FAILED:
        return f"The card has not paid: {about.get_failure_display() or 'not asked'}."
    if about.status == Charge.Status.CREATED:
        return "Stripe was asked for it, and has not confirmed that yet."
    return f"It is {about.get_status_display()}."


def page(about: HostedPage) -> str:
    """How far a page of Stripe's is."""
    said = {
        HostedPage.Status.PAID: "It was paid.",
        HostedPage.Status.SAVED: "The card is saved.",
        HostedPage.Status.EXPIRED: "Nobody can pay on it any more, and nothing was charged.",
        HostedPage.Status.REFUSED: "Stripe refused to make it.",
        HostedPage.Status.OPEN: "It is open; nothing is paid yet.",
    }.get(HostedPage.Status(about.status), "What became of it is not known yet.")
    return " ".join(filter(None, [said, _error(about.last_error), _given_up(about)]))


def unsold(about: Charge) -> str:
    """Where captured money without a sale comes from, and what becomes of it."""
    if about.disputed_at is not None:
        return "The cardholder disputes this charge. The bank decides who has the money: it can not go back now."
    if about.owner.startswith("stripe:"):
        return "It came to the Stripe account without Footfall: from its dashboard, a payment link or another program."
    if about.owner.startswith("page:"):
        return "The same had been paid another way before: this money came twice."
    if about.finished_at is not None:
        return "Its sale was not completed."
    return (
        "Its sale is still open. Complete it or cancel it on the tablet that began it. Left alone, it is completed "
        "by itself when it is paid in full; otherwise it is cancelled, and the money goes back to the card."
    )


def refund(about: CardRefund) -> str:
    """How far a refund is."""
    amount, card = f"${dollars(about.amount_cents)}", _card(about.charge)
    if about.status == CardRefund.Status.SUCCEEDED:
        return f"{amount} went back to {card}."
    if about.status == CardRefund.Status.PENDING:
        return " ".join(filter(None, [f"{amount} is on its way to {card}.", _given_up(about)]))
    if about.status == CardRefund.Status.FAILED:
        return f"{amount} did not reach {card}. {refund_failure(about.failure)}"
    said = _error(about.last_error) or "It was not sent yet."
    return " ".join(filter(None, [said, _given_up(about)]))


def refund_failure(reason: str) -> str:
    """Stripe's reason in words."""
    return FAILURES.get(reason, "Stripe refused it.")


def dispute(about: Dispute) -> str:
    """What the cardholder says, and where the money is meanwhile."""
    claim = CLAIMS.get(about.reason, "Stripe tells the cardholder’s reason in its dashboard.")
    if about.status.startswith("warning"):
        return f"{claim} Their bank only asks so far: the money is still here."
    return f"{claim} Their bank has taken the money and a fee until it decides."


def unplaced(cents: int) -> str:
    """Whether money in suspense came or went; `cents` as the books have it, debit positive."""
    way = "went from" if cents > 0 else "came to"
    return f"It {way} the Stripe balance, and Footfall can not tell what for."


def _card(about: Charge) -> str:
    return about.card or "the card"


def _error(last_error: str) -> str:
    """The last error of a look at Stripe, in words."""
    if not last_error:
        return ""
    if last_error == DIED_EACH_TIME:
        return "The program stopped each time it looked."
    if last_error.startswith("busy: terminal_reader"):
        return "The reader is busy or out of reach."
    if last_error.startswith("busy:"):
        return "Stripe is still busy with it."
    if last_error.startswith("WrongAmount"):
        return "Stripe took another amount than it was asked for."
    if last_error.startswith("Misuse"):
        return "Stripe refuses what Footfall asks."
    return "Stripe gave no clear answer."


def _given_up(about: Charge | CardRefund | HostedPage) -> str:
    return "" if about.dead_at is None else "Footfall has stopped asking by itself."
