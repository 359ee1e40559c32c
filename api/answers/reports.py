"""Reports as programs read them: the rows of the screen and the files, amounts in cents."""

import datetime as dt
from decimal import Decimal
from itertools import islice
from typing import TypedDict

from accounting.answers import Answer
from accounting.kinds import Report
from accounting.tables import Cell as TableCell
from accounting.tables import Column, Row, Table
from api.answers.values import Day, Moment, decimal, moment
from studio.refusal import BadInput

MOST_ROWS = 20_000
"""So many rows go into one answer."""
Cell = str | int | None


class ReportName(TypedDict):
    """A report: its part of the address, what it answers, and what it can be narrowed by."""

    slug: str
    code: str
    group: str
    title: str
    meaning: str
    filters: list[str]


class ColumnAnswer(TypedDict):
    """A column: `form` is text, money (cents), count, date, moment or percent."""

    name: str
    title: str
    form: str
    meaning: str


class TableAnswer(TypedDict):
    """Rows by the names of their columns; `total` is their sum, `before` that of the range before, if compared."""

    name: str
    title: str
    note: str
    columns: list[ColumnAnswer]
    rows: list[dict[str, Cell]]
    total: dict[str, Cell] | None
    before: dict[str, Cell] | None


class ReportAnswer(TypedDict):
    """A report of the days from `first_on` to `last_on`, both inclusive, as the books were at `as_of`."""

    slug: str
    code: str
    title: str
    first_on: Day
    last_on: Day
    locations: list[str]
    as_of: Moment
    tables: list[TableAnswer]


def report_name(report: Report) -> ReportName:
    return {
        "slug": report.slug,
        "code": report.code,
        "group": report.group,
        "title": report.title,
        "meaning": report.meaning,
        "filters": list(report.filters),
    }


def report_answer(told: Answer) -> ReportAnswer:
    """The answer, read while it may be; BadInput when it has more rows than go into one."""
    asked = told.question.asked
    return {
        "slug": told.report.slug,
        "code": told.report.code,
        "title": told.report.title,
        "first_on": asked.starts_on.isoformat(),
        "last_on": asked.last_on.isoformat(),
        "locations": [place.code for place in asked.places],
        "as_of": moment(told.as_of),
        "tables": [_table(table, told.before.get(table.name)) for table in told.tables],
    }


def _table(table: Table, before: Row | None) -> TableAnswer:
    rows = [_row(table, row) for row in islice(table.rows, MOST_ROWS + 1)]
    if len(rows) > MOST_ROWS:
        raise BadInput("to", f"There are more than {MOST_ROWS} rows: ask for fewer days, or take the CSV file.")
    return {
        "name": table.name,
        "title": table.title,
        "note": table.note,
        "columns": [_column(column) for column in table.columns],
        "rows": rows,
        "total": _row(table, table.total) if table.total is not None else None,
        "before": _row(table, before) if before is not None else None,
    }


def _column(column: Column) -> ColumnAnswer:
    return {"name": column.name, "title": column.title, "form": column.form.value, "meaning": column.meaning}


def _row(table: Table, row: Row) -> dict[str, Cell]:
    return {column.name: _cell(row.cells.get(column.name)) for column in table.columns}


def _cell(value: TableCell) -> Cell:
    match value:
        case None | str() | int():
            return value
        case Decimal():
            return decimal(value)
        case dt.datetime():
            return moment(value)
        case _:
            return value.isoformat()
