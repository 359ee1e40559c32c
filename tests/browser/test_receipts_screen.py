"""The receipts screen by touch and by keyboard: finding a receipt, handing it out, giving money back."""

import datetime as dt

from django.utils import timezone
from playwright.sync_api import Route, expect

from ledger.journal import balances
from pos.basket import Basket
from pos.models import Receipt, Refund, Sale
from pos.qr import qr_of
from pos.receipts import address
from tests.browser.test_clients_screen import maya
from tests.browser.test_desk import MANAGERS_PIN, starts_the_day, violations
from tests.browser.till import Till
from tests.browser.two_tablets import scans
from tests.builders import TestDesk, of, tip


def desk_of(till: Till, *, days_ago: int = 0) -> TestDesk:
    return till.studio.desk.at(timezone.now() - dt.timedelta(days=days_ago))


def mixed_sale(till: Till) -> Basket:
    """A treatment and two bottles for Maya, with a tip; $100 by another terminal, the rest in cash."""
    lines = of("ashiatsu-60", by=till.studio.ana), of("massage-oil", quantity=2)
    rung = desk_of(till).rings_up(*lines, client_id=maya(till).pk, tips=(tip(till.studio.ana, 22_00),))
    return rung.pays(external=100_00, cash=83_60)


def at_the_receipts(till: Till) -> None:
    till.tap("nav-receipts")
    expect(till.part("receipts-screen")).to_be_visible()


def opens_the_first(till: Till) -> None:
    at_the_receipts(till)
    till.part("receipt-row").first.click()
    expect(till.part("receipt")).to_be_visible()


def manager_agrees(till: Till) -> None:
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)


def scans_receipt(till: Till, basket: Basket) -> None:
    scans(till.page, address(Receipt.objects.get(sale=basket.sale, refund=None)))


def test_receipts_are_listed_by_day_with_totals_and_states(till: Till) -> None:
    desk_of(till, days_ago=3).rings_up(of("deep-tissue-60", by=till.studio.bo)).pays(external=100_00)
    starts_the_day(till)
    at_the_receipts(till)
    till.shows("No receipts yet today.")
    desk = desk_of(till)
    bottles = desk.rings_up(of("massage-oil", quantity=2)).pays(cash=51_60)
    desk.refunds(bottles, (0, 1))
    undone = desk_of(till).rings_up(of("massage-oil")).pays(cash=25_80)
    desk.with_(till.studio.manager).voids(undone)
    desk.rings_up(of("deep-tissue-60", by=till.studio.bo)).parks("Red coat")

    till.tap("day-week")
    expect(till.part("receipt-row")).to_have_count(3)
    expect(till.part("day-total")).to_have_text(["1 sale · $25.80", "1 sale · $100.00"])
    expect(till.part("state")).to_have_text(["Voided", "Partly refunded"])
    till.tap("day-yesterday")
    till.shows("No receipts yesterday.")
    till.tap("day-open")
    expect(till.part("receipt-row")).to_contain_text("“Red coat”")
    expect(till.part("state")).to_have_text("Parked")
    till.page.reload()
    till.part("receipt-row").click()
    till.tap("resume")
    expect(till.part("total")).to_contain_text("100.00")


def test_a_receipt_is_found_by_number_amount_client_or_scanned_link(till: Till) -> None:
    starts_the_day(till)
    oil = desk_of(till).rings_up(of("massage-oil")).pays(cash=25_80)
    mixed_sale(till)
    at_the_receipts(till)
    expect(till.part("receipt-row")).to_have_count(2)
    search = till.part("receipt-search")
    for typed, title in (
        ("1", "UPT-000001"),
        ("UPT-000002", "UPT-000002"),
        ("25.80", "UPT-000001"),
        ("$183.60", "UPT-000002"),
        ("oka", "UPT-000002"),
    ):
        search.fill(typed)
        expect(till.part("receipt-row")).to_have_count(1)
        expect(till.part("receipt-row")).to_contain_text(title)
    search.fill("$9.99")
    till.shows("Nothing fits “$9.99”.")

    search.fill("")
    search.focus()
    scans_receipt(till, oil)
    expect(till.part("status")).to_have_text("UPT-000001")
    expect(search).to_have_value("")


