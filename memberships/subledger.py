"""What sessions, credits and months ahead come to by their own rows, for the proof of 2210, 2220 and 2225."""

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q, QuerySet, Sum

from ledger.accounts import Account
from ledger.subledgers import Counted, before, everywhere
from memberships import prepaid
from memberships.models import LotMove, SessionLot
from pos.models import RefundLine, SaleLine, Tender
from studio.models import Location

ACCOUNTS = {SessionLot.Kind.PACKAGE: Account.PACKAGES, SessionLot.Kind.CREDIT: Account.MEMBER_CREDITS}
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class Lots:
    """Where a lot was sold it is owed: of packages in 2210, of credits in 2220."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        sums: dict[Account, dict[int, int]] = {account: defaultdict(int) for account in ACCOUNTS.values()}
        certain, doubtful = moves_before(ends_on, using)
        rows = certain.order_by().values_list("lot__kind", "lot__location").annotate(cents=Sum("value_cents"))
        for kind, where, cents in rows:
            sums[ACCOUNTS[SessionLot.Kind(kind)]][where] -= int(cents)
        for move in doubtful:
            sums[move.lot.account][move.lot.location_id] -= move.value_cents
        for account, by_location in sums.items():
            yield from everywhere(account, by_location, using=using)


class MonthsAhead:
    """What was paid for months that were not granted by then (2225), where they were paid."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterator[Counted]:
        sold = SaleLine.objects.using(using).filter(kind=prepaid.KIND, sale__business_date__lt=ends_on)
        paid = sold.exclude(sale__status__in=prepaid.UNSOLD)
        back = RefundLine.objects.using(using).filter(refund__business_date__lt=ends_on).values("line")
        kept = paid.exclude(pk__in=back)
        sums: dict[int, int] = defaultdict(int)
        for where, cents in kept.order_by().values_list("sale__location").annotate(cents=Sum("net_cents")):
            sums[where] -= int(cents)
        granted = SessionLot.objects.using(using).filter(
            before(ends_on, moment="opened_at", place="location", using=using), sale_line__in=kept
        )
        for where, cents in granted.order_by().values_list("location").annotate(cents=Sum("paid_cents")):
            sums[where] += int(cents)
        yield from everywhere(Account.DUES, sums, using=using)


def moves_before(ends_on: dt.date, using: str) -> "tuple[QuerySet[LotMove], list[LotMove]]":
    """The moves that lie before the day on every clock, and those about midnight that do by the clock of their sale."""
    places = Location.objects.using(using).all()
    ends = {place.pk: place.day_bounds(ends_on)[0] for place in places}
    moves = LotMove.objects.using(using)
    if not ends:
        return moves.none(), []
    about_midnight = moves.filter(at__gte=min(ends.values()), at__lt=max(ends.values())).select_related("lot")
    doubtful = list(about_midnight)
    where = _where_used(doubtful, using)
    return (
        moves.filter(at__lt=min(ends.values())),
        [move for move in doubtful if move.at < ends[where.get(move.pk, move.lot.location_id)]],
    )


def _where_used(moves: list[LotMove], using: str) -> dict[uuid.UUID, int]:
    """At which location the sale was that used a lot or gave a session back, for the moves whose key names its tender.

    All others happen where the lot was sold.
    """
    named = {move.pk: uuid.UUID(found.group()) for move in moves if (found := _UUID.search(move.key))}
    of_sale = Q(pk__in=named.values()) | Q(refund_tenders__in=named.values())
    tenders = Tender.objects.using(using).filter(of_sale).values_list("pk", "refund_tenders", "sale__location")
    places = {key: where for pk, part, where in tenders for key in (pk, part) if key is not None}
    return {pk: places[key] for pk, key in named.items() if key in places}
