"""The files for other books, as ACCOUNTING 8.1 to 8.6 prints them for the sale of worked case T01."""

import csv
import datetime as dt
import io
import json
import re
import zipfile

import pytest

from accounting.exports import formats, mapping
from accounting.exports.selecting import Range
from ledger.accounts import Account
from ledger.journal import balances, credit, debit
from ledger.models import Posting
from tests.accounting.exporting import (
    at,
    cash_sale,
    exports,
    first_file,
    kept,
    names,
    posts,
)
from tests.builders import Studio, beach

SECOND = Range(dt.date(2026, 1, 2), dt.date(2026, 1, 3))
IMPORTED = ("quickbooks-online", "quickbooks-desktop", "xero", "sage-50", "sage-intacct")
GOLDEN = {
    "quickbooks-online": """\
JournalNo,JournalDate,AccountName,Debits,Credits,Description,Name,Location,Class
UPT-20260102-S-0007,01/02/2026,Cash:Drawer Uptown,155.74,,Cash tendered less change,,Uptown,
UPT-20260102-S-0007,01/02/2026,Massage Services,,110.00,Services,,Uptown,
UPT-20260102-S-0007,01/02/2026,Retail Sales,,24.00,Retail,,Uptown,
UPT-20260102-S-0007,01/02/2026,Sales Tax Payable - POS,,1.74,Sales tax OH-FRANKLIN,,Uptown,
UPT-20260102-S-0007,01/02/2026,Tips Payable,,20.00,Tips,,Uptown,
""",
    "quickbooks-desktop": """\
!TRNS	TRNSID	TRNSTYPE	DATE	ACCNT	NAME	CLASS	AMOUNT	DOCNUM	MEMO
!SPL	SPLID	TRNSTYPE	DATE	ACCNT	NAME	CLASS	AMOUNT	DOCNUM	MEMO
!ENDTRNS
TRNS		GENERAL JOURNAL	01/02/2026	Cash:Drawer Uptown		Uptown	155.74	U260102-007	Cash tendered less change
SPL		GENERAL JOURNAL	01/02/2026	Massage Services		Uptown	-110.00	U260102-007	Services
SPL		GENERAL JOURNAL	01/02/2026	Retail Sales		Uptown	-24.00	U260102-007	Retail
SPL		GENERAL JOURNAL	01/02/2026	Sales Tax Payable - POS		Uptown	-1.74	U260102-007	Sales tax OH-FRANKLIN
SPL		GENERAL JOURNAL	01/02/2026	Tips Payable		Uptown	-20.00	U260102-007	Tips
ENDTRNS
""",
    "xero": """\
*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2
UPT-20260102-S-0007 Daily sales Uptown,2 Jan 2026,Cash tendered less change,1010,Tax Exempt (0%),155.74,\
Location,Uptown,,
UPT-20260102-S-0007 Daily sales Uptown,2 Jan 2026,Services,4010,Tax Exempt (0%),-110.00,Location,Uptown,,
UPT-20260102-S-0007 Daily sales Uptown,2 Jan 2026,Retail,4020,Tax Exempt (0%),-24.00,Location,Uptown,,
UPT-20260102-S-0007 Daily sales Uptown,2 Jan 2026,Sales tax OH-FRANKLIN,2100,Tax Exempt (0%),-1.74,Location,Uptown,,
UPT-20260102-S-0007 Daily sales Uptown,2 Jan 2026,Tips,2300,Tax Exempt (0%),-20.00,Location,Uptown,,
""",
    "sage-50": """\
Date,Reference,Number of Distributions,G/L Account,Description,Amount
01/02/26,UPT-20260102-S-0007,5,1010,Cash tendered less change,155.74
01/02/26,UPT-20260102-S-0007,5,4010,Services,-110.00
01/02/26,UPT-20260102-S-0007,5,4020,Retail,-24.00
01/02/26,UPT-20260102-S-0007,5,2100,Sales tax OH-FRANKLIN,-1.74
01/02/26,UPT-20260102-S-0007,5,2300,Tips,-20.00
""",
    "sage-intacct": """\
JOURNAL,DATE,DESCRIPTION,REFERENCE_NO,LINE_NO,ACCT_NO,LOCATION_ID,DEPT_ID,MEMO,DEBIT,CREDIT
POSJ,01/02/2026,Daily sales Uptown 0007,UPT-20260102-S-0007,1,1010,UPT,,Cash tendered less change,155.74,
,,,,2,4010,UPT,,Services,,110.00
,,,,3,4020,UPT,,Retail,,24.00
,,,,4,2100,UPT,,Sales tax OH-FRANKLIN,,1.74
,,,,5,2300,UPT,,Tips,,20.00
""",
}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", IMPORTED)
def test_the_seventh_sale_of_the_day_is_written_as_printed(studio: Studio, slug: str) -> None:
    names(slug)
    for _ in range(6):
        cash_sale(studio.location, studio.ana, on=at(2))
    exports(slug)
    cash_sale(studio.location, studio.ana, on=at(2))

    assert first_file(exports(slug)) == GOLDEN[slug]


