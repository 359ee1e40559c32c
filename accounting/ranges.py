"""The business days that a report is asked for: presets by name, and the range before another."""

import datetime as dt
from collections.abc import Callable

DAY = dt.timedelta(days=1)
Range = tuple[dt.date, dt.date]
"""The first day, and the first day after it."""


def _month(day: dt.date, *, by: int = 0) -> dt.date:
    """The first of the month that lies so many months from that of the day."""
    months = day.year * 12 + day.month - 1 + by
    return dt.date(months // 12, months % 12 + 1, 1)


def _quarter(day: dt.date) -> dt.date:
    return _month(day, by=-((day.month - 1) % 3))


def _monday(day: dt.date) -> dt.date:
    return day - day.weekday() * DAY


PRESETS: dict[str, tuple[str, Callable[[dt.date], Range]]] = {
    "today": ("Today", lambda day: (day, day + DAY)),
    "yesterday": ("Yesterday", lambda day: (day - DAY, day)),
    "this_week": ("This week", lambda day: (_monday(day), _monday(day) + 7 * DAY)),
    "last_week": ("Last week", lambda day: (_monday(day) - 7 * DAY, _monday(day))),
    "this_month": ("This month", lambda day: (_month(day), _month(day, by=1))),
    "last_month": ("Last month", lambda day: (_month(day, by=-1), _month(day))),
    "this_quarter": ("This quarter", lambda day: (_quarter(day), _month(_quarter(day), by=3))),
    "last_quarter": ("Last quarter", lambda day: (_month(_quarter(day), by=-3), _quarter(day))),
    "this_year": ("This year", lambda day: (day.replace(month=1, day=1), dt.date(day.year + 1, 1, 1))),
    "last_year": ("Last year", lambda day: (dt.date(day.year - 1, 1, 1), day.replace(month=1, day=1))),
}
"""By name: what people call it, and its range seen from a day. Weeks begin on Monday."""

USUAL = "last_month"


def of(name: str, today: dt.date) -> Range:
    """The range that the preset means today; KeyError for an unknown one."""
    return PRESETS[name][1](today)


def name_of(asked: Range, today: dt.date) -> str:
    """The preset that means exactly this range today; empty when none does."""
    return next((name for name, (_, meant) in PRESETS.items() if meant(today) == asked), "")


def before(asked: Range) -> Range:
    """The range before one: as many months before whole months, otherwise as many days."""
    starts_on, ends_on = asked
    if starts_on.day == 1 and ends_on.day == 1:
        months = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month
        return _month(starts_on, by=-months), starts_on
    return starts_on - (ends_on - starts_on), starts_on


def told(asked: Range) -> str:
    """As people say it, both days inclusive: "1 Oct – 31 Oct 2026"."""
    first, last = asked[0], asked[1] - DAY
    if first == last:
        return f"{first.day} {first:%b %Y}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} – {last.day} {last:%b %Y}"
