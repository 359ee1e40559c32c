"""The drawer's day by touch: paid out, opened with a PIN, dropped, counted by notes and coins, its Z (UX, R8)."""

import os

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from ledger.journal import balances
from pos.models import DrawerMovement, DrawerSession, ZReport
from tests.browser.test_desk import MANAGERS_PIN, PIN, WCAG
from tests.browser.till import Till
from tests.builders import of, tip

TABLET, PHONE = {"width": 1180, "height": 820}, {"width": 390, "height": 844}


def is_sound(till: Till, name: str) -> None:
    """Nothing that axe can find is wrong with the page on a tablet and on a phone, and nothing sticks out of it."""
    for size in (TABLET, PHONE):
        till.page.set_viewport_size(size)
        assert till.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("FOOTFALL_PICTURES"):
            till.page.screenshot(path=f"{folder}/{name}-{size['width']}.png")
        found = Axe().run(till.page, options=WCAG).response["violations"]
        assert found == [], [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    till.page.set_viewport_size(TABLET)


def types(till: Till, digits: str) -> None:
    for digit in digits:
        till.tap(f"key-{digit}")


def test_a_drawers_day_from_the_pay_out_to_the_z(till: Till) -> None:
    studio = till.studio
    desk = studio.desk.at(timezone.now())
    session = desk.opens_drawer(200_00)
    desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 22_00),)).pays(cash=140_00)
    desk.rings_up(of("massage-oil")).parks("Maya, back at six")
    till.opens("drawer")
    till.signs_on(studio.desk_person, PIN)
    till.tap("nav-drawer")
    expect(till.part("drawer-open")).to_be_visible()
    is_sound(till, "open")

    till.counts_from_here()
    till.tap("move-pay_out")
    types(till, "1250")
    is_sound(till, "pay-out")
    till.tap("why-postage")
    till.tap("movement-send")
    till.shows("Paid out $12.50 · slip 1")
    assert till.taps == 2 + 4 + 1

    till.tap("move-drop")
    types(till, "100")
    types(till, "00")
    till.tap("movement-send")
    till.shows("To the safe $100.00 · slip 2")

    till.tap("move-tip_payout")
    till.tap(f"owed-{studio.ana.pk}")
    till.tap("movement-send")
    till.shows("Tips paid $22.00 to Ana · slip 3")

    till.tap("move-no_sale")
    till.tap("why-other")
    till.part("movement-note").fill("A coin rolled under")
    till.tap("movement-send")
    expect(till.part("approval-sheet")).to_be_visible()
    till.tap("sheet-close")
    expect(till.part("movement-note")).to_have_value("A coin rolled under")  # nothing that was typed is lost
    till.tap("movement-send")
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)
    till.shows("Drawer opened · slip 4")

    till.tap("open-x")
    till.shows("An X changes nothing")
    expect(till.part("z-sheet")).not_to_contain_text("Should be there")
    till.tap("sheet-close")

    till.tap("count-and-close")
    till.tap("count-pieces")
    till.tap("piece-10000")
    types(till, "1")
    till.tap("piece-5000")
    types(till, "1")
    till.tap("piece-2000")
    types(till, "2")
    expect(till.part("pieces-sum")).to_contain_text("$190.00")
    till.tap("piece-500")
    types(till, "1")
    till.tap("piece-100")
    types(till, "1")
    till.tap("piece-25")
    types(till, "1")
    till.tap("piece-10")
    types(till, "1")
    is_sound(till, "count")
    till.tap("submit-count")
    till.shows("Maya, back at six")
    till.tap("carry-over")
    expect(till.part("over-short")).to_contain_text("Short $1.15")

    till.tap("show-z")
    till.shows("Maya, back at six")
    is_sound(till, "z")
    assert till.part("paper-roll").get_attribute("href") == f"/api/v1/drawer-sessions/{session.pk}/paper?size=roll"
    till.tap("z-correct")
    till.tap("key-1")
    till.part("correction-why").fill("A cent under the tray")
    is_sound(till, "correction")
    till.tap("correction-send")
    till.page.get_by_role("button", name="Mara").click()
    till.page.keyboard.type(MANAGERS_PIN)
    till.shows("A cent under the tray")
    till.tap("sheet-close")
    till.tap("drawer-again")
    expect(till.part("z-1")).to_contain_text("Short $1.15")

    session.refresh_from_db()
    assert session.status == DrawerSession.Status.CLOSED
    assert DrawerMovement.objects.count() == 4
    assert ZReport.objects.get().contents["carried_over"][0]["name"] == "Maya, back at six"
    assert balances()["6050 Cash over/short"] == 1_14
