"""What a client agrees to when they join: the exact text, its hash, when and how (R32)."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.template.loader import render_to_string

from ledger.money import dollars
from memberships.models import Consent, Plan
from pos.models import Client
from studio.models import Business, Device, Staff
from studio.refusal import Refusal

HOW = ("desk", "online", "mail")
LONGEST_NAME = 120
"""Characters of a name that is typed under the text."""


class OtherText(Refusal):
    """The client agreed to another text than the one that holds now: it must be shown again."""

    code = "terms_changed"


@dataclass(frozen=True, slots=True)
class Agreed:
    """That a client agreed: the hash of the text they saw, and where they did."""

    text_hash: str
    how: str = "desk"
    device: Device | None = None
    staff: Staff | None = None
    address: str = ""
    signature: str = ""


def text_for(plan: Plan) -> str:
    """What a client agrees to: what is charged, when and how often, how to leave, and the plan's own terms."""
    context = {
        "plan": plan,
        "business": Business.current(),
        "price": f"${dollars(plan.price_cents)}",
        "exit_fee": f"${dollars(plan.exit_fee_cents)}",
    }
    return render_to_string("memberships/consent.txt", context).strip() + "\n"


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def keep(agreed: Agreed, *, client: Client, plan: Plan, now: dt.datetime) -> Consent:
    """The evidence, for years; OtherText when what they saw is not what the plan says now."""
    text = text_for(plan)
    if agreed.text_hash != hash_of(text):
        raise OtherText(f"The terms of {plan} have changed. Show them to the client once more.")
    return Consent.objects.create(
        client=client,
        plan=plan,
        text=text,
        text_hash=agreed.text_hash,
        at=now,
        how=agreed.how,
        device=agreed.device,
        staff=agreed.staff,
        address=agreed.address,
        signature=agreed.signature.strip(),
    )
