"""A receipt as PDF on an 80 mm roll, as long as it needs to be."""

import io
from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from pos.receipts import Paper, Row

WIDTH = 80 * mm
MARGIN = 5 * mm
LEADING = 4.6 * mm
CHARACTERS = 42


def render(paper: Paper) -> bytes:
    """The receipt as PDF bytes."""
    rows = list(_rows(paper))
    height = 2 * MARGIN + LEADING * (len(rows) + 1)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, height))
    canvas.setTitle(f"{paper.heading} {paper.title}")
    canvas.setAuthor(paper.business.name)
    y = height - MARGIN - LEADING
    for font, row in rows:
        canvas.setFont(font, 9)
        canvas.drawString(MARGIN, y, _latin(row.label))
        canvas.drawRightString(WIDTH - MARGIN, y, _latin(row.amount))
        y -= LEADING
    canvas.save()
    return out.getvalue()


def _rows(paper: Paper) -> Iterator[tuple[str, Row]]:
    bold, plain = "Helvetica-Bold", "Helvetica"
    yield bold, Row(paper.business.name)
    for line in [paper.location.name, *paper.location.address.splitlines()]:
        yield plain, Row(line)
    yield plain, Row("")
    if paper.stamp:
        yield bold, Row(f"*** {paper.stamp} ***")
    yield bold, Row(f"{paper.heading} {paper.title}")
    yield plain, Row(f"{paper.at:%Y-%m-%d %H:%M}", f"served by {paper.served_by}")
    yield plain, Row("")
    for row in paper.lines:
        yield plain, Row(row.label[:CHARACTERS], row.amount)
        if row.note:
            yield plain, Row(f"   {row.note}"[:CHARACTERS])
    for row in paper.sums:
        yield plain, row
    yield bold, paper.total
    for row in paper.tenders:
        yield plain, row
    yield plain, Row("")
    for line in paper.business.receipt_footer.splitlines():
        yield plain, Row(line[:CHARACTERS])


def _latin(text: str) -> str:
    """What the built-in fonts can print; anything else becomes a question mark rather than a black box."""
    return text.replace("−", "-").encode("cp1252", "replace").decode("cp1252")
