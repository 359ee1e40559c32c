"""The sale screen beyond its three taps: who is here, tips, discounts, scanner, keyboard, and a bad connection."""

import gzip
import re

from django.utils import timezone
from playwright.sync_api import Response, Route, expect

from ledger.journal import balances
from pos.models import Item, Sale, Tip
from tests.browser.till import Till
from tests.browser.two_tablets import (
    MANAGERS_PIN,
    PIN,
    client,
    is_clean_in_both_themes,
    opens_the_day,
    scans,
    totals,
)
from tests.builders import item, of

LATER = re.compile(r"/offline(desk|pay|price|send|store)\.js$")
"""What the page fetches when it has been there for a while."""


def test_todays_clients_are_one_tap_away_and_gone_when_the_tablet_is_locked(till: Till) -> None:
    desk = till.studio.desk.at(timezone.now())
    desk.rings_up(of("massage-oil"), client_id=client(till.studio, "Maya Okafor").pk).pays(external=25_80)
    opens_the_day(till)
    till.counts_from_here()

    till.tap("recent-chip")

    expect(till.part("cart-client")).to_have_text("Maya Okafor")
    assert till.taps == 1
    till.tap("walk-in")
    expect(till.part("cart-client")).to_have_text("Walk-in")
    till.tap("lock")
    expect(till.part("lock-screen")).to_be_visible()
    assert "Okafor" not in till.page.content()
    till.signs_on(till.studio.desk_person, PIN)
    expect(till.part("recent-chip")).to_have_text("Maya Okafor")


def test_a_tip_is_split_among_therapists_and_can_be_changed_for_each(till: Till) -> None:
    opens_the_day(till)
    till.tap("item-ashiatsu-60")
    till.tap("item-deep-tissue-60")
    till.part("therapist").nth(1).click()
    till.tap(f"therapist-{till.studio.bo.pk}")
    totals(till, "210.00")
    assert till.part("tip").locator("[aria-pressed=true]").count() == 0
    till.tap("tip-20")
    expect(till.part("tip-shares")).to_have_text("Ana $22.00 · Bo $20.00")

    till.tap("tip-by")
    is_clean_in_both_themes(till)
    till.tap(f"tips-{till.studio.bo.pk}")
    for key in ("back", "back", "back", "back", "5", "00"):
        till.tap(f"key-{key}")
    till.tap("tips-apply")

    expect(till.part("tip-shares")).to_have_text("Ana $22.00 · Bo $5.00")
    totals(till, "237.00")
    till.tap_button("Cash $237")
    till.shows("No change")
    assert dict(Tip.objects.values_list("therapist__username", "amount_cents")) == {"ana": 22_00, "bo": 5_00}
    assert balances()["2300 Tips payable"] == -27_00


def test_a_small_service_asks_for_dollars_and_every_tip_chip_has_the_size_of_none(till: Till) -> None:
    item("hot-towel", 8_00, kind="addon")
    opens_the_day(till)
    till.tap("tab-addon")
    till.tap("item-hot-towel")
    totals(till, "8.00")

    till.tap("tip-$2")

    totals(till, "10.00")
    boxes = [chip.bounding_box() for chip in till.part("tip").get_by_role("button").all()]
    assert len({(round(box["width"]), round(box["height"])) for box in boxes if box}) == 1
    assert len(boxes) == 5
    till.tap("tip-none")
    totals(till, "8.00")


def test_a_discount_on_a_line_strikes_its_price_and_beyond_the_limit_asks_the_manager(till: Till) -> None:
    opens_the_day(till)
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")

    till.tap("line-open")
    is_clean_in_both_themes(till)
    till.tap("discount-10")
    till.tap("reason-goodwill")
    till.tap("discount-apply")
    totals(till, "99.00")
    expect(till.part("line-price")).to_have_text("Instead of $110.00 $99.00")
    expect(till.part("line-why")).to_have_text("10% off · Goodwill")

    till.tap("line-open")
    till.tap("discount-20")
    till.tap("discount-apply")
    till.shows("Approval needed")
    till.tap("sheet-close")
    till.shows("Not approved")
    totals(till, "99.00")

    till.tap("line-open")
    till.tap("discount-20")
    till.tap("discount-apply")
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)
    totals(till, "88.00")
    expect(till.part("line-why")).to_have_text("20% off · Goodwill · approved by Mara")
    till.tap("line-open")
    till.tap("line-remove")
    till.shows("Tap a treatment")


