"""What store credit, drawers, tax and tips come to by their own rows, for the proof of 2230, 1010, 2100 and 2300."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet, Sum

from ledger.accounts import Account
from ledger.subledgers import Counted, before, everywhere
from pos.models import CreditMove, DrawerMovement, DrawerSession, RefundTax, RefundTip, Sale, SaleTax, Tip
from studio.models import Location

KEPT = (Sale.Status.COMPLETED, Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED)
"""Sales that stand; a void is of the sale's own day and leaves nothing."""


class StoreCredit:
    """Where a credit was given it is owed (2230); what paid a sale counts on the day of that sale."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        in_sales = before(ends_on, moment="at", place="tender__sale__location", using=using)
        others = Q(tender=None) & before(ends_on, moment="at", place="credit__location", using=using)
        moves = CreditMove.objects.using(using).filter(in_sales | others).order_by()
        sums = moves.values_list("credit__location").annotate(cents=Sum("amount_cents"))
        owed = {where: -int(cents) for where, cents in sums}
        yield from everywhere(Account.CLIENT_CREDIT, owed, using=using)


class Drawers:
    """What was counted and left in the drawers (1010), where all of a location were closed when the day ended."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        for location in Location.objects.using(using).order_by("pk"):
            ends_at = location.day_bounds(ends_on)[0]
            sessions = DrawerSession.objects.using(using).filter(location=location, opened_at__lt=ends_at)
            if not sessions.filter(Q(closed_at=None) | Q(closed_at__gte=ends_at)).exists():
                yield Account.CASH_DRAWER, location.pk, self._left(sessions)

    def _left(self, sessions: "QuerySet[DrawerSession]") -> int:
        last: dict[int, int] = {}
        for drawer, left_cents in sessions.order_by("z_number").values_list("drawer", "left_cents"):
            last[drawer] = left_cents or 0
        return sum(last.values())


class Taxes:
    """Sales tax charged less what was given back (2100)."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        charged = SaleTax.objects.using(using).filter(sale__status__in=KEPT, sale__business_date__lt=ends_on)
        back = RefundTax.objects.using(using).filter(refund__business_date__lt=ends_on)
        yield from everywhere(Account.SALES_TAX, _less(charged, back), using=using)


class Tips:
    """Tips given less those given back and those paid out of drawers (2300)."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        given = Tip.objects.using(using).filter(sale__status__in=KEPT, sale__business_date__lt=ends_on)
        back = RefundTip.objects.using(using).filter(refund__business_date__lt=ends_on)
        owed = _less(given, back)
        borne = back.order_by().values_list("refund__location").annotate(cents=Sum("borne_cents"))
        paid = DrawerMovement.objects.using(using).filter(kind=DrawerMovement.Kind.TIP_PAYOUT)
        paid = paid.filter(before(ends_on, moment="made_at", place="location", using=using)).order_by()
        for where, cents in paid.values_list("location").annotate(cents=Sum("amount_cents")):
            owed[where] += int(cents)
        for where, cents in borne:
            owed[where] -= int(cents)
        yield from everywhere(Account.TIPS, owed, using=using)


def _less(given: "QuerySet[Any]", back: "QuerySet[Any]") -> dict[int, int]:
    """What is owed of what was given, by location, as a credit."""
    sums: dict[int, int] = defaultdict(int)
    for where, cents in given.order_by().values_list("sale__location").annotate(cents=Sum("amount_cents")):
        sums[where] -= int(cents)
    for where, cents in back.order_by().values_list("refund__location").annotate(cents=Sum("amount_cents")):
        sums[where] += int(cents)
    return sums
