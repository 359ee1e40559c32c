"""The network is cut at every step of a cash sale: the desk goes on, and each sale comes in once (R11)."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Route, expect

from ledger.journal import balances
from pos.asked import AskedSale
from pos.models import OfflineSale, Sale
from pos.pricing import context, list_prices, price, suggest_tips
from studio.devices import new_pairing_code, pair
from tests.books import books_are_clean
from tests.browser.conftest import IMPATIENT
from tests.browser.looking import Looker
from tests.browser.test_desk import starts_the_day
from tests.browser.till import Till
from tests.builders import Studio, item, of, tax

READY = "navigator.serviceWorker.ready.then(() => caches.keys()).then((names) => names.length)"
KEPT = (
    "async () => (await import('/static/pos/offlinestore.js')).factsOf('desk').then((facts) => Boolean(facts?.terms))"
)


@pytest.fixture
def away(studio: Studio, live_server: Any, browser: Browser, settings: Any) -> Iterator[Till]:
    """A paired tablet that may keep the page; an expected failure to reach the server is no complaint."""
    settings.SITE_URL = live_server.url
    now = timezone.now()
    _, token = pair(code=new_pairing_code(studio.device, now=now), now=now)
    context = browser.new_context(viewport={"width": 1180, "height": 820}, base_url=live_server.url)
    context.add_init_script(IMPATIENT)
    context.add_cookies([{"name": settings.DEVICE_COOKIE_NAME, "value": token, "url": live_server.url}])
    till = Till(context.new_page(), studio)
    yield till
    context.close()
    assert till.complaints == []


def is_ready(till: Till) -> None:
    """The tablet has kept the page, the price list and the terms."""
    assert till.page.evaluate(READY) == 1
    till.page.wait_for_function(KEPT)


def goes_offline(till: Till) -> None:
    till.page.context.set_offline(True)


def comes_back(till: Till, *, sales: int) -> None:
    """The network is there again, and by itself the desk sends what waits."""
    till.page.context.set_offline(False)
    expect(till.part("waiting-sales")).to_have_count(0)
    assert OfflineSale.objects.filter(status="accepted").count() == sales
    books_are_clean(now=timezone.now())


def sells_a_treatment_offline(till: Till) -> None:
    till.tap("item-ashiatsu-60")
    till.tap("tip-20")
    till.tap_button("Cash $140")
    till.shows("Change $8.00")
    till.shows("number follows")
    till.tap("done-next")


def test_a_tablet_that_opens_without_network_sells_for_cash_and_sends_it_later(away: Till) -> None:
    till = away
    starts_the_day(till)
    is_ready(till)

    goes_offline(till)
    till.page.reload()
    expect(till.part("offline")).to_contain_text("Cash only, at list prices, up to $200 a sale.")
    sells_a_treatment_offline(till)
    expect(till.part("waiting-sales")).to_have_text("1 sale waits")
    till.tap("tab-retail")
    till.tap("item-massage-oil")
    expect(till.part("total")).to_contain_text("25.80")
    till.page.reload()
    expect(till.part("waiting-sales")).to_have_text("1 sale waits")
    till.tap("cash-exact")
    till.shows("Paid $25.80")
    till.tap("done-next")
    expect(till.part("waiting-sales")).to_have_text("2 sales wait")
    looker = Looker(till.page)
    till.tap("item-ashiatsu-60")
    looker.looks_at("selling-offline")
    assert looker.faults == []

    till.part("clear").click()
    comes_back(till, sales=2)
    assert balances() == {
        "1010 Cash drawer": 200_00 + 132_00 + 25_80,
        "1020 Cash safe": -200_00,
        "2100 Sales tax payable": -1_80,
        "2300 Tips payable": -22_00,
        "4010 Services": -110_00,
        "4020 Retail": -24_00,
    }


def test_the_network_goes_between_the_lines_and_the_cash_and_with_the_answer(away: Till) -> None:
    till = away
    starts_the_day(till)
    is_ready(till)

    till.tap("item-deep-tissue-60")
    expect(till.part("total")).to_contain_text("100.00")
    goes_offline(till)
    till.tap("cash-exact")
    till.tap("finish-offline")
    till.shows("Paid $100.00")
    till.tap("done-next")
    comes_back(till, sales=1)

    till.tap("item-ashiatsu-60")
    expect(till.part("total")).to_contain_text("110.00")
    lost: list[int] = []

    def loses_the_answer(route: Route) -> None:
        if route.request.method == "PUT" and '"complete":true' in (route.request.post_data or ""):
            lost.append(route.fetch().status)
            goes_offline(till)
            route.abort()
        else:
            route.fallback()

    till.page.route("**/api/v1/sales/*", loses_the_answer)
    till.tap("cash-exact")
    till.tap("finish-offline")
    till.shows("Paid $110.00")
    assert lost == [200]
    till.page.unroute("**/api/v1/sales/*")
    till.tap("done-next")
    comes_back(till, sales=2)

    assert Sale.objects.filter(status="completed").count() == 2
    assert balances()["1010 Cash drawer"] == 200_00 + 210_00


def test_sending_is_cut_at_every_step_and_two_tabs_send_at_once(away: Till) -> None:
    till = away
    starts_the_day(till)
    is_ready(till)
    goes_offline(till)
    for _ in range(3):
        sells_a_treatment_offline(till)
    expect(till.part("waiting-sales")).to_have_text("3 sales wait")
    steps: list[str] = []

    def cuts(route: Route) -> None:
        """The first request never arrives, the second one's answer does not; then all is well."""
        steps.append(route.request.url)
        if len(steps) == 2:
            assert route.fetch().status == 201
        route.abort() if len(steps) <= 2 else route.fallback()

    till.page.context.route("**/api/v1/offline-sales/*-*", cuts)
    till.page.context.set_offline(False)
    other = till.page.context.new_page()
    other.goto("/desk/#sale")

    comes_back(till, sales=3)
    expect(other.locator('[data-test="waiting-sales"]')).to_have_count(0)
    assert len(steps) >= 4
    assert balances()["1010 Cash drawer"] == 200_00 + 3 * 132_00


