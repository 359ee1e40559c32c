"""What a person does at a reader: holds a card to it, presses cancel, pulls its plug."""

from stripe_sim import cards, payment_methods, refunds, terminal
from stripe_sim.account import Account, operation, task
from stripe_sim.cards import Card
from stripe_sim.confirming import CONFIRMABLE, ask_bank, set_up
from stripe_sim.errors import ApiError, Json, invalid
from stripe_sim.terminal import AUTHORISING

# Stripe's numbers for cards at a reader behave as those online do.
TAP, INSERT = "contactless_emv", "contact_emv"
CANCELLED = {
    "failure_code": "customer_canceled",
    "failure_message": "The customer canceled the payment.",
    "api_error": None,
}


@operation("POST /v1/test_helpers/terminal/readers/{reader}/present_payment_method", "type card_present amount_tip")
def present(account: Account, params: Json) -> Json:
    reader = terminal.find(account, params["reader"])
    if params.get("type", "card_present") != "card_present":
        raise invalid("The stand-in's readers take card_present only; see KNOWN_GAPS.md.", param="type")
    number = (params.get("card_present") or {}).get("number", "4242424242424242")
    card = cards.BY_NUMBER.get(number.replace(" ", ""))
    if card is None:
        raise invalid(f"The stand-in does not know the card {number}.", param="card_present[number]")
    hold(account, reader, card, tip=params.get("amount_tip", 0))
    return terminal.read_reader(account, {"reader": reader["id"]})


def hold(account: Account, reader: Json, card: Card, *, tip: int = 0, read_method: str = TAP) -> None:
    """A card is held to the reader: its action succeeds or fails."""
    action = _waiting(reader, tip=tip)
    kind = action["type"]
    if kind == "process_payment_intent":
        failure = _pay(account, reader, action[kind], card, tip, read_method)
    elif kind == "process_setup_intent":
        failure = _save(account, action[kind], card)
    elif kind == "refund_payment":
        failure = _refund(account, action[kind])
    else:
        raise invalid(f"The reader is not waiting for a card but for {kind}.")
    if reader["status"] == "online":
        terminal.end(account, reader, failure=failure)
    else:
        account.store.put(reader | {"_phase": None, "_outcome": failure or {}})


def _waiting(reader: Json, *, tip: int = 0) -> Json:
    action: Json | None = reader["action"]
    if action is None or action["status"] != "in_progress":
        raise invalid(
            "The reader is not waiting for a card: nothing is in progress.", code="terminal_reader_invalid_state"
        )
    if tip and (action[action["type"]].get("process_config") or {}).get("skip_tipping"):
        raise invalid("Tipping is skipped for this payment.", param="amount_tip")
    return action


def _pay(account: Account, reader: Json, asked: Json, card: Card, tip: int, read_method: str) -> Json | None:
    intent = account.store.get("payment_intent", asked["payment_intent"])
    if intent["status"] not in CONFIRMABLE:
        message = f"The PaymentIntent has a status of {intent['status']}."
        return {"failure_code": "payment_intent_unexpected_state", "failure_message": message, "api_error": None}
    if tip:
        intent["amount"] += tip
        intent["amount_details"] = {"tip": {"amount": tip}}
    method = payment_methods.new_present(account, card, read_method)
    error = ask_bank(account, intent, method, off_session=False, reader=reader)
    return _failure(error) if error else None


def _failure(error: Json) -> Json:
    told = {
        name: error[name]
        for name in ("type", "code", "decline_code", "advice_code", "message", "charge")
        if name in error
    }
    return {"failure_code": error["code"], "failure_message": error["message"], "api_error": told}


def _save(account: Account, asked: Json, card: Card) -> Json | None:
    """The card that the reader makes for online use later is the setup intent's payment method."""
    intent = account.store.get("setup_intent", asked["setup_intent"])
    origin = {"charge": None, "payment_method_details": None, "setup_attempt": None}
    method = payment_methods.new_card(account, card, generated_from=origin)
    intent["_authenticated"] = True  # the card itself was there
    error = set_up(account, intent, method)
    return _failure(error) if error else None


def _refund(account: Account, asked: Json) -> Json | None:
    try:
        made = refunds.refund(account, refunds.charge_of(account, asked), asked)
    except ApiError as error:
        return {
            "failure_code": error.error.get("code", "refund_failed"),
            "failure_message": str(error),
            "api_error": error.error,
        }
    asked["refund"] = made["id"]
    return None


def insert(account: Account, reader: Json, card: Card, *, tip: int = 0) -> None:
    """A card is put in: the bank is asked for some seconds, and the reader is busy meanwhile."""
    _waiting(reader, tip=tip)
    account.store.put(reader | {"_phase": AUTHORISING, "_card": card.name, "_tip": tip})
    account.later(account.terms.authorise_for, "bank_answers", reader["id"])


@task("bank_answers")
def bank_answers(account: Account, reader_id: str) -> None:
    reader = account.store.find("terminal.reader", reader_id)
    if reader and reader["_phase"] == AUTHORISING:
        hold(account, reader, cards.BY_NAME[reader["_card"].lower()], tip=reader["_tip"], read_method=INSERT)


def press_cancel(account: Account, reader: Json) -> None:
    """The customer presses cancel; too late once the bank is being asked."""
    _waiting(reader)
    if reader["_phase"] == AUTHORISING:
        raise invalid("The card is being authorised; it is too late to cancel.")
    terminal.end(account, reader, failure=dict(CANCELLED))


def unplug(account: Account, reader: Json) -> None:
    """Offline. What is in progress stays so for Stripe; a bank that is being asked still answers the intent."""
    account.store.put(reader | {"status": "offline"})


def plug_in(account: Account, reader: Json) -> None:
    """Online again; an outcome that came meanwhile is told now."""
    reader["status"] = "online"
    outcome = reader.pop("_outcome", None)
    account.store.put(reader)
    if outcome is not None and reader["action"] and reader["action"]["status"] == "in_progress":
        terminal.end(account, reader, failure=outcome or None)
