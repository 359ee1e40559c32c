"""A day at the desk by the keyboard alone: the focus can always be seen, and is never lost with what it stood on."""

from django.utils import timezone
from playwright.sync_api import expect

from ledger.journal import balances
from pos.models import Drawer, Refund
from tests.browser.till import Till
from tests.browser.two_tablets import PIN, totals
from tests.builders import of

MOST_TABS = 60
FOCUSED = """() => {
  const el = document.activeElement;
  const { left, top, width, height } = el.getBoundingClientRect();
  const over = document.elementFromPoint(left + width / 2, top + height / 2);
  const isSeen = el !== document.body && (el.contains(over) || over?.contains(el));
  return { test: el.dataset.test ?? "", words: el.outerHTML.slice(0, 120), isSeen, isLost: el === document.body };
}"""


class Keys:
    """Somebody without a mouse; `unseen` is what had the focus where nobody could see it."""

    def __init__(self, till: Till) -> None:
        self.till, self.page = till, till.page
        self.unseen: list[str] = []

    def has(self) -> str:
        """The test name of what has the focus."""
        return str(self.page.evaluate(FOCUSED)["test"])

    def goes_to(self, name: str) -> None:
        """Press Tab until that has the focus; all on the way to it can be seen."""
        expect(self.till.part(name).first).to_be_visible()
        for _ in range(MOST_TABS):
            found = self.page.evaluate(FOCUSED)
            if not found["isSeen"] and not found["isLost"]:
                self.unseen.append(found["words"])
            if found["test"] == name:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {name}.")

    def presses(self, name: str) -> None:
        self.goes_to(name)
        self.till.enter()

    def is_somewhere(self) -> None:
        """Whatever was pressed is gone, and the focus is not lost with it."""
        expect(self.page.locator(":focus")).to_have_count(1)


def test_a_day_is_worked_by_the_keyboard_alone(till: Till) -> None:
    Drawer.objects.create(location=till.studio.location, name="Front")
    keys = Keys(till)
    till.opens()
    till.signs_on(till.studio.desk_person, PIN)

    opens_the_drawer(till, keys)
    sells_with_a_tip(till, keys)
    gives_a_sale_back(till, keys)
    counts_the_drawer(till, keys)

    assert keys.unseen == []
    assert Refund.objects.count() == 1
    assert balances()["2300 Tips payable"] == -22_00


def opens_the_drawer(till: Till, keys: Keys) -> None:
    keys.presses("nav-drawer")
    expect(till.part("drawer-closed")).to_be_visible()
    keys.goes_to("open-drawer")
    till.page.keyboard.type("20000", delay=80)  # a person, no scanner
    keys.presses("open-drawer")
    expect(till.part("drawer-open")).to_be_visible()
    keys.is_somewhere()


def sells_with_a_tip(till: Till, keys: Keys) -> None:
    keys.presses("nav-sale")
    keys.presses("item-ashiatsu-60")
    keys.presses("tip-20")
    totals(till, "132.00")
    assert keys.has() == "tip-20"
    keys.presses("tip-other")
    expect(till.part("tip-sheet")).to_be_visible()
    till.page.keyboard.press("Escape")
    expect(till.part("tip-sheet")).to_have_count(0)
    assert keys.has() == "tip-other"
    parks_and_takes_up(till, keys)
    keys.presses("cash-exact")
    till.shows("No change")
    till.enter()
    expect(till.part("done-screen")).to_have_count(0)
    keys.is_somewhere()


def parks_and_takes_up(till: Till, keys: Keys) -> None:
    keys.presses("park")
    expect(till.part("parked-chip")).to_be_visible()
    keys.is_somewhere()
    keys.presses("parked-chip")
    totals(till, "132.00")
    keys.is_somewhere()


def gives_a_sale_back(till: Till, keys: Keys) -> None:
    till.studio.desk.at(timezone.now()).rings_up(of("massage-oil")).pays(cash=25_80)
    keys.presses("nav-receipts")
    keys.presses("receipt-row")
    keys.presses("refund")
    keys.is_somewhere()
    keys.presses("reason-unhappy")
    assert keys.has() == "reason-unhappy"
    keys.presses("refund-send")
    till.shows("Give back $25.80")
    till.enter()
    expect(till.part("taken-back")).to_be_visible()
    keys.is_somewhere()


def counts_the_drawer(till: Till, keys: Keys) -> None:
    keys.presses("nav-drawer")
    keys.presses("count-and-close")
    expect(till.part("drawer-count")).to_be_visible()
    keys.goes_to("submit-count")
    till.page.keyboard.type("33200", delay=80)
    keys.presses("submit-count")
    expect(till.part("over-short")).to_contain_text("Exact")
    keys.is_somewhere()
