"""Reports as files: the rows of the screen, the same last line, and nothing that a spreadsheet takes for a formula."""

import csv
import datetime as dt
import hashlib
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from accounting import files
from accounting.answers import Answer
from accounting.asked import Asked
from accounting.asking import Question
from accounting.downloads import write
from accounting.exports.text import for_people
from accounting.kinds import reports
from accounting.tables import Column, Form, Row, Table, total
from studio.models import Location
from tests.accounting.office import DAY, Books, a_day, signed_on
from tests.builders import NOW, Studio, person

COLUMNS = (
    Column("day", "Day", Form.DATE),
    Column("at", "At", Form.MOMENT),
    Column("name", "Name"),
    Column("n", "How many", Form.COUNT),
    Column("share", "Share", Form.PERCENT),
    Column("net_cents", "Net", Form.MONEY),
)
ROW = {"day": dt.date(2026, 3, 2), "at": NOW, "name": "Oil", "n": 2, "share": Decimal("12.5"), "net_cents": -15_05}


@pytest.fixture
def books(studio: Studio) -> Books:
    return signed_on(person("acca", role="accountant"))


def lines(contents: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(contents.decode("utf-8-sig"), newline="")))


def answer_of(*tables: Table) -> Answer:
    """An answer of the sales report with these tables."""
    asked = Asked(dt.date(2026, 3, 2), dt.date(2026, 3, 3), (Location(code="UPT", name="Uptown", pk=1),))
    return Answer(reports()["sales"], Question(asked, {}, dt.date(2026, 3, 2)), NOW, tables)


def written(answer: Answer, form: str) -> bytes:
    with write(answer, form) as out:
        return out.read()


def book_of(contents: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(contents))


def test_the_file_is_called_by_report_and_days_and_ends_like_the_screen(studio: Studio, books: Books) -> None:
    a_day(studio)
    assert books.opens(f"/reports/sales.csv{DAY}") == 200
    assert books.answer["Content-Disposition"] == 'attachment; filename="sales_2026-03-02_2026-03-02.csv"'
    head, row, last = (
        dict(zip(lines(contents)[0], line, strict=True)) for contents in [books.file()] for line in lines(contents)
    )
    assert head["net_cents"] == "net_cents"
    assert (row["business_date"], row["location"], row["net_cents"], row["over_short_cents"]) == (
        "2026-03-02",
        "UPT",
        "130.00",
        "-1.00",
    )
    books.opens(f"/reports/sales/{DAY}")
    screen = books.named()[-1]
    assert {last[name].replace("-", "−") for name in ("net_cents", "tax_cents", "collected_cents")} == {
        screen[name] for name in ("Net sales", "Tax", "Collected")
    }


def test_files_take_the_same_questions_and_the_same_people_as_pages(studio: Studio, books: Books) -> None:
    assert books.opens("/reports/sales.csv?from=2026-03-02&to=2026-03-01") == 400
    assert books.opens("/reports/nothing.csv") == 404
    assert books.opens("/reports/sales.pdf") == 404
    assert signed_on(studio.manager).opens(f"/reports/sales.xlsx{DAY}") == 403


def test_a_narrowed_page_has_a_narrowed_file(studio: Studio, books: Books) -> None:
    a_day(studio)
    books.opens(f"/reports/entries.csv{DAY}&account=4010")
    _, line, last = lines(books.file())
    assert line[4:8] == ["4010 Services", "", "110.00", "Ana"]
    assert last[5:7] == ["0.00", "110.00"]


def test_every_report_is_a_file_of_both_kinds(studio: Studio, books: Books) -> None:
    a_day(studio)
    for slug in reports():
        assert books.opens(f"/reports/{slug}.csv{DAY}") == 200, slug
        assert lines(books.file())
        assert books.opens(f"/reports/{slug}.xlsx{DAY}") == 200, slug
        assert book_of(books.file()).sheetnames[-1] == "Control"


