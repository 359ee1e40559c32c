import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from ledger.accounts import Account
from ledger.journal import AlreadyReversed, Line, OutOfBalance, balance, balances, credit, debit, post, reverse
from ledger.models import Entry, Period, Posting
from ledger.periods import PeriodClosed, close
from tests.ledger.books import JANUARY, massage, oil, sell
from tests.racing import race

pytestmark = pytest.mark.django_db


def written(entry: Entry) -> list[tuple[str, int, int]]:
    return [
        (Account(posting.account).title, posting.amount_cents, posting.location_id)
        for posting in entry.postings.order_by("position")
    ]


def test_a_cash_sale_is_in_the_books_with_all_its_parts(place, anna):
    entry = sell(place, lines=massage(anna.pk))

    assert balances() == {
        "1010 Cash drawer": 155_74,
        "2100 Sales tax payable": -1_74,
        "2300 Tips payable": -20_00,
        "4010 Services": -110_00,
        "4020 Retail": -24_00,
    }
    assert balance(Account.TIPS, therapist=anna) == -20_00
    assert balance(Account.TIPS, entry__business_date__lt=dt.date(2026, 1, 30)) == 0
    assert (entry.business_date, entry.occurred_at, entry.created_at) == (dt.date(2026, 1, 30), JANUARY, JANUARY)


def test_a_line_keeps_every_dimension(place, beach, anna):
    client, drawer = uuid.uuid4(), uuid.uuid4()
    said = {
        "therapist_id": anna.pk,
        "category": "massage",
        "tender": "cash",
        "jurisdiction": "OH",
        "instrument": "gift_card:7",
        "client": client,
        "drawer_session": drawer,
    }

    sell(place, lines=[debit(Account.BANK, 5, location=beach, **said), credit(Account.BANK, 5, location=beach)])

    posting = Posting.objects.get(position=1)
    assert {name: getattr(posting, name) for name in said} == said
    assert posting.location == beach


def test_equal_lines_become_one_in_the_order_first_seen(place):
    entry = sell(
        place,
        lines=[
            credit(Account.RETAIL, 5_00, category="oil"),
            debit(Account.CASH_DRAWER, 7_00),
            credit(Account.RETAIL, 3_00, category="soap"),
            debit(Account.CASH_DRAWER, 4_00),
            credit(Account.RETAIL, 3_00, category="oil"),
        ],
    )

    assert written(entry) == [
        ("4020 Retail", -8_00, place.pk),
        ("1010 Cash drawer", 11_00, place.pk),
        ("4020 Retail", -3_00, place.pk),
    ]
    assert list(entry.postings.order_by("position").values_list("position", flat=True)) == [1, 2, 3]


def test_a_line_that_names_the_entrys_location_is_equal_to_one_that_names_none(place):
    entry = sell(place, lines=[*oil(5_00), debit(Account.CASH_DRAWER, 1, location=place), credit(Account.BANK, 1)])

    assert written(entry)[0] == ("1010 Cash drawer", 5_01, place.pk)


def test_lines_that_cancel_out_are_gone(place):
    entry = sell(place, lines=[*oil(), debit(Account.DISCOUNTS, 0), debit(Account.BANK, 5), credit(Account.BANK, 5)])

    assert written(entry) == [("1010 Cash drawer", 24_00, place.pk), ("4020 Retail", -24_00, place.pk)]


