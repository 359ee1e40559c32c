"""A report's answer to a question: its tables, all read at one instant, and the range before beside them if asked."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from accounting.asking import Question
from accounting.kinds import Report
from accounting.tables import Row, Table
from ledger.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class Answer:
    """The tables of a report as they were at `as_of`; `before` has the sums of the range before, by table."""

    report: Report
    question: Question
    as_of: dt.datetime
    tables: Sequence[Table]
    before: Mapping[str, Row] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """How its files are called: "sales_2026-10-01_2026-10-31"."""
        asked = self.question.asked
        return f"{self.report.slug}_{asked.starts_on}_{asked.last_on}"


@contextmanager
def answer(report: Report, question: Question, *, now: dt.datetime) -> Iterator[Answer]:
    """The answer; its rows may be read only within the block, which holds the snapshot."""
    with snapshot() as using:
        before = _sums(report, question, using=using) if question.compares else {}
        yield Answer(report, question, now, report.tables(question.asked, using=using), before)


def _sums(report: Report, question: Question, *, using: str) -> dict[str, Row]:
    tables = report.tables(question.before, using=using)
    return {table.name: table.total for table in tables if table.total is not None}
