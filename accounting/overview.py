"""Today and this week beside the same days of last week, up to the same time of day: the owner's first look."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum

from accounting import ranges
from accounting.asked import Asked
from accounting.reports.daily import GIVES
from accounting.reports.selling import lines_back, lines_sold, of_sales
from accounting.tables import Form
from ledger.accounts import Account
from memberships import figures
from pos import takings
from studio.models import Location

WEEK = dt.timedelta(days=7)
Cells = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of the page: its name, its words, and the report that has the rows behind it."""

    name: str
    title: str
    form: Form
    report: str
    meaning: str


MEASURES = (
    Measure("net_cents", "Net sales", Form.MONEY, "sales", "Services, retail and fees less discounts and refunds."),
    Measure("visits", "Visits", Form.COUNT, "therapists", "Treatments given, less those given back."),
    Measure("tips_cents", "Tips", Form.MONEY, "tips", "They belong to the therapists."),
    Measure("prepaid_sold_cents", "Prepaid sold", Form.MONEY, "items", "Gift cards, packages, dues and credit."),
    Measure("prepaid_used_cents", "Prepaid used", Form.MONEY, "items", "What was paid with them; no new money."),
    Measure("collected_cents", "Collected", Form.MONEY, "tenders", "What came in by cash, card and check."),
)
"""Members are counted beside them: they are a number at a time and no sum of days."""


@dataclass(frozen=True, slots=True)
class Day:
    """One business day of this week and the same one of last week, both up to the same time; cells by location."""

    on: dt.date
    cells: Mapping[int, Cells]
    before: Mapping[int, Cells]

    @property
    def before_on(self) -> dt.date:
        return self.on - WEEK


@dataclass(frozen=True, slots=True)
class Overview:
    """The week so far, the oldest day first, its last one today; members at the end of each day and a week before."""

    today: dt.date
    places: Sequence[Location]
    days: Sequence[Day]
    members: Mapping[dt.date, figures.Crowd]

    @property
    def monday(self) -> dt.date:
        return self.days[0].on


def overview(places: Sequence[Location], *, now: dt.datetime, using: str) -> Overview:
    """What these locations did this week up to `now`; in five queries, however many locations there are.

    The day is that of the main location, or of the first one; last week ends at the same time on each one's clock.
    """
    today = next((place for place in places if place.is_main), places[0]).business_date(now)
    monday, _ = ranges.of("this_week", today)
    found = _found(Asked(monday - WEEK, today + ranges.DAY, tuple(places)), now, using=using)
    days = [monday + n * ranges.DAY for n in range((today - monday).days + 1)]
    return Overview(
        today=today,
        places=places,
        days=[Day(on, found.get(on, {}), found.get(on - WEEK, {})) for on in days],
        members=figures.crowds(places, [on - back for on in days for back in (WEEK, ranges.DAY * 0)], using=using),
    )


def sum_of(cells: Mapping[int, Cells], name: str) -> int:
    """The figure of that name of all locations together, in cents or how many."""
    return sum(one.get(name, 0) for one in cells.values())


def _found(asked: Asked, now: dt.datetime, *, using: str) -> dict[dt.date, dict[int, dict[str, int]]]:
    """By day and location, without what last week brought after this time of its day."""
    found: dict[dt.date, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for day, place, kind, account, debits, credits in _postings(asked, now, using=using):
        sold = (credits, debits) if kind in GIVES else (debits, credits)
        takings.add(found[day][place], Account(account), debits, credits, sold=sold)
    for by_place in found.values():
        for place, cells in by_place.items():
            by_place[place] = _told(takings.complete(cells))
    for day, place, visits in _visits(asked, now, using=using):
        cells = found[day][place]
        cells["visits"] = cells.get("visits", 0) + visits
    return found


def _told(money: Mapping[str, int]) -> dict[str, int]:
    """The columns of REP1 as the page tells them: all prepaid value together, and used value without its minus."""
    return {
        **{name: money[name] for name in ("net_cents", "tips_cents", "collected_cents")},
        "prepaid_sold_cents": sum(money[name] for name in takings.SOLD),
        "prepaid_used_cents": -sum(money[name] for name in takings.USED),
    }


def _postings(asked: Asked, now: dt.datetime, *, using: str) -> Any:
    too_late = _too_late(asked, now, day="entry__business_date", at="entry__occurred_at", place="location")
    rows = of_sales(asked, using=using).exclude(too_late).order_by()
    return rows.values_list("entry__business_date", "location_id", "entry__kind", "account").annotate(
        debits=Sum("amount_cents", filter=Q(amount_cents__gt=0), default=0),
        credits=Sum("amount_cents", filter=Q(amount_cents__lt=0), default=0),
    )


def _visits(asked: Asked, now: dt.datetime, *, using: str) -> Iterator[tuple[dt.date, int, int]]:
    """Treatments by day and location as REP5 counts them, then those given back as less than none."""
    sold = lines_sold(asked, using=using).filter(category="treatment").order_by()
    sold = sold.exclude(
        _too_late(asked, now, day="sale__business_date", at="sale__completed_at", place="sale__location")
    )
    for day, place, n in sold.values_list("sale__business_date", "sale__location_id").annotate(n=Sum("quantity")):
        yield day, place, n
    back = lines_back(asked, using=using).filter(line__category="treatment").order_by()
    back = back.exclude(
        _too_late(asked, now, day="refund__business_date", at="refund__occurred_at", place="refund__location")
    )
    for day, place, n in back.values_list("refund__business_date", "refund__location_id").annotate(n=Sum("quantity")):
        yield day, place, -n


def _too_late(asked: Asked, now: dt.datetime, *, day: str, at: str, place: str) -> Q:
    """What belongs to last week and came later than this time on the clock of its location."""
    later = Q(pk__in=[])
    for one in asked.places:
        later |= Q(**{place: one, f"{at}__gt": _week_ago(one, now)})
    return Q(**{f"{day}__lte": asked.last_on - WEEK}) & later


def _week_ago(place: Location, now: dt.datetime) -> dt.datetime:
    """The same time on the location's clock a week ago, whether or not its clocks were set since."""
    local = now.astimezone(place.zone).replace(tzinfo=None) - WEEK
    return local.replace(tzinfo=place.zone).astimezone(dt.UTC)
