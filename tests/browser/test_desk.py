"""The desk's job by touch, in a real browser, with its taps counted (UX "How taps are counted")."""

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from ledger.journal import balances
from pos.models import DrawerSession, Refund, Sale
from studio.devices import new_pairing_code
from studio.models import Device
from tests.browser.till import Till
from tests.builders import of

PIN, MANAGERS_PIN = "739164", "615283"
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def starts_the_day(till: Till, *, float_cents: int = 200_00) -> DrawerSession:
    """Somebody is signed on and the tablet's drawer is open."""
    session = till.studio.desk.at(timezone.now()).opens_drawer(float_cents)
    till.opens()
    till.signs_on(till.studio.desk_person, PIN)
    return session


def test_a_tablet_is_paired_with_the_code_from_the_back_office(till: Till) -> None:
    device = Device.objects.create(name="Second tablet", location=till.studio.location)
    code = new_pairing_code(device, now=timezone.now())
    till.page.context.clear_cookies()

    till.opens()
    till.part("pair-code").fill(code.lower())
    if till.part("pair-send").is_visible():
        till.tap("pair-send")

    expect(till.part("lock-screen")).to_be_visible()
    till.shows("Massage Escape")


def test_a_wrong_pin_says_so_and_the_right_one_opens_the_desk(till: Till) -> None:
    till.opens()
    till.page.get_by_role("button", name="Dana").click()
    till.page.keyboard.type("111111")
    till.shows("4 tries")

    for digit in PIN:
        till.page.keyboard.press(digit)

    expect(till.part("sale-screen")).to_be_visible()


def test_a_treatment_with_a_tip_for_cash_takes_three_taps(till: Till) -> None:
    starts_the_day(till)
    till.counts_from_here()

    till.tap("item-ashiatsu-60")
    till.tap("tip-20")
    till.tap_button("Cash $140")

    till.shows("Change $8.00")
    assert till.taps == 3
    assert balances() == {
        "1010 Cash drawer": 332_00,
        "1020 Cash safe": -200_00,
        "4010 Services": -110_00,
        "2300 Tips payable": -22_00,
    }
    till.tap("done-next")
    till.shows("Tap a treatment")


def test_a_refund_takes_five_taps_and_a_managers_pin(till: Till) -> None:
    desk = till.studio.desk.at(timezone.now())
    session = starts_the_day(till)
    desk.rings_up(of("deep-tissue-60", by=till.studio.bo)).pays(cash=100_00)
    till.counts_from_here()

    till.tap("nav-receipts")
    till.part("receipt-row").first.click()
    till.tap("refund")
    till.tap("reason-unhappy")
    till.tap("refund-send")
    assert till.taps == 5
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)

    till.shows("Give back $100.00")
    assert Refund.objects.get().approver == till.studio.manager
    assert balances()["1010 Cash drawer"] == session.float_cents


def test_closing_the_drawer_takes_three_taps_and_the_digits(till: Till) -> None:
    session = starts_the_day(till, float_cents=50_00)
    till.counts_from_here()

    till.tap("nav-drawer")
    till.tap("count-and-close")
    for key in ("5", "0", "00"):
        till.tap(f"key-{key}")
    till.tap("submit-count")

    expect(till.part("drawer-result")).to_be_visible()
    assert till.taps == 3 + 3
    session.refresh_from_db()
    assert (session.status, session.counted_cents, session.z_number) == ("closed", 50_00, 1)


def test_a_cart_survives_the_lock_and_a_reload(till: Till) -> None:
    starts_the_day(till)
    till.tap("item-ashiatsu-60")
    expect(till.part("total")).to_contain_text("110.00")

    till.tap("lock")
    till.signs_on(till.studio.manager, MANAGERS_PIN)
    expect(till.part("total")).to_contain_text("110.00")
    till.page.reload()

    expect(till.part("total")).to_contain_text("110.00")
    assert Sale.objects.count() == 1


def test_two_taps_on_the_cash_button_pay_once(till: Till) -> None:
    starts_the_day(till)
    till.tap("item-deep-tissue-60")
    till.page.get_by_role("button", name="Cash $100").filter(visible=True).first.dblclick()

    till.shows("No change")
    assert Sale.objects.get().status == Sale.Status.COMPLETED
    assert balances()["1010 Cash drawer"] == 300_00


def test_a_lost_answer_is_asked_for_again_and_the_sale_is_made_once(till: Till) -> None:
    starts_the_day(till)
    till.tap("item-deep-tissue-60")
    expect(till.part("total")).to_contain_text("100.00")
    lost: list[str] = []

    def lose_the_first_answer(route) -> None:  # type: ignore[no-untyped-def]
        body = route.request.post_data or ""
        if '"complete":true' in body and not lost:
            lost.append(body)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    till.page.route("**/api/v1/sales/**", lose_the_first_answer)
    till.tap_button("Cash $100")
    till.shows("Trying again never charges twice.")
    till.tap_button("Try again")

    till.shows("No change")
    assert lost
    assert Sale.objects.filter(status=Sale.Status.COMPLETED).count() == 1


def violations(till: Till) -> list[str]:
    found = Axe().run(till.page, options=WCAG).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def test_every_screen_is_free_of_accessibility_violations_in_both_themes(till: Till) -> None:
    desk = till.studio.desk.at(timezone.now())
    starts_the_day(till)
    desk.rings_up(of("massage-oil")).pays(external=25_80)

    for theme in ("light", "dark"):
        till.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        till.tap("nav-sale")
        till.tap("item-deep-tissue-60")
        expect(till.part("pay")).to_be_visible()
        assert violations(till) == []
        till.tap("nav-receipts")
        till.part("receipt-row").first.click()
        expect(till.part("receipt")).to_be_visible()
        assert violations(till) == []
        till.tap("nav-drawer")
        expect(till.part("drawer-screen")).to_be_visible()
        assert violations(till) == []
    till.tap("lock")
    expect(till.part("lock-screen")).to_be_visible()
    assert violations(till) == []
