"""Card money whose sale is not completed: shown as a debt until it is sold after all or given back (rule 80)."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import transaction

from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from payments import refunds
from payments.models import CardRefund, Charge
from payments.posting import post_when_open
from payments.rare import reached
from studio.models import Staff

Status = Charge.Status


def instrument(charge: Charge) -> str:
    """Under which name 2250 holds the money."""
    return f"charge:{charge.pk}"


def put_aside(charge: Charge, *, now: dt.datetime) -> Charge:
    """Post captured money that no completed sale claims: Dr 1100 Cr 2250, once; in the caller's transaction."""
    charge = Charge.objects.select_for_update(of=("self",)).select_related("location").get(pk=charge.pk)
    if charge.unsold_at is not None:
        return charge
    assert charge.succeeded_at is not None  # noqa: S101 - only captured money is put aside
    reached("put_aside")
    post_when_open(
        key=f"charge:{charge.pk}:unsold",
        kind="unsold_charge",
        location=charge.location,
        occurred_at=charge.succeeded_at,
        now=now,
        lines=[
            debit(Account.STRIPE, charge.amount_cents, instrument=charge.stripe_charge),
            credit(Account.REFUNDS_PAYABLE, charge.amount_cents, instrument=instrument(charge)),
        ],
    )
    charge.unsold_at = now
    charge.save(update_fields=["unsold_at"])
    return charge


def refund_of(charge: Charge) -> CardRefund | None:
    """The refund that gave the money back because nothing was sold for it."""
    return CardRefund.objects.filter(owner=f"unsold:{charge.pk}").first()


def given_back(charges: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the charges whose money was given back because nothing was sold for it."""
    owners = {f"unsold:{key}": key for key in charges}
    return {owners[owner] for owner in CardRefund.objects.filter(owner__in=owners).values_list("owner", flat=True)}


def give_unsold_back(charge: Charge, *, now: dt.datetime, by: Staff | None = None) -> CardRefund:
    """Put the money aside if it is not, and send all of it back to the card, once; in the caller's transaction."""
    charge = put_aside(charge, now=now)
    known = refund_of(charge)
    if known is not None:
        return known
    refund = refunds.give_back(charge, charge.amount_cents, owner=f"unsold:{charge.pk}", now=now)
    journal.post(
        key=f"charge:{charge.pk}:given-back",
        kind="unsold_charge",
        location=charge.location,
        occurred_at=now,
        now=now,
        lines=[
            debit(Account.REFUNDS_PAYABLE, charge.amount_cents, instrument=instrument(charge)),
            credit(Account.REFUNDS_PAYABLE, charge.amount_cents, instrument=refunds.payable(refund)),
        ],
        made_by=by,
    )
    Charge.objects.filter(pk=charge.pk).update(finished_at=now)
    return refund


def release(charge: Charge, *, now: dt.datetime) -> None:
    """Give back the money of a sale that came to nothing; a disputed charge's is put aside, for its holder has it."""
    if charge.disputed_at is None:
        give_unsold_back(charge, now=now)
    else:
        put_aside(charge, now=now)
        Charge.objects.filter(pk=charge.pk).update(finished_at=now)


class PutUnsoldAside:
    """Every hour: card money of a day that is over, whose sale nobody completed, goes to where people see it."""

    kind = "put_unsold_aside"
    every = dt.timedelta(hours=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        unclaimed = Charge.objects.filter(status=Status.SUCCEEDED, finished_at=None, unsold_at=None)
        for charge in unclaimed.select_related("location"):
            assert charge.succeeded_at is not None  # noqa: S101
            if charge.location.business_date(charge.succeeded_at) < charge.location.business_date(now):
                with transaction.atomic(durable=True):
                    put_aside(charge, now=now)
