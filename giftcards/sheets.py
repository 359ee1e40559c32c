"""Rows of a CSV file that somebody made by hand: all of them good, or every mistake with its line number."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from studio.refusal import Refusal

Row = TypeVar("Row")
MOST_ROWS = 5_000
_MONEY = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d{1,6})(?:\.(\d{2}))?")


class BadRows(Refusal):
    """The file has mistakes; `rows` lists line number and sentence of each, and nothing was taken over."""

    code = "bad_rows"


class BadCell(Exception):
    """One cell can not be meant; its sentence stands in `BadRows`."""


def read_rows(
    text: str, *, columns: Sequence[str], optional: Sequence[str], read: Callable[[dict[str, str]], Row]
) -> list[tuple[int, Row]]:
    """Each row with its line number, read by `read` from its cells by column name. BadRows names all mistakes."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), skipinitialspace=True)
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    missing = [column for column in columns if column not in names]
    if missing or len(set(names)) != len(names):
        raise BadRows(f"The first line must name the columns {', '.join([*columns, *optional])}.", rows=[])
    reader.fieldnames = names
    rows, mistakes = [], []
    for cells in reader:
        try:
            rows.append((reader.line_num, read(_cells(cells, (*columns, *optional)))))
        except BadCell as bad:
            mistakes.append({"row": reader.line_num, "sentence": str(bad)})
    _refuse(rows, mistakes)
    return rows


def refuse_rows(mistakes: Sequence[tuple[int, str]]) -> None:
    """BadRows when there is any mistake."""
    if mistakes:
        rows = [{"row": row, "sentence": sentence} for row, sentence in mistakes]
        raise BadRows(f"{len(rows)} rows have mistakes; nothing was taken over.", rows=rows)


def money(cell: str) -> int:
    """“1,234.50” or “$25” in cents; BadCell otherwise."""
    found = _MONEY.fullmatch(cell)
    if found is None:
        raise BadCell(f"“{cell[:20]}” is no amount in dollars.")
    return int(found[1].replace(",", "")) * 100 + int(found[2] or 0)


def day(cell: str) -> dt.date:
    """“2026-03-02” as a date; BadCell otherwise."""
    try:
        return dt.date.fromisoformat(cell)
    except ValueError as error:
        raise BadCell(f"“{cell[:20]}” is no date like 2026-03-02.") from error


def _cells(cells: dict[str, str | None], columns: Sequence[str]) -> dict[str, str]:
    if None in cells:
        raise BadCell("The row has more cells than the first line.")
    return {column: (cells.get(column) or "").strip() for column in columns}


def _refuse(rows: Sequence[object], mistakes: list[dict[str, object]]) -> None:
    if mistakes:
        raise BadRows(f"{len(mistakes)} rows have mistakes; nothing was taken over.", rows=mistakes)
    if not rows:
        raise BadRows("There are no rows in this file.", rows=[])
    if len(rows) > MOST_ROWS:
        raise BadRows(f"A file has at most {MOST_ROWS} rows.", rows=[])
