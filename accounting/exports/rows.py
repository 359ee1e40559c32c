"""Rows as the bytes of a file, and entries shared out over files that may not be longer than so many rows."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from accounting.exports.formats import BookEntry

PIECE = 64 * 1024  # characters that are written at once
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def as_csv(rows: Iterable[Sequence[str]], *, encoding: str = "utf-8") -> Iterator[bytes]:
    """The rows by RFC 4180: commas, CRLF, quotes only where needed."""
    return _pieces(rows, csv.QUOTE_MINIMAL, encoding)


def as_quoted_csv(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The rows with every cell in quotes and a byte order mark, as spreadsheets on Windows open them best."""
    yield BYTE_ORDER_MARK
    yield from _pieces(rows, csv.QUOTE_ALL, "utf-8")


def as_tabbed(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The rows with tabs between cells that have none, CRLF, and never a quote."""
    for row in rows:
        yield ("\t".join(row) + "\r\n").encode("cp1252")


def shared_out(entries: Iterable[BookEntry], *, most: int) -> Iterator[list[BookEntry]]:
    """The entries in parts of `most` lines, none of them torn; one that is longer than that has a part of its own."""
    part: list[BookEntry] = []
    lines = 0
    for entry in entries:
        if part and lines + len(entry.lines) > most:
            yield part
            part, lines = [], 0
        part.append(entry)
        lines += len(entry.lines)
    if part:
        yield part


def part_name(number: str, part: int, extension: str) -> str:
    """What the n-th file of a batch is called: "QBO-2026-01-0007.csv", then "QBO-2026-01-0007-2.csv"."""
    return f"{number}.{extension}" if part == 1 else f"{number}-{part}.{extension}"


def _pieces(rows: Iterable[Sequence[str]], quoting: Literal[0, 1], encoding: str) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=quoting, lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        if buffer.tell() >= PIECE:
            yield buffer.getvalue().encode(encoding)
            buffer.seek(0)
            buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode(encoding)
