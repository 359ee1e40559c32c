"""What must hold between offline sales and the books; each function yields what does not (R11)."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import F

from ledger.checks import Problem
from pos.checks import IN_THE_BOOKS
from pos.models import OfflineDecision, OfflineSale


def check_offline_sales_are_in_the_books(*, using: str, now: dt.datetime) -> Iterator[Problem]:
    """Each offline sale that was accepted or booked is a sale in the books, of what the client paid."""
    rows = OfflineSale.objects.using(using)
    booked = rows.exclude(sale=None)
    for row in booked.exclude(sale__status__in=IN_THE_BOOKS):
        yield Problem("R11", f"{row.pk}: its sale {row.sale_id} is not in the books")
    came_in = F("sale__net_cents") + F("sale__tax_cents") + F("sale__tip_cents")
    for row in booked.exclude(total_cents=came_in):
        yield Problem("R11", f"{row.pk}: {row.total_cents} was paid, its sale comes to something else")
    decided = OfflineDecision.objects.using(using)
    for row in rows.filter(status=OfflineSale.Status.SETTLED).exclude(pk__in=decided.values("offline_sale")):
        yield Problem("R11", f"{row.pk} is settled, and nobody has decided that")
    for row in rows.filter(decision__kind=OfflineDecision.Kind.BOOKED, sale=None):
        yield Problem("R11", f"{row.pk} is to be in the books and is no sale")
