"""A report on the screen: every cell as text once, for a template that only prints."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from zoneinfo import ZoneInfo

from accounting.answers import Answer
from accounting.tables import Cell, Column, Drawing, Form, Row, Table
from ledger.money import dollars, half_up
from studio.plots import Plot, plot

MOST_ROWS = 1000
"""So many rows of a table are shown; the files have them all."""
MOST_LABELS = 8
WIDE = 16
"""A table with more columns leaves those out in which nothing stands; the files have them."""
MINUS, NOTHING = "−", "–"
NUMBERS = (Form.MONEY, Form.COUNT, Form.PERCENT)


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell: its text, where it leads, and how it stands."""

    text: str
    link: str = ""
    is_number: bool = False
    is_below_zero: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum that stands large above the tables, with how it has changed since the range before."""

    title: str
    text: str
    change: str = ""
    went: str = ""  # "up", "down" or nothing
    before: str = ""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as the page prints it."""

    name: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Shown]]
    feet: Sequence[Sequence[Shown]]
    plot: Plot | None
    is_cut: bool
    left_out: Sequence[str] = ()
    most_rows: int = MOST_ROWS

    @property
    def meanings(self) -> list[Column]:
        """The columns that say what they mean."""
        return [column for column in self.columns if column.meaning]


def text_of(value: Cell, form: Form, zone: ZoneInfo) -> str:
    """A cell for people: money without a sign of currency, negatives with a true minus, days and moments on a clock."""
    match value:
        case None:
            return ""
        case int() if form == Form.MONEY:
            return dollars(value).replace("-", MINUS)
        case int():
            return f"{value:,}".replace("-", MINUS)
        case Decimal():
            return f"{value:,.1f} %".replace("-", MINUS)
        case dt.datetime():
            local = value.astimezone(zone)
            return f"{local.day} {local:%b %Y, %H:%M}"
        case dt.date():
            return f"{value:%a} {value.day} {value:%b %Y}"
        case _:
            return value


def tables(answer: Answer) -> list[ShownTable]:
    """The tables of an answer; call it while the answer may be read."""
    zone = answer.question.asked.places[0].zone
    return [_shown(table, answer.before.get(table.name), zone) for table in answer.tables]


def table(one: Table, zone: ZoneInfo) -> ShownTable:
    """One table by itself, its moments on that clock."""
    return _shown(one, None, zone)


def figures(answer: Answer) -> list[Figure]:
    """The sums that stand large, of every table that names some."""
    return [figure for table in answer.tables for figure in _figures(table, answer.before.get(table.name))]


def _shown(table: Table, before: Row | None, zone: ZoneInfo) -> ShownTable:
    rows = list(islice(table.rows, MOST_ROWS + 1))
    kept = rows[:MOST_ROWS]
    columns = _worth_showing(table, [*kept, *(row for row in (table.total, before) if row is not None)])
    return ShownTable(
        name=table.name,
        title=table.title,
        note=table.note,
        columns=columns,
        rows=[_cells(columns, row, zone) for row in kept],
        feet=list(_feet(table, columns, before, zone)),
        plot=_plot(table, kept, table.drawing, zone) if table.drawing and len(kept) > 1 else None,
        is_cut=len(rows) > MOST_ROWS,
        left_out=[column.title for column in table.columns if column not in columns],
    )


def _worth_showing(table: Table, rows: Sequence[Row]) -> Sequence[Column]:
    """All columns; of a wide table only those in which something stands."""
    if len(table.columns) <= WIDE or not rows:
        return table.columns
    return [column for column in table.columns if any(row.cells.get(column.name) for row in rows)]


def _cells(columns: Sequence[Column], row: Row, zone: ZoneInfo) -> list[Shown]:
    return [_cell(column, row.cells.get(column.name), row.links.get(column.name, ""), zone) for column in columns]


def _cell(column: Column, value: Cell, link: str, zone: ZoneInfo) -> Shown:
    is_number = column.form in NUMBERS
    below = is_number and isinstance(value, int | Decimal) and value < 0
    return Shown(text_of(value, column.form, zone), link, is_number, below)


def _feet(table: Table, columns: Sequence[Column], before: Row | None, zone: ZoneInfo) -> Iterator[list[Shown]]:
    """The last lines: the sum, and when asked what it was before and how it has changed."""
    if table.total is None:
        return
    yield _cells(columns, table.total, zone)
    if before is None:
        return
    name = columns[0].name
    yield _cells(columns, Row({**before.cells, name: None}), zone)
    yield [Shown("") if column.name == name else _change_cell(column, table.total, before) for column in columns]


def _change_cell(column: Column, row: Row, before: Row) -> Shown:
    return Shown(_change(row.cells.get(column.name), before.cells.get(column.name))[0], is_number=True)


def changed_by(value: int, before: int) -> Decimal | None:
    """By how much of a hundred it has changed; None where there was nothing to compare with."""
    return Decimal(half_up(Fraction(1000 * (value - before), abs(before)))) / 10 if before else None


def figure(title: str, form: Form, value: int, before: int) -> Figure:
    """One sum that stands large, with what it was before."""
    change, went = _change(value, before)
    return Figure(title, _large(value, form), change, went, _large(before, form))


def _change(value: Cell, before: Cell) -> tuple[str, str]:
    """By how much of a hundred, and whether up or down; nothing where there was nothing to compare with."""
    if not isinstance(value, int) or not isinstance(before, int) or before == 0:
        return ("", "") if not isinstance(value, int) else (NOTHING, "")
    percent = changed_by(value, before) or 0
    went = "up" if percent > 0 else "down" if percent < 0 else ""
    sign = "+" if percent > 0 else ""
    return f"{sign}{percent:,.1f} %".replace("-", MINUS), went


def _figures(table: Table, before: Row | None) -> Iterator[Figure]:
    for name in table.figures:
        column = next(column for column in table.columns if column.name == name)
        value = table.total.cells.get(name) if table.total else None
        change, went = _change(value, before.cells.get(name)) if before else ("", "")
        was = _large(before.cells.get(name), column.form) if before else ""
        yield Figure(column.title, _large(value, column.form), change, went, was)


def _large(value: Cell, form: Form) -> str:
    if not isinstance(value, int):
        return NOTHING
    sign = MINUS if value < 0 else ""
    return f"{sign}${dollars(abs(value))}" if form == Form.MONEY else f"{sign}{abs(value):,}"


def _plot(table: Table, rows: Sequence[Row], drawing: Drawing, zone: ZoneInfo) -> Plot:
    """A bar for each name, several rows of one name together; only so many are named as can be read."""
    height, label = (
        next(column for column in table.columns if column.name == name) for name in (drawing.height, drawing.label)
    )
    sums: dict[Cell, int] = {}
    for row in rows:
        value, named = row.cells.get(height.name), row.cells.get(label.name)
        sums[named] = sums.get(named, 0) + (value if isinstance(value, int) else 0)
    step = -(-len(sums) // MOST_LABELS)
    values = []
    for n, (named, value) in enumerate(sums.items()):
        name = text_of(named, label.form, zone)
        told = f"{name}: {text_of(value, height.form, zone)}"
        values.append((_short(named, name) if n % step == 0 else "", value, told))
    return plot(drawing.title, values)


def _short(named: Cell, name: str) -> str:
    return f"{named.day} {named:%b}" if isinstance(named, dt.date) else name
