"""What can be put on a sale: catalogue items at the price of the day, and custom amounts (R7, R9)."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.journal import balances
from pos.asked import AskedLine
from pos.models import Item, Price, Sale
from pos.wares import NotForSale, NotQualified
from studio.refusal import BadInput
from tests.books import books_are_clean
from tests.builders import NOW, Studio, TestDesk, beach, custom, item, of, person

TODAY = dt.date(2026, 3, 2)
TOMORROW = TODAY + dt.timedelta(days=1)


def test_what_the_catalogue_does_not_know_is_not_for_sale(desk: TestDesk) -> None:
    with pytest.raises(NotForSale, match="“crystal” is not in the catalogue"):
        desk.rings_up(of("massage-oil"), of("crystal"))

    assert not Sale.objects.exists()


def test_a_withdrawn_item_is_not_for_sale(desk: TestDesk) -> None:
    Item.objects.filter(code="massage-oil").update(is_available=False)

    with pytest.raises(NotForSale, match="Massage oil is not for sale here today"):
        desk.rings_up(of("massage-oil"))


def test_an_item_that_has_a_price_only_elsewhere_is_not_for_sale_here(studio: Studio) -> None:
    shell = Item.objects.create(code="shell", name="Shell", kind="retail", tax_category="retail")
    Price.objects.create(item=shell, location=beach(), price_cents=5_00, starts_on=TODAY)

    with pytest.raises(NotForSale, match="Shell is not for sale here today"):
        studio.desk.rings_up(of("shell"))


def test_a_price_that_starts_tomorrow_sells_nothing_today(desk: TestDesk) -> None:
    balm = Item.objects.create(code="balm", name="Balm", kind="retail", tax_category="retail")
    Price.objects.create(item=balm, price_cents=5_00, starts_on=TOMORROW)

    with pytest.raises(NotForSale, match="Balm is not for sale here today"):
        desk.rings_up(of("balm"))

    assert desk.later(days=1).rings_up(of("balm")).last.due_cents == 5_00


def test_a_new_price_counts_from_its_first_day(desk: TestDesk) -> None:
    oil = Item.objects.get(code="massage-oil")
    Price.objects.create(item=oil, price_cents=26_00, starts_on=TODAY)
    Price.objects.create(item=oil, price_cents=28_00, starts_on=TOMORROW)

    days = [desk.later(days=days).rings_up(of("massage-oil")).last for days in (-1, 0, 1)]

    assert [basket.due_cents for basket in days] == [24_00, 26_00, 28_00]


def test_the_day_of_a_price_is_the_locations_own_day(desk: TestDesk) -> None:
    Price.objects.create(item=Item.objects.get(code="massage-oil"), price_cents=26_00, starts_on=TODAY)
    midnight_in_new_york = dt.datetime(2026, 3, 2, 5, 0, tzinfo=dt.UTC)

    before, after = (
        desk.at(midnight_in_new_york + dt.timedelta(seconds=seconds)).rings_up(of("massage-oil")).last.due_cents
        for seconds in (-1, 0)
    )

    assert (before, after) == (24_00, 26_00)


def test_a_locations_own_price_beats_a_newer_general_one(studio: Studio) -> None:
    oil = Item.objects.get(code="massage-oil")
    Price.objects.create(item=oil, location=studio.location, price_cents=20_00, starts_on=TODAY - dt.timedelta(days=9))
    Price.objects.create(item=oil, location=beach(), price_cents=40_00, starts_on=TODAY)
    Price.objects.create(item=oil, price_cents=30_00, starts_on=TODAY)

    assert studio.desk.rings_up(of("massage-oil")).last.due_cents == 20_00


def test_a_sale_keeps_the_price_at_which_it_was_rung_up(desk: TestDesk) -> None:
    desk.rings_up(of("massage-oil"))
    Price.objects.filter(item__code="massage-oil").update(price_cents=99_00)

    assert desk.pays(external=24_00).sale.total_cents == 24_00


def test_an_item_may_be_free(desk: TestDesk) -> None:
    item("sample", 0, kind="retail", tax="retail")

    sale = desk.rings_up(of("sample", quantity=3)).completes()

    assert (sale.sale.status, sale.sale.total_cents, sale.receipt.title) == ("completed", 0, "UPT-000001")
    assert balances() == {}
    books_are_clean()


def test_a_treatment_names_its_therapist_and_a_product_need_not(studio: Studio) -> None:
    item("hot-stones", 15_00, kind="addon")

    for service in ("deep-tissue-60", "hot-stones"):
        with pytest.raises(BadInput, match="therapist: Say who gives"):
            studio.desk.rings_up(of(service))
    alone, recommended = studio.desk.rings_up(of("massage-oil"), of("massage-oil", by=studio.bo)).last.lines

    assert (alone.therapist, recommended.therapist) == (None, studio.bo)


def test_a_treatment_that_asks_for_a_training_is_given_by_who_has_it(studio: Studio) -> None:
    with pytest.raises(NotQualified, match="Bo is not trained for Ashiatsu 60"):
        studio.desk.rings_up(of("ashiatsu-60", by=studio.bo))

    assert studio.desk.rings_up(of("ashiatsu-60", by=studio.ana)).last.lines[0].therapist == studio.ana


def test_who_left_or_is_no_therapist_gives_no_treatment(studio: Studio) -> None:
    gone = person("gus", is_therapist=True, is_active=False)
    nobody = AskedLine(kind="item", item="deep-tissue-60", therapist_id=10**9)

    for line in (of("deep-tissue-60", by=gone), of("deep-tissue-60", by=studio.desk_person), nobody):
        with pytest.raises(BadInput, match="therapist: This therapist does not work here"):
            studio.desk.rings_up(line)


@pytest.mark.parametrize("quantity", [-1, 0, 1000])
def test_a_quantity_is_between_1_and_999(desk: TestDesk, quantity: int) -> None:
    with pytest.raises(BadInput, match="quantity: A quantity is between 1 and 999"):
        desk.rings_up(of("massage-oil", quantity=quantity))

    assert desk.rings_up(of("massage-oil", quantity=999)).last.due_cents == 999 * 24_00


@pytest.mark.parametrize("cents", [None, -1, 0, 100_000_01])
def test_a_custom_amount_is_between_a_cent_and_a_hundred_thousand_dollars(desk: TestDesk, cents: int | None) -> None:
    with pytest.raises(BadInput, match=r"amount_cents: A custom amount is between \$0\.01 and \$100,000"):
        desk.rings_up(AskedLine(kind="custom", name="Gift basket", unit_cents=cents))

    assert desk.rings_up(custom("A crumb", 1), custom("A car", 100_000_00)).last.due_cents == 100_000_01


@pytest.mark.parametrize("name", ["", "   "])
def test_a_custom_amount_says_what_it_is_for(desk: TestDesk, name: str) -> None:
    with pytest.raises(BadInput, match="name: Say what the custom amount is for"):
        desk.rings_up(custom(name, 5_00))


def test_a_custom_amount_is_taxed_as_something_that_exists(desk: TestDesk) -> None:
    with pytest.raises(BadInput, match="tax_category"):
        desk.rings_up(custom("Gift basket", 5_00, tax_category="groceries"))


def test_a_custom_service_is_income_of_its_therapist_and_custom_goods_are_retail(studio: Studio) -> None:
    hour = AskedLine(
        kind="custom", name=" House call ", unit_cents=150_00, tax_category="service", therapist_id=studio.bo.pk
    )

    sale = studio.desk.rings_up(hour, custom("Basket", 30_00)).pays(external=180_00)

    assert [(line.name, line.category, line.therapist) for line in sale.lines] == [
        ("House call", "custom", studio.bo),
        ("Basket", "custom", None),
    ]
    assert balances() == {
        "1120 External terminal clearing": 180_00,
        "4010 Services": -150_00,
        "4020 Retail": -30_00,
    }


def test_there_is_no_other_kind_of_line(desk: TestDesk) -> None:
    with pytest.raises(BadInput, match="kind: There is no kind of line called “miracle”"):
        desk.rings_up(AskedLine(kind="miracle", name="Water to wine"))


def test_a_sale_has_at_most_two_hundred_lines(desk: TestDesk) -> None:
    with pytest.raises(BadInput, match="lines: A sale has at most 200 lines"):
        desk.rings_up(*[of("massage-oil")] * 201)

    full = desk.rings_up(*[of("massage-oil")] * 200).pays(external=200 * 24_00)

    assert [line.position for line in full.lines] == list(range(200))


def test_pricing_two_hundred_lines_asks_the_database_as_often_as_pricing_two(studio: Studio) -> None:
    def statements(times: int) -> int:
        lines = [of("ashiatsu-60", by=studio.ana), of("massage-oil"), custom("Basket", 5_00)] * times
        with CaptureQueriesContext(
            connection,
        ) as asked:
            studio.desk.at(NOW).rings_up(*lines, sale_id=uuid.uuid4())
        return len([query for query in asked if query["sql"].startswith("SELECT")])

    assert statements(1) == statements(60)
