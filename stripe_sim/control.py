"""Controls for tests and the demo, told by JSON or a form: faults, webhooks, clock, payouts, disputes, reset."""

from stripe_sim import balance, delivery, disputes, payment_methods, payouts, refunds
from stripe_sim.account import Account, render
from stripe_sim.errors import Json, invalid
from stripe_sim.pages import Visit, view

TRUE = (True, "true", "1", "yes")


@view("GET /_sim/faults")
def faults_waiting(visit: Visit) -> Json:
    return {"data": visit.faults.waiting()}


@view("POST /_sim/faults")
def add_fault(visit: Visit) -> Json:
    visit.faults.add(visit.order)
    return {"data": visit.faults.waiting()}


@view("DELETE /_sim/faults")
def clear_faults(visit: Visit) -> Json:
    visit.faults.clear()
    return {"data": []}


@view("GET /_sim/webhooks")
def webhook_rules(visit: Visit) -> Json:
    with visit.account.store:
        return {"data": delivery.rules(visit.account)}


@view("POST /_sim/webhooks")
def add_webhook_rule(visit: Visit) -> Json:
    with visit.account.store:
        delivery.add_rule(visit.account, visit.order)
        return {"data": delivery.rules(visit.account)}


@view("DELETE /_sim/webhooks")
def clear_webhook_rules(visit: Visit) -> Json:
    with visit.account.store:
        delivery.clear_rules(visit.account)
    return {"data": []}


@view("GET /_sim/clock")
def read_clock(visit: Visit) -> Json:
    with visit.account.store:
        return _clock(visit.account)


def _clock(account: Account) -> Json:
    return {"now": account.now(), "is_stopped": account.setting("stopped_at") is not None}


@view("POST /_sim/clock")
def set_clock(visit: Visit) -> Json:
    """`now` (unix seconds) or `advance` (seconds) moves it, `stop=true` halts it, `reset=true` makes it real again.

    Going forward keeps every appointment on the way at its own moment.
    """
    account, order = visit.account, visit.order
    with account.store:
        if order.get("reset") in TRUE:
            account.set("stopped_at", None)
            account.set("offset", 0)
        else:
            account.set_clock(
                float(order.get("now", account.now() + float(order.get("advance", 0)))),
                stopped=order["stop"] in TRUE if "stop" in order else account.setting("stopped_at") is not None,
            )
        account.catch_up()
        return _clock(account)


@view("POST /_sim/payouts/run")
def run_payout(visit: Visit) -> Json:
    """The automatic payout of what is available; `all=true` takes what is pending too, `fail=true` fails."""
    account, order = visit.account, visit.order
    with account.store:
        account.catch_up()
        made = payouts.run(
            account,
            whole=order.get("all") in TRUE,
            fails=order.get("fail") in TRUE,
            arrives_after=float(order.get("arrives_after", 0)),
        )
    return {"payout": render(made) if made else None}


@view("POST /_sim/transactions")
def add_transaction(visit: Visit) -> Json:
    """A balance transaction of any type: `type`, `reporting_category`, `amount`, `fee`, `source`."""
    account, order = visit.account, visit.order
    source = {"id": order.get("source")}
    with account.store:
        made = balance.record(
            account,
            kind=str(order["type"]),
            category=str(order.get("reporting_category", order["type"])),
            source=source,
            amount=int(order["amount"]),
            fee=int(order.get("fee", 0)),
        )
    return render(made)


@view("POST /_sim/disputes")
def dispute(visit: Visit) -> Json:
    """Dispute a `charge` or the latest of a `payment_intent`; `reason` and `amount` may be told."""
    account, order = visit.account, visit.order
    with account.store:
        account.catch_up()
        charge_id = order.get("charge")
        if not charge_id:
            charge_id = account.store.get("payment_intent", str(order.get("payment_intent")))["latest_charge"]
        charge = account.store.get("charge", charge_id)
        amount = int(order["amount"]) if "amount" in order else None
        return render(
            disputes.open_dispute(account, charge, reason=str(order.get("reason", "fraudulent")), amount=amount)
        )


@view("POST /_sim/disputes/{dispute}")
def decide_dispute(visit: Visit) -> Json:
    with visit.account.store:
        found = visit.account.store.get("dispute", visit.ids["dispute"])
        return render(disputes.decide(visit.account, found, str(visit.order.get("outcome"))))


@view("POST /_sim/refunds/{refund}")
def end_refund(visit: Visit) -> Json:
    """`outcome` succeeded or failed."""
    ends = {"succeeded": refunds.finish, "failed": refunds.fail}
    outcome = str(visit.order.get("outcome"))
    if outcome not in ends:
        raise invalid("outcome must be succeeded or failed", param="outcome")
    with visit.account.store:
        ends[outcome](visit.account, visit.ids["refund"])
        return render(visit.account.store.get("refund", visit.ids["refund"]))


@view("POST /_sim/payment_methods/{method}")
def set_outcome(visit: Visit) -> Json:
    """What the bank says to this card from now on: a decline code, `processing`, or `approved`."""
    outcome = str(visit.order.get("outcome", "approved"))
    with visit.account.store:
        method = payment_methods.named(visit.account, visit.ids["method"], param="id")
        visit.account.store.put(method | {"_outcome": "" if outcome == "approved" else outcome})
    return {"id": method["id"], "outcome": outcome}


@view("POST /_sim/reset")
def reset(visit: Visit) -> Json:
    """An empty account; the webhook endpoints stay when `keep_endpoints=true`."""
    visit.faults.clear()
    account = visit.account
    with account.store:
        kept = account.store.all("webhook_endpoint") if visit.order.get("keep_endpoints") in TRUE else []
        account.store.clear()
        for endpoint in kept:
            account.store.put(endpoint)
    return {"reset": True}
