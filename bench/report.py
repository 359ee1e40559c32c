"""The findings of the checkout bench on one screen, each target beside its figure."""

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.findings import NAMES, Findings, Subject, middle, percentile

MOST_STATEMENTS = 12
MOST_TIMES_PLAIN, STRETCH_TIMES_PLAIN = 8.0, 5.0
MOST_TIMES_POSTGRESQL = 1.5
MOST_GROWTH = 1.15

FAILURES_SHOWN = 5

Figure = Callable[[Subject], str]


@dataclass(frozen=True)
class Verdict:
    """A target and whether this run met it."""

    what: str
    figure: str
    target: str
    met: bool

    @property
    def word(self) -> str:
        return "met" if self.met else "MISSED"


def written(findings: Findings, asked: argparse.Namespace) -> str:
    """The whole report."""
    judged = (f"{v.what:<50}{v.figure:>10}   {v.target:<26} {v.word}" for v in _verdicts(findings))
    return "\n".join([*_head(asked), "", *_table(findings), "", *judged, *_failures(findings)])


def all_met(findings: Findings) -> bool:
    """Whether every target was met."""
    return all(verdict.met for verdict in _verdicts(findings))


def _verdicts(findings: Findings) -> Iterator[Verdict]:
    for subject in findings.small.values():
        yield from _verdicts_on(subject)
    if len(findings.small) == len(NAMES):
        sqlite, postgresql = (middle(findings.small[name].over_http, lambda c: c.total) for name in NAMES)
        yield _ratio("SQLite: A's CPU / A's CPU on PostgreSQL", sqlite / postgresql, MOST_TIMES_POSTGRESQL)
    for engine, large in findings.large.items():
        growth = large.growth_over(findings.small[engine])
        yield _ratio(f"{NAMES[engine]}: A's CPU with history / without", growth, MOST_GROWTH)
    for subject in findings.subjects:
        in_order = not subject.books["problem"]
        yield Verdict(f"{subject.name}: check_books", "in order" if in_order else "NOT", "in order", in_order)


def _verdicts_on(subject: Subject) -> Iterator[Verdict]:
    name = NAMES[subject.engine]
    yield _statements(subject)
    if subject.engine == "postgresql":  # SQLite is held against PostgreSQL
        stretch = f" (stretch {STRETCH_TIMES_PLAIN:g})"
        yield _ratio(f"{name}: A's CPU / B's CPU", subject.times_plain, MOST_TIMES_PLAIN, stretch)
    same = subject.rows_over_http == subject.rows_plain
    yield Verdict(f"{name}: A and B add the same rows to each table", "yes" if same else "NO", "yes", same)
    if subject.rush is not None:
        errors = len(subject.rush.errors)
        yield Verdict(f"{name}: errors of {subject.rush.tablets} tablets at once", str(errors), "0", not errors)


def _statements(subject: Subject) -> Verdict:
    """A statement is a round trip on PostgreSQL, so there they are few; on SQLite it is a call in our own process."""
    few, many = len(subject.statements[3]), len(subject.statements[30])
    if subject.engine == "sqlite":
        return Verdict("SQLite: SQL statements of A, 30 lines", str(many), f"as for 3 lines: {few}", many == few)
    most = f"<= {MOST_STATEMENTS}, whatever the lines"
    return Verdict("PostgreSQL: SQL statements of A, 3 to 30 lines", str(many), most, few == many <= MOST_STATEMENTS)


def _ratio(what: str, ratio: float, most: float, more: str = "") -> Verdict:
    return Verdict(what, f"{ratio:.2f}", f"<= {most:g}{more}", ratio <= most)


def _failures(findings: Findings) -> Iterator[str]:
    """What went wrong, in its own words."""
    for subject in findings.subjects:
        if subject.rush and subject.rush.errors:
            yield from ("", *subject.rush.errors[:FAILURES_SHOWN])
        if subject.rows_over_http != subject.rows_plain:
            yield from ("", f"A adds {subject.rows_over_http}", f"B adds {subject.rows_plain}")
        if subject.books["problem"]:
            yield from ("", subject.books["problem"])


def _head(asked: argparse.Namespace) -> Iterator[str]:
    yield "One sale: 3 lines, 2 tips, 2 jurisdictions, cash + external card, completed and posted."
    yield (
        f"Medians of {asked.rounds} rounds of {asked.requests} sales by turns; {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {asked.workers} workers x {asked.threads} threads; CPU in ms a sale."
    )


def _table(findings: Findings) -> Iterator[str]:
    subjects = findings.subjects
    yield f"{'':<40}" + "".join(f"{NAMES[subject.engine]:>14}" for subject in subjects)
    yield f"{'postings there before':<40}" + "".join(f"{subject.postings:>14,}" for subject in subjects)
    for label, figure in _FIGURES:
        yield f"{label:<40}" + "".join(f"{figure(subject):>14}" for subject in subjects)


def _spread(subject: Subject) -> str:
    totals = [cost.total for cost in subject.over_http]
    return f"{min(totals):.1f}-{max(totals):.1f}"


def _rush(figure: Callable[[Subject], str]) -> Figure:
    return lambda subject: figure(subject) if subject.rush else "-"


_FIGURES: tuple[tuple[str, Figure], ...] = (
    ("A  over HTTP: CPU of gunicorn", lambda s: f"{middle(s.over_http, lambda c: c.app):.2f}"),
    ("              CPU of PostgreSQL", lambda s: _database(s, middle(s.over_http, lambda c: c.database))),
    ("              CPU together", lambda s: f"{middle(s.over_http, lambda c: c.total):.2f}"),
    ("              lowest-highest round", _spread),
    ("              sales a second, one tablet", lambda s: f"{middle(s.over_http, lambda c: c.per_second):.0f}"),
    ("              latency p50, ms", lambda s: f"{percentile(s.latencies, 50):.1f}"),
    ("              latency p95, ms", lambda s: f"{percentile(s.latencies, 95):.1f}"),
    ("              SQL statements, 1 line", lambda s: str(len(s.statements[1]))),
    ("              SQL statements, 3 lines", lambda s: str(len(s.statements[3]))),
    ("              SQL statements, 30 lines", lambda s: str(len(s.statements[30]))),
    ("B  plain SQL: CPU of the program", lambda s: f"{middle(s.plain, lambda c: c.app):.2f}"),
    ("              CPU of PostgreSQL", lambda s: _database(s, middle(s.plain, lambda c: c.database))),
    ("              CPU together", lambda s: f"{middle(s.plain, lambda c: c.total):.2f}"),
    ("              sales a second", lambda s: f"{middle(s.plain, lambda c: c.per_second):.0f}"),
    ("              SQL statements", lambda s: str(s.plain_statements)),
    ("A / B: CPU together", lambda s: f"{s.times_plain:.2f}"),
    ("Rows a sale adds, A / B", lambda s: f"{sum(s.rows_over_http.values()):g} / {sum(s.rows_plain.values()):g}"),
    ("All tablets at once: sales a second", _rush(lambda s: f"{s.rush.per_second:.0f}")),
    ("              latency p50, ms", _rush(lambda s: f"{percentile(s.rush.latencies, 50):.0f}")),
    ("              latency p95, ms", _rush(lambda s: f"{percentile(s.rush.latencies, 95):.0f}")),
    ("Books: sealed in, s", lambda s: f"{s.books['link_seconds']:.1f}"),
    ("       checked in, s", lambda s: f"{s.books['check_seconds']:.1f}"),
)


def _database(subject: Subject, milliseconds: float) -> str:
    return f"{milliseconds:.2f}" if subject.engine == "postgresql" else "within"