@pytest.mark.django_db
def test_sales_of_a_day_are_one_entry_with_the_number_of_the_first(studio: Studio) -> None:
    names("quickbooks-online")
    for _ in range(3):
        cash_sale(studio.location, studio.ana, on=at(2))

    batch = exports("quickbooks-online")

    assert first_file(batch).splitlines()[1:3] == [
        "UPT-20260102-S-0001,01/02/2026,Cash:Drawer Uptown,467.22,,Cash tendered less change,,Uptown,",
        "UPT-20260102-S-0001,01/02/2026,Massage Services,,330.00,Services,,Uptown,",
    ]
    assert (batch.number, batch.entries, batch.lines, batch.debits_cents) == ("QBO-2026-01-0001", 3, 5, 467_22)


@pytest.mark.django_db
def test_each_event_is_an_entry_of_its_own_where_that_is_asked_for(studio: Studio) -> None:
    names("xero")
    for _ in range(2):
        cash_sale(studio.location, studio.ana, on=at(2))

    rows = list(csv.reader(io.StringIO(first_file(exports("xero", grain="event")))))

    assert [row[0] for row in rows[1::5]] == ["UPT-20260102-S-0001 Sale 1 Uptown", "UPT-20260102-S-0002 Sale 2 Uptown"]


@pytest.mark.django_db
def test_sales_cards_payouts_and_adjustments_are_entries_apart(studio: Studio) -> None:
    names("xero")
    place = studio.location
    cash_sale(place, studio.ana, on=at(2))
    posts(place, debit(Account.PROCESSING_FEES, 425), credit(Account.STRIPE, 425), on=at(2), kind="card_fee")
    posts(place, debit(Account.CASH_SAFE, 100_00), credit(Account.CASH_DRAWER, 100_00), on=at(2), kind="drawer_close")
    for payout in ("po_1", "po_2"):
        posts(
            place,
            debit(Account.BANK, 151_49, instrument=payout),
            credit(Account.STRIPE_IN_TRANSIT, 151_49, instrument=payout),
            on=at(2),
            kind="payout_arrived",
        )

    rows = list(csv.reader(io.StringIO(first_file(exports("xero")))))

    assert list(dict.fromkeys(row[0] for row in rows[1:])) == [
        "UPT-20260102-S-0001 Daily sales Uptown",
        "UPT-20260102-C-0001 Card movements Uptown",
        "UPT-20260102-A-0001 Adjustments Uptown",
        "UPT-20260102-P-0001 Stripe payout Uptown",
        "UPT-20260102-P-0002 Stripe payout Uptown",
    ]
    assert rows[-1][2:6] == ["Payout po_2", "1060", "Tax Exempt (0%)", "-151.49"]


