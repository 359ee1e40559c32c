"""Somebody's browser at the accountant's pages, and a day worth a report."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client as Browser

from pos.basket import Basket
from studio.models import Staff
from tests.builders import Studio, amount_off, of, tax, tip

DAY = "?from=2026-03-02&to=2026-03-02"


@dataclass
class Books:
    """The pages as a person without JavaScript sees them."""

    browser: Browser = field(default_factory=Browser)
    answer: Any = None

    def opens(self, path: str) -> int:
        self.answer = self.browser.get(path)
        return int(self.answer.status_code)

    def sends(self, path: str, **fields: object) -> int:
        self.answer = self.browser.post(path, fields)
        return int(self.answer.status_code)

    def says(self) -> str:
        inner = re.sub(r"<(head|select)\b.*?</\1>", " ", self.answer.content.decode(), flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inner)).split())

    def rows(self) -> list[list[str]]:
        """The cells of every line of the tables, heads and feet too."""
        lines = re.findall(r"<tr\b[^>]*>(.*?)</tr>", self.answer.content.decode(), flags=re.S)
        return [[_text(cell) for cell in re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", line, re.S)] for line in lines]

    def named(self) -> list[dict[str, str]]:
        """The lines of the first table by the heads of its columns, its sum last."""
        head, *lines = self.rows()
        return [dict(zip(head, line, strict=True)) for line in lines if len(line) == len(head)]

    def links(self) -> list[str]:
        return [html.unescape(link) for link in re.findall(r'href="([^"]+)"', self.answer.content.decode())]

    def file(self) -> bytes:
        return b"".join(self.answer.streaming_content)


def _text(cell: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()


def signed_on(staff: Staff) -> Books:
    staff.is_staff = True
    staff.save()
    books = Books()
    books.browser.force_login(staff)
    return books


def a_day(studio: Studio) -> Basket:
    """The second of March: $110 and $24 less $4, tax 7.25 %, tip $20, paid in cash; the drawer is counted $1 short."""
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.0725"))
    desk = studio.desk
    session = desk.opens_drawer(100_00)
    oil = of("massage-oil", discount=amount_off(4_00))
    sold = desk.rings_up(of("ashiatsu-60", by=studio.ana), oil, tips=(tip(studio.ana, 20_00),)).pays(cash=151_45)
    desk.closes_drawer(session, 250_45)
    return sold
