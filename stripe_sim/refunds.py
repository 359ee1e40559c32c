"""Refunds: whole, in parts, slow, and failing after they had succeeded."""

from stripe_sim import balance, cards
from stripe_sim.account import Account, listing, merge_metadata, operation, task
from stripe_sim.errors import Json, invalid


@operation("POST /v1/refunds", "charge payment_intent amount metadata reason")
def create(account: Account, params: Json) -> Json:
    charge = charge_of(account, params)
    return refund(account, charge, params)


def charge_of(account: Account, params: Json) -> Json:
    if "charge" in params and "payment_intent" in params:
        raise invalid(
            "You may only specify one of these parameters: charge, payment_intent.", code="parameters_exclusive"
        )
    if "charge" in params:
        return account.store.get("charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    intent = account.store.get("payment_intent", params["payment_intent"], param="payment_intent")
    if not intent["latest_charge"] or intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid(message, param="payment_intent")
    return account.store.get("charge", intent["latest_charge"])


def refund(account: Account, charge: Json, params: Json) -> Json:
    """The refund, taken from the balance now; how it goes on depends on the test card."""
    amount = _check(charge, params.get("amount"))
    later = cards.BY_NUMBER[charge["_number"]].later
    made = account.new(
        "refund",
        "re",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
        status="pending" if later == "refund_pending" else "succeeded",
        destination_details={
            "type": "card",
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
        },
    )
    if later == "refund_pending":
        made["pending_reason"] = "processing"
    merge_metadata(made, params)
    says = f"REFUND FOR CHARGE ({charge['description'] or charge['id']})"
    transaction = balance.record(account, kind="refund", category="refund", source=made, amount=-amount, says=says)
    made["balance_transaction"] = transaction["id"]
    account.emit("refund.created", account.store.put(made))
    _count(account, charge, amount)
    account.emit("charge.refunded", charge)
    if later in ("refund_pending", "refund_fails"):
        account.later(
            account.terms.refund_after, "fail_refund" if later == "refund_fails" else "finish_refund", made["id"]
        )
    return made


def _check(charge: Json, amount: int | None) -> int:
    left = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise invalid("This charge did not succeed and cannot be refunded.", param="charge")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left <= 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        message = (
            f"Refund amount (${amount / 100:,.2f}) is greater than unrefunded amount on charge (${left / 100:,.2f})"
        )
        raise invalid(message, param="amount")
    return amount


def _count(account: Account, charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.store.put(charge)


def release(account: Account, charge_id: str) -> None:
    """Let go of an authorised charge that was never captured."""
    charge = account.store.get("charge", charge_id)
    _count(account, charge, charge["amount"])
    account.emit("charge.refunded", charge)


@task("finish_refund")
def finish(account: Account, refund_id: str) -> None:
    made = account.store.get("refund", refund_id)
    if made["status"] == "pending":
        made["status"] = "succeeded"
        made.pop("pending_reason", None)
        account.emit("refund.updated", account.store.put(made), before={"status": "pending"})


@task("fail_refund")
def fail(account: Account, refund_id: str) -> None:
    """The money comes back to the balance by a transaction of its own; the charge counts as not refunded again."""
    made = account.store.get("refund", refund_id)
    if made["status"] not in ("pending", "succeeded"):
        return
    before = {"status": made["status"]}
    says = f"REFUND FAILURE FOR {made['id']}"
    back = balance.record(
        account, kind="refund_failure", category="refund_failure", source=made, amount=made["amount"], says=says
    )
    made.update(status="failed", failure_reason="expired_or_canceled_card", failure_balance_transaction=back["id"])
    made.pop("pending_reason", None)
    account.store.put(made)
    _count(account, account.store.get("charge", made["charge"]), -made["amount"])
    account.emit("refund.updated", made, before=before)
    account.emit("refund.failed", made)


@operation("GET /v1/refunds/{refund}")
def read(account: Account, params: Json) -> Json:
    return account.store.get("refund", params["refund"])


@operation("POST /v1/refunds/{refund}", "metadata")
def update(account: Account, params: Json) -> Json:
    made = account.store.get("refund", params["refund"])
    merge_metadata(made, params)
    account.emit("refund.updated", account.store.put(made), before={})
    return made


@operation("GET /v1/refunds", "charge payment_intent")
def list_all(account: Account, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("charge", "payment_intent")}
    return listing(account, "refund", params, "/v1/refunds", **filters)