def test_cells_of_csv_are_plain_decimals_and_iso_days() -> None:
    table = Table("rows", "Rows", COLUMNS, [Row(ROW)], total(COLUMNS, [Row(ROW)], name="Total"))
    assert lines(written(answer_of(table), "csv")) == [
        ["day", "at", "name", "n", "share", "net_cents"],
        ["2026-03-02", "2026-03-02T15:00:00Z", "Oil", "2", "12.5", "-15.05"],
        ["", "", "Total", "2", "", "-15.05"],
    ]
    assert written(answer_of(table), "csv").startswith(b'\xef\xbb\xbf"day","at"')


@pytest.mark.parametrize(
    ("said", "written_as"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'=1"),
        ("  =1", "'=1"),
        ("\u200b=1", "'=1"),
        ("＝1", "'＝1"),
        ("Oil\nof\x00 olives", "Oil of olives"),
        ("O'Brien", "O'Brien"),
        ("", ""),
    ],
)
def test_text_is_never_taken_for_a_formula(said: str, written_as: str) -> None:
    assert for_people(said) == written_as


def test_a_second_table_follows_an_empty_line_under_its_title() -> None:
    one = Table("one", "One", COLUMNS[2:4], [Row({"name": "a", "n": 1})])
    two = Table("two", "Two", COLUMNS[2:4], [Row({"name": "b", "n": 2})])
    assert lines(written(answer_of(one, two), "csv")) == [
        ["name", "n"],
        ["a", "1"],
        [],
        ["Two"],
        ["name", "n"],
        ["b", "2"],
    ]


def test_excel_has_real_days_and_numbers_and_text_that_stays_text() -> None:
    row = {**ROW, "name": "=1+1\x01"}
    table = Table("rows", "Rows: [of] a/day", COLUMNS, [Row(row)], total(COLUMNS, [Row(row)], name="Total"))
    sheet = book_of(written(answer_of(table), "xlsx")).worksheets[0]
    assert sheet.title == "Rows   of  a day"[:31] or sheet.title == "Rows of a day"
    assert sheet.freeze_panes == "B2"
    assert [cell.value for cell in sheet[2]] == [
        dt.datetime(2026, 3, 2),  # noqa: DTZ001 - a spreadsheet knows no zones
        dt.datetime(2026, 3, 2, 15),  # noqa: DTZ001
        "=1+1",
        2,
        12.5,
        -15.05,
    ]
    assert [cell.data_type for cell in sheet[2]] == ["d", "d", "s", "n", "n", "n"]
    assert [cell.value for cell in sheet[3]] == [None, None, "Total", 2, None, -15.05]


def test_the_sheet_of_controls_has_range_places_rows_sums_and_a_hash_that_can_be_made_again() -> None:
    table = Table("rows", "Rows", COLUMNS, [Row(ROW), Row(ROW)])
    control = book_of(written(answer_of(table), "xlsx"))["Control"]
    told = {row[0].value: row[1].value for row in control.iter_rows() if row[0].value}
    as_csv = "".join(files.csv_line(COLUMNS, Row(ROW)) for _ in range(2))
    assert told == {
        "Report": "REP1 Daily sales summary",
        "From": "2026-03-02",
        "To": "2026-03-02",
        "Locations": "UPT",
        "As of": "2026-03-02T15:00:00Z",
        "Moments": "in UTC",
        "Days": "UPT America/New_York 00:00",
        "Sheet Rows": None,
        "Rows": 2,
        "SHA-256 of the rows as CSV": hashlib.sha256(as_csv.encode()).hexdigest(),
        "Sum of n": 4,
        "Sum of net_cents": -30.1,
    }


def test_more_rows_than_a_sheet_holds_go_on_on_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_SHEET_ROWS", 2)
    rows = [Row({**ROW, "n": n}) for n in range(5)]
    book = book_of(written(answer_of(Table("rows", "Rows", COLUMNS, rows, total(COLUMNS, rows))), "xlsx"))
    assert book.sheetnames == ["Rows", "Rows 2", "Rows 3", "Control"]
    assert [[cell.value for cell in sheet["D"]] for sheet in book.worksheets[:3]] == [
        ["How many", 0, 1],
        ["How many", 2, 3],
        ["How many", 4, 10],
    ]
