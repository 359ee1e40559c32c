"""Payment methods: the test cards, attached and detached."""

import hashlib
from datetime import UTC, datetime

from stripe_sim import cards, customers
from stripe_sim.account import Account, listing, merge_metadata, operation
from stripe_sim.cards import Card
from stripe_sim.errors import ApiError, Json, invalid

NO_BILLING = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
UNKNOWN_NUMBER = "Your card number is incorrect. Only Stripe's test cards are known here."
USED_UP = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, "
    "and may not be used again."
)


def face(account: Account, card: Card) -> Json:
    """What is printed on a card: brand, last4, expiry two years ahead of the account's clock."""
    year = datetime.fromtimestamp(account.now(), UTC).year + 2
    fingerprint = hashlib.sha256(card.number.encode()).hexdigest()[:16]
    known = {"brand": card.brand, "last4": card.last4, "exp_month": 12, "exp_year": year, "country": "US"}
    return known | {"fingerprint": fingerprint, "funding": card.funding}


def new_card(account: Account, card: Card, *, billing: Json | None = None, generated_from: Json | None = None) -> Json:
    """A stored payment method of type card that behaves like this test card."""
    details = NO_BILLING | {"address": dict(NO_ADDRESS)} | (billing or {})
    details["address"] = NO_ADDRESS | (details["address"] or {})
    shown = face(account, card) | {
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "display_brand": card.brand,
        "generated_from": generated_from,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    method = account.new(
        "payment_method", "pm", type="card", billing_details=details, card=shown, allow_redisplay="unspecified"
    )
    return account.store.put(
        method | {"_number": card.number, "_outcome": card.outcome, "_is_set_up": False, "_used_up": False}
    )


def new_present(account: Account, card: Card, read_method: str) -> Json:
    """The payment method of a card held to a reader; it can be charged once and never attached."""
    shown = face(account, card) | {
        "brand_product": None,
        "cardholder_name": None,
        "description": None,
        "issuer": None,
        "networks": {"available": [card.brand], "preferred": None},
        "offline": None,
        "preferred_locales": ["en"],
        "read_method": read_method,
    }
    method = account.new("payment_method", "pm", type="card_present", card_present=shown)
    method["billing_details"] = NO_BILLING | {"address": dict(NO_ADDRESS)}
    return account.store.put(
        method | {"_number": card.number, "_outcome": card.outcome, "_is_set_up": False, "_used_up": False}
    )


def card_of(method: Json) -> Card:
    return cards.BY_NUMBER[method["_number"]]


def named(account: Account, token: str, *, param: str = "payment_method") -> Json:
    """A payment method by its id, or a fresh one for `pm_card_visa` and such."""
    if found := account.store.find("payment_method", token):
        return found
    card = cards.by_token(token) if token.startswith("pm_card_") else None
    if card is None:
        return account.store.get("payment_method", token, param=param)
    return new_card(account, card)


@operation("POST /v1/payment_methods", "type card billing_details allow_redisplay metadata")
def create(account: Account, params: Json) -> Json:
    if params.get("type") != "card":
        raise invalid("The stand-in knows payment methods of type `card` only; see KNOWN_GAPS.md.", param="type")
    method = new_card(account, _given(params.get("card") or {}), billing=params.get("billing_details"))
    method["allow_redisplay"] = params.get("allow_redisplay", "unspecified")
    merge_metadata(method, params)
    return account.store.put(method)


def _given(card: Json) -> Card:
    if "token" in card:
        found = cards.by_token(card["token"])
    elif "number" in card:
        found = cards.BY_NUMBER.get(card["number"].replace(" ", ""))
    else:
        raise invalid("Missing required param: card[number].", param="card[number]", code="parameter_missing")
    if found is None:
        raise ApiError(402, "card_error", UNKNOWN_NUMBER, code="incorrect_number", param="number")
    return found


@operation("GET /v1/payment_methods/{payment_method}")
def read(account: Account, params: Json) -> Json:
    return account.store.get("payment_method", params["payment_method"])


@operation("POST /v1/payment_methods/{payment_method}", "card billing_details allow_redisplay metadata")
def update(account: Account, params: Json) -> Json:
    method = account.store.get("payment_method", params["payment_method"])
    if "card" in params and method["type"] == "card":
        method["card"].update(
            {name: params["card"][name] for name in ("exp_month", "exp_year") if name in params["card"]}
        )
    if params.get("billing_details"):
        method["billing_details"].update(params["billing_details"])
    method["allow_redisplay"] = params.get("allow_redisplay", method.get("allow_redisplay", "unspecified"))
    merge_metadata(method, params)
    account.emit("payment_method.updated", account.store.put(method), before={})
    return method


@operation("POST /v1/payment_methods/{payment_method}/attach", "customer")
def attach(account: Account, params: Json) -> Json:
    """Attached to the customer; a card that the bank refuses is refused here already."""
    if "customer" not in params:
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    method = named(account, params["payment_method"], param="id")
    customer = customers.present(account, params["customer"])
    check_free(method, customer["id"])
    if method["_outcome"] and card_of(method).later != "fail_when_charged":
        said = cards.decline(method["_outcome"])
        raise ApiError(402, "card_error", said.pop("message"), **said)
    return attach_to(account, method, customer["id"])


def check_free(method: Json, customer_id: str | None) -> None:
    """Refuse a payment method of somebody else, or one that was used up."""
    if method["_used_up"]:
        raise invalid(USED_UP, param="payment_method", code="payment_method_unexpected_state")
    if method["customer"] and method["customer"] != customer_id:
        message = "The payment method you provided is attached to another customer."
        raise invalid(message, param="payment_method", code="payment_method_unexpected_state")


def attach_to(account: Account, method: Json, customer_id: str) -> Json:
    """Attached, with its event; nothing happens when it already is."""
    if method["type"] == "card_present":
        raise invalid("A `card_present` PaymentMethod can't be attached to a Customer.", param="payment_method")
    if method["customer"] != customer_id:
        method["customer"] = customer_id
        account.emit("payment_method.attached", account.store.put(method))
    return method


@operation("POST /v1/payment_methods/{payment_method}/detach")
def detach(account: Account, params: Json) -> Json:
    method = account.store.get("payment_method", params["payment_method"])
    if not method["customer"]:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise invalid(message, code="payment_method_unexpected_state")
    customer = account.store.get("customer", method["customer"])
    if customer["invoice_settings"]["default_payment_method"] == method["id"]:
        customer["invoice_settings"]["default_payment_method"] = None
        account.store.put(customer)
    before = {"customer": method["customer"]}
    method.update(customer=None, _used_up=True)
    account.emit("payment_method.detached", account.store.put(method), before=before)
    return method


@operation("GET /v1/payment_methods", "customer type")
def list_all(account: Account, params: Json) -> Json:
    """Those of one customer; without a customer nothing is listed, as at Stripe without an account's own methods."""
    owner = params.get("customer") or "none"
    return listing(account, "payment_method", params, "/v1/payment_methods", customer=owner, type=params.get("type"))


@operation("GET /v1/customers/{customer}/payment_methods", "type")
def list_of_customer(account: Account, params: Json) -> Json:
    customer = customers.present(account, params["customer"])
    url = f"/v1/customers/{customer['id']}/payment_methods"
    return listing(account, "payment_method", params, url, customer=customer["id"], type=params.get("type"))
