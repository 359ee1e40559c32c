"""An X or Z as PDF: on an 80 mm roll as long as it needs to be, or on letter paper."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import letter
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from pos.zpaper import Row, Section

BOLD, PLAIN = "Helvetica-Bold", "Helvetica"
GAP = 3 * mm


@dataclass(frozen=True, slots=True)
class Size:
    """A paper in points: width, height (0: as long as it needs to be), margin, letters, and the distance of lines."""

    width: float
    height: float
    margin: float
    letters: float
    leading: float


SIZES = {
    "roll": Size(80 * mm, 0, 5 * mm, 9, 4.6 * mm),
    "letter": Size(letter[0], letter[1], 25 * mm, 10.5, 5.6 * mm),
}
Print = tuple[str, str, str]
"""One printed line: font, words left, amount right."""


def render(title: str, heading: Sequence[str], sections: Sequence[Section], *, size: str) -> bytes:
    """The paper as PDF bytes; `size` is "roll" or "letter"."""
    paper = SIZES[size]
    prints = list(_prints(title, heading, sections, paper))
    height = paper.height or 2 * paper.margin + paper.leading * (len(prints) + 1)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(paper.width, height))
    canvas.setTitle(title)
    y = height - paper.margin - paper.leading
    for font, words, amount in prints:
        if y < paper.margin:
            canvas.showPage()
            y = height - paper.margin - paper.leading
        canvas.setFont(font, paper.letters)
        canvas.drawString(paper.margin, y, words)
        canvas.drawRightString(paper.width - paper.margin, y, amount)
        y -= paper.leading
    canvas.save()
    return out.getvalue()


def _prints(title: str, heading: Sequence[str], sections: Sequence[Section], paper: Size) -> Iterator[Print]:
    yield from _broken(BOLD, Row(title), paper)
    for line in heading:
        yield from _broken(PLAIN, Row(line), paper)
    for section in sections:
        yield PLAIN, "", ""
        yield from _broken(BOLD, Row(section.title), paper)
        for row in section.rows:
            yield from _broken(BOLD if row.is_sum else PLAIN, row, paper)


def _broken(font: str, row: Row, paper: Size) -> Iterator[Print]:
    """The row as lines that fit the paper, the amount on the first; a long text on the right goes below."""
    amount = _latin(row.right)
    room = paper.width - 2 * paper.margin
    right = stringWidth(amount, font, paper.letters)
    if right > room * 0.6:
        yield from ((font, words, "") for words in _wrapped(f"{_latin(row.label)}: {amount}", font, room, paper))
        return
    first, *rest = _wrapped(_latin(row.label), font, room - (right + GAP if amount else 0), paper) or [""]
    yield font, first, amount
    for words in rest:
        yield font, words, ""


def _wrapped(text: str, font: str, room: float, paper: Size) -> list[str]:
    """The text in lines no wider than `room` points, broken between words where it can be."""
    lines: list[str] = []
    while text:
        end = len(text)
        while stringWidth(text[:end], font, paper.letters) > room:
            end -= 1
        if end < len(text) and " " in text[:end]:
            end = text.rindex(" ", 0, end + 1)
        lines.append(text[:end])
        text = text[end:].lstrip()
    return lines


def _latin(text: str) -> str:
    """What the built-in fonts can print; anything else becomes a question mark rather than a black box."""
    return text.replace("−", "-").encode("cp1252", "replace").decode("cp1252")