def test_a_scanner_sells_a_product_and_opens_a_receipt_from_anywhere(till: Till) -> None:
    Item.objects.filter(code="massage-oil").update(barcode="4006381333931")
    done = till.studio.desk.at(timezone.now()).rings_up(of("massage-oil")).pays(external=25_80)
    assert done.receipt
    opens_the_day(till)
    till.tap("nav-drawer")
    expect(till.part("drawer-screen")).to_be_visible()

    scans(till.page, "4006381333931")
    totals(till, "25.80")

    scans(till.page, done.receipt.title)
    expect(till.part("receipt")).to_contain_text(done.receipt.title)
    till.tap("nav-sale")
    scans(till.page, f"{till.page.url.split('/desk')[0]}/r/{done.receipt.token}")
    expect(till.part("receipt")).to_contain_text(done.receipt.title)

    scans(till.page, "GIFT-0000-UNKNOWN")
    expect(till.part("search-note")).to_have_text("Nothing is known by this code.")
    assert till.part("client-search").input_value() == "GIFT-0000-UNKNOWN"
    till.page.keyboard.press("Escape")
    till.part("tab-custom").click()
    till.part("custom-name").fill("x")
    scans(till.page, "4006381333931")
    totals(till, "25.80")


def test_a_sale_is_made_by_the_keyboard_alone(till: Till) -> None:
    client(till.studio, "Maya Okafor")
    opens_the_day(till)
    press, focused = till.page.keyboard.press, till.page.locator(":focus")
    press("?")
    expect(till.part("shortcuts-sheet")).to_be_visible()
    is_clean_in_both_themes(till)
    press("Escape")
    expect(till.part("shortcuts-sheet")).to_have_count(0)

    press("/")
    expect(till.part("client-search")).to_be_focused()
    till.page.keyboard.type("maya", delay=80)
    expect(till.part("client-row")).to_be_visible()
    till.enter()
    expect(till.part("cart-client")).to_have_text("Maya Okafor")
    for _ in range(9):
        if focused.get_attribute("data-test") == "item-ashiatsu-60":
            break
        press("Tab")
    press("ArrowRight")
    expect(till.part("item-deep-tissue-60")).to_be_focused()
    assert focused.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"
    press("ArrowLeft")
    till.enter()
    totals(till, "110.00")
    for _ in range(25):
        if focused.get_attribute("data-test") == "cash-exact":
            break
        press("Tab")
    till.enter()

    till.shows("No change")
    assert Sale.objects.get().status == "completed"


def test_an_offline_tablet_says_what_it_can_not_do_and_goes_on_by_itself(till: Till) -> None:
    opens_the_day(till)
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")
    till.page.context.set_offline(True)

    expect(till.part("offline")).to_contain_text("Offline.")
    till.tap("item-deep-tissue-60")
    till.shows("No connection")
    assert till.part("cash-exact").is_disabled()
    expect(till.part("offline")).to_contain_text("At most $200 a sale can be taken now.")

    till.page.context.set_offline(False)
    totals(till, "210.00")
    expect(till.part("offline")).to_have_count(0)


def test_a_slow_price_list_leaves_the_places_where_they_were_and_the_first_load_is_small(till: Till) -> None:
    sizes: list[int] = []

    def weigh(answer: Response) -> None:
        if "/static/" in answer.url and not LATER.search(answer.url):
            sizes.append(len(gzip.compress(answer.body())))

    till.page.on("response", weigh)
    opens_the_day(till)
    till.page.remove_listener("response", weigh)
    assert len(sizes) > 20
    assert sum(sizes) <= 150_000
    place = till.part("tiles").bounding_box()
    held: list[Route] = []
    till.page.route("**/api/v1/catalog", lambda route: held.append(route))

    till.page.reload()

    expect(till.part("skeleton")).to_be_visible()
    till.shows("Loading the price list…")
    till.page.unroute("**/api/v1/catalog")
    expect(till.part("tiles")).to_be_visible()
    assert till.part("tiles").bounding_box() == place
