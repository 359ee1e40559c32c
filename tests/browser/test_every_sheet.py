"""Every screen and every sheet of the desk, one walk through a day: nothing for axe to find, by day and by night."""

from django.utils import timezone
from playwright.sync_api import expect

from pos.models import Drawer
from tests.browser.card_desk import PIN, CardDesk, types
from tests.browser.looking import Looker
from tests.browser.test_clients_screen import maya
from tests.browser.two_tablets import MANAGERS_PIN
from tests.builders import of
from tests.memberships.builders import buys, package, plan
from tests.memberships.members import joins

SHEETS_AND_SCREENS = 50


class Walk:
    """A desk at which every place is opened, looked at and left again."""

    def __init__(self, desk: CardDesk) -> None:
        self.desk, self.till = desk, desk.till
        self.looker = Looker(desk.till.page)

    def at(self, part: str, place: str = "") -> None:
        """Look at the place that this part belongs to, once it is there."""
        expect(self.till.part(part).first).to_be_visible()
        self.looker.looks_at(place or part)

    def opens(self, button: str, part: str) -> None:
        self.till.part(button).first.click()
        self.at(part)

    def leaves(self, part: str) -> None:
        self.till.page.keyboard.press("Escape")
        expect(self.till.part(part)).to_have_count(0)

    def sheet(self, button: str, part: str) -> None:
        self.opens(button, part)
        self.leaves(part)

    def signs_on(self) -> None:
        self.till.opens()
        self.at("lock-screen")
        self.till.page.get_by_role("button", name="Dana").click()
        self.at("pin-pad", "lock-pin")
        self.till.page.keyboard.type(PIN)
        self.at("sale-screen", "sale-empty")

    def opens_the_drawer(self) -> None:
        self.opens("nav-drawer", "drawer-closed")
        self.till.page.keyboard.type("20000", delay=80)  # a person, no scanner
        self.opens("open-drawer", "drawer-open")
        self.till.tap("nav-sale")

    def sells_ahead(self) -> None:
        """A package and a session of it, the terms of a membership, what the client's card says of them."""
        self.till.part("client-search").fill("maya")
        self.till.tap("client-row")
        self.at("use-session", "sale-use-session")
        self.opens("use-session", "use-sheet")
        self.till.tap("use-for-deep-tissue-60")
        self.at("line-cover", "sale-covered")
        self.sheet("line-open", "line-sheet")
        self.opens("tab-package", "package-five")
        self.opens("tab-membership", "membership-monthly")
        self.opens("membership-monthly", "terms-facts")
        self.leaves("terms-sheet")
        self.till.tap("nav-clients")
        self.till.part("client-line").first.click()
        self.at("member", "client-ahead")
        self.sheet("no-show", "no-show-sheet")
        for button, sheet in (
            ("freeze", "freeze-sheet"),
            ("change-plan", "change-sheet"),
            ("cancel", "cancellation-sheet"),
        ):
            self.till.part(button).first.click()
            self.at("effect", sheet)
            self.leaves(sheet)
        self.till.tap("nav-sale")
        self.till.tap("clear")
        self.till.tap("tab-treatment")

    def writes_a_client_down(self) -> None:
        self.till.part("client-search").fill("maya")
        self.at("client-row", "sale-search")
        self.till.part("client-search").fill("Ada Ng")
        expect(self.till.part("clients-found")).to_be_visible()
        self.till.page.get_by_role("button", name="New client").click()
        self.at("client-form", "sale-new-client")
        self.till.page.keyboard.press("Escape")
        self.till.part("client-search").fill("maya")
        self.till.tap("client-row")

    def fills_the_cart(self) -> None:
        self.sheet_by_key("?", "shortcuts-sheet")
        self.till.tap("tab-custom")
        self.till.tap("custom-add")
        self.at("custom-form")
        self.till.tap("tab-treatment")
        self.till.tap("item-ashiatsu-60")
        self.till.tap("item-deep-tissue-60")
        self.till.part("therapist").nth(1).click()
        self.at("therapist-sheet")
        self.till.tap(f"therapist-{self.till.studio.bo.pk}")
        self.till.tap("tip-20")
        expect(self.till.part("total")).to_contain_text("252.00")

    def sheet_by_key(self, key: str, part: str) -> None:
        self.till.page.keyboard.press(key)
        self.at(part)
        self.leaves(part)

    def opens_the_sheets_of_a_sale(self) -> None:
        self.at("pay", "sale-full")
        self.sheet("line-open", "line-sheet")
        self.sheet("tip-other", "tip-sheet")
        self.sheet("tip-by", "tips-sheet")
        self.sheet("discount", "discount-sheet")
        self.sheet("split", "split-sheet")
        self.sheet("cash-other", "cash-sheet")
        self.till.tap("discount")
        self.till.tap("discount-20")
        self.till.tap("reason-goodwill")
        self.till.tap("discount-apply")
        self.at("approval-sheet")
        self.till.page.get_by_role("button", name="Mara").click()
        self.at("pin-pad", "approval-pin")
        self.leaves("approval-sheet")
        self.till.shows("Not approved")
        self.at("pay", "sale-not-approved")
        expect(self.till.part("total")).to_contain_text("252.00")

    def parks(self) -> None:
        self.till.studio.managers_desk.at(timezone.now()).rings_up(of("massage-oil"))
        self.till.tap("park")
        self.at("toast", "sale-parked")
        self.till.tap("park-undo")
        expect(self.till.part("total")).to_contain_text("252.00")
        self.till.page.reload()
        self.sheet("open-chip", "take-over-sheet")

    def loses_the_network(self) -> None:
        self.till.page.context.set_offline(True)
        self.at("offline")
        self.till.page.context.set_offline(False)
        expect(self.till.part("offline")).to_have_count(0)

    def asks_a_card(self) -> None:
        self.opens("pay-card", "reader-sheet")
        self.till.tap(f"reader-{self.desk.reader.pk}")
        self.at("card-waiting")
        self.desk.customer("decline")
        self.at("card-declined")
        self.till.tap("card-back")
        expect(self.till.part("card-screen")).to_have_count(0)

    def is_paid(self) -> None:
        self.till.page.get_by_role("button", name="Cash $252").click()
        self.at("done-screen")
        self.till.tap("done-next")

    def takes_back(self) -> None:
        self.opens("nav-receipts", "receipt-row")
        self.till.part("receipt-row").first.click()
        self.at("qr", "receipt")
        self.sheet("email", "email-sheet")
        self.till.tap("void")
        self.at("legs", "void-panel")
        self.till.tap("keep-sale")
        self.till.tap("refund")
        self.at("legs", "refund-panel")
        self.till.page.get_by_role("button", name="One less Ashiatsu 60").click()
        self.till.tap("reason-unhappy")
        self.till.page.get_by_role("button", name="Refund $100.00 from the drawer").click()
        self.at("approval-sheet", "approval-refund")
        self.till.page.get_by_role("button", name="Mara").click()
        self.till.page.keyboard.type(MANAGERS_PIN)
        self.at("given-back-screen")
        self.till.tap("done-next")
        self.at("taken-back", "receipt-refunded")

    def looks_up_a_client(self) -> None:
        self.opens("nav-clients", "client-line")
        self.till.part("client-line").first.click()
        self.at("client-figures", "client-card")
        self.opens("client-edit", "client-file")
        self.till.tap("file-cancel")
        self.opens("clients-new", "client-file")
        self.till.tap("file-cancel")

    def counts_the_drawer(self) -> None:
        self.till.tap("nav-drawer")
        self.opens("count-and-close", "drawer-count")
        types(self.till, "1")
        self.till.tap("submit-count")
        self.at("note", "drawer-note")
        self.till.tap("count-leave")
        self.till.tap("count-and-close")
        expect(self.till.part("drawer-count")).to_be_visible()
        self.till.page.keyboard.type("35200", delay=80)  # a person, no scanner
        self.opens("submit-count", "drawer-result")


def test_every_sheet_and_screen_is_free_of_accessibility_violations_in_both_themes(desk: CardDesk) -> None:
    till = desk.till
    Drawer.objects.create(location=till.studio.location, name="Front")
    desk.second_reader()
    who = maya(till)
    package()
    buys(till.studio.desk, who)
    joins(till.studio.desk, who, plan("monthly", 89_00))
    plan("double", 150_00)
    walk = Walk(desk)

    walk.signs_on()
    walk.opens_the_drawer()
    walk.sells_ahead()
    walk.writes_a_client_down()
    walk.fills_the_cart()
    walk.opens_the_sheets_of_a_sale()
    walk.parks()
    walk.loses_the_network()
    walk.asks_a_card()
    walk.is_paid()
    walk.takes_back()
    walk.looks_up_a_client()
    walk.counts_the_drawer()

    assert walk.looker.faults == []
    assert len(set(walk.looker.seen)) >= SHEETS_AND_SCREENS
