"""The shop on a phone: a card is chosen, paid on Stripe's page, mailed, looked at; by touch and by keyboard."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from giftcards import links
from giftcards.models import GiftCard, GiftOrder
from jobs.worker import Worker
from tests.books import books_are_clean
from tests.browser.looking import Looker
from tests.browser.test_desk import starts_the_day
from tests.browser.till import Till
from tests.browser.two_tablets import scans, totals
from tests.builders import Studio
from tests.giftcards.cards import code_of
from tests.stripe_sim.stand_in import StandIn

PHONE: Any = {"width": 390, "height": 844}


class Phone:
    """A phone at the shop; its page may not complain once."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self._note(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.looker = Looker(self.page)

    def _note(self, text: str) -> None:
        if not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    def looks_at(self, place: str) -> None:
        """By day and by night, and at 320 pixels nothing may be cut off."""
        self.looker.looks_at(place)
        self.page.set_viewport_size({"width": 320, "height": 640})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 320, place
        self.page.set_viewport_size(PHONE)

    def fills(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.locator(f"#{name}").fill(text)

    def picks(self, label: str) -> None:
        self.page.locator("label.choice", has_text=label).first.click()


@pytest.fixture
def phone(studio: Studio, live_server: Any, browser: Browser, settings: Any, stripe: StandIn) -> Iterator[Phone]:
    settings.SITE_URL = live_server.url
    stripe.tell("clock", reset=True)
    context = browser.new_context(viewport=PHONE, has_touch=True, base_url=live_server.url)
    phone = Phone(context)
    yield phone
    context.close()
    assert phone.complaints + phone.looker.faults == []


def test_a_card_is_bought_on_a_phone_and_comes_by_mail(phone: Phone) -> None:
    page = phone.page
    page.goto("/")
    expect(page.get_by_role("heading", name="Give an hour off the clock")).to_be_visible()
    phone.looks_at("shop")

    phone.picks("$165")
    phone.picks("Eucalyptus")
    phone.fills(recipient_name="Maya", recipient_email="maya@example.com", message="Breathe out.")
    phone.fills(buyer_name="Jonas", buyer_email="jonas@example.com")
    expect(page.locator("[data-preview=worth]")).to_have_text("$165")
    expect(page.locator("[data-preview=names]")).to_contain_text("For Maya from Jonas")
    expect(page.locator("[data-preview=panel]")).to_have_attribute("src", re.compile("eucalyptus"))
    page.get_by_role("button", name="Pay $165.00").click()
    page.get_by_role("button", name=re.compile("Pay")).click()

    expect(page.get_by_role("heading", name="Thank you, Jonas")).to_be_visible()
    phone.looks_at("shop-thanks")
    Worker(clock=timezone.now).run_once()
    order, card = GiftOrder.objects.get(), GiftCard.objects.get()
    [letter] = [one for one in mail.outbox if one.to == ["maya@example.com"]]
    assert (order.design, card.balance_cents, code_of(card) in letter.body) == ("eucalyptus", 165_00, True)
    page.reload()
    expect(page.locator('[data-test="sent"]')).to_contain_text("Sent to maya@example.com")

    page.goto(links.card_address(card))
    expect(page.get_by_text(code_of(card))).to_be_visible()
    expect(page.get_by_role("heading", name="$165 left")).to_be_visible()
    phone.looks_at("shop-card")
    page.goto("/gift-cards/balance/")
    phone.fills(code=code_of(card).lower())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="$165 left")).to_be_visible()
    phone.looks_at("shop-balance")


def test_mistakes_are_listed_first_and_lead_to_their_fields(phone: Phone) -> None:
    page = phone.page
    page.goto("/gift-cards/")
    phone.picks("Other")
    phone.picks("I’ll hand it over")
    expect(page.locator("#recipient_email")).to_be_hidden()
    expect(page.locator("#send_on")).to_be_hidden()
    page.get_by_role("button", name="Go on to pay").click()

    summary = page.locator("#mistakes")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(3)
    phone.looks_at("shop-mistakes")
    summary.get_by_role("link", name="Write your name").click()
    expect(page.locator("#buyer_name")).to_be_focused()
    box, bar = page.locator("#buyer_name").bounding_box(), page.locator(".bar").bounding_box()
    assert box is not None
    assert bar is not None
    assert box["y"] + box["height"] <= bar["y"]
    page.goto("/ashiatsu/")
    phone.looks_at("shop-ashiatsu")


def test_without_scripts_it_works_as_far_as_stripes_page(
    studio: Studio, live_server: Any, browser: Browser, settings: Any, stripe: StandIn
) -> None:
    settings.SITE_URL = live_server.url
    stripe.tell("clock", reset=True)
    context = browser.new_context(viewport=PHONE, base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/gift-cards/")
    page.locator("label.choice", has_text="I’ll hand it over").click()
    page.locator("#buyer_name").fill("Jonas")
    page.locator("#buyer_email").fill("jonas@example.com")
    page.locator("button.main").click()

    expect(page.get_by_role("heading", name="Pay $120.00")).to_be_visible()
    page.get_by_role("button", name=re.compile("Pay")).click()
    expect(page.get_by_role("heading", name="Thank you, Jonas")).to_be_visible()
    context.close()
    assert GiftOrder.objects.get().status == "fulfilled"


def test_a_card_bought_on_a_phone_pays_at_the_desk_by_its_mailed_code(phone: Phone, till: Till) -> None:
    page = phone.page
    page.goto("/gift-cards/")
    phone.picks("$120")
    phone.fills(recipient_name="Maya", recipient_email="maya@example.com")
    phone.fills(buyer_name="Jonas", buyer_email="jonas@example.com")
    page.get_by_role("button", name="Pay $120.00").click()
    page.get_by_role("button", name=re.compile("Pay")).click()
    expect(page.get_by_role("heading", name="Thank you, Jonas")).to_be_visible()
    Worker(clock=timezone.now).run_once()
    [letter] = [one for one in mail.outbox if one.to == ["maya@example.com"]]
    [code] = re.findall(r"Your code: (\S+)", str(letter.body))

    starts_the_day(till)
    till.counts_from_here()
    till.tap("item-ashiatsu-60")
    totals(till, "110.00")
    scans(till.page, code)
    till.tap("finish")

    expect(till.part("done-screen")).to_contain_text("$10.00 left")
    assert till.taps == 2
    card = GiftCard.objects.get()
    assert (card.balance_cents, [move.kind for move in card.moves.all()]) == (10_00, ["sold", "used"])
    page.goto(links.card_address(card))
    expect(page.get_by_role("heading", name="$10 left")).to_be_visible()
    books_are_clean(now=timezone.now())
