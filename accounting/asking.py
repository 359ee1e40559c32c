"""From an address or a request to a question: what can not be meant is a BadInput that names the field."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from accounting import ranges
from accounting.asked import Asked
from accounting.filters import FILTERS
from studio.models import Location
from studio.refusal import BadInput

MOST_DAYS = 400
FIRST_YEAR, LAST_YEAR = 2000, 2099
COMPARED = "prev"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as the address said it: `said` is that address without its empty parts, `today` the day there."""

    asked: Asked
    said: Mapping[str, str]
    today: dt.date

    @property
    def preset(self) -> str:
        """The preset that means this range today; empty for a range of one's own."""
        said = self.said.get("preset", "")
        return said or ranges.name_of((self.asked.starts_on, self.asked.ends_on), self.today)

    @property
    def compares(self) -> bool:
        """Whether the range before is to stand beside it."""
        return self.said.get("compare") == COMPARED

    @property
    def dated(self) -> dict[str, str]:
        """The question with its days written out, so that it means the same tomorrow."""
        days = {"from": f"{self.asked.starts_on}", "to": f"{self.asked.last_on}"}
        rest = {name: value for name, value in self.said.items() if name not in ("preset", "from", "to")}
        return {**days, **rest}

    @property
    def before(self) -> Asked:
        """The same of the range before."""
        starts_on, ends_on = ranges.before((self.asked.starts_on, self.asked.ends_on))
        return replace(self.asked, starts_on=starts_on, ends_on=ends_on)

    def address(self, **changed: str) -> str:
        """The query of this question with some parts changed; an empty one goes."""
        return "?" + urlencode({name: value for name, value in {**self.said, **changed}.items() if value})


def read(
    said: QueryDict | Mapping[str, str],
    *,
    filters: Iterable[str],
    places: Sequence[Location],
    now: dt.datetime,
    more: Iterable[str] = (),
) -> Question:
    """The question; `places` are all that the person may see, `more` are names that mean something elsewhere."""
    given = _once(said)
    known = {"from", "to", "preset", "location", "compare", *filters}
    for name in given.keys() - known - set(more):
        raise BadInput(name, f"“{name[:40]}” is nothing that can be asked here.")
    kept = {name: value for name, value in given.items() if name in known}
    here = _places(kept.get("location", ""), places)
    today = (next((place for place in here if place.is_main), here[0])).business_date(now)
    starts_on, ends_on = _range(kept, today)
    if kept.get("compare", COMPARED) != COMPARED:
        raise BadInput("compare", "Only the range before can be compared with: compare=prev.")
    chosen = {name: kept[name] for name in filters if name in kept}
    for name, value in chosen.items():
        _must_be_known(name, value, places)
    return Question(Asked(starts_on, ends_on, here, chosen), kept, today)


def _once(said: QueryDict | Mapping[str, str]) -> dict[str, str]:
    """Each name with its one value; empty ones are as good as not said."""
    if isinstance(said, QueryDict):
        for name, values in said.lists():
            if len(values) > 1:
                raise BadInput(name, f"“{name[:40]}” is said more than once.")
    return {name: str(value).strip() for name, value in said.items() if str(value).strip()}


def _places(code: str, places: Sequence[Location]) -> tuple[Location, ...]:
    if not code:
        return tuple(places)
    found = tuple(place for place in places if place.code == code)
    if not found:
        raise BadInput("location", "There is no such location among those whose books you see.")
    return found


def _range(kept: Mapping[str, str], today: dt.date) -> ranges.Range:
    has_days = "from" in kept or "to" in kept
    preset = kept.get("preset", "")
    if preset and preset not in ranges.PRESETS:
        raise BadInput("preset", f"There is no such preset; there are {', '.join(ranges.PRESETS)}.")
    if preset and has_days:
        raise BadInput("preset", "Ask either for a preset or for days of your own.")
    return _days(kept) if has_days else ranges.of(preset or ranges.USUAL, today)


def _days(kept: Mapping[str, str]) -> ranges.Range:
    first, last = (_day(name, kept.get(name, "")) for name in ("from", "to"))
    if last < first:
        raise BadInput("to", f"The range ends on {last} before it begins on {first}.")
    if (last - first).days >= MOST_DAYS:
        raise BadInput("to", f"A range has {MOST_DAYS} days at most; this one has {(last - first).days + 1}.")
    return first, last + ranges.DAY


def _day(name: str, value: str) -> dt.date:
    if not value:
        raise BadInput(name, "Say both days of the range: from and to.")
    try:
        day = dt.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise BadInput(name, "A day is written like 2026-10-01.") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadInput(name, f"A day lies between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return day


def _must_be_known(name: str, value: str, places: Sequence[Location]) -> None:
    if not FILTERS[name].accepts(value, places):
        raise BadInput(name, f"“{value[:40]}” is nothing that {FILTERS[name].title.lower()} can be.")
