"""Charges: one for each time a card was asked, successful or not."""

from stripe_sim import balance, cards, payment_methods
from stripe_sim.account import Account, listing, merge_metadata, operation, task
from stripe_sim.errors import Json

RISK_SCORES = {"normal": 20, "elevated": 70, "highest": 90}


def succeeded(account: Account, intent: Json, method: Json, *, reader: Json | None = None) -> Json:
    """A charge that the bank approved, captured unless the intent says manual."""
    charge = _charge(account, intent, method, reader)
    is_captured = intent["capture_method"] != "manual"
    outcome = _outcome("authorized", "approved_by_network", None, None, "Payment complete.")
    charge.update(
        status="succeeded",
        paid=True,
        captured=is_captured,
        amount_captured=charge["amount"] if is_captured else 0,
        authorization_code="123456",
        outcome=outcome | _risk(method),
    )
    account.emit("charge.succeeded", account.store.put(charge))
    if is_captured:
        settle_soon(account, intent, charge)
    return charge


def failed(account: Account, intent: Json, method: Json, said: Json, *, reader: Json | None = None) -> Json:
    """A charge that the bank declined."""
    charge = _charge(account, intent, method, reader)
    is_blocked = said["decline_code"] == "fraudulent"
    network = "not_sent_to_network" if is_blocked else "declined_by_network"
    outcome = _outcome(
        "blocked" if is_blocked else "issuer_declined",
        network,
        said["decline_code"],
        said.get("advice_code"),
        said["message"],
    )
    charge.update(status="failed", failure_code=said["code"], failure_message=said["message"], outcome=outcome)
    account.emit("charge.failed", account.store.put(charge))
    return charge


def _charge(account: Account, intent: Json, method: Json, reader: Json | None) -> Json:
    shared = ("amount", "currency", "customer", "description", "receipt_email", "shipping", "metadata")
    charge = account.new(
        "charge",
        "ch",
        **{name: intent[name] for name in shared},
        amount_captured=0,
        amount_refunded=0,
        billing_details=method["billing_details"],
        calculated_statement_descriptor="STAND-IN",
        captured=False,
        disputed=False,
        fraud_details={},
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_details(account, intent, method, reader),
        radar_options={},
        refunded=False,
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
    )
    charge.pop("refunds")  # answered only when asked for by expand
    return charge | {"_number": method["_number"], "_present": reader is not None}


def _details(account: Account, intent: Json, method: Json, reader: Json | None) -> Json:
    shown = payment_methods.face(account, payment_methods.card_of(method))
    shown["network"] = shown["brand"]
    shown |= {"amount_authorized": intent["amount"], "network_transaction_id": "1" * 15}
    if reader is None:
        checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
        none = dict.fromkeys(("installments", "mandate", "three_d_secure", "wallet", "authorization_code"))
        return {"type": "card", "card": shown | none | {"checks": checks, "regulated_status": "unregulated"}}
    receipt = {
        "account_type": shown["funding"],
        "application_cryptogram": "6D95A6F8D4F1C2B0",
        "application_preferred_name": f"{shown['brand'].title()} {shown['funding']}",
        "authorization_code": "123456",
        "authorization_response_code": "3030",
        "cardholder_verification_method": "approval",
        "dedicated_file_name": "A000000003101001",
        "terminal_verification_results": "0000000000",
        "transaction_status_information": "0000",
    }
    card_present = shown | dict.fromkeys(("brand_product", "cardholder_name", "description", "emv_auth_data", "issuer"))
    card_present |= {"generated_card": None, "offline": None, "preferred_locales": ["en"], "reader": reader["id"]}
    card_present |= {"incremental_authorization_supported": False, "overcapture_supported": False, "receipt": receipt}
    card_present |= {"read_method": method["card_present"]["read_method"], "location": reader["location"]}
    return {"type": "card_present", "card_present": card_present}


def _outcome(kind: str, network: str, reason: str | None, advice: str | None, message: str) -> Json:
    return {
        "advice_code": advice,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": RISK_SCORES["normal"],
        "seller_message": message,
        "type": kind,
    }


def _risk(method: Json) -> Json:
    level = payment_methods.card_of(method).risk
    return {"risk_level": level, "risk_score": RISK_SCORES[level]}


# Settlement ----------------------------------------------------------------------------------------------------------


def settle_soon(account: Account, intent: Json, charge: Json) -> None:
    """The money comes to the balance: at once, or by charge.updated when the capture is `automatic_async`."""
    if intent["capture_method"] == "automatic_async":
        account.later(account.terms.settle_after, "settle_charge", charge["id"])
        return
    charge["balance_transaction"] = _settled(account, charge)
    account.store.put(charge)
    if cards.BY_NUMBER[charge["_number"]].later == "dispute":
        account.later(account.terms.settle_after, "dispute_charge", charge["id"])


@task("settle_charge")
def settle(account: Account, charge_id: str) -> None:
    charge = account.store.get("charge", charge_id)
    if charge["balance_transaction"] is None:
        charge["balance_transaction"] = _settled(account, charge)
        account.emit("charge.updated", account.store.put(charge), before={"balance_transaction": None})
        if cards.BY_NUMBER[charge["_number"]].later == "dispute":
            account.later(0, "dispute_charge", charge["id"])


def _settled(account: Account, charge: Json) -> str:
    amount = charge["amount_captured"]
    fee = account.terms.fee(amount, present=charge["_present"])
    says = charge["description"] or ""
    transaction = balance.record(
        account, kind="charge", category="charge", source=charge, amount=amount, fee=fee, says=says
    )
    return str(transaction["id"])


# Operations ----------------------------------------------------------------------------------------------------------


@operation("GET /v1/charges/{charge}")
def read(account: Account, params: Json) -> Json:
    return account.store.get("charge", params["charge"])


@operation("POST /v1/charges/{charge}", "customer description metadata receipt_email shipping")
def update(account: Account, params: Json) -> Json:
    charge = account.store.get("charge", params["charge"])
    charge.update(
        {name: params[name] for name in ("customer", "description", "receipt_email", "shipping") if name in params}
    )
    merge_metadata(charge, params)
    account.emit("charge.updated", account.store.put(charge), before={})
    return charge


@operation("GET /v1/charges", "customer payment_intent")
def list_all(account: Account, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("customer", "payment_intent")}
    return listing(account, "charge", params, "/v1/charges", **filters)
