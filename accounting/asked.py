"""What a report or an export is asked for: which business days, of which locations, and what else narrows it down."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.models import Location


@dataclass(frozen=True, slots=True)
class Asked:
    """Business days from `starts_on` to before `ends_on` at these locations, which are all that the person may see.

    `chosen` holds the further filters of a report by name ("therapist" -> "3"); a missing one does not narrow.
    """

    starts_on: dt.date
    ends_on: dt.date
    places: tuple[Location, ...]
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_on(self) -> dt.date:
        """The last day of it, as people say it."""
        return self.ends_on - dt.timedelta(days=1)

    @property
    def days(self) -> int:
        """How many business days it has."""
        return (self.ends_on - self.starts_on).days
