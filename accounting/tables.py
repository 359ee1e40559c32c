"""A table of figures: the same rows on the screen, in a file for spreadsheets and in an answer of the API."""

import datetime as dt
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Cell = str | int | Decimal | dt.date | dt.datetime | None
"""What stands in a table; what an int means (cents, how many) its column says. None is an empty cell."""


class Form(enum.StrEnum):
    """How the cells of a column are read and written."""

    TEXT = "text"
    MONEY = "money"  # int, in cents
    COUNT = "count"  # int
    DATE = "date"
    MOMENT = "moment"  # aware datetime
    PERCENT = "percent"  # Decimal: 12.5 is 12.5 %


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in files and the API, its heading for people, and what it means where that needs saying."""

    name: str
    title: str
    form: Form = Form.TEXT
    meaning: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its cells stand at the right, digit under digit."""
        return self.form in (Form.MONEY, Form.COUNT, Form.PERCENT)


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `links` leads from a column's figure to what is behind it (an address of this site)."""

    cells: Mapping[str, Cell]
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn over a table: one bar for each row, as high as this column, named by that one."""

    title: str
    height: str
    label: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, with their sum as the last line when they have one.

    `figures` are columns of money or counts whose sums stand large above everything else on the page.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    total: Row | None = None
    drawing: Drawing | None = None
    note: str = ""
    figures: Sequence[str] = ()


def total(columns: Sequence[Column], rows: Sequence[Row], **cells: Cell) -> Row:
    """The sum of each column of money and counts; other cells stay empty but those given (`day="Total"`)."""
    sums: dict[str, Cell] = {
        column.name: sum(value for row in rows if isinstance(value := row.cells.get(column.name), int))
        for column in columns
        if column.form in (Form.MONEY, Form.COUNT)
    }
    return Row({**sums, **cells})