@pytest.mark.django_db
def test_an_entry_between_locations_is_one_entry_at_each(studio: Studio) -> None:
    names("quickbooks-online")
    other = beach()
    posts(
        studio.location,
        debit(Account.GIFT_CARDS, 50_00, location=other),
        credit(Account.DUE_TO_LOCATIONS, 50_00, location=other),
        debit(Account.DUE_FROM_LOCATIONS, 50_00),
        credit(Account.SERVICES, 50_00, category="treatment"),
        on=at(2),
    )

    rows = list(csv.reader(io.StringIO(first_file(exports("quickbooks-online")))))

    assert [(row[0], row[2], row[3], row[4], row[7]) for row in rows[1:]] == [
        ("BCH-20260102-S-0001", "Gift cards outstanding", "50.00", "", "Beach"),
        ("BCH-20260102-S-0001", "Due to locations", "", "50.00", "Beach"),
        ("UPT-20260102-S-0001", "Due from locations", "50.00", "", "Uptown"),
        ("UPT-20260102-S-0001", "Massage Services", "", "50.00", "Uptown"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("slug", formats.writers())
@pytest.mark.parametrize("grain", ["day", "event"])
def test_the_totals_of_every_format_are_those_of_the_ledger(studio: Studio, slug: str, grain: str) -> None:
    names(slug)
    other = beach()
    for day in range(1, 29):
        cash_sale(studio.location, studio.ana, on=at(day), times=day)
        cash_sale(other, studio.bo, on=at(day))
        posts(other, debit(Account.REFUNDS, 333), credit(Account.CASH_DRAWER, 333), on=at(day), kind="refund")

    manifest = json.loads(kept(exports(slug, grain=grain))["manifest.json"])

    found = {title: sums["debits_cents"] - sums["credits_cents"] for title, sums in manifest["accounts"].items()}
    assert found == balances()
    assert sum(sums["debits_cents"] for sums in manifest["accounts"].values()) == sum(
        Posting.objects.filter(amount_cents__gt=0).values_list("amount_cents", flat=True)
    )


@pytest.mark.django_db
def test_the_lines_for_other_books_come_to_the_balances_of_the_ledger(studio: Studio) -> None:
    names("xero")
    for day in range(1, 29):
        cash_sale(studio.location, studio.ana, on=at(day), times=day)
        posts(studio.location, debit(Account.REFUNDS, 333), credit(Account.CASH_DRAWER, 333), on=at(day), kind="refund")

    sums: dict[str, int] = {}
    for name, contents in kept(exports("xero")).items():
        if name.endswith(".csv"):
            for row in list(csv.reader(io.StringIO(contents.decode())))[1:]:
                title = Account(int(row[3])).title
                sums[title] = sums.get(title, 0) + int(row[5].replace(".", ""))

    assert sums == balances()


@pytest.mark.django_db
def test_files_are_split_between_entries_and_never_within_one(studio: Studio) -> None:
    names("xero")
    for _ in range(61):
        cash_sale(studio.location, studio.ana, on=at(2))

    files = kept(exports("xero", grain="event"))

    assert list(files) == ["XRO-2026-01-0001.csv", "XRO-2026-01-0001-2.csv", "manifest.json"]
    assert [contents.count(b"\n") for contents in files.values()][:2] == [301, 6]


@pytest.mark.django_db
def test_what_was_taken_back_the_same_day_leaves_no_line(studio: Studio) -> None:
    names("quickbooks-online")
    cash_sale(studio.location, studio.ana, on=at(2))
    cash_sale(studio.location, studio.ana, on=at(2), times=-1)

    batch = exports("quickbooks-online")

    assert list(kept(batch)) == ["manifest.json"]
    assert (batch.entries, batch.lines, batch.debits_cents) == (2, 0, 0)


NASTY = '=HYPERLINK("http://x")\r\n\t"Up, town" – café 🧘\u202e'


@pytest.mark.django_db
@pytest.mark.parametrize("slug", formats.writers())
def test_no_name_of_a_location_becomes_a_formula_or_another_line(studio: Studio, slug: str) -> None:
    names(slug)
    studio.location.name = NASTY
    studio.location.save()
    studio.business.name = NASTY
    studio.business.save()
    posts(
        studio.location,
        debit(Account.CASH_DRAWER, 5_00, instrument="@SUM(A1)\n"),
        credit(Account.SALES_TAX, 5_00, jurisdiction="-1+cmd|' /C calc'!A0"),
        on=at(2),
    )

    files = kept(exports(slug))

    for name, contents in files.items():
        if name.endswith((".csv", ".iif")):
            assert contents.count(b"\n") == (6 if name.endswith(".iif") else 3)
            assert not any(sign in contents for sign in (b"\x09=", b",=", b",@", b",+", "\u202e".encode()))
        if name.endswith((".csv",)) and "journal_lines" not in name:
            rows = list(csv.reader(io.StringIO(contents.decode("cp1252" if "sage" in slug else "utf-8"))))
            assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.django_db
def test_cells_for_people_are_guarded_and_amounts_stay_numbers(studio: Studio) -> None:
    studio.business.name = "=1+1"
    studio.business.save()
    cash_sale(studio.location, studio.ana, on=at(2))

    files = kept(exports("csv"))

    guarded = files["CSV-2026-01-0001.journal_lines.excel.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(guarded)))
    assert {row["entity"] for row in rows} == {"'=1+1"}
    assert [(row["debit"], row["credit"], row["amount_cents"]) for row in rows[:2]] == [
        ("155.74", "", "15574"),
        ("", "110.00", "-11000"),
    ]
    assert files["CSV-2026-01-0001.journal_lines.excel.csv"].startswith(b"\xef\xbb\xbf")
    assert not files["CSV-2026-01-0001.journal_lines.csv"].startswith(b"\xef\xbb\xbf")


@pytest.mark.django_db
def test_a_posting_says_all_about_itself_but_no_clients_name(studio: Studio) -> None:
    entry = cash_sale(studio.location, studio.ana, on=at(2))

    text = kept(exports("csv"))["CSV-2026-01-0001.journal_lines.csv"].decode()
    row = list(csv.DictReader(io.StringIO(text)))[1]

    assert {name: value for name, value in row.items() if value} == {
        "entity": "Massage Escape",
        "batch_no": "CSV-2026-01-0001",
        "entry_no": "1",
        "event_key": entry.key,
        "event_type": "sale",
        "business_date": "2026-01-02",
        "occurred_at_utc": "2026-01-02T17:00:00.000000Z",
        "posted_at_utc": f"{entry.created_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "location_code": "UPT",
        "line_no": "2",
        "account_code": "4010",
        "account_name": "Services",
        "credit": "110.00",
        "amount_cents": "-11000",
        "currency": "USD",
        "therapist_code": str(studio.ana.pk),
        "category": "treatment",
        "document_no": "UPT-20260102-S-0001",
        "memo": "Sale 1",
    }


@pytest.mark.django_db
def test_long_location_codes_still_make_numbers_of_21_characters(studio: Studio) -> None:
    names("quickbooks-online")
    studio.location.code = "UPTOWN"
    studio.location.save()
    cash_sale(studio.location, studio.ana, on=at(2))

    assert first_file(exports("quickbooks-online")).splitlines()[1].startswith("UPTOWN-260102-S-0001,")


def test_every_writer_can_be_given_its_own_suggestions() -> None:
    trouble = {
        (slug, account.value): why
        for slug, writer in formats.writers().items()
        for account in Account
        if (why := writer.trouble_with(writer.suggested(account).replace("{location}", "Uptown")))
    }

    assert trouble == {}


@pytest.mark.django_db
def test_two_locations_with_one_first_letter_have_short_numbers_of_their_own(studio: Studio) -> None:
    names("quickbooks-desktop")
    other = beach()
    other.code, other.name = "UNI", "University"
    other.save()
    cash_sale(studio.location, studio.ana, on=at(2))
    cash_sale(other, studio.ana, on=at(2))

    lines = first_file(exports("quickbooks-desktop")).splitlines()

    assert {line.split("\t")[8] for line in lines[3:] if "\t" in line} == {"U260102-001", "N260102-001"}
    assert mapping.unmapped(mapping.destination_of("quickbooks-desktop"), Account) == []


@pytest.mark.django_db
def test_the_workbook_has_text_as_text_amounts_as_numbers_and_control_totals(studio: Studio) -> None:
    studio.business.name = "=1+1"
    studio.business.save()
    cash_sale(studio.location, studio.ana, on=at(2))

    with zipfile.ZipFile(io.BytesIO(kept(exports("xlsx"))["XLS-2026-01-0001.xlsx"])) as book:
        sheets = [book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2)]
        names_of_sheets = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())

    assert names_of_sheets == ["Journal lines", "Control"]
    assert not any("<f>" in sheet for sheet in sheets)
    assert all('state="frozen"' in sheet for sheet in sheets)
    assert sheets[0].count("=1+1") == 5
    assert re.findall(r'<c r="M2"[^>]*><v>([^<]+)</v>', sheets[0]) == ["155.74"]
    assert re.findall(r'<c r="B[678]"[^>]*><v>([^<]+)</v>', sheets[1]) == ["155.74", "155.74", "5"]
