"""What card money comes to by sales, refunds and Stripe's movements, for the proof of 1100 and 2250.

Amounts are those of tenders, charges, card refunds and Stripe; from the books only days are read (see
`payments.subledger`).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet, Sum

from ledger.accounts import Account
from ledger.subledgers import Counted, before, everywhere
from payments.models import BalanceTransaction, CardRefund, Charge, Dispute
from payments.posting import RULES
from payments.subledger import days_of, posted_movements
from pos.models import Tender

FEE_ONLY = [category for category, rule in RULES.items() if rule.amount_to is None]
Sums = dict[int, int]


class StripeBalance:
    """1100: card sales and refunds on the day of their own entries, all else as Stripe moved it."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        sums: Sums = defaultdict(int)
        _add(sums, _sold(ends_on, using).filter(charge__unsold_at=None), "sale__location", sign=1)
        _add(sums, _put_aside(ends_on, using), "location", sign=1)
        _add(sums, _refunds(ends_on, using, "accepted"), "location", sign=-1)
        _add(sums, _refunds(ends_on, using, "failed"), "location", sign=1)
        movements: QuerySet[BalanceTransaction] = posted_movements(ends_on, using)
        by_location = movements.values_list("location")
        for where, cents in by_location.filter(category__in=FEE_ONLY).annotate(cents=Sum("fee_cents")):
            sums[where] -= int(cents)
        for where, cents in by_location.exclude(category__in=FEE_ONLY).annotate(cents=Sum("net_cents")):
            sums[where] += int(cents)
        yield from everywhere(Account.STRIPE, sums, using=using)


class RefundsPayable:
    """2250: card refunds that clients wait for, and card money that nothing was sold for."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        sums: Sums = defaultdict(int)
        refunds = CardRefund.objects.using(using)
        _add(sums, refunds.filter(_by("created_at", ends_on, using)), "location", sign=-1)
        _add(sums, _refunds(ends_on, using, "accepted"), "location", sign=1)
        _add(sums, _refunds(ends_on, using, "failed"), "location", sign=-1)
        settled = refunds.exclude(settled_otherwise_at=None).filter(_by("settled_otherwise_at", ends_on, using))
        _add(sums, settled, "location", sign=1)
        _add(sums, _put_aside(ends_on, using), "location", sign=-1)
        _add(sums, _sold(ends_on, using).exclude(charge__unsold_at=None), "sale__location", sign=1)
        given_back = refunds.filter(_by("created_at", ends_on, using), owner__startswith="unsold:")
        _add(sums, given_back, "location", sign=1)
        for where, cents in _lost(ends_on, using):
            sums[where] += cents
        yield from everywhere(Account.REFUNDS_PAYABLE, sums, using=using)


def _sold(ends_on: dt.date, using: str) -> "QuerySet[Tender]":
    """Card tenders of sales in the books until that day, voided ones too: their money goes back as a refund."""
    kept = (Tender.Status.SETTLED, Tender.Status.GIVEN_BACK)
    return Tender.objects.using(using).filter(status__in=kept, sale__business_date__lt=ends_on, charge__isnull=False)


def _put_aside(ends_on: dt.date, using: str) -> "QuerySet[Charge]":
    """Charges that nothing was sold for when they were put aside, before that day (rule 80)."""
    unsold = Charge.objects.using(using).exclude(unsold_at=None)
    there = days_of((f"charge:{pk}:unsold" for pk in unsold.values_list("pk", flat=True)), ends_on, using)
    return unsold.filter(pk__in=[key.split(":")[1] for key in there])


def _refunds(ends_on: dt.date, using: str, what: str) -> "QuerySet[CardRefund]":
    """Card refunds that Stripe accepted, or that failed after that, before that day."""
    accepted = CardRefund.objects.using(using).exclude(accepted_at=None)
    keys = (f"card-refund:{pk}:{what}" for pk in accepted.values_list("pk", flat=True))
    return accepted.filter(pk__in=[key.split(":")[1] for key in days_of(keys, ends_on, using)])


def _lost(ends_on: dt.date, using: str) -> Iterator[tuple[int, int]]:
    """Money owed to a cardholder whose bank took it back by a dispute: that debt is paid (rule 42)."""
    unsold = {f"unsold:{pk}" for pk in Charge.objects.using(using).exclude(unsold_at=None).values_list("pk", flat=True)}
    given_back = set(CardRefund.objects.using(using).filter(owner__in=unsold).values_list("owner", flat=True))
    lost = Dispute.objects.using(using).filter(status="lost", charge__unsold_at__isnull=False, charge__tender=None)
    there = days_of((f"dispute:{pk}:lost" for pk in lost.values_list("pk", flat=True)), ends_on, using)
    for dispute in lost.select_related("charge"):
        charge = dispute.charge
        if charge is not None and f"dispute:{dispute.pk}:lost" in there and f"unsold:{charge.pk}" not in given_back:
            yield charge.location_id, min(charge.amount_cents, dispute.amount_cents)


def _by(moment: str, ends_on: dt.date, using: str) -> Q:
    return before(ends_on, moment=moment, place="location", using=using)


def _add(sums: Sums, rows: "QuerySet[Any]", where: str, *, sign: int) -> None:
    for place, cents in rows.order_by().values_list(where).annotate(cents=Sum("amount_cents")):
        sums[place] += sign * int(cents)
