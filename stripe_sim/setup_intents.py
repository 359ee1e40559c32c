"""SetupIntents: a card made ready for later."""

from stripe_sim import customers, payment_methods
from stripe_sim.account import Account, listing, merge_metadata, new_id, operation, render
from stripe_sim.confirming import CONFIRMABLE, card_error, set_up
from stripe_sim.errors import Json, invalid, unexpected_state

CHANGES = "customer description payment_method metadata"


@operation(
    "POST /v1/setup_intents",
    f"{CHANGES} allowed_payment_method_types automatic_payment_methods confirm return_url usage",
)
def create(account: Account, params: Json) -> Json:
    intent = new(account, params)
    account.emit("setup_intent.created", account.store.put(intent))
    return _confirm(account, intent, params) if params.get("confirm") else intent


def new(account: Account, params: Json) -> Json:
    """A setup intent, not yet stored."""
    types = params.get("allowed_payment_method_types", ["card"])
    automatic = {"allow_redirects": "always"} | params.get("automatic_payment_methods", {"enabled": True})
    intent = account.new(
        "setup_intent",
        "seti",
        automatic_payment_methods=None if "allowed_payment_method_types" in params else automatic,
        payment_method_types=types,
        payment_method_options={
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        status="requires_payment_method",
        usage=params.get("usage", "off_session"),
    )
    intent["client_secret"] = f"{intent['id']}_{new_id('secret')}"
    _take(account, intent, params)
    return intent


def _take(account: Account, intent: Json, params: Json) -> None:
    if params.get("customer"):
        customers.present(account, params["customer"])
    intent.update({name: params[name] for name in ("customer", "description") if name in params})
    merge_metadata(intent, params)
    if params.get("payment_method"):
        method = payment_methods.named(account, params["payment_method"])
        payment_methods.check_free(method, intent["customer"])
        intent.update(payment_method=method["id"], status="requires_confirmation")


def _confirm(account: Account, intent: Json, params: Json) -> Json:
    if not intent["payment_method"]:
        message = "You cannot confirm this SetupIntent because it's missing a payment method."
        raise invalid(message, code="setup_intent_unexpected_state", setup_intent=render(intent))
    intent.update(_return_url=params.get("return_url"), _authenticated=False)
    error = set_up(account, intent, account.store.get("payment_method", intent["payment_method"]))
    if error:
        raise card_error(error, intent)
    return intent


@operation("GET /v1/setup_intents/{intent}", "client_secret")
def read(account: Account, params: Json) -> Json:
    return account.store.get("setup_intent", params["intent"])


@operation("POST /v1/setup_intents/{intent}", CHANGES)
def update(account: Account, params: Json) -> Json:
    intent = account.store.get("setup_intent", params["intent"])
    if intent["status"] not in CONFIRMABLE and params.keys() - {"intent", "metadata", "description"}:
        raise unexpected_state("setup_intent", render(intent), "update")
    _take(account, intent, params)
    return account.store.put(intent)


@operation("POST /v1/setup_intents/{intent}/confirm", "payment_method return_url")
def confirm(account: Account, params: Json) -> Json:
    intent = account.store.get("setup_intent", params["intent"])
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state("setup_intent", render(intent), "confirm")
    _take(account, intent, {name: params[name] for name in params if name == "payment_method"})
    return _confirm(account, intent, params)


@operation("POST /v1/setup_intents/{intent}/cancel", "cancellation_reason")
def cancel(account: Account, params: Json) -> Json:
    intent = account.store.get("setup_intent", params["intent"])
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state("setup_intent", render(intent), "cancel")
    intent.update(status="canceled", cancellation_reason=params.get("cancellation_reason"), next_action=None)
    account.emit("setup_intent.canceled", account.store.put(intent))
    return intent


@operation("GET /v1/setup_intents", "customer payment_method")
def list_all(account: Account, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("customer", "payment_method")}
    return listing(account, "setup_intent", params, "/v1/setup_intents", **filters)
