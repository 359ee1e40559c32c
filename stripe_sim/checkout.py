"""Checkout Sessions: Stripe's own page for paying (`payment`) and for saving a card (`setup`)."""

from stripe_sim import customers, payment_intents, setup_intents
from stripe_sim.account import Account, listing, merge_metadata, new_id, operation, task
from stripe_sim.errors import Json, invalid

LIVES_FOR = 24 * 3600
SHORTEST, LONGEST = 30 * 60, 24 * 3600
KNOWS = (
    "mode line_items success_url cancel_url customer customer_email customer_creation client_reference_id "
    "currency metadata payment_intent_data setup_intent_data allowed_payment_method_types expires_at submit_type "
    "locale ui_mode custom_text"
)
NO_TEXT = {"after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None}
NO_TOTALS = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}


@operation("POST /v1/checkout/sessions", KNOWS)
def create(account: Account, params: Json) -> Json:
    _check(account, params)
    session = account.new(
        "checkout.session",
        "cs_test",
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        custom_fields=[],
        custom_text=NO_TEXT | (params.get("custom_text") or {}),
        expires_at=params.get("expires_at", account.created() + LIVES_FOR),
        mode=params["mode"],
        payment_method_types=params.get("allowed_payment_method_types", ["card"]),
        payment_status="unpaid" if params["mode"] == "payment" else "no_payment_required",
        shipping_options=[],
        status="open",
        ui_mode="hosted_page",
    )
    plain = ("success_url", "cancel_url", "customer", "customer_email", "client_reference_id", "submit_type", "locale")
    session.update({name: params[name] for name in plain if name in params})
    merge_metadata(session, params)
    if params["mode"] == "payment":
        _for_payment(account, session, params)
    else:
        _for_setup(account, session, params)
    session["url"] = f"{account.base_url}/c/pay/{session['id']}"
    account.later(session["expires_at"] - account.now(), "expire_session", session["id"])
    return account.store.put(session)


def _check(account: Account, params: Json) -> None:
    if params.get("mode") not in ("payment", "setup"):
        raise invalid("The stand-in knows the modes payment and setup; see KNOWN_GAPS.md.", param="mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("The stand-in knows ui_mode hosted_page only; see KNOWN_GAPS.md.", param="ui_mode")
    for name in ["success_url"] + (["line_items"] if params["mode"] == "payment" else []):
        if not params.get(name):
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    if params["mode"] == "setup" and "currency" not in params and "allowed_payment_method_types" not in params:
        raise invalid(
            "You must provide `currency` in setup mode without `allowed_payment_method_types`.", param="currency"
        )
    if params.get("customer"):
        customers.present(account, params["customer"])
        if "customer_email" in params:
            raise invalid(
                "You may only specify one of these parameters: customer, customer_email.", code="parameters_exclusive"
            )
    until = params.get("expires_at", account.created() + LIVES_FOR) - account.now()
    if not SHORTEST - 1 <= until <= LONGEST + 1:
        message = (
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours after the session's creation."
        )
        raise invalid(message, param="expires_at")


def _for_payment(account: Account, session: Json, params: Json) -> None:
    items = [_item(account, session["id"], n, item) for n, item in enumerate(params["line_items"])]
    total = sum(item["amount_total"] for item in items)
    payment_intents.check_amount(total)
    for item in items:
        account.store.put(item)
    session.update(
        amount_subtotal=total,
        amount_total=total,
        currency="usd",
        customer_creation=params.get("customer_creation", None if params.get("customer") else "if_required"),
        total_details=dict(NO_TOTALS),
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        _intent=params.get("payment_intent_data") or {},
    )


def _item(account: Account, session_id: str, n: int, given: Json) -> Json:
    where = f"line_items[{n}]"
    data = given.get("price_data")
    if data is None:
        raise invalid("The stand-in keeps no prices: give price_data; see KNOWN_GAPS.md.", param=f"{where}[price]")
    if data["currency"] != "usd" or "unit_amount" not in data or "product_data" not in data:
        raise invalid(
            "The stand-in needs usd, unit_amount and product_data; see KNOWN_GAPS.md.", param=f"{where}[price_data]"
        )
    amount = data["unit_amount"] * given.get("quantity", 1)
    price = {
        "id": new_id("price"),
        "object": "price",
        "currency": "usd",
        "unit_amount": data["unit_amount"],
        "type": "one_time",
    }
    item = account.new(
        "item",
        "li",
        currency="usd",
        quantity=given.get("quantity", 1),
        price=price,
        description=data["product_data"]["name"],
    )
    item |= {"amount_discount": 0, "amount_tax": 0, "amount_subtotal": amount, "amount_total": amount}
    return item | {"_session": session_id, "discounts": [], "taxes": []}


def _for_setup(account: Account, session: Json, params: Json) -> None:
    data = params.get("setup_intent_data") or {}
    told = {
        "customer": session["customer"],
        "metadata": data.get("metadata", {}),
        "description": data.get("description"),
    }
    intent = setup_intents.new(account, told | {"allowed_payment_method_types": session["payment_method_types"]})
    account.emit("setup_intent.created", account.store.put(intent))
    session.update(setup_intent=intent["id"], currency=params.get("currency"))


@operation("GET /v1/checkout/sessions/{session}")
def read(account: Account, params: Json) -> Json:
    return find(account, params["session"])


def find(account: Account, session_id: str) -> Json:
    return account.store.get("checkout.session", session_id)


@operation("POST /v1/checkout/sessions/{session}", "metadata")
def update(account: Account, params: Json) -> Json:
    session = find(account, params["session"])
    merge_metadata(session, params)
    return account.store.put(session)


@operation("POST /v1/checkout/sessions/{session}/expire")
def expire(account: Account, params: Json) -> Json:
    session = find(account, params["session"])
    if session["status"] != "open":
        message = f"Only open Checkout Sessions can be expired. This one has a status of `{session['status']}`."
        raise invalid(message, param="session")
    _end(account, session)
    return session


@task("expire_session")
def expire_in_time(account: Account, session_id: str) -> None:
    session = account.store.find("checkout.session", session_id)
    if session and session["status"] == "open":
        _end(account, session)


def _end(account: Account, session: Json) -> None:
    for name in ("payment_intent", "setup_intent"):
        if session[name]:
            intent = account.store.get(name, session[name])
            if intent["status"] not in ("succeeded", "canceled"):
                intent.update(status="canceled", next_action=None)
                account.emit(f"{name}.canceled", account.store.put(intent))
    session.update(status="expired", url=None)
    account.emit("checkout.session.expired", account.store.put(session))


@operation("GET /v1/checkout/sessions", "customer payment_intent status")
def list_all(account: Account, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("customer", "payment_intent", "status")}
    return listing(account, "checkout.session", params, "/v1/checkout/sessions", **filters)


@operation("GET /v1/checkout/sessions/{session}/line_items")
def line_items(account: Account, params: Json) -> Json:
    session = find(account, params["session"])
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    answer = listing(account, "item", params, url, _session=session["id"])
    answer["data"].reverse()  # in the order of the session, not newest first
    return answer
