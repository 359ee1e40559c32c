"""Card money for tests of the reconciliation: charges of ours, sold or not, and what Stripe moves for them."""

import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction

from ledger import journal
from ledger.accounts import Account
from ledger.checks import Problem
from ledger.journal import credit, debit
from ledger.models import Entry
from payments import checks, refunds
from payments.models import CardRefund, Charge
from payments.reconciliation import FetchMovements
from studio.ids import new_id
from studio.models import Location
from tests.builders import NOW
from tests.stripe_sim.stand_in import StandIn

DAY = dt.timedelta(days=1)
TYPES = {
    "charge": "charge",
    "fee": "stripe_fee",
    "payout": "payout",
    "payout_reversal": "payout_failure",
    "refund": "refund",
    "topup": "topup",
}
CHECKS: list[Callable[..., Iterator[Problem]]] = [
    check for name, check in inspect.getmembers(checks, inspect.isfunction) if name.startswith("check_")
]


def paid(location: Location, cents: int, *, by: str = "", at: dt.datetime = NOW, **more: Any) -> Charge:
    """A charge of ours that Stripe calls `by`, paid and taken note of; its sale is not in the books."""
    key = new_id()
    charge = {"id": key, "owner": f"tender:{key}", "location": location, "amount_cents": cents, "created_at": at}
    ended = {"status": "succeeded", "succeeded_at": at, "finished_at": at, "run_at": at}
    return Charge.objects.create(**charge | ended | {"stripe_charge": by or f"ch_{key.hex}"} | more)


def sold(location: Location, cents: int, **more: Any) -> Charge:
    """A paid charge with a sale's entry."""
    charge = paid(location, cents, **more)
    sell(charge)
    return charge


def sell(charge: Charge, *, at: dt.datetime | None = None) -> Entry:
    """The entry of a sale that the charge paid."""
    at = at or charge.created_at
    with transaction.atomic():
        entry = journal.post(
            key=f"sale:{new_id()}",
            kind="sale",
            location=charge.location,
            occurred_at=at,
            now=at,
            lines=[
                debit(Account.STRIPE, charge.amount_cents, tender="card", instrument=charge.stripe_charge),
                credit(Account.RETAIL, charge.amount_cents, category="retail"),
            ],
        )
    assert entry is not None
    return entry


def online(stripe: StandIn, location: Location, cents: int, *, card: str = "pm_card_visa", **more: Any) -> Charge:
    """A charge of ours that Stripe knows whole, and has moved; its sale is not in the books."""
    intent = stripe.pay(cents, card=card, capture_method="automatic")
    return paid(location, cents, by=str(intent.latest_charge), intent_id=intent.id, **more)


def gives_back(stripe: StandIn, charge: Charge, cents: int) -> CardRefund:
    """A refund of ours that Stripe has made, but the answer got lost on the way: rule 44 is posted, no more."""
    with transaction.atomic():
        made = refunds.give_back(charge, cents, owner=f"refund:{new_id()}", now=NOW)
        journal.post(
            key=made.owner,
            kind="refund",
            location=made.location,
            occurred_at=NOW,
            now=NOW,
            lines=[
                debit(Account.REFUNDS, cents, category="retail"),
                credit(Account.REFUNDS_PAYABLE, cents, instrument=refunds.payable(made)),
            ],
        )
    asked = {"payment_intent": charge.intent_id, "amount": cents, "metadata": {"attempt": str(made.pk)}}
    stripe.sdk.refunds.create(asked)
    return made


def moves(stripe: StandIn, category: str, cents: int, *, fee: int = 0, source: str | None = None) -> str:
    """A movement of the Stripe balance; its id."""
    told = {"type": TYPES.get(category, "adjustment"), "amount": cents, "fee": fee, "source": source}
    return str(stripe.tell("transactions", reporting_category=category, **told)["id"])


def stops(stripe: StandIn, at: dt.datetime = NOW) -> None:
    """Let Stripe's clock stand there."""
    stripe.tell("clock", now=at.timestamp(), stop=True)


def fetch(now: dt.datetime = NOW) -> None:
    """The hourly run."""
    FetchMovements().run(now=now)


def problems(now: dt.datetime = NOW) -> list[str]:
    """What the checks of payments find."""
    return [f"{found.check}: {found.what}" for check in CHECKS for found in check(using="default", now=now)]
