"""Sales put aside and taken up, by one tablet and by two at once (R9)."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Route, expect

from ledger.journal import balances
from pos.models import Price, Sale, SaleDiscount, Tip
from tests.browser.till import Till
from tests.browser.two_tablets import (
    MANAGERS_PIN,
    client,
    is_clean_in_both_themes,
    opens_the_day,
    second_tablet,
    totals,
)
from tests.builders import custom, of, percent_off, tip


def test_a_sale_is_parked_under_its_clients_name_and_undone_by_one_tap_each(till: Till) -> None:
    client(till.studio, "Maya Okafor")
    opens_the_day(till)
    till.part("client-search").fill("maya")
    till.tap("client-row")
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")
    till.counts_from_here()

    till.tap("park")
    expect(till.part("toast")).to_contain_text("Parked: Maya Okafor · $110.00")
    expect(till.part("parked-chip")).to_contain_text("Maya Okafor")
    till.shows("Tap a treatment")
    assert (till.taps, Sale.objects.get().status) == (1, "parked")

    till.tap("park-undo")
    totals(till, "110.00")
    expect(till.part("cart-client")).to_have_text("Maya Okafor")
    expect(till.part("parked-chip")).to_have_count(0)
    assert (till.taps, Sale.objects.get().status) == (2, "open")


def test_a_bouncing_finger_does_nothing_twice_and_a_parked_walk_in_can_be_given_a_name(till: Till) -> None:
    opens_the_day(till)
    till.tap("tab-retail")
    till.part("item-massage-oil").dblclick()
    totals(till, "25.80")
    till.part("park").dblclick()
    expect(till.part("parked-chip")).to_contain_text("Walk-in · Massage oil")

    till.tap("park-label")
    till.part("park-words").fill("Blue jacket")
    is_clean_in_both_themes(till)
    till.tap("label-save")

    expect(till.part("parked-chip")).to_contain_text("Blue jacket")
    assert (Sale.objects.get().label, Sale.objects.get().status) == ("Blue jacket", "parked")


def test_everything_of_a_parked_sale_comes_back_and_new_prices_are_said(till: Till) -> None:
    studio = till.studio
    desk = studio.desk.at(timezone.now() - dt.timedelta(days=3))
    desk.rings_up(
        of("ashiatsu-60", by=studio.ana, discount=percent_off("10", "goodwill")),
        of("deep-tissue-60", by=studio.bo),
        of("massage-oil", quantity=2),
        custom("Sheet", 5_00),
        client_id=client(studio, "Maya Okafor").pk,
        discounts=(percent_off("2", "promotion"),),
        tips=(tip(studio.ana, 30_00), tip(studio.bo, 5_00)),
    ).parks("after lunch")
    Price.objects.filter(item__code="deep-tissue-60").update(price_cents=120_00)
    opens_the_day(till)
    expect(till.part("parked-chip")).to_contain_text("parked 3 days ago")

    till.tap("parked-chip")

    expect(till.part("notice")).to_have_text("Prices have changed since it was parked: Deep tissue 60 $100 → $120.")
    expect(till.part("line")).to_have_count(4)
    expect(till.part("line-why")).to_have_text("10% off · Goodwill")
    expect(till.part("tip-shares")).to_have_text("Ana $30.00 · Bo $5.00")
    expect(till.part("discount")).to_contain_text("Discount 2% Promotion")
    expect(till.part("cart-client")).to_have_text("Maya Okafor")
    sale = Sale.objects.get()
    assert (sale.status, sale.lines.count(), sale.tip_cents) == ("open", 4, 35_00)
    assert sorted(SaleDiscount.objects.values_list("percent", flat=True)) == [2, 10]
    assert sorted(Tip.objects.values_list("amount_cents", flat=True)) == [5_00, 30_00]


def test_taking_up_another_sale_parks_the_one_in_the_cart(till: Till) -> None:
    desk = till.studio.desk.at(timezone.now() - dt.timedelta(minutes=5))
    desk.rings_up(of("massage-oil")).parks("Oil for Sam")
    opens_the_day(till)
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")

    till.part("parked-chip").dblclick()

    totals(till, "25.80")
    expect(till.part("parked-chip")).to_have_count(1)
    expect(till.part("parked-chip")).to_contain_text("Ashiatsu 60")
    assert sorted(Sale.objects.values_list("status", flat=True)) == ["open", "parked"]

    till.page.reload()
    totals(till, "25.80")
    till.tap_button("Cash $25.80")
    till.shows("No change")
    assert balances()["4020 Retail"] == -24_00


def test_a_sale_that_is_open_on_another_tablet_is_taken_over_and_the_other_one_is_told(
    till: Till, browser: Browser
) -> None:
    opens_the_day(till)
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")
    with second_tablet(till, browser, till.studio.manager, MANAGERS_PIN) as back:
        expect(back.part("open-chip")).to_contain_text("open on Front tablet, Dana · $110.00")
        back.tap("open-chip")
        back.shows("This is open on Front tablet")
        back.shows("Dana opened it")
        is_clean_in_both_themes(back)
        back.tap("take-over")
        totals(back, "110.00")

        till.tap("item-deep-tissue-60")
        till.shows("Back tablet has this sale now")
        till.shows("Mara changed it on Back tablet; it comes to $110.00 now.")
        is_clean_in_both_themes(till)
        till.tap("leave-sale")
        till.shows("Tap a treatment")
        till.tap("undo")
        totals(till, "210.00")

        back.tap("pay-external")
        back.shows("Paid $110.00")
    sales = Sale.objects.order_by("opened_at").values_list("status", "list_cents")
    assert list(sales) == [("completed", 110_00), ("open", 210_00)]


def test_a_sale_that_the_other_tablet_takes_money_for_is_left_to_it(till: Till) -> None:
    desk = till.studio.managers_desk.at(timezone.now())
    opens_the_day(till)
    desk.rings_up(of("massage-oil")).tenders("external", amount_cents=10_00)
    till.page.reload()

    till.tap("open-chip")
    till.tap("take-over")

    till.shows("Money is being taken for this sale on this tablet.")
    assert Sale.objects.get().status == "open"


def test_a_parked_sale_that_another_tablet_took_up_a_moment_ago_is_not_taken_away_unasked(till: Till) -> None:
    desk = till.studio.managers_desk.at(timezone.now())
    desk.rings_up(of("massage-oil")).parks("Sam")
    opens_the_day(till)
    expect(till.part("parked-chip")).to_be_visible()
    desk.changes(of("massage-oil"))

    till.tap("parked-chip")
    till.shows("Mara opened it")
    till.tap("leave-it")

    till.shows("Tap a treatment")
    assert (Sale.objects.get().status, Sale.objects.get().opened_by) == ("open", till.studio.manager)


@pytest.mark.parametrize("loses", ["the request", "the answer"])
def test_a_lost_connection_while_parking_loses_nothing(till: Till, loses: str) -> None:
    opens_the_day(till)
    till.tap("item-deep-tissue-60")
    totals(till, "100.00")

    def lose(route: Route) -> None:
        if loses == "the answer":
            route.fetch()
        route.abort()

    till.page.route("**/park", lose)
    till.tap("park")
    till.shows("No connection to the studio’s server.")
    expect(till.part("line")).to_have_count(1)
    till.page.unroute("**/park")
    till.page.reload()

    if loses == "the answer":
        till.shows("This sale is parked now.")
        till.tap("parked-chip")
    totals(till, "100.00")
    assert Sale.objects.get().status == "open"
