"""What Stripe's own movements come to, for the proof of 1060, 1105 and 1110; days are those of their entries.

Amounts are Stripe's. Only the day on which each was posted is read from the books, because what comes late belongs to
the first open day (posting rule 77); a movement that was never posted counts on its own day, and so shows.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from ledger.accounts import Account
from ledger.models import Entry
from ledger.subledgers import Counted, everywhere
from payments import disputes, payouts
from payments.models import BalanceTransaction, Dispute, Payout, SyncPoint
from payments.movements import BOOKS_BEGIN
from studio.models import Location


def posted_movements(ends_on: dt.date, using: str) -> "QuerySet[BalanceTransaction]":
    """Stripe's movements in our books until that day."""
    begin = SyncPoint.objects.using(using).filter(name=BOOKS_BEGIN).values_list("at", flat=True).first()
    if begin is None:
        return BalanceTransaction.objects.using(using).none()
    movements = BalanceTransaction.objects.using(using).filter(created_at__gte=begin).order_by()
    day = Coalesce(F("entry__business_date"), TruncDate("created_at"))
    return movements.annotate(day=day).filter(day__lt=ends_on)


def days_of(keys: Iterable[str], ends_on: dt.date, using: str) -> set[str]:
    """Which of these entries lie before that day, by key."""
    found: set[str] = set()
    wanted = list(keys)
    for start in range(0, len(wanted), 500):
        some = Entry.objects.using(using).filter(key__in=wanted[start : start + 500], business_date__lt=ends_on)
        found |= set(some.values_list("key", flat=True))
    return found


class InTransit:
    """Payouts that have left Stripe and not arrived at the bank (1060), and money that Stripe keeps back (1105)."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        moved = posted_movements(ends_on, using)
        left = _amounts(moved.filter(category__in=payouts.CATEGORIES))
        for where, cents in _arrived(ends_on, using).items():
            left[where] -= cents
        yield from everywhere(Account.STRIPE_IN_TRANSIT, left, using=using)
        kept = Q(category__startswith="reserve") | Q(category__in=RESERVES)
        yield from everywhere(Account.STRIPE_RESERVES, _amounts(moved.filter(kept)), using=using)


RESERVES = ("risk_reserved_funds", "payout_minimum_balance_hold", "payout_minimum_balance_release")


class Contested:
    """What disputes took that are not decided (1110)."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        taken = posted_movements(ends_on, using).filter(category__in=disputes.CATEGORIES)
        lost = Dispute.objects.using(using).filter(status="lost").values_list("pk", flat=True)
        over = days_of((f"dispute:{pk}:lost" for pk in lost), ends_on, using)
        decided = [key.removeprefix("dispute:").removesuffix(":lost") for key in over]
        yield from everywhere(Account.STRIPE_DISPUTED, _amounts(taken.exclude(source__in=decided)), using=using)


def _amounts(movements: "QuerySet[BalanceTransaction]") -> dict[int, int]:
    """What the account beside 1100 got of these movements, by location."""
    sums: dict[int, int] = defaultdict(int)
    for where, cents in movements.values_list("location").annotate(cents=Sum("amount_cents")):
        sums[where] -= int(cents)
    return sums


def _arrived(ends_on: dt.date, using: str) -> dict[int, int]:
    """What came to the bank and did not go back until that day, at the location that gets the payouts."""
    main = Location.objects.using(using).filter(is_main=True).values_list("pk", flat=True).first()
    known = dict(Payout.objects.using(using).values_list("pk", "amount_cents"))
    keys = [f"payout:{pk}:{what}" for pk in known for what in ("arrived", "returned")]
    there = days_of(keys, ends_on, using)
    cents = sum(known[pk] for pk in known if f"payout:{pk}:arrived" in there)
    back = sum(known[pk] for pk in known if f"payout:{pk}:returned" in there)
    return {main: cents - back} if main is not None else {}
