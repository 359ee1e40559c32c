"""Sales for spreadsheets: what every row says, what all of them come to, and how the file leaves."""

import csv
import datetime as dt
import io
import uuid
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from django.test.utils import CaptureQueriesContext

from accounting.asked import Asked
from accounting.exports import sales, spreadsheets
from accounting.exports.cells import Csv
from accounting.exports.text import plain
from accounting.files import as_text
from accounting.sales_export import SalesFile
from accounting.tables import Column, Form
from pos.models import Client
from studio.models import AuditRow
from tests.accounting import sales_by_hand
from tests.accounting.months import FEBRUARY, MARCH, TENTH
from tests.accounting.office import Books, signed_on
from tests.accounting.test_sales_reports import sums
from tests.accounting.varied import a_varied_month
from tests.builders import NOW, Studio, beach, custom, of, person, tip

DAYS = "from=2026-02-01&to=2026-02-28"


@pytest.fixture
def books(studio: Studio) -> Books:
    return signed_on(person("acca", role="accountant"))


def told(studio: Studio, what: str = "lines") -> list[dict[str, str]]:
    """The rows of the CSV file of February."""
    file = SalesFile(what, "csv", Asked(FEBRUARY, MARCH, (studio.location,)))
    text = b"".join(file.pieces()).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def cents(text: str) -> int:
    return int(text.replace(".", "") or 0)


def summed(rows: list[dict[str, str]], name: str, **only: str) -> int:
    return sum(cents(row[name]) for row in rows if all(row[key] == value for key, value in only.items()))


def test_a_line_says_what_was_sold_by_whom_and_how_it_was_paid(studio: Studio) -> None:
    sold = studio.desk.at(TENTH)
    sold.opens_drawer()
    basket = sold.rings_up(of("ashiatsu-60", by=studio.ana), of("massage-oil"), tips=(tip(studio.ana, 20_00),))
    basket.tenders("external", amount_cents=50_00)
    basket.tenders("cash", tendered_cents=110_00)
    basket.completes()

    first, second = told(studio)
    assert first == {
        "row": "sale",
        "business_date": "2026-02-10",
        "at": "2026-02-10T15:00:00Z",
        "location": "UPT",
        "receipt": "UPT-000001",
        "sale": str(basket.last.sale.pk),
        "client": "",
        "line": first["line"],
        "counts_as": "sales",
        "category": "treatment",
        "item": "ashiatsu-60",
        "name": "Ashiatsu 60",
        "therapist": "Ana",
        "quantity": "1",
        "list": "110.00",
        "discount": "0.00",
        "net": "110.00",
        "tax": "0.00",
        "total": "110.00",
        "covered_by": "",
        "covered": "",
        "sale_tip": "20.00",
        "sale_rounding": "0.00",
        "sale_tenders": "external 50.00; cash 104.00",
    }
    assert (second["item"], second["sale_tip"]) == ("massage-oil", "0.00")
    paid = [(row["tender"], row["amount"], row["handed_over"], row["change"]) for row in told(studio, "tenders")]
    assert paid == [("external", "50.00", "50.00", "0.00"), ("cash", "104.00", "110.00", "6.00")]


def test_what_is_taken_back_is_negative_and_every_column_adds_up_to_the_reports(studio: Studio) -> None:
    a_varied_month(studio)
    lines, tenders = told(studio), told(studio, "tenders")

    assert {row["row"] for row in lines} == {row["row"] for row in tenders} == {"sale", "refund", "void"}
    assert summed(lines, "net", counts_as="sales") == sums("sales", "days")["net_cents"]
    assert summed(lines, "tax") == sums("sales", "days")["tax_cents"]
    assert summed(lines, "sale_tip") == sums("sales", "days")["tips_cents"]
    assert summed(lines, "net", counts_as="prepaid") == 570_00
    assert summed(tenders, "amount") == sums("tenders", "tenders")["net_cents"]
    assert summed(lines, "total") + summed(lines, "sale_tip") + summed(lines, "sale_rounding") == summed(
        tenders, "amount"
    )
    [covered] = [row for row in lines if row["covered_by"]]
    assert (covered["covered_by"], covered["covered"], covered["net"]) == ("session", "90.00", "90.00")


