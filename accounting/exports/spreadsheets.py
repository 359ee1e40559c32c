"""Rows of any number as CSV and as an Excel workbook, piece by piece: the first leaves before the last row is read.

A workbook is a zip of XML. It is written here and not by a library because those write it whole before the first byte
can leave; the parts that must know how many sheets there are come last, as the format allows.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from xml.sax.saxutils import escape

from accounting.exports.cells import Sheet
from accounting.exports.rows import BYTE_ORDER_MARK
from accounting.exports.text import plain
from accounting.tables import Column

CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_SHEET_ROWS = 1_000_000
"""A little under what Excel can open; the rest stands on further sheets."""
ROWS_OF_A_PIECE = 200
END = b"\r\n"


def as_csv(columns: Sequence[Column], rows: Iterable[bytes]) -> Iterator[bytes]:
    """A heading and the ready rows: every cell in quotes, decimals with a point, days and moments as ISO."""
    yield BYTE_ORDER_MARK
    yield ",".join(f'"{column.name}"' for column in columns).encode() + END
    yield from _together(row + END for row in rows)


def _together(rows: Iterable[bytes]) -> Iterator[bytes]:
    """The rows in pieces, each of some hundred of them."""
    left = iter(rows)
    while piece := b"".join(islice(left, ROWS_OF_A_PIECE)):
        yield piece


def as_xlsx(columns: Sequence[Column], rows: Iterable[bytes], *, title: str) -> Iterator[bytes]:
    """The ready rows as a workbook, on sheets of a million rows each."""
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        left, sheets = _Counted(iter(rows)), 0
        while sheets == 0 or left.ahead is not None:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                yield out.take()
                for piece in _sheet(columns, left):
                    sheet.write(piece)
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

    def __init__(self, rows: Iterator[bytes]) -> None:
        self.rows = rows
        self.ahead: bytes | None = None

    def first(self, most: int) -> Iterator[bytes]:
        """So many of them at most; then `ahead` is the one after them, None when there is none."""
        row = self.ahead or next(self.rows, None)
        for _ in range(most):
            if row is None:
                break
            yield row
            row = next(self.rows, None)
        self.ahead = row


# Sheets --------------------------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _sheet(columns: Sequence[Column], left: _Counted) -> Iterator[bytes]:
    yield (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="{len(columns)}" '
        'width="16" customWidth="1"/></cols><sheetData>'
    ).encode()
    yield f"<row>{''.join(Sheet().word(column.title) for column in columns)}</row>".encode()
    yield from _together(left.first(MOST_SHEET_ROWS))
    yield b"</sheetData></worksheet>"


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
