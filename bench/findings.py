"""What a run of the checkout bench has measured."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from bench.machine import Server

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds of one sale in our process and in the database's, and sales a second by the clock."""

    app: float
    database: float
    per_second: float

    @classmethod
    def of(cls, app: float, database: float, seconds: float, *, times: int) -> "Cost":
        """From the CPU seconds and the seconds of so many sales."""
        return cls(1000 * app / times, 1000 * database / times, times / seconds)

    @property
    def total(self) -> float:
        return self.app + self.database


@dataclass(frozen=True)
class Rush:
    """Many tablets at once."""

    tablets: int
    latencies: list[float]
    errors: list[str]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


@dataclass
class Subject:
    """A database with a server of its own, and what was measured on it."""

    engine: str
    postings: int
    url: str
    body: dict[str, Any]
    statements: dict[int, list[str]]
    server: Server | None = None
    tablets: list[dict[str, str]] = field(default_factory=list)
    over_http: list[Cost] = field(default_factory=list)
    plain: list[Cost] = field(default_factory=list)
    plain_statements: int = 0
    latencies: list[float] = field(default_factory=list)
    rows_over_http: dict[str, float] = field(default_factory=dict)
    rows_plain: dict[str, float] = field(default_factory=dict)
    rush: Rush | None = None
    books: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{NAMES[self.engine]}, {self.postings:,} postings"

    @property
    def times_plain(self) -> float:
        """A / B, each round's own two figures compared."""
        return median(http.total / plain.total for http, plain in zip(self.over_http, self.plain, strict=True))

    def growth_over(self, small: "Subject") -> float:
        """What a sale costs here, as a multiple of there, each round's own two figures compared."""
        return median(ours.total / theirs.total for ours, theirs in zip(self.over_http, small.over_http, strict=True))


@dataclass
class Findings:
    """All of a run, by engine: a database with little history, and one with much."""

    small: dict[str, Subject] = field(default_factory=dict)
    large: dict[str, Subject] = field(default_factory=dict)

    @property
    def subjects(self) -> list[Subject]:
        return [*self.small.values(), *self.large.values()]


def middle(costs: list[Cost], of: Callable[[Cost], float]) -> float:
    """The median of one figure over the rounds."""
    return median(of(cost) for cost in costs)


def percentile(seconds: list[float], percent: int) -> float:
    """In milliseconds."""
    return 1000 * quantiles(seconds, n=100)[percent - 1]
