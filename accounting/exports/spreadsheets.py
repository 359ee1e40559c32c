"""Rows of any number as CSV and as an Excel workbook, piece by piece: the first leaves before the last row is read.

A workbook is a zip of XML. It is written here and not by a library because those write it whole before the first byte
can leave; the parts that must know how many sheets there are come last, as the format allows.
"""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from accounting.exports.rows import BYTE_ORDER_MARK
from accounting.exports.text import amount, for_people, plain
from accounting.tables import Column, Form

CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE = 64 * 1024
MOST_SHEET_ROWS = 1_000_000
"""A little under what Excel can open; the rest stands on further sheets."""
LONGEST_CELL = 32_000
Values = Sequence[Any]
Cell = Callable[[Any], str]


def as_csv(columns: Sequence[Column], rows: Iterable[Values]) -> Iterator[bytes]:
    """The rows with every cell in quotes: decimals with a point, days and moments as ISO, no cell a formula."""
    yield BYTE_ORDER_MARK
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    yield buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    cells = [_TEXT[column.form] for column in columns]
    for row in rows:
        writer.writerow([cell(value) for cell, value in zip(cells, row, strict=True)])
        if buffer.tell() >= PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def as_xlsx(columns: Sequence[Column], rows: Iterable[Values], *, title: str) -> Iterator[bytes]:
    """The rows as a workbook with real dates and numbers, on sheets of a million rows each."""
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        left, sheets = _Counted(iter(rows)), 0
        while sheets == 0 or left.ahead is not None:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                yield out.take()
                for piece in _sheet(columns, left):
                    sheet.write(piece.encode())
                    yield out.take()
        for name, content in _around(sheets, title):
            book.writestr(name, content)
    yield out.take()


class _Pipe(io.RawIOBase):
    """Where the zip goes: bytes wait here until they are taken."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        """What came since the last time."""
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


class _Counted:
    """Rows of which one is looked at beforehand, so that no further sheet begins without any."""

    def __init__(self, rows: Iterator[Values]) -> None:
        self.rows = rows
        self.ahead: Values | None = None

    def first(self, most: int) -> Iterator[Values]:
        """So many of them at most; then `ahead` is the one after them, None when there is none."""
        row = self.ahead or next(self.rows, None)
        for _ in range(most):
            if row is None:
                break
            yield row
            row = next(self.rows, None)
        self.ahead = row


# Cells of CSV --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _safe(text: str) -> str:
    return for_people(text)


@lru_cache(maxsize=4096)
def _money(cents: int | None) -> str:
    return "" if cents is None else amount(cents)


def _moment(at: dt.datetime | None) -> str:
    if at is None:
        return ""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _as_is(value: Any) -> str:
    return "" if value is None else str(value)


_TEXT: dict[Form, Cell] = {
    Form.TEXT: _safe,
    Form.MONEY: _money,
    Form.COUNT: _as_is,
    Form.DATE: lru_cache(maxsize=64)(_as_is),
    Form.MOMENT: _moment,
    Form.PERCENT: _as_is,
}


# Sheets --------------------------------------------------------------------------------------------------------------

STYLES = {Form.MONEY: 1, Form.DATE: 2, Form.MOMENT: 3}
"""Places in the styles of the workbook below."""
DAY_ZERO = dt.date(1899, 12, 30)
"""Day 0 as spreadsheets count."""
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _sheet(columns: Sequence[Column], left: _Counted) -> Iterator[str]:
    yield (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="{len(columns)}" '
        'width="16" customWidth="1"/></cols><sheetData>'
    )
    yield f"<row>{''.join(_inline(column.title) for column in columns)}</row>"
    cells = [_XML[column.form] for column in columns]
    waiting: list[str] = []
    for row in left.first(MOST_SHEET_ROWS):
        waiting.append("".join(["<row>", *[cell(value) for cell, value in zip(cells, row, strict=True)], "</row>"]))
        if len(waiting) == 100:
            yield "".join(waiting)
            waiting.clear()
    yield "".join(waiting)
    yield "</sheetData></worksheet>"


@lru_cache(maxsize=4096)
def _inline(text: str) -> str:
    """A text that stays one, whatever it begins with."""
    if not text:
        return "<c/>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(plain(text)[:LONGEST_CELL])}</t></is></c>'


@lru_cache(maxsize=4096)
def _xml_money(cents: int | None) -> str:
    return "<c/>" if cents is None else f'<c s="{STYLES[Form.MONEY]}"><v>{amount(cents)}</v></c>'


def _xml_number(value: Any) -> str:
    return "<c/>" if value is None else f"<c><v>{value}</v></c>"


@lru_cache(maxsize=64)
def _xml_date(on: dt.date | None) -> str:
    return "<c/>" if on is None else f'<c s="{STYLES[Form.DATE]}"><v>{(on - DAY_ZERO).days}</v></c>'


def _xml_moment(at: dt.datetime | None) -> str:
    if at is None:
        return "<c/>"
    at = at.astimezone(dt.UTC)
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    millionths = (seconds * 1_000_000_000 + 43_200) // 86_400  # of a day, by thousands: exact to the second
    return f'<c s="{STYLES[Form.MOMENT]}"><v>{(at.date() - DAY_ZERO).days}.{millionths:09}</v></c>'


_XML: dict[Form, Cell] = {
    Form.TEXT: _inline,
    Form.MONEY: _xml_money,
    Form.COUNT: _xml_number,
    Form.DATE: _xml_date,
    Form.MOMENT: _xml_moment,
    Form.PERCENT: _xml_number,
}


def _around(sheets: int, title: str) -> Iterator[tuple[str, str]]:
    """The other parts of the workbook: what it consists of, its sheets by name, and how numbers look."""
    numbers = range(1, sheets + 1)
    name = escape(plain(title)[:24], {'"': "&quot;"})
    parts = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'spreadsheetml.{kind}+xml"/>'
        for part, kind in (
            ("workbook", "sheet.main"),
            ("styles", "styles"),
            *((f"worksheets/sheet{n}", "worksheet") for n in numbers),
        )
    )
    yield (
        "[Content_Types].xml",
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
        f'vnd.openxmlformats-package.relationships+xml"/>{parts}</Types>',
    )
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    listed = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations([*listed, ("styles", "styles.xml")])
    tabs = "".join(f'<sheet name="{name}{"" if n == 1 else f" {n}"}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{tabs}</sheets></workbook>',
    )
    yield "xl/styles.xml", STYLE_SHEET


def _relations(listed: Sequence[tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(listed, start=1)
    )
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


STYLE_SHEET = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    "</fills><borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    + "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for number in (4, 164, 165)
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
