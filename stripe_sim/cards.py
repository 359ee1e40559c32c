"""Stripe's test cards: number, token names and what the bank says to each (docs.stripe.com/testing)."""

from dataclasses import dataclass

from stripe_sim.errors import Json

AGAIN, NEVER, FIX = "try_again_later", "do_not_try_again", "confirm_card_data"


@dataclass(frozen=True)
class Card:
    """`outcome`: "" or a decline code; `ask`: when the bank wants its customer; `later`: what follows a success."""

    name: str
    number: str
    brand: str = "visa"
    outcome: str = ""
    ask: str = ""  # "always" | "unless_set_up" | "not_declined"
    later: str = ""  # "refund_pending" | "refund_fails" | "dispute" | "fail_when_charged"
    funding: str = "credit"
    risk: str = "normal"

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = [
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", "mastercard"),
    Card("mastercard_debit", "5200828282828210", "mastercard", funding="debit"),
    Card("amex", "378282246310005", "amex"),
    Card("discover", "6011111111111117", "discover"),
    Card("chargeDeclined", "4000000000000002", outcome="generic_decline"),
    Card("chargeDeclinedInsufficientFunds", "4000000000009995", outcome="insufficient_funds"),
    Card("chargeDeclinedLostCard", "4000000000009987", outcome="lost_card"),
    Card("chargeDeclinedStolenCard", "4000000000009979", outcome="stolen_card"),
    Card("chargeDeclinedExpiredCard", "4000000000000069", outcome="expired_card"),
    Card("chargeDeclinedIncorrectCvc", "4000000000000127", outcome="incorrect_cvc"),
    Card("chargeDeclinedProcessingError", "4000000000000119", outcome="processing_error"),
    Card("chargeDeclinedVelocityLimitExceeded", "4000000000006975", outcome="card_velocity_exceeded"),
    Card("chargeDeclinedFraudulent", "4100000000000019", outcome="fraudulent"),
    Card("radarBlock", "4100000000000019", outcome="fraudulent"),
    Card("chargeCustomerFail", "4000000000000341", outcome="generic_decline", later="fail_when_charged"),
    Card("authenticationRequired", "4000002760003184", ask="always"),
    Card("authenticationRequiredOnSetup", "4000002500003155", ask="unless_set_up"),
    Card("authenticationRequiredSetupForOffSession", "4000003800000446", ask="on_session"),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        ask="always",
        outcome="insufficient_funds",
    ),
    Card("threeDSecure2Required", "4000000000003220", ask="always"),
    Card("riskLevelElevated", "4000000000009235", risk="elevated"),
    Card("riskLevelHighest", "4000000000004954", risk="highest"),
    Card("createDispute", "4000000000000259", later="dispute"),
    Card("pendingRefund", "4000000000007726", later="refund_pending"),
    Card("refundFail", "4000000000005126", later="refund_fails"),
]
BY_NAME = {card.name.lower(): card for card in CARDS}
BY_NUMBER = {card.number: card for card in reversed(CARDS)}

ADVICE = {
    "lost_card": NEVER,
    "stolen_card": NEVER,
    "pickup_card": NEVER,
    "fraudulent": NEVER,
    "restricted_card": NEVER,
    "merchant_blacklist": NEVER,
    "stop_payment_order": NEVER,
    "revocation_of_authorization": NEVER,
    "revocation_of_all_authorizations": NEVER,
    "expired_card": FIX,
    "incorrect_cvc": FIX,
    "incorrect_number": FIX,
    "invalid_account": FIX,
    "authentication_required": None,
}
OWN_CODE = {"expired_card", "incorrect_cvc", "incorrect_number", "processing_error", "authentication_required"}
SENTENCES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}


def by_token(token: str) -> Card | None:
    """The card behind `pm_card_visa_chargeDeclined`, `tok_visa` or such."""
    name = token.removeprefix("pm_card_").removeprefix("tok_").lower()
    return BY_NAME.get(name) or BY_NAME.get(name.removeprefix("visa_"))


def decline(outcome: str) -> Json:
    """What a decline says: code, decline_code, advice_code, message."""
    advice = ADVICE.get(outcome, AGAIN)
    said = {
        "code": outcome if outcome in OWN_CODE else "card_declined",
        "decline_code": outcome,
        "message": SENTENCES.get(outcome, "Your card was declined."),
    }
    return said | ({"advice_code": advice} if advice else {})
