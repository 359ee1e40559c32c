"""A membership's periods, counted in months from its anchor so that they never drift (R26): 31 Jan, 28 Feb, 31 Mar."""

import calendar
import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from memberships.models import Membership

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Period:
    """From `starts_on` up to, and without, `ends_on`."""

    starts_on: dt.date
    ends_on: dt.date

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days

    def left(self, on: dt.date) -> Fraction:
        """The share of the period that is left at the beginning of the day `on`: 1 before it, 0 after it."""
        days = min(max((self.ends_on - on).days, 0), self.days)
        return Fraction(days, self.days)


def day_after(anchor: dt.date, months: int) -> dt.date:
    """The day so many months after the anchor: its day of the month, or the last one of a shorter month."""
    year, month = divmod(anchor.year * MONTHS + anchor.month - 1 + months, MONTHS)
    return dt.date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def months_since(anchor: dt.date, on: dt.date) -> int:
    """How many whole months after the anchor the day `on` is."""
    months = (on.year - anchor.year) * MONTHS + on.month - anchor.month
    return months if day_after(anchor, months) <= on else months - 1


def period(anchor: dt.date, n: int, *, months: int = 1) -> Period:
    """Period number `n`, of so many months each; the first one is number 0 and starts on the anchor."""
    return Period(day_after(anchor, n * months), day_after(anchor, (n + 1) * months))


def starting(anchor: dt.date, on: dt.date, *, months: int = 1) -> Period:
    """The period of so many months that starts on the day `on`, and ends on the day of the month that the anchor says.

    `on` is a day of the anchor's, for a pause is of whole months; one of another day would set a new anchor.
    """
    return Period(on, day_after(anchor, months_since(anchor, on) + months))


def next_period(membership: Membership) -> Period:
    """The first period that was not paid, skipped or waived yet."""
    return starting(membership.anchor_on, membership.paid_until, months=membership.plan.interval_months)


def current_period(membership: Membership, *, on: dt.date) -> Period:
    """The period in which the day `on` lies, paid or not, by the plan that the membership has now."""
    anchor, interval = membership.anchor_on, membership.plan.interval_months
    next_one = months_since(anchor, membership.paid_until)
    first = next_one + (months_since(anchor, on) - next_one) // interval * interval
    return Period(day_after(anchor, first), day_after(anchor, first + interval))