def test_a_sale_of_nothing_but_a_tip_has_a_row(studio: Studio) -> None:
    studio.desk.at(TENTH).rings_up(tips=(tip(studio.bo, 5_00),)).pays(external=5_00)

    [row] = told(studio)
    assert (row["line"], row["net"], row["sale_tip"]) == ("", "0.00", "5.00")


def test_a_name_that_looks_like_a_formula_is_text_and_no_row_names_a_client(studio: Studio) -> None:
    who = Client.objects.create(id=uuid.uuid4(), name="Jo Reyes", created_at=NOW)
    evil = '=HYPERLINK("http://x")\x07'
    studio.desk.at(TENTH).rings_up(custom(evil, 5_00), client_id=who.pk).pays(external=5_00)

    [row] = told(studio)
    assert (row["name"], row["client"]) == ('\'=HYPERLINK("http://x")', str(who.pk))
    assert "Reyes" not in str(row)
    [_, cells] = workbook(SalesFile("lines", "xlsx", Asked(FEBRUARY, MARCH, (studio.location,))))
    assert (cells["Name"].value, cells["Name"].data_type) == ('=HYPERLINK("http://x")', "s")


def workbook(file: SalesFile) -> list[dict[str, Any]]:
    """The rows of the first sheet by the titles of its columns."""
    book = openpyxl.load_workbook(io.BytesIO(b"".join(file.pieces())))
    rows = list(book.worksheets[0].iter_rows())
    titles = [str(cell.value) for cell in rows[0]]
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_a_workbook_has_real_days_and_numbers_and_the_same_rows(studio: Studio) -> None:
    a_varied_month(studio)
    rows = workbook(SalesFile("lines", "xlsx", Asked(FEBRUARY, MARCH, (studio.location,))))[1:]

    assert [str(row["Sale"].value) for row in rows] == [row["sale"] for row in told(studio)]
    assert [round(row["Net"].value * 100) for row in rows] == [cents(row["net"]) for row in told(studio)]
    assert (rows[0]["Day"].value.date(), rows[0]["At (UTC)"].value) == (TENTH.date(), TENTH.replace(tzinfo=None))


def test_more_rows_than_a_sheet_takes_go_on_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_SHEET_ROWS", 2)
    columns = (Column("n", "N"),)

    for n, sheets in ((0, [1]), (2, [3]), (5, [3, 3, 2])):
        pieces = spreadsheets.as_xlsx(columns, (b"<row><c><v>%d</v></c></row>" % i for i in range(n)), title="Rows")
        book = openpyxl.load_workbook(io.BytesIO(b"".join(pieces)))
        assert [len(list(sheet.iter_rows())) for sheet in book.worksheets] == sheets


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_first_bytes_leave_before_the_last_row_is_read(form: str) -> None:
    read = 0

    def rows() -> Any:
        nonlocal read
        for n in range(50_000):
            read = n
            yield b"<row/>"

    columns = (Column("n", "N"),)
    write = spreadsheets.as_csv(columns, rows()) if form == "csv" else spreadsheets.as_xlsx(columns, rows(), title="N")
    next(piece for piece in write if piece)
    assert read < 1000


AWKWARD = (
    "=1+1",
    " @cmd",
    "＝full",
    "a \"quoted\" <b>&amp;</b> 'name'",
    "two\nlines\tand a tab",
    "back\\slash \\n \\. \\\\",
    "emoji 💆🏽‍♀️ é ü \u202e turned",
    "bell\x07 and \x1b escape",
    "%s %% %(name)s {0}",
    "comma, semicolon; -",
    "-5",
)


