"""What a bank's no asks for, word by word and as a card at the reader brings it."""

import uuid

import pytest
import stripe as sdk

from payments import refusals
from payments.declines import group_of
from payments.gateway import gateway
from payments.states import Attempt, Decline, Declined, Group, Indeterminate, Misuse, NeedsCustomer
from tests.stripe_sim.stand_in import StandIn

NEVER, CUSTOMER, LATER, SOON = Group.NEVER, Group.CUSTOMER, Group.LATER, Group.SOON

TABLE = {
    NEVER: "lost_card stolen_card pickup_card fraudulent merchant_blacklist restricted_card "
    "revocation_of_authorization revocation_of_all_authorizations stop_payment_order do_not_try_again",
    CUSTOMER: "authentication_required expired_card incorrect_number incorrect_cvc invalid_account confirm_card_data",
    LATER: "insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded do_not_honor generic_decline "
    "try_again_later",
    SOON: "processing_error issuer_not_available reenter_transaction",
}


@pytest.mark.parametrize(("word", "group"), [(word, group) for group, words in TABLE.items() for word in words.split()])
def test_every_word_of_the_table_has_its_group(word: str, group: Group) -> None:
    assert group_of("card_declined", word, "") == group


@pytest.mark.parametrize("told", [(), ("",), ("card_declined", "", ""), ("card_declined", "a_word_of_next_year", "")])
def test_what_nobody_knows_is_tried_later(told: tuple[str, ...]) -> None:
    assert group_of(*told) == LATER


@pytest.mark.parametrize(
    ("told", "group"),
    [
        (("card_declined", "insufficient_funds", "do_not_try_again"), NEVER),
        (("expired_card", "expired_card", "do_not_try_again"), NEVER),
        (("card_declined", "generic_decline", "confirm_card_data"), CUSTOMER),
        (("card_declined", "lost_card", "try_again_later"), NEVER),
        (("processing_error", "processing_error", "try_again_later"), SOON),
        (("card_declined", "insufficient_funds", "try_again_later"), LATER),
    ],
)
def test_the_strictest_word_counts(told: tuple[str, ...], group: Group) -> None:
    assert group_of(*told) == group


@pytest.mark.parametrize(
    ("number", "decline"),
    [
        ("4000000000009987", Decline("card_declined", "lost_card", "do_not_try_again", NEVER)),
        ("4000000000000069", Decline("expired_card", "expired_card", "confirm_card_data", CUSTOMER)),
        ("4000000000009995", Decline("card_declined", "insufficient_funds", "try_again_later", LATER)),
        ("4000000000000119", Decline("processing_error", "processing_error", "try_again_later", SOON)),
    ],
)
@pytest.mark.django_db
def test_a_card_declined_at_the_reader_is_told_by_reader_and_intent(
    stripe: StandIn, number: str, decline: Decline
) -> None:
    attempt = Attempt(uuid.uuid4(), 50_00, 0, {})
    intent, reader = gateway().open_intent(attempt), stripe.reader()
    attempt = Attempt(attempt.uid, 50_00, 0, {}, intent.id)
    gateway().send_to_reader(attempt, reader.id, n=1)
    present = stripe.sdk.test_helpers.terminal.readers.present_payment_method
    present(reader.id, {"type": "card_present", "card_present": {"number": number}})

    action, now = gateway().read_reader(reader.id).action, gateway().read_intent(intent.id)

    assert action is not None
    assert (action.status, action.decline, action.charge_id) == ("failed", decline, now.charge_id)
    assert (now.status, now.decline, now.succeeded_at) == ("requires_payment_method", decline, None)
    assert now.card is not None
    assert now.card.last4 == number[-4:]


def refused(stripe: StandIn, card: str, **params: object) -> Exception:
    """What a card online is refused with."""
    with pytest.raises(sdk.CardError) as error:
        stripe.pay(card=card, **params)
    return refusals.as_ours(error.value, is_kept=False)


def test_a_card_refused_at_once_is_declined(stripe: StandIn) -> None:
    error = refused(stripe, "pm_card_chargeDeclinedStolenCard")

    assert isinstance(error, Declined)
    assert error.decline == Decline("card_declined", "stolen_card", "do_not_try_again", NEVER)
    assert str(error) == "stolen_card"


def test_a_bank_that_asks_for_its_customer_is_another_thing(stripe: StandIn) -> None:
    customer = stripe.sdk.customers.create({"name": "Ada"})
    card = stripe.sdk.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})

    error = refused(stripe, card.id, customer=customer.id, off_session=True)

    assert isinstance(error, NeedsCustomer)


@pytest.mark.parametrize(
    ("status", "told", "expected"),
    [
        (402, {"type": "invalid_request_error", "code": "balance_insufficient"}, Misuse),
        (400, {"type": "invalid_request_error", "code": "terminal_reader_timeout"}, Indeterminate),
        (424, {"type": "api_error"}, Indeterminate),
    ],
)
def test_what_the_stand_in_never_says_is_understood_too(
    status: int, told: dict[str, str], expected: type[Exception]
) -> None:
    error = sdk.APIError("No.", http_status=status, json_body={"error": told})

    assert type(refusals.as_ours(error, is_kept=True)) is expected
