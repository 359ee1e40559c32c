"""Disputes: what Stripe says of them, and how a decided one leaves the books (posting rules 41, 42)."""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q, Sum

from ledger import journal
from ledger.accounts import Account
from ledger.journal import Line, credit, debit
from ledger.models import Entry
from payments import unsold
from payments.models import BalanceTransaction, Charge, Dispute
from payments.posting import post_when_open
from payments.rare import reached
from payments.states import DisputeState

CATEGORIES = ("dispute", "dispute_reversal")
DECIDED = ("won", "lost", "warning_closed", "prevented")
"""Stripe does nothing more about it, unless somebody appeals."""


def hear_dispute(state: DisputeState, *, now: dt.datetime) -> Dispute:
    """Note a dispute as it is now, and post what a decision means; opens its own transaction."""
    with transaction.atomic(durable=True):
        dispute = _note(state, now=now)
        close_if_decided(dispute.pk, now=now)
    return dispute


def charge_of(charge_id: str, intent_id: str) -> Charge | None:
    """Our charge behind Stripe's charge or intent."""
    named = Q(stripe_charge=charge_id) if charge_id else Q(pk=None)
    if intent_id:
        named |= Q(intent_id=intent_id)
    return Charge.objects.filter(named).select_related("location").first()


def _note(state: DisputeState, *, now: dt.datetime) -> Dispute:
    charge = charge_of(state.charge_id, state.intent_id)
    told = {"status": state.status, "reason": state.reason, "amount_cents": state.amount_cents, "charge": charge}
    dispute, _ = Dispute.objects.update_or_create(
        pk=state.id, defaults=told, create_defaults=told | {"opened_at": state.created_at}
    )
    if dispute.status in DECIDED and dispute.closed_at is None:
        dispute.closed_at = now
        dispute.save(update_fields=["closed_at"])
    if charge is not None:
        _mark(charge, state)
    return dispute


def _mark(charge: Charge, state: DisputeState) -> None:
    """A disputed charge can not be refunded; one whose dispute was won is as any other again.

    An inquiry takes no money, and a refund is just what may end it.
    """
    if state.status == "won":
        Charge.objects.filter(pk=charge.pk, disputed_at=state.created_at).update(disputed_at=None)
    elif not state.status.startswith("warning"):
        Charge.objects.filter(pk=charge.pk, disputed_at=None).update(disputed_at=state.created_at)


def close_if_decided(dispute_id: str, *, now: dt.datetime) -> None:
    """Write off what a lost dispute took (rule 42), once; take that back when an appeal brought the money after all.

    In the caller's transaction. The amount is what Stripe's movements took, so 1110 comes to zero to the cent.
    """
    dispute = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute_id)
    movements = BalanceTransaction.objects.filter(source=dispute.pk, category__in=CATEGORIES).exclude(entry=None)
    taken_cents = -(movements.aggregate(sum=Sum("amount_cents"))["sum"] or 0)
    written_off = Entry.objects.filter(key=f"dispute:{dispute.pk}:lost").select_related("reversed_by").first()
    if dispute.status == "lost" and taken_cents > 0 and written_off is None:
        _write_off(dispute, movements.select_related("location")[0], taken_cents, now=now)
    elif written_off is not None and taken_cents == 0 and not hasattr(written_off, "reversed_by"):
        reached("lost_dispute_regained")
        journal.reverse(
            written_off, key=f"dispute:{dispute.pk}:regained", kind="dispute_closed", occurred_at=now, now=now
        )


def _write_off(dispute: Dispute, movement: BalanceTransaction, cents: int, *, now: dt.datetime) -> None:
    post_when_open(
        key=f"dispute:{dispute.pk}:lost",
        kind="dispute_closed",
        location=movement.location,
        occurred_at=now,
        now=now,
        lines=[
            *_loss(dispute, cents),
            credit(Account.STRIPE_DISPUTED, cents, instrument=dispute.pk),
        ],
    )


def _loss(dispute: Dispute, cents: int) -> Iterator[Line]:
    """What was taken is lost (rule 42), but for money that we owed to the cardholder anyway: that debt is paid."""
    owed_cents = 0
    if dispute.charge is not None:
        about = unsold.instrument(dispute.charge)
        owed_cents = min(cents, -journal.balance(Account.REFUNDS_PAYABLE, instrument=about))
        yield debit(Account.REFUNDS_PAYABLE, owed_cents, instrument=about)
    yield debit(Account.CHARGEBACK_LOSSES, cents - owed_cents, instrument=dispute.pk)
