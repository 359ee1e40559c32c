"""Cards on paper: 148 by 105 mm with cut marks in the upper half of Letter or A4, good in grey too (R18)."""

import io
import unicodedata
import zipfile
from collections.abc import Iterable

from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from giftcards.faces import Face
from giftcards.shop.designs import HEIGHT, WIDTH
from giftcards.shop.drawing import Point, Shape
from pos.qr import Qr

PAPERS = {"letter": LETTER, "a4": A4}
CARD_WIDTH, CARD_HEIGHT = 148, 105
TOP = 18
"""Millimetres of paper above the card."""
CODE_SIDE = 36
"""With its quiet zone: the modules themselves are 26 mm wide."""
TEXT_LEFT, MESSAGE_WIDTH, MESSAGE_LINES = 51, 52, 9
SERIF, SERIF_BOLD, PLAIN, MONO = "Times-Italic", "Times-Bold", "Helvetica", "Courier-Bold"
GREY = HexColor("#55605b")
WORTH_SIZES = (22, 18, 15, 12)
"""The name of a long treatment is printed smaller rather than cut."""
BLANK = "_" * 16
"""Where a name has letters that the paper's fonts lack, it is written by hand."""


class Sheet:
    """One page with one card; places are millimetres from the card's top left corner."""

    def __init__(self, paper: tuple[float, float]) -> None:
        self.out = io.BytesIO()
        self.width, self.height = paper
        self.canvas = Canvas(self.out, pagesize=paper)
        self.left = (self.width - CARD_WIDTH * mm) / 2

    def x(self, place: float) -> float:
        return self.left + place * mm

    def y(self, place: float) -> float:
        return self.height - (TOP + place) * mm

    def says(self, text: str, x: float, y: float, *, font: str = PLAIN, size: float = 10) -> None:
        """A line of words that begins there."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(self.x(x), self.y(y), text)

    def draws(self, shape: Shape) -> None:
        """A shape of the design."""
        path = self.canvas.beginPath()
        path.moveTo(*self._at(shape.start))
        for step in shape.steps:
            if len(step) == 1:
                path.lineTo(*self._at(step[0]))
            else:
                path.curveTo(*(number for point in step for number in self._at(point)))
        self.canvas.setFillColor(HexColor(shape.colour))
        self.canvas.setStrokeColor(HexColor(shape.colour))
        self.canvas.setLineWidth(shape.width * mm)
        self.canvas.drawPath(path, stroke=1 if shape.width else 0, fill=0 if shape.width else 1)

    def _at(self, point: Point) -> tuple[float, float]:
        return self.x(point[0]), self.y(point[1])


def render(face: Face, *, paper: str = "letter") -> bytes:
    """The card as a PDF page; an unknown paper is Letter."""
    sheet = Sheet(PAPERS.get(paper, LETTER))
    sheet.canvas.setTitle(f"Gift card ···{face.last4}")
    sheet.canvas.setAuthor(face.business.name)
    _panel(sheet, face)
    _words(sheet, face)
    _code(sheet, face.qr)
    _cut_marks(sheet)
    sheet.canvas.save()
    return sheet.out.getvalue()


def zipped(cards: Iterable[tuple[str, Face]], *, paper: str = "letter") -> bytes:
    """A PDF for each named card of an order for many, in one file (R17)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for number, (name, face) in enumerate(cards, start=1):
            folder.writestr(f"{number:03}-{_file_name(name)}-{face.last4}.pdf", render(face, paper=paper))
    return out.getvalue()


def _file_name(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain).split()).lower()[:40] or "card"


def _panel(sheet: Sheet, face: Face) -> None:
    """The design, cut off at its edges."""
    sheet.canvas.saveState()
    edge = sheet.canvas.beginPath()
    edge.rect(sheet.x(0), sheet.y(HEIGHT), WIDTH * mm, HEIGHT * mm)
    sheet.canvas.clipPath(edge, stroke=0, fill=0)
    for shape in face.design.shapes:
        sheet.draws(shape)
    sheet.canvas.restoreState()