def test_long_lists_come_in_parts(till: Till) -> None:
    starts_the_day(till)
    desk = desk_of(till)
    for _ in range(51):
        desk.sells_at_once(of("massage-oil"), cash=25_80)
    at_the_receipts(till)
    expect(till.part("receipt-row")).to_have_count(50)
    expect(till.part("day-total")).to_have_text("50 sales · $1,290.00 so far")
    till.tap("more-sales")

    expect(till.part("receipt-row")).to_have_count(51)
    expect(till.part("day-total")).to_have_text("51 sales · $1,315.80")
    expect(till.part("more-sales")).to_have_count(0)


def test_the_receipt_shows_its_code_and_is_handed_out(till: Till) -> None:
    starts_the_day(till)
    basket = mixed_sale(till)
    opens_the_first(till)
    for words in ("2 × Massage oil", "with Ana", "Tax OH-FRANKLIN", "Tip for Ana", "served by Dana", "Maya Okafor"):
        expect(till.part("receipt")).to_contain_text(words)
    code = till.part("qr")
    box = code.bounding_box()
    assert box is not None
    assert box["width"] >= 180
    assert box["y"] + box["height"] <= 820
    link = address(Receipt.objects.get(sale=basket.sale))
    assert code.locator("path").get_attribute("d") == qr_of(link).path

    till.tap("email")
    expect(till.part("email-address")).to_have_value("maya@example.com")
    till.tap("email-send")
    till.shows("On its way to maya@example.com.")
    till.tap("sheet-close")
    for copy in (False, True):
        with till.page.expect_popup() as popup:
            till.tap("print")
        popup.value.wait_for_url("**/r/**")
        assert popup.value.get_by_text("COPY", exact=True).count() == int(copy)
        popup.value.close()
    till.shows("this print says COPY")
    pdf = till.part("pdf").get_attribute("href")
    assert pdf is not None
    assert till.page.request.get(pdf).headers["content-type"] == "application/pdf"


def test_no_button_moves_under_the_finger_when_the_code_comes_late(till: Till) -> None:
    starts_the_day(till)
    mixed_sale(till)
    waiting: list[Route] = []
    till.page.route("**/api/v1/sales/*/receipt", lambda route: waiting.append(route))
    opens_the_first(till)
    expect(till.part("refund")).to_be_visible()
    without = {name: till.part(name).bounding_box() for name in ("refund", "void", "pdf")}

    for route in waiting:
        route.continue_()
    expect(till.part("qr")).to_be_visible()

    assert {name: till.part(name).bounding_box() for name in without} == without


def test_a_scanned_receipt_is_refunded_in_full_with_three_taps(till: Till) -> None:
    starts_the_day(till)
    basket = desk_of(till).rings_up(of("massage-oil")).pays(cash=25_80)
    till.counts_from_here()

    scans_receipt(till, basket)
    till.tap("refund")
    till.tap("reason-unhappy")
    till.tap_button("Refund $25.80 from the drawer")

    till.shows("Give back $25.80")
    assert till.taps == 3
    assert Refund.objects.get().sale == basket.sale
    assert balances()["1010 Cash drawer"] == 200_00


