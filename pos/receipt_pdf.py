"""A receipt as PDF on an 80 mm roll, as long as it needs to be."""

import io
from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from pos.qr import Qr
from pos.receipts import Paper, Row

WIDTH = 80 * mm
MARGIN = 5 * mm
GAP = 3 * mm
LEADING = 4.6 * mm
CODE = 34 * mm
"""Side of the code with the receipt's link."""
SIZE = 9
BOLD, PLAIN = "Helvetica-Bold", "Helvetica"

Print = tuple[str, str, str]
"""One printed line: font, words left, amount right."""


def render(paper: Paper) -> bytes:
    """The receipt as PDF bytes."""
    prints = [part for font, row in _rows(paper) for part in _broken(font, row)]
    height = 2 * MARGIN + LEADING * (len(prints) + 1) + CODE
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, height))
    canvas.setTitle(f"{paper.heading} {paper.title}")
    canvas.setAuthor(paper.business.name)
    y = height - MARGIN - LEADING
    for font, words, amount in prints:
        canvas.setFont(font, SIZE)
        canvas.drawString(MARGIN, y, words)
        canvas.drawRightString(WIDTH - MARGIN, y, amount)
        y -= LEADING
    _draw(canvas, paper.qr, left=(WIDTH - CODE) / 2, top=MARGIN + CODE)
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, code: Qr, *, left: float, top: float) -> None:
    """The code as black squares, a hair larger than a module so that no white line runs through it."""
    module = CODE / code.size
    for column, row in code.dark:
        x, y = left + column * module, top - (row + 1) * module
        canvas.rect(x, y, module * 1.02, module * 1.02, stroke=0, fill=1)


def _rows(paper: Paper) -> Iterator[tuple[str, Row]]:
    yield BOLD, Row(paper.business.name)
    for line in [paper.location.name, *paper.location.address.splitlines(), ""]:
        yield PLAIN, Row(line)
    if paper.stamp:
        yield BOLD, Row(f"*** {paper.stamp} ***")
    yield BOLD, Row(f"{paper.heading} {paper.title}")
    for line in [paper.when, f"served by {paper.served_by}", f"for {paper.client}" if paper.client else "", ""]:
        yield PLAIN, Row(line)
    for row in (*paper.lines, *paper.sums):
        yield PLAIN, row
    yield BOLD, paper.total
    for row in paper.tenders:
        yield PLAIN, row
    for line in ["", *paper.business.receipt_footer.splitlines()]:
        yield PLAIN, Row(line)


def _broken(font: str, row: Row) -> Iterator[Print]:
    """The row as lines that fit the paper: the amount on the first, the smaller words below."""
    amount = _latin(row.amount)
    room = WIDTH - 2 * MARGIN - (stringWidth(amount, font, SIZE) + GAP if amount else 0)
    first, *rest = _wrapped(_latin(row.label), font, room) or [""]
    yield font, first, amount
    for words in rest:
        yield font, words, ""
    for words in _wrapped(_latin(row.note), font, room):
        yield font, words, ""


def _wrapped(text: str, font: str, room: float) -> list[str]:
    """The text in lines no wider than `room` points, broken between words where it can be."""
    lines: list[str] = []
    while text:
        end = len(text)
        while stringWidth(text[:end], font, SIZE) > room:
            end -= 1
        if end < len(text) and " " in text[:end]:
            end = text.rindex(" ", 0, end + 1)
        lines.append(text[:end])
        text = text[end:].lstrip()
    return lines


def _latin(text: str) -> str:
    """What the built-in fonts can print; anything else becomes a question mark rather than a black box."""
    return text.replace("−", "-").encode("cp1252", "replace").decode("cp1252")
