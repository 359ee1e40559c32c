"""By which tender tips came (posting rule 56): shared out over what paid the sale, but for sessions and credits."""

import uuid
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Sum

from accounting.asked import Asked
from accounting.reports.selling import KEPT
from giftcards.models import GiftCardMove
from ledger.money import share_out
from pos.models import Tender, Tip

TipShare = tuple[int, int, str, int]
"""Location, therapist, kind of tender, and the tips of all sales in cents."""


def tip_shares(asked: Asked, *, using: str) -> Iterator[TipShare]:
    """The tips of the sales that stand, by location, therapist and tender; they add up to the tips given."""
    found: dict[tuple[int, int, str], int] = defaultdict(int)
    paid = _paid(asked, using=using)
    tips = Tip.objects.using(using).filter(
        sale__business_date__gte=asked.starts_on,
        sale__business_date__lt=asked.ends_on,
        sale__location__in=asked.places,
        sale__status__in=KEPT,
    )
    for sale, place, therapist, cents in tips.values_list(
        "sale_id", "sale__location_id", "therapist_id", "amount_cents"
    ).iterator(chunk_size=2000):
        kinds, weights = paid[sale]
        for kind, part_cents in zip(kinds, share_out(cents, weights), strict=True):
            found[place, therapist, kind] += part_cents
    for key, cents in found.items():
        yield *key, cents


def _paid(asked: Asked, *, using: str) -> dict[uuid.UUID, tuple[list[str], list[int]]]:
    """What paid each sale with a tip: kinds of tender and cents; promotional value pays no tip."""
    tenders = Tender.objects.using(using).filter(
        sale__business_date__gte=asked.starts_on,
        sale__business_date__lt=asked.ends_on,
        sale__location__in=asked.places,
        sale__status__in=KEPT,
        sale__tip_cents__gt=0,
        status=Tender.Status.SETTLED,
        line=None,
    )
    moves = GiftCardMove.objects.using(using).filter(kind=GiftCardMove.Kind.USED, promo_cents__lt=0)
    promo = dict(
        moves.filter(tender_id__in=tenders.filter(kind="gift_card").values("pk"))
        .order_by()
        .values_list("tender_id")
        .annotate(cents=Sum("promo_cents"))
    )
    found: dict[uuid.UUID, tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
    rows = tenders.order_by("sale_id", "position").values_list("pk", "sale_id", "kind", "amount_cents")
    for key, sale, kind, cents in rows.iterator(chunk_size=2000):
        kinds, weights = found[sale]
        kinds.append(kind)
        weights.append(cents + promo.get(key, 0))
    return found