def _words(sheet: Sheet, face: Face) -> None:
    sheet.canvas.setFillColor(black)
    sheet.says(_printable(face.business.name), TEXT_LEFT, 14, font=SERIF_BOLD, size=18)
    for y, text in zip((24.0, 30.0), _names(face), strict=False):
        sheet.says(_fitting(text, 90), TEXT_LEFT, y, size=11)
    worth = _printable(face.worth)
    size = next((size for size in WORTH_SIZES if stringWidth(worth, SERIF_BOLD, size) <= 90 * mm), WORTH_SIZES[-1])
    sheet.says(_fitting(worth, 90, font=SERIF_BOLD, size=size), TEXT_LEFT, 42, font=SERIF_BOLD, size=size)
    for number, line in enumerate(_message(face.message)):
        sheet.says(line, TEXT_LEFT, 51 + number * 4.2, font=SERIF, size=9)
    sheet.says(face.code, TEXT_LEFT, 91, font=MONO, size=14)
    sheet.canvas.setFillColor(GREY)
    for y, words in zip((97.0, 101.0), _terms(face), strict=True):
        sheet.says(_fitting(words, 94, size=8), TEXT_LEFT, y, size=8)


def _names(face: Face) -> list[str]:
    return [
        f"{word} {_printable(name) or BLANK}" for word, name in (("For", face.to), ("from", face.by)) if name.strip()
    ]


def _terms(face: Face) -> tuple[str, str]:
    """What holds for the card, and where it is used."""
    place = _printable(", ".join([face.location.name, *face.location.address.splitlines()]))
    return f"{face.expires}. Treat it like cash.", place


def _message(text: str) -> list[str]:
    """The message in lines that fit beside the code; words that the fonts lack are left out."""
    lines: list[str] = []
    for part in _printable(text).splitlines():
        lines += _wrapped(part, MESSAGE_WIDTH * mm)
    return lines[:MESSAGE_LINES]


def _wrapped(text: str, room: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if stringWidth(longer, SERIF, 9) <= room or not lines[-1]:
            lines[-1] = _fitting(longer, MESSAGE_WIDTH, font=SERIF, size=9)
        else:
            lines.append(_fitting(word, MESSAGE_WIDTH, font=SERIF, size=9))
    return [line for line in lines if line]


def _fitting(text: str, width: float, *, font: str = PLAIN, size: float = 11) -> str:
    """As much of the text as fits so many millimetres."""
    while stringWidth(text, font, size) > width * mm:
        text = text[:-2].rstrip() + "…"
    return text


def _printable(text: str) -> str:
    """The words that the built-in fonts can print; those with a letter that they lack are left out."""
    lines = (" ".join(word for word in line.split() if _is_printable(word)) for line in text.splitlines())
    return "\n".join(lines).strip()


def _is_printable(word: str) -> bool:
    try:
        word.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _code(sheet: Sheet, code: Qr) -> None:
    """Black squares on white, a hair larger than a module so that no white line runs through it."""
    module = CODE_SIDE * mm / code.size
    left, top = sheet.x(CARD_WIDTH - CODE_SIDE - 5), sheet.y(48)
    sheet.canvas.setFillColor(black)
    for column, row in code.dark:
        at = (left + column * module, top - (row + 1) * module)
        sheet.canvas.rect(*at, module * 1.02, module * 1.02, stroke=0, fill=1)


def _cut_marks(sheet: Sheet) -> None:
    """At each corner two short lines outside of the card."""
    sheet.canvas.setStrokeColor(black)
    sheet.canvas.setLineWidth(0.4)
    for x, out in ((0, -1), (CARD_WIDTH, 1)):
        for y, beyond in ((0, -1), (CARD_HEIGHT, 1)):
            sheet.canvas.line(sheet.x(x + out * 2), sheet.y(y), sheet.x(x + out * 8), sheet.y(y))
            sheet.canvas.line(sheet.x(x), sheet.y(y + beyond * 2), sheet.x(x), sheet.y(y + beyond * 8))