def test_the_tablet_reckons_as_the_server_does(away: Till) -> None:
    """Tax and tips of many sales, inclusive and exclusive, per sale and per line, to the cent."""
    till, studio = away, away.studio
    tax(studio.location, "service", ("OH", "0.0575"), ("OH-FRANKLIN", "0.01"))
    item("hot-towel", 15_05, kind="addon")
    dice = random.Random(11)
    cases = [one_case(dice, studio) for _ in range(120)]
    till.opens()

    found = till.page.evaluate(RECKON, [case for case, _ in cases])

    assert found == [expected for _, expected in cases]


RECKON = """async (cases) => {
  const { priceAway } = await import("/static/pos/offlineprice.js");
  return cases.map(({ cart, catalog, terms }) => {
    const { sale } = priceAway(cart, { catalog, terms });
    const tips = sale.tip_suggestions.map(({ shares }) => shares.map((one) => one.amount_cents));
    return [sale.tax_cents, sale.total_cents, tips];
  });
}"""


def one_case(dice: random.Random, studio: Studio) -> tuple[dict[str, Any], list[Any]]:
    """A cart as the tablet has it, and what the server makes of it."""
    place = studio.location
    place.prices_include_tax = dice.random() < 0.5
    place.tax_rounding = dice.choice(["invoice", "item"])
    goods = {"ashiatsu-60": 110_00, "deep-tissue-60": 100_00, "hot-towel": 15_05, "massage-oil": 24_00}
    chosen = [
        (code, dice.randint(1, 4), dice.choice([studio.ana, studio.bo])) for code in dice.choices(list(goods), k=4)
    ]
    chosen = [(code, count, studio.ana if code == "ashiatsu-60" else by) for code, count, by in chosen]
    asked = AskedSale(
        lines=tuple(of(code, by=None if code == "massage-oil" else by, quantity=count) for code, count, by in chosen)
    )
    at = context(asked, location=place, on=place.business_date(timezone.now()))
    sale = Sale(location=place)
    lines = list_prices(asked, sale=sale, at=at)
    price(asked, sale=sale, lines=lines, at=at)
    rates = [("retail", "OH-FRANKLIN", "0.075"), ("service", "OH", "0.0575"), ("service", "OH-FRANKLIN", "0.01")]
    assert all(Decimal(rate) for _, _, rate in rates)
    case = {
        "cart": {
            "lines": [
                {"key": str(n), "item": code, "quantity": count, "therapist": None if code == "massage-oil" else by.pk}
                for n, (code, count, by) in enumerate(chosen)
            ],
            "discounts": [],
            "tip": None,
        },
        "catalog": {
            "items": [
                {
                    "code": line.item.code,
                    "name": line.name,
                    "kind": line.category,
                    "tax_category": line.tax_category,
                    "price_cents": line.unit_cents,
                    "is_available": True,
                }
                for line in lines
                if line.item
            ],
            "tip_percents": [18, 20, 25],
            "therapists": [],
        },
        "terms": {
            "rates": [{"tax_category": name, "jurisdiction": place, "rate": rate} for name, place, rate in rates],
            "prices_include_tax": place.prices_include_tax,
            "tax_rounding": place.tax_rounding,
            "cash_rounding": "none",
            "most_cents": 100_000_00,
        },
    }
    total = sum(line.net_cents + line.tax_cents for line in lines)
    shares = [[cents for _, cents in one.shares] for one in suggest_tips(lines)]
    return case, [sum(line.tax_cents for line in lines), total, shares]