def test_a_part_goes_back_as_foretold_and_a_reload_forgets_nothing(till: Till) -> None:
    starts_the_day(till)
    mixed_sale(till)
    opens_the_first(till)
    till.tap("refund")
    expect(till.part("legs")).to_contain_text("$83.60 from the drawer")
    expect(till.part("legs")).to_contain_text("$78.00 back by other terminal")
    till.page.get_by_role("button", name="One less Ashiatsu 60").click()
    till.page.get_by_role("button", name="One less Massage oil").click()
    till.part("refund-tip").check()
    till.tap("reason-unhappy")
    expect(till.part("legs")).to_have_text("$47.80 from the drawer")
    till.page.reload()
    expect(till.part("legs")).to_have_text("$47.80 from the drawer")
    expect(till.part("refund-tip")).to_be_checked()
    till.page.get_by_role("button", name="Refund $47.80 from the drawer").dblclick()

    till.shows("Give back $47.80")
    till.shows("$47.80 from the drawer")
    refund = Refund.objects.get()
    assert (refund.net_cents, refund.tax_cents, refund.tip_cents) == (24_00, 1_80, 22_00)
    till.tap("done-next")
    expect(till.part("status")).to_contain_text("Partly refunded")
    expect(till.part("taken-back")).to_contain_text("by Dana")


def test_a_refund_whose_answer_was_lost_is_made_once_after_a_reload(till: Till) -> None:
    starts_the_day(till)
    desk_of(till).rings_up(of("massage-oil", quantity=2)).pays(cash=51_60)
    opens_the_first(till)
    till.tap("refund")
    till.page.get_by_role("button", name="One less Massage oil").click()
    till.tap("reason-unhappy")

    def lose_the_answer(route: Route) -> None:
        if "dry_run" in route.request.url:
            route.continue_()
        else:
            route.fetch()
            route.abort()

    till.page.route("**/refunds/**", lose_the_answer)
    till.tap_button("Refund $25.80 from the drawer")
    till.shows("No connection to the studio’s server.")
    assert Refund.objects.count() == 1
    till.page.unroute("**/refunds/**", lose_the_answer)
    till.tap_button("Refund $25.80 from the drawer")
    till.shows("Give back $25.80")
    assert Refund.objects.count() == 1


def test_a_void_says_what_goes_back_and_by_keyboard_alone(till: Till) -> None:
    starts_the_day(till)
    mixed_sale(till)
    at_the_receipts(till)
    till.part("receipt-row").focus()
    till.enter()
    till.part("void").focus()
    till.enter()
    expect(till.part("legs")).to_contain_text("$100.00 back by other terminal")
    till.part("reason-mistake").focus()
    till.enter()
    till.part("void-send").focus()
    till.enter()
    manager_agrees(till)

    till.shows("Give back $183.60")
    assert Sale.objects.get().status == Sale.Status.VOIDED
    till.enter()
    expect(till.part("status")).to_contain_text("Voided")
    expect(till.part("taken-back")).to_contain_text("approved by Mara")


def test_a_slow_server_is_said_after_two_seconds_and_back_goes_back(till: Till) -> None:
    starts_the_day(till)
    desk_of(till).rings_up(of("massage-oil")).pays(cash=25_80)
    opens_the_first(till)
    till.tap("refund")
    expect(till.part("refund-panel")).to_be_visible()
    till.page.go_back()
    expect(till.part("receipt")).to_be_visible()
    till.page.go_back()
    till.shows("Choose a sale to see its receipt.")

    waiting: list[Route] = []
    till.page.route("**/api/v1/sales/?**", lambda route: waiting.append(route))
    till.tap("day-week")
    till.shows("The server is slow. Still waiting…")
    for route in waiting:
        route.continue_()
    expect(till.part("receipt-row")).to_have_count(1)


def test_the_receipts_screen_is_free_of_accessibility_violations_in_both_themes(till: Till) -> None:
    starts_the_day(till)
    desk = desk_of(till)
    undone = desk.rings_up(of("massage-oil")).pays(cash=25_80)
    desk.with_(till.studio.manager).voids(undone)
    mixed_sale(till)
    opens_the_first(till)
    expect(till.part("qr")).to_be_visible()
    till.page.emulate_media(reduced_motion="reduce")
    for what in ("receipt", "refund", "void"):
        if what != "receipt":
            till.tap(what)
            expect(till.part("legs")).to_be_visible()
        for theme in ("light", "dark"):
            till.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            assert violations(till) == []
        if what != "receipt":
            till.tap("keep-sale")
