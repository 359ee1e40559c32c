"""PaymentIntents: opened, changed, confirmed, captured, cancelled, found again."""

import re

from stripe_sim import charges, customers, payment_methods, refunds
from stripe_sim.account import Account, listing, merge_metadata, new_id, operation, render
from stripe_sim.confirming import CONFIRMABLE, ask_bank, card_error, finish
from stripe_sim.errors import Json, invalid, unexpected_state

LEAST_CENTS, MOST_CENTS = 50, 99_999_999
PLAIN = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
)
CHANGES = f"amount currency customer payment_method metadata payment_method_options {' '.join(PLAIN)}"
TYPES = "allowed_payment_method_types automatic_payment_methods"
CONFIRMING = "off_session return_url error_on_requires_action"
SEARCH_TERM = re.compile(r"""^(?:metadata\[['"](?P<key>[^'"]+)['"]\]|(?P<field>\w+)):\s*['"]?(?P<value>[^'"]*)['"]?$""")
NO_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods that might redirect your customer off of your page, so "
    "you must provide a `return_url`, set `automatic_payment_methods[allow_redirects]` to `never`, or name the "
    "`allowed_payment_method_types`."
)


@operation("POST /v1/payment_intents", f"{CHANGES} {TYPES} {CONFIRMING} capture_method confirm confirmation_method")
def create(account: Account, params: Json) -> Json:
    _check_confirm_params(params)
    intent = account.new(
        "payment_intent",
        "pi",
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        automatic_payment_methods=_automatic(params),
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        payment_method_types=params.get("allowed_payment_method_types", ["card"]),
        status="requires_payment_method",
    )
    if "allowed_payment_method_types" in params:
        intent["allowed_payment_method_types"] = params["allowed_payment_method_types"]
    intent["client_secret"] = f"{intent['id']}_{new_id('secret')}"
    _take(account, intent, params)
    account.emit("payment_intent.created", account.store.put(intent))
    return confirm_now(account, intent, params) if params.get("confirm") else intent


def _automatic(params: Json) -> Json | None:
    """Without a word about types Stripe takes those of the dashboard."""
    if "allowed_payment_method_types" in params:
        return None
    chosen: Json = params.get("automatic_payment_methods", {"enabled": True})
    return {"allow_redirects": "always"} | chosen


def _check_confirm_params(params: Json) -> None:
    for name in ("off_session", "return_url", "error_on_requires_action"):
        if name in params and not params.get("confirm"):
            raise invalid(f"`{name}` can only be set when `confirm` is true.", param=name)


def _take(account: Account, intent: Json, params: Json) -> None:
    check_amount(params["amount"] if "amount" in params else intent["amount"])
    if params.get("currency", "usd") != "usd":
        raise invalid("The stand-in's account is in usd only; see KNOWN_GAPS.md.", param="currency")
    if params.get("customer"):
        customers.present(account, params["customer"])
    intent.update({name: params[name] for name in (*PLAIN, "amount", "currency", "customer") if name in params})
    _set_options(intent, params)
    merge_metadata(intent, params)
    if params.get("payment_method"):
        method = payment_methods.named(account, params["payment_method"])
        check_usable(intent, method)
        intent.update(payment_method=method["id"], status="requires_confirmation")


def check_amount(amount: int) -> None:
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    if amount < LEAST_CENTS:
        message = "Amount must be at least $0.50 usd"
        raise invalid(message, param="amount", code="amount_too_small")
    if amount > MOST_CENTS:
        raise invalid("Amount must be no more than $999,999.99", param="amount", code="amount_too_large")


def _set_options(intent: Json, params: Json) -> None:
    if intent["payment_method_options"] and "payment_method_options" not in params:
        return
    asked = params.get("payment_method_options") or {}
    options: Json = {}
    if "card" in intent["payment_method_types"]:
        three_d = (asked.get("card") or {}).get("request_three_d_secure", "automatic")
        nothing = {"installments": None, "mandate_options": None, "network": None}
        options["card"] = nothing | {"request_three_d_secure": three_d}
    if "card_present" in intent["payment_method_types"]:
        extended = {"request_extended_authorization": False, "request_incremental_authorization_support": False}
        options["card_present"] = extended | (asked.get("card_present") or {})
    intent["payment_method_options"] = options


