"""Payouts: automatic ones take what is available and can be itemised, manual ones cannot."""

from stripe_sim import balance
from stripe_sim.account import Account, listing, merge_metadata, operation, task
from stripe_sim.balance import DAY
from stripe_sim.errors import Json, invalid


def run(account: Account, *, whole: bool, fails: bool, arrives_after: float) -> Json | None:
    """The automatic payout of all that is available (`whole`: pending as well); None when there is nothing."""
    waiting = [
        transaction
        for transaction in account.store.all("balance_transaction")
        if transaction["_payout"] is None
        and transaction["type"] != "payout"
        and (whole or transaction["status"] == "available")
    ]
    amount = sum(transaction["net"] for transaction in waiting)
    if not waiting:
        return None
    payout = _new(account, amount, is_automatic=True)
    for transaction in waiting:
        account.store.put(transaction | {"_payout": payout["id"], "status": "available"})
    _leave(account, payout)
    account.later(arrives_after, "fail_payout" if fails else "land_payout", payout["id"])
    account.catch_up()
    return account.store.get("payout", payout["id"])


def _new(account: Account, amount: int, *, is_automatic: bool) -> Json:
    return account.new(
        "payout",
        "po",
        amount=amount,
        arrival_date=(account.created() // DAY + 1) * DAY,
        automatic=is_automatic,
        currency="usd",
        description="STRIPE PAYOUT",
        destination="ba_stand_in",
        method="standard",
        reconciliation_status="in_progress" if is_automatic else "not_applicable",
        source_type="card",
        status="pending",
        type="bank_account",
    )


def _leave(account: Account, payout: Json) -> None:
    """The payout's own transaction belongs to it, so that the whole group comes to nothing."""
    made = balance.record(
        account, kind="payout", category="payout", source=payout, amount=-payout["amount"], says="STRIPE PAYOUT"
    )
    if payout["automatic"]:
        account.store.put(made | {"_payout": payout["id"]})
    payout["balance_transaction"] = made["id"]
    account.emit("payout.created", account.store.put(payout))


@task("land_payout")
def land(account: Account, payout_id: str) -> None:
    payout = account.store.get("payout", payout_id) | {"status": "paid"}
    account.emit("payout.paid", account.store.put(payout))
    if payout["automatic"]:
        payout["reconciliation_status"] = "completed"
        account.emit("payout.reconciliation_completed", account.store.put(payout))


@task("fail_payout")
def fail(account: Account, payout_id: str) -> None:
    """The bank refused it: the money is in the balance again, by a transaction that a later payout takes."""
    payout = account.store.get("payout", payout_id)
    back = balance.record(
        account,
        kind="payout_failure",
        category="payout_reversal",
        source=payout,
        amount=payout["amount"],
        says="STRIPE PAYOUT FAILURE",
    )
    payout.update(
        status="failed",
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
        failure_balance_transaction=back["id"],
    )
    if payout["automatic"]:
        payout["reconciliation_status"] = "completed"
    account.emit("payout.failed", account.store.put(payout))


@operation("POST /v1/payouts", "amount currency description metadata method statement_descriptor")
def create(account: Account, params: Json) -> Json:
    """A manual payout of so much of what is available."""
    available = balance.read_balance(account, {})["available"][0]["amount"]
    if params["amount"] > available:
        message = "You have insufficient funds in your Stripe account for this transfer."
        raise invalid(message, param="amount", code="balance_insufficient")
    payout = _new(account, params["amount"], is_automatic=False)
    payout.update({name: params[name] for name in ("description", "method", "statement_descriptor") if name in params})
    merge_metadata(payout, params)
    _leave(account, payout)
    account.later(DAY, "land_payout", payout["id"])
    return payout


@operation("GET /v1/payouts/{payout}")
def read(account: Account, params: Json) -> Json:
    return account.store.get("payout", params["payout"])


@operation("GET /v1/payouts", "status")
def list_all(account: Account, params: Json) -> Json:
    return listing(account, "payout", params, "/v1/payouts", status=params.get("status"))
