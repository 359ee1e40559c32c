"""Our postings one by one, for whoever has a program of their own: CSV and a workbook (ACCOUNTING 8.6)."""

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import IO, Any, ClassVar

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from accounting.exports.formats import BookPosting, Export, File, Writer
from accounting.exports.rows import as_csv, as_quoted_csv, part_name
from accounting.exports.text import amount, for_import, for_people, plain

MOST_ROWS = 1_000_000  # a sheet has 1,048,576
PIECE = 1 << 20
LONGEST = 250
MONEY = ("debit", "credit")
MOMENTS = ("occurred_at_utc", "posted_at_utc")
DAYS = ("business_date", "original_date")
COUNTS = ("entry_no", "line_no", "account_code", "amount_cents", "reverses_entry_no")
COLUMNS = (
    *("entity", "batch_no", "entry_no", "event_key", "event_type", "business_date", "occurred_at_utc"),
    *("posted_at_utc", "location_code", "line_no", "account_code", "account_name", "debit", "credit"),
    *("amount_cents", "currency", "therapist_code", "category", "tender", "jurisdiction", "instrument_ref"),
    *("client_ref", "stripe_bt", "payout", "drawer_session", "document_no", "reverses_entry_no"),
    *("original_date", "memo"),
)


def cells(export: Export, one: BookPosting) -> dict[str, Any]:
    """A posting by column: cents as int, days and moments as they are, everything else as text; None is empty."""
    cents = one.amount_cents
    return {
        "entity": export.business,
        "batch_no": export.number,
        "entry_no": one.entry_no,
        "event_key": one.event_key,
        "event_type": one.event_type,
        "business_date": one.business_date,
        "occurred_at_utc": one.occurred_at,
        "posted_at_utc": one.posted_at,
        "location_code": one.place.code,
        "line_no": one.line_no,
        "account_code": one.account.value,
        "account_name": one.name,
        "debit": cents if cents > 0 else None,
        "credit": -cents if cents < 0 else None,
        "amount_cents": cents,
        "currency": export.currency,
        "therapist_code": one.therapist,
        "category": one.category,
        "tender": one.tender,
        "jurisdiction": one.jurisdiction,
        "instrument_ref": one.instrument,
        "client_ref": "" if one.client is None else str(one.client),
        "stripe_bt": one.stripe_bt,
        "payout": one.payout,
        "drawer_session": "" if one.drawer_session is None else str(one.drawer_session),
        "document_no": one.document_no,
        "reverses_entry_no": one.reverses_no,
        "original_date": one.original_date,
        "memo": f"{one.event_type.replace('_', ' ').capitalize()} {one.entry_no}",
    }


class NeutralCsv(Writer):
    """`…journal_lines.csv` for programs and `…journal_lines.excel.csv` for people."""

    code = "CSV"
    slug = "csv"
    title = "CSV, every posting"
    meaning = (
        "Our postings one by one with all they say about themselves, for programs, and once more for spreadsheets."
    )
    owns_names = True
    has_postings = True

    def files(self, export: Export) -> Iterator[File]:
        yield f"{export.number}.journal_lines.csv", as_csv(_written(export, partial(for_import, most=LONGEST)))
        yield f"{export.number}.journal_lines.excel.csv", as_quoted_csv(_written(export, for_people))


class NeutralWorkbook(Writer):
    """A workbook with real dates and numbers, and a sheet of control totals."""

    code = "XLS"
    slug = "xlsx"
    title = "Excel workbook, every posting"
    meaning = "Our postings one by one as a workbook, with a sheet of control totals."
    owns_names = True
    has_postings = True
    repeats = False

    def files(self, export: Export) -> Iterator[File]:
        yield part_name(export.number, 1, "xlsx"), _workbook(export)


def _written(export: Export, safe: Any) -> Iterator[Sequence[str]]:
    yield COLUMNS
    for one in export.postings():
        row = cells(export, one)
        yield [_text(name, row[name], safe) for name in COLUMNS]


def _text(name: str, value: Any, safe: Any) -> str:
    if value is None:
        return ""
    if name in MONEY:
        return amount(value)
    if name in MOMENTS:
        return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"
    return str(value) if name in DAYS or name in COUNTS else safe(value)


class _Book:
    """A workbook in the making, which keeps one row in memory; text is never read as a formula."""

    headings: ClassVar[Sequence[str]] = COLUMNS

    def __init__(self, to: IO[bytes], export: Export) -> None:
        how = {"constant_memory": True, "use_zip64": True, "remove_timezone": True}
        self.book = Workbook(to, {**how, "default_date_format": "yyyy-mm-dd"})
        self.book.set_properties({"title": export.number, "created": export.final_at.replace(tzinfo=None)})
        self.bold = self.book.add_format({"bold": True})
        self.money = self.book.add_format({"num_format": "#,##0.00"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def sheet(self, name: str, headings: Sequence[str]) -> Worksheet:
        made = self.book.add_worksheet(name)
        made.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            made.write_string(0, column, heading, self.bold)
        return made

    def put(self, sheet: Worksheet, row: int, column: int, name: str, value: Any) -> None:
        if value is None or value == "":
            return
        if name in MONEY:
            sheet.write_number(row, column, value / 100, self.money)
        elif name in MOMENTS:
            sheet.write_datetime(row, column, value, self.moment)
        elif name in DAYS:
            sheet.write_datetime(row, column, value)
        elif name in COUNTS:
            sheet.write_number(row, column, value)
        else:
            sheet.write_string(row, column, plain(value))


def _workbook(export: Export) -> Iterator[bytes]:
    """The workbook, made when its first piece is asked for."""
    with tempfile.TemporaryFile() as file:
        made = _Book(file, export)
        count, debits_cents = _fill(made, (cells(export, one) for one in export.postings()))
        _control(made, export, count, debits_cents)
        made.book.close()
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _fill(made: _Book, rows: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """All rows, on as many sheets as it takes; how many there are and the sum of their debits in cents."""
    count = debits_cents = 0
    sheet = made.sheet("Journal lines", COLUMNS)
    for count, row in enumerate(rows, start=1):
        if count > 1 and count % MOST_ROWS == 1:
            sheet = made.sheet(f"Journal lines {count // MOST_ROWS + 1}", COLUMNS)
        debits_cents += row["debit"] or 0
        for column, name in enumerate(COLUMNS):
            made.put(sheet, (count - 1) % MOST_ROWS + 1, column, name, row[name])
    return count, debits_cents


def _control(made: _Book, export: Export, count: int, debits_cents: int) -> None:
    sheet = made.sheet("Control", ("what", "value"))
    days = (("From", export.starts_on), ("To", export.last_on))
    for n, (what, on) in enumerate(days, start=1):
        sheet.write_string(n, 0, what)
        sheet.write_datetime(n, 1, dt.datetime.combine(on, dt.time()))
    for n, (what, text) in enumerate((("Batch", export.number), ("Business", export.business)), start=3):
        sheet.write_string(n, 0, what)
        sheet.write_string(n, 1, plain(text))
    for n, (what, cents) in enumerate((("Debits", debits_cents), ("Credits", debits_cents)), start=5):
        sheet.write_string(n, 0, what)
        sheet.write_number(n, 1, cents / 100, made.money)
    sheet.write_string(7, 0, "Rows")
    sheet.write_number(7, 1, count)
    sheet.write_string(8, 0, "Head of the chain")
    sheet.write_string(8, 1, f"{export.head[0]}:{export.head[1]}")
