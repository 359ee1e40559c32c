"""Every hour: what moved in the Stripe balance, what became of payouts and disputes, and whether the balance agrees."""

import datetime as dt

from django.db import transaction
from django.db.models import Max, Q

from payments.disputes import DECIDED, hear_dispute
from payments.gateway import gateway
from payments.models import BalanceReading, Dispute, Payout, PayoutItem
from payments.movements import books_begin, in_the_books, net_cents, take_in
from payments.payouts import CAME_BACK, UNDER_WAY, hear_payout
from payments.rare import reached
from payments.states import PayoutState

OVERLAP = dt.timedelta(days=1)
READ_AT_MOST = 3


class FetchMovements:
    """Every hour: read what is new at Stripe, post it, hold the balance against it; nothing before a first charge."""

    kind = "fetch_stripe_movements"
    every = dt.timedelta(hours=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        if books_begin() is None:
            return
        fetch(now=now)
        look_at_payouts(now=now)
        look_at_disputes(now=now)
        read_balance(now=now)


def fetch(*, now: dt.datetime) -> int:
    """Take in what is new since a day before the newest stored movement; how many there were.

    Oldest first: whoever is interrupted leaves no gap behind the newest one.
    """
    since = _since(in_the_books().aggregate(at=Max("created_at"))["at"])
    known = set(in_the_books().filter(created_at__gte=since).values_list("pk", flat=True))
    found = list(gateway().iter_movements(created_gte=since))
    return sum(take_in(movement, now=now) for movement in reversed(found) if movement.id not in known)


def look_at_payouts(*, now: dt.datetime) -> None:
    """Hear of new payouts and of those that are not at their end; itemise those that Stripe has finished."""
    newest = Payout.objects.aggregate(at=Max("created_at"))["at"]
    states = {state.id: state for state in gateway().iter_payouts(created_gte=_since(newest))}
    not_itemised = Q(is_automatic=True, itemised_at=None) & ~Q(status__in=CAME_BACK)
    unfinished = Payout.objects.filter(Q(status__in=UNDER_WAY) | not_itemised).exclude(pk__in=states)
    for payout_id in unfinished.values_list("pk", flat=True):
        states[payout_id] = gateway().read_payout(payout_id)
    for state in states.values():
        payout = hear_payout(state, now=now)
        if state.is_automatic and state.is_itemised and payout.itemised_at is None:
            itemise(state, now=now)


def itemise(state: PayoutState, *, now: dt.datetime) -> None:
    """Note which movements an automatic payout consists of; done when they add up to it, tried again when not."""
    items = list(gateway().iter_movements(payout=state.id))
    for movement in reversed(items):
        take_in(movement, now=now)
    adds_up = sum(item.net_cents for item in items if item.type != "payout") == state.amount_cents
    if not adds_up:
        reached("payout_does_not_add_up")
    with transaction.atomic(durable=True):
        rows = [PayoutItem(transaction_id=item.id, payout_id=state.id) for item in items]
        PayoutItem.objects.bulk_create(rows, ignore_conflicts=True)
        if adds_up:
            Payout.objects.filter(pk=state.id).update(itemised_at=now)


def look_at_disputes(*, now: dt.datetime) -> None:
    """Hear of new disputes and of those that are not decided."""
    newest = Dispute.objects.aggregate(at=Max("opened_at"))["at"]
    heard = {hear_dispute(state, now=now).pk for state in gateway().iter_disputes(created_gte=_since(newest))}
    undecided = Dispute.objects.exclude(status__in=DECIDED).exclude(pk__in=heard)
    for dispute_id in undecided.values_list("pk", flat=True):
        hear_dispute(gateway().read_dispute(dispute_id), now=now)


def read_balance(*, now: dt.datetime) -> None:
    """Store what Stripe says its balance is beside what we know of it, when nothing moved in between (I21)."""
    for _ in range(READ_AT_MOST):
        balance_cents = gateway().read_balance()
        if not fetch(now=now):
            told = {"balance_cents": balance_cents, "transactions_cents": net_cents()}
            BalanceReading.objects.update_or_create(read_at=now, defaults=told)
            return
    reached("balance_never_still")


def _since(newest: dt.datetime | None) -> dt.datetime:
    """A day before the newest that is known, but never before the books began."""
    begin = books_begin()
    assert begin is not None  # noqa: S101 - `run` has asked
    return max(begin, newest - OVERLAP) if newest else begin