@pytest.mark.parametrize("lines", [[], [debit(Account.BANK, 0)], [debit(Account.BANK, 5), credit(Account.BANK, 5)]])
def test_without_amounts_there_is_no_entry(place, lines, django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(0):
        entry = post(key="free", kind="sale", location=place, occurred_at=JANUARY, now=JANUARY, lines=lines)

    assert entry is None


@pytest.mark.parametrize("cents", [1, -1])
def test_lines_out_of_balance_never_reach_the_database(place, cents, django_assert_num_queries):
    with pytest.raises(OutOfBalance), django_assert_num_queries(0):
        post(
            key="x",
            kind="sale",
            location=place,
            occurred_at=JANUARY,
            now=JANUARY,
            lines=[*oil(), debit(Account.BANK, cents)],
        )


def test_lines_balance_at_each_location_and_not_only_together(place, beach):
    lines = [debit(Account.GIFT_CARDS, 9_00, location=beach), credit(Account.SERVICES, 9_00)]

    with pytest.raises(OutOfBalance):
        sell(place, lines=lines)
    sell(
        place,
        lines=[*lines, credit(Account.DUE_TO_LOCATIONS, 9_00, location=beach), debit(Account.DUE_FROM_LOCATIONS, 9_00)],
    )

    assert balances(location=beach) == {"2200 Gift cards outstanding": 9_00, "2500 Due to locations": -9_00}


@pytest.mark.parametrize("amount", [10.0, "10"])
def test_cents_are_whole(amount):
    with pytest.raises(TypeError):
        Line(Account.BANK, amount)


def test_a_sale_costs_three_statements(place, anna, django_assert_num_queries):
    sell(place)

    with transaction.atomic(), django_assert_num_queries(3):
        post(key="sale:2", kind="sale", location=place, occurred_at=JANUARY, now=JANUARY, lines=massage(anna.pk))


def test_the_first_sale_of_a_month_opens_it(place):
    sell(place)

    assert list(Period.objects.values_list("month", "status")) == [(dt.date(2026, 1, 1), "open")]


def test_the_business_date_is_the_locations_unless_the_caller_knows_better(place, beach):
    night = dt.datetime(2026, 2, 1, 5, 0, 1, tzinfo=dt.UTC)

    assert sell(place, key="1", at=night).business_date == dt.date(2026, 2, 1)
    assert sell(beach, key="2", at=night).business_date == dt.date(2026, 1, 31)
    with transaction.atomic():
        entry = post(
            key="3",
            kind="sale",
            location=place,
            occurred_at=night,
            now=night,
            lines=oil(),
            business_date=dt.date(2026, 1, 15),
        )
    assert entry.business_date == dt.date(2026, 1, 15)


def test_the_same_event_is_not_posted_twice(place):
    sell(place)

    with pytest.raises(IntegrityError):
        sell(place)
    assert balance(Account.RETAIL) == -24_00


def test_a_void_is_the_exact_mirror(place, anna, now):
    sale = sell(place, lines=massage(anna.pk))

    with transaction.atomic():
        void = reverse(sale, key="void:1", kind="void", occurred_at=JANUARY, now=now, made_by=anna, memo="Wrong client")

    assert balances() == {}
    assert (void.reverses, void.original_date, void.made_by, void.memo) == (sale, None, anna, "Wrong client")
    names = ("position", "account", "location_id", "therapist_id", "category", "tender", "jurisdiction", "instrument")
    mirrored = list(void.postings.order_by("position").values_list("amount_cents", *names))
    original = sale.postings.order_by("position").values_list("amount_cents", *names)
    assert mirrored == [(-cents, *same) for cents, *same in original]


def test_nothing_is_reversed_twice(place, now):
    sale = sell(place)
    with transaction.atomic():
        reverse(sale, key="void:1", kind="void", occurred_at=now, now=now)

    with pytest.raises(AlreadyReversed, match="already been reversed"):
        reverse(sale, key="void:2", kind="void", occurred_at=now, now=now)

    assert balances() == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_of_two_voids_at_once_one_is_refused(place, now):
    sale = sell(place)

    def void(n: int) -> Entry:
        with transaction.atomic():
            return reverse(sale, key=f"void:{n}", kind="void", occurred_at=now, now=now)

    answers = race(6, void)

    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyReversed"] * 5 + ["Entry"]
    assert balances() == {}


def test_a_correction_of_a_closed_month_falls_on_the_first_open_day(place, owner):
    """Worked case T37, whole books."""
    first_of_february = dt.datetime(2026, 2, 1, 15, 0, tzinfo=dt.UTC)
    wrong = sell(place, lines=[debit(Account.CASH_DRAWER, 24_00), credit(Account.SERVICES, 24_00, category="massage")])
    close(dt.date(2026, 1, 1), by=owner, now=first_of_february)
    january = {"entry__business_date__lt": dt.date(2026, 2, 1)}
    closed_books = balances(**january)

    with pytest.raises(PeriodClosed) as refusal:
        reverse(wrong, key="fix:0", kind="correction", occurred_at=JANUARY, now=first_of_february)
    with transaction.atomic():
        mirror = reverse(wrong, key="fix:1", kind="correction", occurred_at=first_of_february, now=first_of_february)
        right = post(
            key="fix:2",
            kind="correction",
            location=place,
            occurred_at=first_of_february,
            now=first_of_february,
            lines=oil(),
            original_date=wrong.business_date,
        )

    assert refusal.value.code == "period_closed"
    assert balances() == {"1010 Cash drawer": 24_00, "4020 Retail": -24_00}
    assert balances(**january) == closed_books == {"1010 Cash drawer": 24_00, "4010 Services": -24_00}
    assert balances(entry__business_date=dt.date(2026, 2, 1)) == {"4010 Services": 24_00, "4020 Retail": -24_00}
    assert [entry.original_date for entry in (mirror, right)] == [dt.date(2026, 1, 30)] * 2
