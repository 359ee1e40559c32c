"""What was paid for by a payment that a bank took back: the sessions that are left go with it (R26, rule 43)."""

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet

from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit
from ledger.models import Entry
from memberships import dues, lots, states
from memberships.models import Due, SessionLot
from payments.models import Dispute
from studio import audit

WHY = "The bank took the payment back"


class TakeBackContested:
    """A job every five minutes: looks for lost disputes whose sessions are still there."""

    kind = "take_back_contested"
    every = dt.timedelta(minutes=5)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        for dispute in Dispute.objects.filter(status="lost").exclude(charge=None).order_by("pk"):
            if sold_with(dispute).exists():
                with transaction.atomic(durable=True):
                    take_back(dispute, now=now)


def sold_with(dispute: Dispute) -> "QuerySet[SessionLot]":
    """The open lots that the charge of a dispute has paid for."""
    paid = Q(sale_line__sale__tenders__charge=dispute.charge_id)
    return SessionLot.objects.filter(paid, status=SessionLot.Status.OPEN).order_by("opened_at", "pk")


def take_back(dispute: Dispute, *, now: dt.datetime) -> int:
    """Take back what is unused, at most what the bank took, and what is lost is that much less; the cents.

    In the caller's transaction, once the loss is in the books.
    """
    lost = Entry.objects.filter(key=f"dispute:{dispute.pk}:lost", reversed_by=None).first()
    if lost is None:
        return 0
    losses = journal.balance(Account.CHARGEBACK_LOSSES, instrument=dispute.pk)
    return sum(_take(lot, dispute, most_cents=losses, now=now) for lot in sold_with(dispute))


def _take(lot: SessionLot, dispute: Dispute, *, most_cents: int, now: dt.datetime) -> int:
    locked = lots.lock(lot.pk)
    free_cents = locked.value_cents - locked.held_cents
    left_cents = min(most_cents, journal.balance(Account.CHARGEBACK_LOSSES, instrument=dispute.pk))
    if not 0 < free_cents <= left_cents:
        return 0  # another part of the sale was paid otherwise: what is left of it is not theirs
    key = f"dispute:{dispute.pk}:{locked.pk}:{locked.moves.count()}"
    cents = lots.revoke(locked, units=locked.free_units, now=now, key=key, why=WHY)
    journal.post(
        key=key,
        kind="contested",
        location=locked.location,
        occurred_at=now,
        now=now,
        lines=[
            lots.locked_value(locked, cents),
            credit(Account.CHARGEBACK_LOSSES, cents, instrument=dispute.pk),
        ],
    )
    audit.record(at=now, action="sessions_taken_back", location=locked.location, subject=locked, reason=WHY)
    _close_due(locked.due_key)
    return cents


def _close_due(key: str) -> None:
    due = Due.objects.filter(pk=key.removeprefix("due:")).first() if key else None
    if due is not None and due.status == Due.Status.PAID:
        states.move_due(dues.lock(due.pk), Due.Status.REFUNDED)
