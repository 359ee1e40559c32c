"""The accountant's pages: who sees them, what an address can ask, where figures lead, what stands around them."""

import datetime as dt
import uuid

import pytest
from django.db import connections
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounting import ranges
from accounting.kinds import reports
from ledger.models import Entry
from pos.models import Client
from studio.models import Staff
from tests.accounting.office import DAY, Books, a_day, signed_on
from tests.builders import NOW, Studio, beach, custom, of, person
from tests.giftcards.cards import card_for, card_of

EVERY = ["/reports/", *(f"/reports/{slug}/" for slug in ("sales", "trial-balance", "entries", "exceptions"))]


@pytest.fixture
def books(studio: Studio) -> Books:
    """The accountant's, who sees the books everywhere."""
    return signed_on(person("acca", role="accountant"))


# Who sees them -------------------------------------------------------------------------------------------------------


def test_whoever_is_not_signed_on_is_asked_to(studio: Studio) -> None:
    for path in EVERY:
        answer = Browser().get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_whoever_may_not_see_the_books_gets_nothing(studio: Studio) -> None:
    for staff in (studio.manager, studio.desk_person):
        assert [signed_on(staff).opens(path) for path in EVERY] == [403] * len(EVERY)


def test_somebody_of_one_location_sees_only_that(studio: Studio) -> None:
    a_day(studio)
    there = beach()
    local = signed_on(person("lou", role="accountant", location=there))
    entry = Entry.objects.first()
    assert entry is not None

    for slug in reports():
        assert local.opens(f"/reports/{slug}/{DAY}") == 200
        assert "UPT" not in local.says(), slug
        assert "Uptown" not in local.says(), slug
        assert "110.00" not in local.says(), slug
    assert local.opens(f"/reports/sales/{DAY}&location=UPT") == 400
    assert "no such location among those whose books you see" in local.says()
    assert local.opens(f"/reports/entries/{entry.pk}/") == 404


def test_no_client_is_named(studio: Studio, books: Books) -> None:
    client = Client.objects.create(id=uuid.uuid4(), name="Maya Okafor", created_at=NOW)
    desk = studio.desk
    desk.opens_drawer(100_00)
    desk.rings_up(of("ashiatsu-60", by=studio.ana), client_id=client.pk).pays(cash=110_00)
    entries = Entry.objects.values_list("pk", flat=True)

    for path in [*(f"/reports/{slug}/{DAY}" for slug in reports()), *(f"/reports/entries/{key}/" for key in entries)]:
        assert books.opens(path) == 200, path
        assert "Maya" not in books.answer.content.decode(), path


# What is asked -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("?from=2026-03-02&to=2026-03-01", "to : The range ends on 2026-03-01 before it begins on 2026-03-02."),
        ("?from=2026-03-02", "to : Say both days of the range: from and to."),
        ("?to=2026-03-02", "from : Say both days of the range: from and to."),
        ("?from=2025-01-01&to=2026-03-02", "to : A range has 400 days at most; this one has 426."),
        ("?from=02.03.2026&to=2026-03-02", "from : A day is written like 2026-10-01."),
        ("?from=2026-02-30&to=2026-03-02", "from : A day is written like 2026-10-01."),
        ("?from=9999-12-31&to=9999-12-31", "from : A day lies between the years 2000 and 2099."),
        ("?preset=fortnight", "preset : There is no such preset"),
        ("?preset=today&from=2026-03-02&to=2026-03-02", "preset : Ask either for a preset or for days of your own."),
        ("?location=XXX", "location : There is no such location among those whose books you see."),
        ("?compare=next", "compare : Only the range before can be compared with"),
        ("?therpist=3", "therpist : “therpist” is nothing that can be asked here."),
        ("?account=4011", "account : “4011” is nothing that account can be."),
        ("?therapist=x", "therapist : “x” is nothing that therapist can be."),
        ("?session=7", "session : “7” is nothing that drawer session can be."),
        ("?account=4010&account=4020", "account : “account” is said more than once."),
    ],
)
def test_what_can_not_be_meant_is_told_with_its_field(books: Books, asked: str, told: str) -> None:
    assert books.opens(f"/reports/entries/{asked}") == 400
    assert told in books.says()