def check_usable(intent: Json, method: Json) -> None:
    """Refuse a card of another customer, a used one, and one of a type that the intent does not allow."""
    payment_methods.check_free(method, intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        allowed = ", ".join(intent["payment_method_types"])
        message = (
            f"The PaymentMethod provided ({method['type']}) is not allowed for this intent. Its types are {allowed}."
        )
        raise invalid(message, param="payment_method")


@operation("GET /v1/payment_intents/{intent}", "client_secret")
def read(account: Account, params: Json) -> Json:
    return account.store.get("payment_intent", params["intent"])


@operation("POST /v1/payment_intents/{intent}", CHANGES)
def update(account: Account, params: Json) -> Json:
    intent = account.store.get("payment_intent", params["intent"])
    is_open = intent["status"] in CONFIRMABLE
    if not is_open and params.keys() - {"intent", "metadata", "description", "receipt_email"}:
        raise unexpected_state("payment_intent", render(intent), "update")
    _take(account, intent, params)
    return account.store.put(intent)


@operation("POST /v1/payment_intents/{intent}/confirm", f"payment_method setup_future_usage receipt_email {CONFIRMING}")
def confirm(account: Account, params: Json) -> Json:
    intent = account.store.get("payment_intent", params["intent"])
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state("payment_intent", render(intent), "confirm")
    _take(account, intent, {name: params[name] for name in params if name in (*PLAIN, "payment_method")})
    return confirm_now(account, intent, params)


def confirm_now(account: Account, intent: Json, params: Json) -> Json:
    """The confirmed intent, or a 402 with the decline."""
    if not intent["payment_method"]:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise invalid(message, code="payment_intent_unexpected_state", payment_intent=render(intent))
    automatic = intent["automatic_payment_methods"]
    intent["_return_url"] = params.get("return_url") or intent.get("_return_url")
    if automatic and automatic["enabled"] and automatic["allow_redirects"] == "always" and not intent["_return_url"]:
        raise invalid(NO_RETURN_URL, param="return_url")
    intent.update(_refuse_action=params.get("error_on_requires_action", False), _authenticated=False)
    method = account.store.get("payment_method", intent["payment_method"])
    check_usable(intent, method)
    error = ask_bank(account, intent, method, off_session=params.get("off_session") not in (None, False, "false"))
    if error:
        raise card_error(error, intent)
    return intent


@operation("POST /v1/payment_intents/{intent}/capture", "amount_to_capture metadata")
def capture(account: Account, params: Json) -> Json:
    intent = account.store.get("payment_intent", params["intent"])
    if intent["status"] != "requires_capture":
        raise unexpected_state("payment_intent", render(intent), "capture")
    amount = params["amount_to_capture"] if "amount_to_capture" in params else intent["amount_capturable"]
    if not 0 < amount <= intent["amount_capturable"]:
        message = f"The amount_to_capture must be at most the amount_capturable, {intent['amount_capturable']}."
        raise invalid(message, param="amount_to_capture", code="amount_too_large")
    merge_metadata(intent, params)
    charge = account.store.get("charge", intent["latest_charge"])
    charge.update(captured=True, amount_captured=amount, amount_refunded=charge["amount"] - amount)
    account.emit("charge.captured", account.store.put(charge))
    charges.settle_soon(account, intent, charge)
    finish(account, intent, amount)
    return intent


@operation("POST /v1/payment_intents/{intent}/cancel", "cancellation_reason")
def cancel(account: Account, params: Json) -> Json:
    intent = account.store.get("payment_intent", params["intent"])
    if intent["status"] not in (*CONFIRMABLE, "requires_capture"):
        raise unexpected_state("payment_intent", render(intent), "cancel")
    if intent["status"] == "requires_capture":
        refunds.release(account, intent["latest_charge"])
    intent.update(
        status="canceled",
        canceled_at=account.created(),
        cancellation_reason=params.get("cancellation_reason"),
        amount_capturable=0,
        next_action=None,
    )
    account.emit("payment_intent.canceled", account.store.put(intent))
    return intent


@operation("GET /v1/payment_intents", "customer")
def list_all(account: Account, params: Json) -> Json:
    return listing(account, "payment_intent", params, "/v1/payment_intents", customer=params.get("customer"))


@operation("GET /v1/payment_intents/search", "query limit page")
def search(account: Account, params: Json) -> Json:
    """Terms `field:'value'` and `metadata['key']:'value'` joined by AND; at Stripe the index lags, here it does not."""
    wanted = [SEARCH_TERM.match(term.strip()) for term in re.split(r"\s+AND\s+", params["query"])]
    if not all(wanted):
        raise invalid("The stand-in's search knows `field:'value'` and AND only; see KNOWN_GAPS.md.", param="query")
    terms = [match.groupdict() for match in wanted if match]
    found = [
        intent for intent in account.store.all("payment_intent")[::-1] if all(_fits(intent, term) for term in terms)
    ]
    start, limit = int(params.get("page", "0")), params.get("limit", 10)
    rest = found[start + limit :]
    answer = {"object": "search_result", "url": "/v1/payment_intents/search", "has_more": bool(rest)}
    return answer | {"next_page": str(start + limit) if rest else None, "data": found[start : start + limit]}


def _fits(intent: Json, term: Json) -> bool:
    value = intent["metadata"].get(term["key"]) if term["key"] else intent.get(term["field"])
    return value is not None and str(value) == term["value"]
