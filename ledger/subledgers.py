"""What the rows behind the books come to, counted without looking at the books: the other half of every proof.

Cards, sessions, credits, drawers, tips and Stripe's own movements each know what they owe or hold. settings.SUBLEDGERS
lists who counts; amounts come from their append-only rows, never from a posting.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from ledger.accounts import Account
from studio.models import Location

Place = tuple[Account, int]
"""An account at a location, by its key."""
Counted = tuple[Account, int, int]
"""An account, a location by its key, and what it comes to there in cents, debit positive as in the books."""


class SubLedger(Protocol):
    """Something that can tell what accounts come to when the day before `ends_on` is over."""

    def counted(self, *, ends_on: dt.date, using: str) -> Iterable[Counted]:
        """Each account that it vouches for, at every location for which it can say so; parts of one may come apart."""
        ...


def count(*, ends_on: dt.date, using: str) -> dict[Place, int]:
    """What all sub-ledgers come to by account and location, in the order of the chart; zeros are said too."""
    sums: dict[Place, int] = defaultdict(int)
    for path in settings.SUBLEDGERS:
        for account, location_id, cents in import_string(path)().counted(ends_on=ends_on, using=using):
            sums[account, location_id] += cents
    return dict(sorted(sums.items()))


def everywhere(account: Account, sums: Mapping[int, int], *, using: str) -> Iterator[Counted]:
    """The sums by location for one account, with a zero for each location that has none."""
    for location_id in Location.objects.using(using).order_by("pk").values_list("pk", flat=True):
        yield account, location_id, sums.get(location_id, 0)


def before(ends_on: dt.date, *, moment: str, place: str, using: str) -> Q:
    """Rows whose `moment` lies before that business day of their `place`, both given as names of columns."""
    found = Q(pk__in=[])
    for location in Location.objects.using(using).all():
        found |= Q(**{place: location.pk, f"{moment}__lt": location.day_bounds(ends_on)[0]})
    return found
