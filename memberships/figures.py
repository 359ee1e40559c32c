"""How memberships do, month by month: dues that were paid, who came and went, what is owed in sessions. In cents."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, F, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth

from memberships import periods
from memberships.models import Due, LotMove, Membership, SessionLot
from studio.models import Location

MONTHS = 12
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """One month: paid dues and their sum, members at its beginning, who joined and left, what was owed at its end."""

    starts_on: dt.date
    dues: int
    dues_cents: int
    members: int
    joined: int
    left: int
    credits: int
    credits_cents: int
    sessions: int
    sessions_cents: int

    @property
    def churn_percent(self) -> float | None:
        """How many of a hundred members left; None in a month that began without any."""
        return 100 * self.left / self.members if self.members else None


def months(places: Sequence[Location], *, now: dt.datetime) -> list[Month]:
    """The last twelve months of these locations, the oldest first; the last one is the running one.

    Months begin at the midnight of the first location.
    """
    today = places[0].business_date(now)
    first = periods.day_after(today.replace(day=1), 1 - MONTHS)
    starts = [periods.day_after(first, n) for n in range(MONTHS)]
    paid = _paid(places)
    came, went = _came(places), _went(places)
    owed = {kind: _owed(places, kind) for kind in SessionLot.Kind}
    return [_month(on, periods.day_after(on, 1), paid, came, went, owed) for on in starts]


@dataclass(frozen=True, slots=True)
class Crowd:
    """The members of a day: how many there were when it ended, who joined on it and who left."""

    members: int
    joined: int
    left: int


def crowds(places: Sequence[Location], days: Sequence[dt.date], *, using: str) -> dict[dt.date, Crowd]:
    """The members of these locations at the end of each of the days; in two queries."""
    first = min(days)
    came = _since(_members(places).using(using), "anchor_on", first)
    gone = _members(places).using(using).filter(status=Membership.Status.ENDED)
    went = _since(gone, "ends_on", first)
    return {
        on: Crowd(
            members=_before(came, on + DAY) - _before(went, on + DAY),
            joined=came.get(on, 0),
            left=went.get(on, 0),
        )
        for on in days
    }


def _since(members: "QuerySet[Membership]", day: str, first: dt.date) -> "Counts":
    """How many by day; all before the first one stand under the day before it."""
    earlier = When(**{f"{day}__lt": first}, then=Value(first - DAY))
    found = members.annotate(day=Case(earlier, default=F(day))).values("day").order_by().annotate(count=Count("pk"))
    return {row["day"]: row["count"] for row in found if row["day"] is not None}


Sums = dict[dt.date, tuple[int, int]]
Counts = dict[dt.date, int]


def _month(
    on: dt.date, end: dt.date, paid: Sums, came: Counts, went: Counts, owed: dict[SessionLot.Kind, Sums]
) -> Month:
    dues, dues_cents = paid.get(on, (0, 0))
    credits, credits_cents = _up_to(owed[SessionLot.Kind.CREDIT], end)
    sessions, sessions_cents = _up_to(owed[SessionLot.Kind.PACKAGE], end)
    return Month(
        starts_on=on,
        dues=dues,
        dues_cents=dues_cents,
        members=_before(came, on) - _before(went, on),
        joined=came.get(on, 0),
        left=went.get(on, 0),
        credits=credits,
        credits_cents=credits_cents,
        sessions=sessions,
        sessions_cents=sessions_cents,
    )


def _paid(places: Sequence[Location]) -> Sums:
    dues = Due.objects.filter(status=Due.Status.PAID, membership__location__in=places)
    found = dues.annotate(month=TruncMonth("ended_at", tzinfo=places[0].zone)).values("month").order_by()
    rows = found.annotate(count=Count("pk"), cents=Sum("amount_cents"))
    return {row["month"].date(): (row["count"], row["cents"]) for row in rows if row["month"] is not None}


def _came(places: Sequence[Location]) -> Counts:
    return _by_month(_members(places), "anchor_on")


def _went(places: Sequence[Location]) -> Counts:
    return _by_month(_members(places).filter(status=Membership.Status.ENDED), "ends_on")


def _members(places: Sequence[Location]) -> "QuerySet[Membership]":
    """Everybody who ever was one."""
    return Membership.objects.filter(location__in=places).exclude(status=Membership.Status.JOINING)


def _by_month(members: "QuerySet[Membership]", day: str) -> Counts:
    found = members.annotate(month=TruncMonth(day)).values("month").order_by().annotate(count=Count("pk"))
    return {row["month"]: row["count"] for row in found}


def _owed(places: Sequence[Location], kind: SessionLot.Kind) -> Sums:
    """What lots of the kind gained and lost in each month: sessions and cents."""
    moves = LotMove.objects.filter(lot__location__in=places, lot__kind=kind)
    found = moves.annotate(month=TruncMonth("at", tzinfo=places[0].zone)).values("month").order_by()
    rows = found.annotate(sessions=Sum("units"), cents=Sum("value_cents"))
    return {row["month"].date(): (row["sessions"], row["cents"]) for row in rows}


def _before(counts: Counts, day: dt.date) -> int:
    return sum(count for on, count in counts.items() if on < day)


def _up_to(sums: Sums, end: dt.date) -> tuple[int, int]:
    parts = [pair for on, pair in sums.items() if on < end]
    return sum(units for units, _ in parts), sum(cents for _, cents in parts)