def test_empty_parts_of_an_address_are_as_good_as_none(books: Books) -> None:
    assert books.opens(f"/reports/entries/{DAY}&therapist=&account=") == 200


def test_there_is_no_report_of_another_name(books: Books) -> None:
    assert books.opens("/reports/nothing/") == 404


def test_an_accountant_begins_with_last_month(books: Books) -> None:
    books.opens("/reports/sales/")
    today = dt.datetime.now(dt.UTC).date()
    assert any(ranges.told(ranges.of("last_month", day)) in books.says() for day in (today, today - ranges.DAY))


def test_presets_mean_what_people_say() -> None:
    monday = dt.date(2026, 3, 2)
    assert {name: ranges.told(ranges.of(name, monday)) for name in ranges.PRESETS} == {
        "today": "2 Mar 2026",
        "yesterday": "1 Mar 2026",
        "this_week": "2 Mar – 8 Mar 2026",
        "last_week": "23 Feb – 1 Mar 2026",
        "this_month": "1 Mar – 31 Mar 2026",
        "last_month": "1 Feb – 28 Feb 2026",
        "this_quarter": "1 Jan – 31 Mar 2026",
        "last_quarter": "1 Oct – 31 Dec 2025",
        "this_year": "1 Jan – 31 Dec 2026",
        "last_year": "1 Jan – 31 Dec 2025",
    }


def test_the_range_before_months_is_as_many_months_and_before_days_as_many_days() -> None:
    def before(first: dt.date, after: dt.date) -> str:
        return ranges.told(ranges.before((first, after)))

    assert before(dt.date(2026, 3, 1), dt.date(2026, 4, 1)) == "1 Feb – 28 Feb 2026"
    assert before(dt.date(2026, 1, 1), dt.date(2026, 4, 1)) == "1 Oct – 31 Dec 2025"
    assert before(dt.date(2026, 3, 2), dt.date(2026, 3, 9)) == "23 Feb – 1 Mar 2026"


def test_the_range_before_stands_under_the_sum_with_the_change(studio: Studio, books: Books) -> None:
    a_day(studio)
    desk = studio.desk.later(days=1)
    session = desk.opens_drawer(250_45)
    desk.rings_up(of("ashiatsu-60", by=studio.ana)).pays(cash=110_00)
    desk.closes_drawer(session, 360_45)

    books.opens("/reports/sales/?from=2026-03-03&to=2026-03-03&compare=prev")
    now, before, change = books.named()[-3:]
    assert [(row["Day"], row["Net sales"]) for row in (now, before, change)] == [
        ("Total", "110.00"),
        ("2 Mar 2026", "130.00"),
        ("Change", "−15.4 %"),
    ]


# What stands there ---------------------------------------------------------------------------------------------------


def test_the_index_says_what_each_report_answers(books: Books) -> None:
    assert books.opens("/reports/") == 200
    for report in reports().values():
        assert report.title in books.says()
        assert report.meaning in books.says()
        assert f"/reports/{report.slug}/" in books.links()


def test_every_report_opens_and_says_by_which_clock_and_policy(studio: Studio, books: Books) -> None:
    a_day(studio)
    for slug, report in reports().items():
        assert books.opens(f"/reports/{slug}/{DAY}") == 200
        for said in (
            report.title,
            "2 Mar 2026",
            "America/New_York · business day ends at midnight",
            "How it is counted",
        ):
            assert said in books.says(), (slug, said)


def test_the_sales_of_a_day_stand_in_its_row_and_add_up(studio: Studio, books: Books) -> None:
    a_day(studio)
    books.opens(f"/reports/sales/{DAY}")
    row, total = books.named()
    told = {name: cell for name, cell in row.items() if cell not in ("0.00", "0")}
    assert told == {
        "Day": "Mon 2 Mar 2026",
        "Location": "UPT",
        "Sales": "1",
        "Services": "110.00",
        "Retail": "24.00",
        "Discounts": "−4.00",
        "Net sales": "130.00",
        "Tax": "1.45",
        "Tips": "20.00",
        "Collected": "151.45",
        "Cash": "151.45",
        "First receipt": "UPT-000001",
        "Last receipt": "UPT-000001",
        "Z": "1",
        "Expected in drawers": "251.45",
        "Counted": "250.45",
        "Over/short": "−1.00",
    }
    assert total["Collected"] == "151.45"


