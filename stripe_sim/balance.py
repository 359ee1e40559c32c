"""The balance and the transactions it is made of."""

from stripe_sim.account import Account, listing, operation, task
from stripe_sim.errors import Json, invalid

DAY = 86_400
FUNDS_AFTER_DAYS = 2  # a card payment becomes available on the second day


def record(
    account: Account, *, kind: str, category: str, source: Json, amount: int, fee: int = 0, says: str = ""
) -> Json:
    """A balance transaction; payments become available in two days at midnight UTC, everything else at once."""
    is_payment = kind == "charge"
    now = account.created()
    available_on = (now // DAY + FUNDS_AFTER_DAYS) * DAY if is_payment else now
    fee_detail = {
        "amount": fee,
        "application": None,
        "currency": "usd",
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    transaction = account.new(
        "balance_transaction",
        "txn",
        amount=amount,
        fee=fee,
        net=amount - fee,
        currency="usd",
        type=kind,
        reporting_category=category,
        source=source["id"],
        available_on=available_on,
        balance_type="payments",
        status="pending" if is_payment else "available",
        description=says or None,
        fee_details=[fee_detail] if fee else [],
    )
    if is_payment:
        account.later(available_on - account.now(), "become_available", transaction["id"])
    return account.store.put(transaction | {"_payout": None})


@task("become_available")
def become_available(account: Account, transaction_id: str) -> None:
    account.store.put(account.store.get("balance_transaction", transaction_id) | {"status": "available"})


@operation("GET /v1/balance_transactions/{id}")
def read(account: Account, params: Json) -> Json:
    return account.store.get("balance_transaction", params["id"])


@operation("GET /v1/balance_transactions", "payout type source currency")
def list_all(account: Account, params: Json) -> Json:
    """With `payout=`: what an automatic payout is made of, its own transaction included."""
    if "payout" in params and not account.store.get("payout", params["payout"], param="payout")["automatic"]:
        raise invalid(
            "Balance transaction history can only be filtered on automatic payouts, not manual.", param="payout"
        )
    filters = {"_payout": params.get("payout"), "type": params.get("type"), "source": params.get("source")}
    filters["currency"] = params.get("currency")
    return listing(account, "balance_transaction", params, "/v1/balance_transactions", **filters)


@operation("GET /v1/balance")
def read_balance(account: Account, params: Json) -> Json:
    query = (
        "SELECT json_extract(body, '$.status'), sum(json_extract(body, '$.net')) FROM objects WHERE kind = ? GROUP BY 1"
    )
    sums = dict(account.store.db.execute(query, ("balance_transaction",)).fetchall())
    blank = {"object": "balance", "livemode": False}
    return blank | {
        name: [{"amount": sums.get(name, 0), "currency": "usd", "source_types": {"card": sums.get(name, 0)}}]
        for name in ("available", "pending")
    }
