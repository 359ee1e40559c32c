"""What a bank's no asks for (STRIPE "Off-session charges and dunning")."""

from payments.states import Group

# The strictest group that anything Stripe told us belongs to: code, decline code or the network's advice.
WORDS: dict[Group, frozenset[str]] = {
    Group.NEVER: frozenset(
        {
            "do_not_try_again",
            "fraudulent",
            "lost_card",
            "merchant_blacklist",
            "pickup_card",
            "restricted_card",
            "revocation_of_all_authorizations",
            "revocation_of_authorization",
            "stolen_card",
            "stop_payment_order",
        }
    ),
    Group.CUSTOMER: frozenset(
        {
            "authentication_required",
            "confirm_card_data",
            "expired_card",
            "incorrect_cvc",
            "incorrect_number",
            "invalid_account",
        }
    ),
    Group.SOON: frozenset({"issuer_not_available", "processing_error", "reenter_transaction"}),
    Group.LATER: frozenset(
        {
            "card_velocity_exceeded",
            "do_not_honor",
            "generic_decline",
            "insufficient_funds",
            "try_again_later",
            "withdrawal_count_limit_exceeded",
        }
    ),
}


def group_of(*told: str) -> Group:
    """The group of a decline by all that was told of it; later when none of it is known."""
    return next((group for group, words in WORDS.items() if words.intersection(told)), Group.LATER)