def test_a_voided_sale_leaves_nothing_but_its_count(studio: Studio, books: Books) -> None:
    desk = studio.managers_desk
    desk.opens_drawer(100_00)
    desk.voids(desk.rings_up(of("ashiatsu-60", by=studio.ana)).pays(cash=110_00))

    books.opens(f"/reports/sales/{DAY}")
    row = books.named()[0]
    assert {name: cell for name, cell in row.items() if cell not in ("0.00", "0", "")} == {
        "Day": "Mon 2 Mar 2026",
        "Location": "UPT",
        "Sales": "1",
        "Voids": "1",
        "First receipt": "UPT-000001",
        "Last receipt": "UPT-000001",
    }
    assert "Nothing stands in Services, Retail," in books.says()


def test_a_gift_card_sold_used_in_part_and_given_back_counts_what_is_left_of_each(studio: Studio, books: Books) -> None:
    desk = studio.managers_desk
    sold = desk.rings_up(card_for(50_00)).pays(external=50_00)
    desk.rings_up(custom("Mat", 20_00)).tenders("gift_card", instrument=str(card_of(sold).pk))
    desk.completes()
    desk.refunds(sold, (0, 1))

    books.opens(f"/reports/sales/{DAY}")
    row = books.named()[0]
    names = ("Gift cards sold", "Gift cards used", "Retail", "Net sales", "Collected", "Other terminal")
    assert [row[name] for name in names] == ["20.00", "−20.00", "20.00", "20.00", "20.00", "20.00"]


def test_a_figure_leads_to_its_postings_and_those_to_the_whole_entry(studio: Studio, books: Books) -> None:
    a_day(studio)
    books.opens(f"/reports/sales/{DAY}")
    assert books.opens(next(link for link in books.links() if link.endswith("account=4010"))) == 200
    line, total = books.named()
    assert (line["Event"], line["Account"], line["Therapist"], line["Credit"]) == (
        "Sale",
        "4010 Services",
        "Ana",
        "110.00",
    )
    assert (total["Debit"], total["Credit"]) == ("0.00", "110.00")

    assert books.opens(next(link for link in books.links() if "/reports/entries/" in link and "?" not in link)) == 200
    assert [(row["Account"], row["Debit"] or f"−{row['Credit']}") for row in books.named()] == [
        ("1010 Cash drawer", "151.45"),
        ("4010 Services", "−110.00"),
        ("4020 Retail", "−24.00"),
        ("4900 Discounts and promotions", "4.00"),
        ("2100 Sales tax payable", "−1.45"),
        ("2300 Tips payable", "−20.00"),
        ("Total", "155.45"),
    ]
    assert "UPT-000001" in books.says()


def test_only_who_may_see_clients_is_led_to_the_receipt(studio: Studio, books: Books) -> None:
    sold = a_day(studio)
    entry = Entry.objects.get(key=f"sale:{sold.sale.pk}")
    owner = signed_on(studio.owner)
    Staff.objects.filter(pk=studio.owner.pk).update(is_superuser=True)
    for somebody, is_led in ((books, False), (owner, True)):
        somebody.opens(f"/reports/entries/{entry.pk}/")
        assert any(link.startswith("/r/") for link in somebody.links()) is is_led


