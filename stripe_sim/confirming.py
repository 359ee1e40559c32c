"""Asking the bank: what becomes of an intent when its card is charged or set up."""

from stripe_sim import cards, charges, payment_methods
from stripe_sim.account import Account, new_id, render, task
from stripe_sim.errors import ApiError, Json

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def ask_bank(
    account: Account, intent: Json, method: Json, *, off_session: bool, reader: Json | None = None
) -> Json | None:
    """Charge the intent's card and move the intent; None when all went well, else what the bank said."""
    intent.update(payment_method=method["id"], next_action=None, last_payment_error=None)
    if wants_customer(method, intent, off_session=off_session) and reader is None:
        if not off_session and not intent.get("_refuse_action"):
            require_action(account, intent)
            return None
        return _declined(account, intent, method, cards.decline("authentication_required"), None)
    if method["_outcome"] == "processing":
        _still_processing(account, intent)
        return None
    if method["_outcome"]:
        return _declined(account, intent, method, cards.decline(method["_outcome"]), reader)
    _approved(account, intent, method, reader)
    return None


def wants_customer(method: Json, intent: Json, *, off_session: bool) -> bool:
    """Whether the bank asks its customer to authenticate before this payment."""
    if intent.get("_authenticated") or method["type"] != "card":
        return False
    ask = payment_methods.card_of(method).ask
    is_setup = intent["object"] == "setup_intent"
    asked = {"always": True, "unless_set_up": not method["_is_set_up"], "on_session": not off_session and not is_setup}
    options = ((intent.get("payment_method_options") or {}).get("card") or {}).get("request_three_d_secure")
    return asked.get(ask, False) or (options in ("any", "challenge") and not off_session)


def require_action(account: Account, intent: Json) -> None:
    """The customer is to go to the bank's page, which here is one of ours."""
    url = f"{account.base_url}/_sim/3ds/{intent['id']}"
    redirect = {"type": "redirect_to_url", "redirect_to_url": {"return_url": intent.get("_return_url"), "url": url}}
    intent.update(status="requires_action", next_action=redirect)
    account.emit(f"{intent['object']}.requires_action", account.store.put(intent))


def _approved(account: Account, intent: Json, method: Json, reader: Json | None) -> None:
    charge = charges.succeeded(account, intent, method, reader=reader)
    intent["latest_charge"] = charge["id"]
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        account.emit("payment_intent.amount_capturable_updated", account.store.put(intent))
    else:
        finish(account, intent, intent["amount"])
    keep_card(account, intent, method)


def _still_processing(account: Account, intent: Json) -> None:
    intent["status"] = "processing"
    account.emit("payment_intent.processing", account.store.put(intent))
    account.later(account.terms.process_for, "finish_processing", intent["id"])


@task("finish_processing")
def finish_processing(account: Account, intent_id: str) -> None:
    intent = account.store.get("payment_intent", intent_id)
    _approved(account, intent, account.store.get("payment_method", intent["payment_method"]), None)


def finish(account: Account, intent: Json, amount: int) -> None:
    """The intent has succeeded with this much."""
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    account.emit("payment_intent.succeeded", account.store.put(intent))


def keep_card(account: Account, intent: Json, method: Json) -> None:
    """A card meant for later is attached; one that is nobody's is used up."""
    if method["type"] == "card" and intent.get("setup_future_usage") and intent["customer"]:
        method["_is_set_up"] = True
        account.store.put(method)
        payment_methods.attach_to(account, method, intent["customer"])
    elif not method["customer"]:
        account.store.put(method | {"_used_up": True})


def _declined(account: Account, intent: Json, method: Json, said: Json, reader: Json | None) -> Json:
    charge = charges.failed(account, intent, method, said, reader=reader)
    error = {"type": "card_error", "charge": charge["id"], "payment_method": render(method)} | said
    intent.update(
        status="requires_payment_method", latest_charge=charge["id"], payment_method=None, last_payment_error=error
    )
    account.emit("payment_intent.payment_failed", account.store.put(intent))
    return error


def card_error(error: Json, intent: Json) -> ApiError:
    """402 with everything Stripe tells about a decline, the intent included."""
    told = {name: value for name, value in error.items() if name not in ("type", "message")}
    return ApiError(402, "card_error", error["message"], **told, **{intent["object"]: render(intent)})


def set_up(account: Account, intent: Json, method: Json) -> Json | None:
    """Make the setup intent's card ready for later; None, or what the bank said."""
    intent.update(payment_method=method["id"], next_action=None, last_setup_error=None)
    if wants_customer(method, intent, off_session=False):
        require_action(account, intent)
        return None
    intent["latest_attempt"] = new_id("setatt")
    if method["_outcome"] and payment_methods.card_of(method).later != "fail_when_charged":
        said = cards.decline(method["_outcome"])
        return setup_failed(account, intent, method, said)
    intent.update(status="succeeded")
    method["_is_set_up"] = True
    account.store.put(method)
    if intent["customer"]:
        payment_methods.attach_to(account, method, intent["customer"])
    account.emit("setup_intent.succeeded", account.store.put(intent))
    return None


def setup_failed(account: Account, intent: Json, method: Json, said: Json) -> Json:
    error = {"type": "card_error", "payment_method": render(method)} | said
    intent.update(status="requires_payment_method", payment_method=None, last_setup_error=error, next_action=None)
    account.emit("setup_intent.setup_failed", account.store.put(intent))
    return error


def customer_came_back(account: Account, intent: Json, *, approved: bool) -> Json | None:
    """What follows when the customer leaves the bank's page; None, or the error."""
    method = account.store.get("payment_method", intent["payment_method"])
    is_payment = intent["object"] == "payment_intent"
    if approved:
        intent["_authenticated"] = True
        if is_payment:
            return ask_bank(account, intent, method, off_session=False)
        return set_up(account, intent, method)
    code = f"{intent['object']}_authentication_failure"
    message = "The provided PaymentMethod has failed authentication; provide a new one."
    if not is_payment:
        return setup_failed(account, intent, method, {"code": code, "message": message})
    error = {"type": "invalid_request_error", "code": code, "message": message, "payment_method": render(method)}
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error, next_action=None)
    account.emit("payment_intent.payment_failed", account.store.put(intent))
    return error