@pytest.mark.parametrize("what", ["lines", "tenders"])
def test_every_cell_says_what_it_says_when_it_is_made_by_hand(studio: Studio, what: str) -> None:
    a_varied_month(studio)
    later = studio.desk.at(TENTH).later(minutes=5)
    for name in AWKWARD:
        later.rings_up(custom(name, 5_00), tips=(tip(studio.bo, 1_00),)).tenders("external", reference=name[:60])
        later.completes()
    studio.desk.at(TENTH).later(minutes=6).rings_up(tips=(tip(studio.bo, 7),)).pays(external=7)
    asked = Asked(FEBRUARY, MARCH, (studio.location,))

    by_hand = list(sales_by_hand.rows(what, asked, using="default"))
    columns = sales.COLUMNS[what]
    said = [tuple(as_text(value, column.form) for column, value in zip(columns, row, strict=True)) for row in by_hand]
    assert [tuple(row.values()) for row in told(studio, what)] == said
    assert len(said) > len(AWKWARD)
    for row, values in zip(workbook(SalesFile(what, "xlsx", asked))[1:], by_hand, strict=True):
        for column, value in zip(columns, values, strict=True):
            assert in_a_cell(row[column.title].value) == expected(value, column), column.name


def in_a_cell(value: Any) -> Any:
    return value.isoformat(" ") if isinstance(value, dt.datetime) else "" if value is None else value


def expected(value: Any, column: Column) -> Any:
    """What openpyxl reads for the value."""
    match value:
        case None:
            return ""
        case int() if column.form == Form.MONEY:
            return value / 100
        case dt.datetime():
            return value.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0).isoformat(" ")
        case dt.date():
            return f"{value} 00:00:00"
        case str():
            return plain(value)
        case _:
            return value


def test_a_busy_day_takes_as_many_queries_as_a_quiet_one(studio: Studio) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connections["default"]) as taken:
            list(sales.rows("lines", Csv(), Asked(FEBRUARY, MARCH, (studio.location,)), using="default"))
        return len(taken)

    studio.desk.at(TENTH).rings_up(of("massage-oil")).pays(external=24_00)
    quiet = queries()
    for _ in range(5):
        studio.desk.at(TENTH).rings_up(of("massage-oil"), of("massage-oil")).pays(external=48_00)
    assert queries() == quiet


def test_the_page_gives_out_a_file_that_nobody_keeps_and_the_audit_log_knows_who_took_it(
    studio: Studio, books: Books
) -> None:
    a_varied_month(studio)

    assert books.opens(f"/exports/sales/?{DAYS}") == 200
    assert "Sales for spreadsheets" in books.says()
    assert books.opens(f"/exports/sales/file?{DAYS}&what=tenders&format=csv") == 200
    answer = books.answer
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="sales-tenders_2026-02-01_2026-02-28.csv"'
    assert "no-store" in answer["Cache-Control"]
    assert len(books.file().splitlines()) == len(told(studio, "tenders")) + 1
    noted = AuditRow.objects.get(action="sales_exported")
    assert (noted.actor.username, noted.after["file"]) == ("acca", "sales-tenders_2026-02-01_2026-02-28.csv")


def test_nobody_takes_what_they_may_not_see_or_what_there_is_not(studio: Studio, books: Books) -> None:
    there = beach()
    a_varied_month(studio)
    local = signed_on(person("lou", role="accountant", location=there))

    assert local.opens(f"/exports/sales/file?{DAYS}") == 200
    assert len(local.file().splitlines()) == 1
    assert local.opens(f"/exports/sales/file?{DAYS}&location=UPT") == 400
    assert signed_on(studio.desk_person).opens(f"/exports/sales/file?{DAYS}") == 403
    assert books.opens(f"/exports/sales/file?{DAYS}&what=clients") == 400
    assert books.opens(f"/exports/sales/file?{DAYS}&format=pdf") == 400


def test_the_command_writes_the_same_file(studio: Studio, tmp_path: Path) -> None:
    a_varied_month(studio)
    out = tmp_path / "lines.csv"
    asked = ("export_sales", "--what", "lines", "--format", "csv", "--from", "2026-02-01", "--out", str(out))
    call_command(*asked, "--to", "2026-02-28")

    assert out.read_bytes() == b"".join(SalesFile("lines", "csv", Asked(FEBRUARY, MARCH, (studio.location,))).pieces())
    for wrong in (("--to", "2026-01-31"), ("--to", "2026-02-28", "--location", "NIX")):
        with pytest.raises(CommandError):
            call_command(*asked, *wrong)