def test_the_trial_balance_comes_to_zero_and_leads_to_the_ledger(studio: Studio, books: Books) -> None:
    a_day(studio)
    books.opens(f"/reports/trial-balance/{DAY}")
    *rows, total = books.named()
    assert {row["Account"]: row["Closing"] for row in rows} == {
        "1010": "250.45",
        "1020": "−100.00",
        "2100": "−1.45",
        "2300": "−20.00",
        "4010": "−110.00",
        "4020": "−24.00",
        "4900": "4.00",
        "6050": "1.00",
    }
    assert (total["Opening"], total["Debits"], total["Closing"]) == ("0.00", total["Credits"], "0.00")

    books.opens(
        next(link for link in books.links() if link.endswith("general-ledger/" + DAY + "&location=UPT&account=1010"))
    )
    assert [(row["Debit"], row["Credit"], row["Balance"]) for row in books.named()] == [
        ("100.00", "", "100.00"),
        ("151.45", "", "251.45"),
        ("", "1.00", "250.45"),
        ("251.45", "1.00", "250.45"),
    ]


def test_a_ledger_goes_on_from_what_was_there_before(studio: Studio, books: Books) -> None:
    a_day(studio)
    desk = studio.desk.later(days=1)
    desk.opens_drawer(250_45)
    desk.rings_up(of("deep-tissue-60", by=studio.bo)).pays(cash=100_00)

    books.opens("/reports/general-ledger/?from=2026-03-03&to=2026-03-03&account=4010")
    assert [(row["Event"], row["Credit"], row["Balance"]) for row in books.named()] == [
        ("Opening balance", "", "−110.00"),
        ("Sale", "100.00", "−210.00"),
        ("", "100.00", "−210.00"),
    ]


def test_the_x_says_what_an_open_drawer_should_hold(studio: Studio, books: Books) -> None:
    desk = studio.managers_desk
    desk.opens_drawer(100_00)
    sold = desk.rings_up(of("ashiatsu-60", by=studio.ana)).pays(cash=110_00)
    desk.refunds(sold, (0, 1))
    desk.rings_up(of("deep-tissue-60", by=studio.bo)).pays(cash=100_00)

    books.opens("/reports/open-drawers/")
    row = books.named()[0]
    assert {name: row[name] for name in ("Drawer", "Float", "Cash from sales", "Given back", "Should hold")} == {
        "Drawer": "Front",
        "Float": "100.00",
        "Cash from sales": "210.00",
        "Given back": "−110.00",
        "Should hold": "200.00",
    }


def test_what_was_taken_back_stands_under_the_exceptions_with_who_and_why(studio: Studio, books: Books) -> None:
    desk = studio.managers_desk
    session = desk.opens_drawer(100_00)
    desk.refunds(desk.rings_up(of("ashiatsu-60", by=studio.ana)).pays(cash=110_00), (0, 1))
    desk.closes_drawer(session, 90_00, note="a ten is missing")

    books.opens(f"/reports/exceptions/{DAY}")
    lines = [row[2:8] for row in books.rows() if len(row) == 8 and row[0] != "When"]
    assert sorted((kind, amount, by) for kind, _, amount, by, _, _ in lines) == [
        ("Drawer differences", "−10.00", "Mara"),
        ("Refunds", "110.00", "Mara"),
    ]
    assert "a ten is missing" in books.says()
    assert books.opens(f"/reports/exceptions/{DAY}&exception=void") == 200
    assert "Nothing fell into this range." in books.says()


@pytest.mark.parametrize(
    ("slug", "most"),
    [("sales", 11), ("trial-balance", 8), ("entries", 12), ("general-ledger", 9), ("exceptions", 18), ("late", 7)],
)
def test_a_page_asks_no_more_the_more_there_is(studio: Studio, books: Books, slug: str, most: int) -> None:
    a_day(studio)
    first = _queries(books, f"/reports/{slug}/{DAY}")
    desk = studio.desk.later(minutes=5)
    desk.opens_drawer(250_45)
    for _ in range(3):
        desk.rings_up(of("ashiatsu-60", by=studio.ana)).pays(cash=110_00)
    assert _queries(books, f"/reports/{slug}/{DAY}") == first
    assert first <= most


def _queries(books: Books, path: str) -> int:
    with CaptureQueriesContext(connections["default"]) as seen:
        assert books.opens(path) == 200
    return len(seen)


def test_nothing_is_kept_by_the_browser_or_on_the_way(books: Books) -> None:
    books.opens("/reports/sales/")
    assert "no-store" in books.answer["Cache-Control"]
