"""Disputes: the bank takes the money back with a fee; a won one brings it again."""

from stripe_sim import balance
from stripe_sim.account import Account, listing, merge_metadata, operation, render, task
from stripe_sim.errors import Json, invalid
from stripe_sim.surface import TABLE

ANSWER_WITHIN = 9 * 86_400
OPEN = ("needs_response", "under_review")
DECIDED_BY = {"winning_evidence": "won", "losing_evidence": "lost"}  # Stripe's words for tests, in uncategorized_text


def open_dispute(account: Account, charge: Json, *, reason: str = "fraudulent", amount: int | None = None) -> Json:
    """A new dispute: amount and fee are taken at once."""
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed: it failed or is disputed already.", param="charge")
    dispute = account.new(
        "dispute",
        "du",
        amount=amount or charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=dict.fromkeys(TABLE["objects"]["dispute_evidence"]["fields"]) | {"enhanced_evidence": {}},
        evidence_details=_details(account),
        is_charge_refundable=False,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="needs_response",
    )
    fee = account.terms.dispute_cents
    _record(account, dispute, "dispute", -dispute["amount"], fee, f"Chargeback withdrawal for {charge['id']}")
    charge["disputed"] = True
    account.store.put(charge)
    account.emit("charge.dispute.created", account.store.put(dispute))
    account.emit("charge.dispute.funds_withdrawn", dispute)
    account.emit("charge.updated", charge, before={"disputed": False})
    return dispute


def _details(account: Account) -> Json:
    due_by = account.created() + ANSWER_WITHIN
    return {
        "due_by": due_by,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
    }


def _record(account: Account, dispute: Json, category: str, amount: int, fee: int, says: str) -> None:
    made = balance.record(
        account, kind="adjustment", category=category, source=dispute, amount=amount, fee=fee, says=says
    )
    dispute["balance_transactions"].append(render(made))


@task("dispute_charge")
def dispute_charge(account: Account, charge_id: str) -> None:
    """What the card `pm_card_createDispute` does by itself."""
    charge = account.store.get("charge", charge_id)
    if not charge["disputed"]:
        open_dispute(account, charge)


def decide(account: Account, dispute: Json, outcome: str) -> Json:
    """`won` gives the amount and the countered fee back, the received fee stays; `lost` moves nothing more."""
    if dispute["status"] not in OPEN:
        raise invalid(f"This dispute is already {dispute['status']}.")
    if outcome not in ("won", "lost"):
        raise invalid("outcome must be won or lost", param="outcome")
    if outcome == "won":
        fee = -account.terms.countered_cents if dispute["evidence_details"]["submission_count"] else 0
        _record(
            account, dispute, "dispute_reversal", dispute["amount"], fee, f"Chargeback reversal for {dispute['charge']}"
        )
    dispute["status"] = outcome
    account.store.put(dispute)
    if outcome == "won":
        account.emit("charge.dispute.funds_reinstated", dispute)
    account.emit("charge.dispute.closed", dispute)
    return dispute


@operation("GET /v1/disputes/{dispute}")
def read(account: Account, params: Json) -> Json:
    return account.store.get("dispute", params["dispute"])


@operation("POST /v1/disputes/{dispute}", "evidence metadata submit")
def update(account: Account, params: Json) -> Json:
    """Evidence is submitted unless `submit=false`; that costs the countered fee and puts the dispute under review."""
    dispute = account.store.get("dispute", params["dispute"])
    merge_metadata(dispute, params)
    if evidence := params.get("evidence"):
        if dispute["status"] != "needs_response":
            raise invalid(f"This dispute is {dispute['status']}: evidence is no longer accepted.", param="evidence")
        dispute["evidence"].update(evidence)
        dispute["evidence_details"]["has_evidence"] = True
    if params.get("submit", bool(evidence)) and dispute["status"] == "needs_response":
        dispute["status"] = "under_review"
        dispute["evidence_details"]["submission_count"] += 1
        fee = account.terms.countered_cents
        _record(account, dispute, "dispute", 0, fee, f"Dispute countered fee for {dispute['charge']}")
    account.emit("charge.dispute.updated", account.store.put(dispute), before={})
    outcome = DECIDED_BY.get(dispute["evidence"]["uncategorized_text"] or "")
    if outcome and dispute["status"] == "under_review":
        decide(account, dispute, outcome)
    return dispute


@operation("POST /v1/disputes/{dispute}/close")
def close(account: Account, params: Json) -> Json:
    """Given up: lost."""
    return decide(account, account.store.get("dispute", params["dispute"]), "lost")


@operation("GET /v1/disputes", "charge payment_intent")
def list_all(account: Account, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("charge", "payment_intent")}
    return listing(account, "dispute", params, "/v1/disputes", **filters)
