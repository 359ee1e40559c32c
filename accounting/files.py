"""A report as a file: CSV and Excel for people, with the same rows and the same last line as the screen."""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from accounting.answers import Answer
from accounting.exports.text import for_people, plain
from accounting.tables import Cell, Column, Form, Row, Table

BOM = "\ufeff"
"""Without it Excel reads every letter beyond ASCII wrong."""
CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_SHEET_ROWS = 1_000_000
"""A little under what Excel can open; the rest stands on another sheet."""
LONGEST_CELL = 32_000
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


@dataclass(slots=True)
class Tally:
    """What went into a table of a file: so many rows, these sums, and the hash of all of it as CSV."""

    title: str
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    digest: Any = field(default_factory=hashlib.sha256)

    def count(self, table: Table, row: Row, line: str) -> None:
        """Take one more row in, with its line of CSV."""
        self.rows += 1
        self.digest.update(line.encode())
        for column in table.columns:
            value = row.cells.get(column.name)
            if column.form in (Form.MONEY, Form.COUNT) and isinstance(value, int):
                self.sums[column.name] = self.sums.get(column.name, 0) + value


def name_of(answer: Answer, form: str) -> str:
    """What the file is called: "sales_2026-10-01_2026-10-31.csv"."""
    return f"{answer.stem}.{form}"


# CSV -----------------------------------------------------------------------------------------------------------------


def write_csv(answer: Answer) -> Iterator[str]:
    """The lines of the file; read them while the answer may be read. A second table follows an empty line."""
    yield BOM
    for n, table in enumerate(answer.tables):
        if n:
            yield "\r\n" + _line([plain(table.title)])
        yield _line([column.name for column in table.columns])
        for row in table.rows:
            yield csv_line(table.columns, row)
        if table.total is not None:
            yield csv_line(table.columns, table.total)


def csv_line(columns: Sequence[Column], row: Row) -> str:
    """One row: numbers as plain decimals, days and moments as ISO, text that no spreadsheet takes for a formula."""
    return _line([as_text(row.cells.get(column.name), column.form) for column in columns])


def as_text(value: Cell, form: Form) -> str:
    """A cell of a CSV file: cents as "-15.00", days as "2026-10-01"."""
    match value:
        case None:
            return ""
        case int() if form == Form.MONEY:
            return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02}"
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case str():
            return for_people(value)
        case _:
            return str(value)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


# Excel ---------------------------------------------------------------------------------------------------------------


def write_xlsx(answer: Answer, out: IO[bytes]) -> None:
    """The workbook, a sheet for each table and one of controls; call it while the answer may be read."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": answer.report.title, "created": answer.as_of.replace(tzinfo=None)})
        formats = _Formats(book)
        tallies = [tally for table in answer.tables for tally in _write_table(book, formats, table)]
        _write_control(book, formats, answer, tallies)


class _Formats:
    """How cells look, by form."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "bg_color": "#F1EBE1", "bottom": 1, "text_wrap": True})
        self.bold = book.add_format({"bold": True})
        looks = {
            Form.MONEY: "#,##0.00",
            Form.COUNT: "#,##0",
            Form.DATE: "yyyy-mm-dd",
            Form.MOMENT: "yyyy-mm-dd hh:mm:ss",
        }
        looks[Form.PERCENT] = '0.0" %"'
        self.plain = {form: book.add_format({"num_format": look}) for form, look in looks.items()}
        total = {"bold": True, "top": 1}
        self.total = {form: book.add_format({"num_format": look, **total}) for form, look in looks.items()}
        self.plain[Form.TEXT], self.total[Form.TEXT] = book.add_format(), book.add_format(total)


def _write_table(book: Any, formats: _Formats, table: Table) -> Iterator[Tally]:
    """The table on as many sheets as it needs; what went into each of them."""
    rows = iter(table.rows)
    row = next(rows, None)
    while True:
        sheet = _new_sheet(book, formats, table)
        tally = Tally(sheet.get_name())
        while row is not None and tally.rows < MOST_SHEET_ROWS:
            tally.count(table, row, csv_line(table.columns, row))
            _write_row(sheet, tally.rows, table.columns, row, formats.plain)
            row = next(rows, None)
        if row is None:
            break
        yield tally
    if table.total is not None:
        _write_row(sheet, tally.rows + 1, table.columns, table.total, formats.total)
    yield tally


