"""Cells of CSV and of Excel that the database makes ready by itself: what a value becomes, for each engine and file.

Texts that people typed are never made ready by the database: Python says once what a text becomes (`word`), by the
rules of `accounting.exports.text`, and the database only looks it up. So there is one set of rules against formulas.
"""

import enum
from typing import Protocol
from xml.sax.saxutils import escape

from accounting.exports.text import for_people, plain
from accounting.tables import Form

LONGEST_CELL = 32_000
DAY_ZERO = "1899-12-30"
"""Day 0 as spreadsheets count."""
UNIX_DAY = 25_569
"""1970-01-01 as spreadsheets count."""
STYLES = {Form.MONEY: 1, Form.DATE: 2, Form.MOMENT: 3}
"""Places in the styles of the workbook."""


class Said(enum.Enum):
    """What an expression of text gives."""

    WORD = "word"  # a cell already, which `word` made
    CODE = "code"  # letters of our own code or numbers, as they are
    KEY = "key"  # a UUID


class Engine(Protocol):
    """How a database writes values; what it gets is never NULL. `%` is written twice, as in any query with values."""

    def listed(self, name: str) -> str: ...
    def amount(self, sql: str) -> str: ...
    def day(self, sql: str) -> str: ...
    def moment(self, sql: str) -> str: ...
    def key(self, sql: str) -> str: ...
    def days(self, sql: str) -> str: ...
    def seconds(self, sql: str) -> str: ...
    def padded(self, sql: str, places: int) -> str: ...
    def joined(self, sql: str, by: str) -> str: ...
    def string(self, sql: str) -> str: ...


class Postgres:
    """Its words for it."""

    def listed(self, name: str) -> str:
        return f"json_array_elements(CAST(%({name})s AS json))"

    def amount(self, sql: str) -> str:
        return f"CAST(({sql}) * 0.01 AS text)"

    def day(self, sql: str) -> str:
        return f"to_char({sql}, 'YYYY-MM-DD')"

    def moment(self, sql: str) -> str:
        return f"""to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""

    def key(self, sql: str) -> str:
        return f"CAST({sql} AS text)"

    def days(self, sql: str) -> str:
        return f"({sql} - DATE '{DAY_ZERO}')"

    def seconds(self, sql: str) -> str:
        return f"CAST(floor(extract(epoch FROM {sql})) AS bigint)"

    def padded(self, sql: str, places: int) -> str:
        return f"lpad(CAST({sql} AS text), greatest({places}, length(CAST({sql} AS text))), '0')"

    def joined(self, sql: str, by: str) -> str:
        return f"string_agg({sql}, '; ' ORDER BY {by})"

    def string(self, sql: str) -> str:
        return f"{sql} #>> '{{}}'"


class Sqlite:
    """Its words for it: days and moments are texts in UTC, keys 32 hexadecimal digits."""

    def listed(self, name: str) -> str:
        return f"json_each(%({name})s)"

    def amount(self, sql: str) -> str:
        sign = f"CASE WHEN ({sql}) < 0 THEN '-' ELSE '' END"
        return f"printf('%%s%%d.%%02d', {sign}, abs({sql}) / 100, abs({sql}) %% 100)"

    def day(self, sql: str) -> str:
        return sql

    def moment(self, sql: str) -> str:
        return f"substr({sql}, 1, 10) || 'T' || substr({sql}, 12, 8) || 'Z'"

    def key(self, sql: str) -> str:
        parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        return " || '-' || ".join(f"substr({sql}, {first}, {count})" for first, count in parts)

    def days(self, sql: str) -> str:
        return f"CAST(julianday({sql}) - julianday('{DAY_ZERO}') AS INTEGER)"

    def seconds(self, sql: str) -> str:
        return f"CAST(strftime('%%s', substr({sql}, 1, 19)) AS INTEGER)"

    def padded(self, sql: str, places: int) -> str:
        return f"printf('%%0{places}d', {sql})"

    def joined(self, sql: str, by: str) -> str:
        return f"group_concat({sql}, '; ')"  # in the order of the rows it reads, which `by` has sorted

    def string(self, sql: str) -> str:
        return sql


ENGINES: dict[str, Engine] = {"postgresql": Postgres(), "sqlite": Sqlite()}


class Csv:
    """Every cell in quotes, and no cell a formula."""

    first, between, last, none = '"', '","', '"', ""

    def word(self, text: str) -> str:
        return for_people(text).replace('"', '""')

    def cell(self, engine: Engine, form: Form | Said, sql: str) -> str:
        match form:
            case Said.WORD | Said.CODE:
                return f"coalesce({sql}, '')"
            case Said.KEY:
                text = engine.key(sql)
            case Form.MONEY:
                text = engine.amount(sql)
            case Form.DATE:
                text = engine.day(sql)
            case Form.MOMENT:
                text = engine.moment(sql)
            case _:
                text = f"CAST({sql} AS text)"
        return f"CASE WHEN {sql} IS NULL THEN '' ELSE {text} END"


class Sheet:
    """Rows of a sheet of a workbook: real numbers and days, and texts that stay texts."""

    first, between, last, none = "<row>", "", "</row>", "<c/>"

    def word(self, text: str) -> str:
        return f"{self._OPEN}{escape(plain(text)[:LONGEST_CELL])}{self._SHUT}" if text else self.none

    _OPEN, _SHUT = '<c t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"

    def cell(self, engine: Engine, form: Form | Said, sql: str) -> str:
        match form:
            case Said.WORD:
                return f"coalesce({sql}, '{self.none}')"
            case Said.CODE:
                inner = f"'{self._OPEN}' || {sql} || '{self._SHUT}'"
                return f"CASE WHEN coalesce({sql}, '') = '' THEN '{self.none}' ELSE {inner} END"
            case Said.KEY:
                inner = f"'{self._OPEN}' || {engine.key(sql)} || '{self._SHUT}'"
            case Form.MONEY:
                inner = _number(engine.amount(sql), STYLES[form])
            case Form.DATE:
                inner = _number(engine.days(sql), STYLES[form])
            case Form.MOMENT:
                inner = _number(_moment(engine, sql), STYLES[form])
            case _:
                inner = f"'<c><v>' || CAST({sql} AS text) || '</v></c>'"
        return f"CASE WHEN {sql} IS NULL THEN '{self.none}' ELSE {inner} END"


Ready = Csv | Sheet


def _number(sql: str, style: int) -> str:
    return f"""'<c s="{style}"><v>' || {sql} || '</v></c>'"""


def _moment(engine: Engine, sql: str) -> str:
    """Days since day 0, and thousands of millionths of a day: exact to the second."""
    seconds = engine.seconds(sql)
    part = engine.padded(f"(({seconds} %% 86400) * 1000000000 + 43200) / 86400", 9)
    return f"({seconds} / 86400 + {UNIX_DAY}) || '.' || {part}"
