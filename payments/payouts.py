"""Payouts: what Stripe says of them, and their arrival at the bank (posting rules 69 to 71)."""

import datetime as dt

from django.db import transaction

from ledger import journal
from ledger.accounts import Account
from ledger.journal import credit, debit
from ledger.models import Entry
from payments.models import BalanceTransaction, Payout
from payments.posting import main_location, post_when_open
from payments.rare import reached
from payments.states import PayoutState

CATEGORIES = ("payout", "payout_reversal")
UNDER_WAY = ("pending", "in_transit")
CAME_BACK = ("failed", "canceled")
FORWARD = (*UNDER_WAY, "paid", *CAME_BACK)
"""Stripe's statuses in the only order in which they follow each other; a paid payout may still turn out failed."""


def hear_payout(state: PayoutState, *, now: dt.datetime) -> Payout:
    """Note a payout as it is now, and post when it arrived or came back from the bank; opens its own transaction."""
    told = {"status": state.status, "arrives_on": state.arrives_on, "amount_cents": state.amount_cents}
    new = told | {"is_automatic": state.is_automatic, "created_at": state.created_at}
    with transaction.atomic(durable=True):
        payout, is_new = Payout.objects.select_for_update().get_or_create(pk=state.id, defaults=new)
        if not is_new and _is_older(state.status, payout.status):
            reached("payout_news_late")
            return payout
        Payout.objects.filter(pk=payout.pk).update(**told)
        return settle_payout(payout.pk, now=now)


def settle_payout(payout_id: str, *, now: dt.datetime) -> Payout:
    """Post the arrival of a paid payout once its money has left 1100, and the way back of one that failed later.

    In the caller's transaction.
    """
    payout = Payout.objects.select_for_update().get(pk=payout_id)
    if payout.status == "paid" and payout.arrived_at is None and _has_left(payout):
        _arrive(payout, now=now)
        payout.arrived_at = now
    elif payout.status in CAME_BACK and payout.arrived_at is not None:
        reached("payout_failed_after_arrival")
        _take_arrival_back(payout, now=now)
        payout.arrived_at = None
    payout.save(update_fields=["arrived_at"])
    return payout


def _is_older(told: str, known: str) -> bool:
    ranks = {status: rank for rank, status in enumerate(FORWARD)}
    return told in ranks and known in ranks and ranks[told] < ranks[known]


def _has_left(payout: Payout) -> bool:
    return BalanceTransaction.objects.filter(source=payout.pk, category="payout").exclude(entry=None).exists()


def _arrive(payout: Payout, *, now: dt.datetime) -> None:
    """Dr 1050 Cr 1060 on the day of arrival; a negative payout the other way round."""
    post_when_open(
        key=f"payout:{payout.pk}:arrived",
        kind="payout_arrived",
        location=main_location(),
        occurred_at=now,
        now=now,
        lines=[
            debit(Account.BANK, payout.amount_cents, instrument=payout.pk),
            credit(Account.STRIPE_IN_TRANSIT, payout.amount_cents, instrument=payout.pk),
        ],
        on=payout.arrives_on,
    )


def _take_arrival_back(payout: Payout, *, now: dt.datetime) -> None:
    arrival = Entry.objects.select_related("location").get(key=f"payout:{payout.pk}:arrived")
    journal.reverse(arrival, key=f"payout:{payout.pk}:returned", kind="payout_arrived", occurred_at=now, now=now)