def _new_sheet(book: Any, formats: _Formats, table: Table) -> Any:
    taken = {sheet.get_name().lower() for sheet in book.worksheets()}
    sheet = book.add_worksheet(_sheet_name(table.title, taken))
    sheet.freeze_panes(1, 1)
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, 18 if column.form in (Form.TEXT, Form.MOMENT) else 13)
        sheet.write_string(0, index, plain(column.title), formats.head)
    return sheet


def _sheet_name(title: str, taken: set[str]) -> str:
    """At most 31 letters that Excel allows, and not yet taken."""
    name = plain(title.translate(_FORBIDDEN_IN_NAMES))[:27] or "Rows"
    n = 1
    while (found := name if n == 1 else f"{name} {n}").lower() in taken | {"control", "history"}:
        n += 1
    return found


def _write_row(sheet: Any, at: int, columns: Sequence[Column], row: Row, formats: dict[Form, Any]) -> None:
    for index, column in enumerate(columns):
        _write_cell(sheet, at, index, row.cells.get(column.name), column.form, formats)


def _write_cell(sheet: Any, at: int, index: int, value: Cell, form: Form, formats: dict[Form, Any]) -> None:
    match value:
        case None:
            sheet.write_blank(at, index, None, formats[form])
        case int() if form == Form.MONEY:
            sheet.write_number(at, index, Decimal(value) / 100, formats[form])
        case dt.datetime():
            sheet.write_datetime(at, index, value.astimezone(dt.UTC).replace(tzinfo=None), formats[Form.MOMENT])
        case dt.date():
            sheet.write_datetime(at, index, value, formats[Form.DATE])
        case str():
            sheet.write_string(at, index, plain(value)[:LONGEST_CELL], formats[Form.TEXT])
        case _:
            sheet.write_number(at, index, value, formats[form])


def _write_control(book: Any, formats: _Formats, answer: Answer, tallies: Sequence[Tally]) -> None:
    """What the file holds, so that a cut or changed one is seen."""
    sheet = book.add_worksheet("Control")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 3, 34)
    for at, (name, value) in enumerate(facts(answer)):
        sheet.write_string(at, 0, name, formats.bold)
        sheet.write_string(at, 1, plain(value))
    at = len(facts(answer)) + 1
    for tally in tallies:
        at = _write_tally(sheet, at, tally, formats)


def _write_tally(sheet: Any, at: int, tally: Tally, formats: _Formats) -> int:
    """One table's rows, sums and hash; the line after them."""
    sheet.write_string(at, 0, f"Sheet {tally.title}", formats.bold)
    sheet.write_string(at + 1, 0, "Rows")
    sheet.write_number(at + 1, 1, tally.rows)
    sheet.write_string(at + 2, 0, "SHA-256 of the rows as CSV")
    sheet.write_string(at + 2, 1, tally.digest.hexdigest())
    at += 3
    for name, value in tally.sums.items():
        form = Form.MONEY if name.endswith("_cents") else Form.COUNT
        sheet.write_string(at, 0, f"Sum of {name}")
        _write_cell(sheet, at, 1, value, form, formats.plain)
        at += 1
    return at + 1


def facts(answer: Answer) -> list[tuple[str, str]]:
    """What was asked, as names and values: for the sheet of controls and for mails."""
    asked = answer.question.asked
    narrowed = [(name.capitalize(), value) for name, value in asked.chosen.items()]
    return [
        ("Report", f"{answer.report.code} {answer.report.title}"),
        ("From", f"{asked.starts_on}"),
        ("To", f"{asked.last_on}"),
        ("Locations", ", ".join(place.code for place in asked.places)),
        *narrowed,
        ("As of", as_text(answer.as_of, Form.MOMENT)),
        ("Moments", "in UTC"),
        ("Days", "; ".join(f"{place.code} {place.time_zone} {place.day_cutoff:%H:%M}" for place in asked.places)),
    ]
