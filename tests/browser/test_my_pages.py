"""A client on a phone: joins on Stripe's page, looks around, freezes, cancels; and the owner looks at it all."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from jobs.worker import Worker
from memberships.models import Cancellation, Freeze, Membership, SignInLink
from memberships.portal import signing_in
from pos.models import Client
from tests.browser.looking import Looker
from tests.browser.test_office import faults, opens
from tests.browser.test_trouble import Office, signed_on
from tests.builders import Studio
from tests.memberships import builders
from tests.stripe_sim.stand_in import StandIn

PHONE: Any = {"width": 390, "height": 844}


class Phone:
    """A phone at the client's pages; they may not complain once."""

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
        complaints = list(self.complaints)
        self.looker.looks_at(place)
        self.page.set_viewport_size({"width": 320, "height": 640})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 320, place
        self.page.set_viewport_size(PHONE)
        self.complaints = complaints  # axe writes styles into the page, which the policy forbids

    def says(self, name: str) -> None:
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def signs_in(self, client: Client) -> None:
        self.page.goto(signing_in.url_of(signing_in.make_link(client, now=timezone.now())))
        self.presses("Open my pages")


@pytest.fixture
def phone(studio: Studio, live_server: Any, browser: Browser, settings: Any, stripe: StandIn) -> Iterator[Phone]:
    settings.SITE_URL = live_server.url
    stripe.tell("clock", reset=True)
    builders.plan("monthly-60", 89_00, name="Monthly 60", retail_percent=10)
    builders.plan("double", 159_00, name="Double", credits_per_cycle=2)
    context = browser.new_context(viewport=PHONE, has_touch=True, base_url=live_server.url)
    phone = Phone(context)
    yield phone
    context.close()
    assert phone.complaints + phone.looker.faults == []


def test_somebody_joins_on_a_phone_looks_freezes_and_cancels(phone: Phone) -> None:
    page = phone.page
    page.goto("/join/")
    phone.looks_at("join-plans")
    page.get_by_role("link", name="Join Monthly 60").click()
    phone.presses("Agree and go on to the card")
    expect(page.locator("#mistakes")).to_be_focused()
    phone.looks_at("join-mistakes")
    page.get_by_label("I agree to this").check()
    page.get_by_label("Your name").fill("Maya Okafor")
    page.get_by_label("Your e-mail").fill("maya@example.com")
    phone.presses("Agree and go on to the card")
    page.get_by_role("button", name=re.compile("Save|Pay|card", re.I)).click()
    phone.says("Welcome, Maya Okafor")
    phone.looks_at("join-thanks")
    member = Membership.objects.get()
    assert member.status == "active"

    page.get_by_role("link", name="To my pages").click()
    phone.looks_at("my-sign-in")
    page.get_by_label("Your e-mail").fill("maya@example.com")
    phone.presses("Mail me a link")
    phone.says("Look into your mail")
    phone.looks_at("my-link-sent")
    Worker(clock=timezone.now).run_once()
    [letter] = [str(one.body) for one in mail.outbox if "/my/in/" in str(one.body)]
    page.goto(re.findall(r"http\S+/my/in/\S+", letter)[0])
    phone.looks_at("my-link")
    phone.presses("Open my pages")
    phone.says("Hello, Maya Okafor")
    expect(page.get_by_text("1 of 1 left")).to_be_visible()
    expect(page.get_by_text("Next charge: $89.00 on")).to_be_visible()
    phone.looks_at("my-overview")

    page.get_by_role("link", name="Freeze", exact=True).click()
    phone.looks_at("my-freeze")
    phone.presses("Freeze 2 months")
    expect(page.get_by_role("status")).to_contain_text("will be frozen")
    assert Freeze.objects.get().months == 2
    phone.presses("Take the freeze back")
    expect(page.get_by_role("status")).to_contain_text("not frozen after all")

    page.get_by_role("link", name="Cancel membership").click()
    phone.looks_at("my-cancel")
    phone.presses("Cancel my membership")
    phone.says("Monthly 60 is cancelled")
    expect(page.locator('[data-test="number"]')).to_have_text(Cancellation.objects.get().number)
    phone.looks_at("my-cancelled")


def test_a_member_looks_at_every_page_and_stays_after_all(phone: Phone, studio: Studio) -> None:
    ada = builders.client("Ada Lovelace")
    member = builders.member("0199d3f0-7c41-7a52-8b60-3d2f5c9e1a44", ada, code="monthly-60")
    builders.credit_of(studio, ada, 178_00, units=2, plan=member.plan, now=timezone.now())
    builders.household(ada, builders.client("Ben"))
    phone.signs_in(ada)
    phone.says("Hello, Ada Lovelace")
    page = phone.page
    for name, link in (("receipts", "Receipts"), ("card", "Card"), ("people", "Household")):
        page.get_by_role("navigation", name="My pages").get_by_role("link", name=link).click()
        phone.looks_at(f"my-{name}")
    page.goto("/my/")
    page.get_by_role("link", name="Change plan").click()
    phone.looks_at("my-plans")
    page.get_by_role("link", name="Look at Double").click()
    phone.looks_at("my-change")
    page.get_by_label("Type your name to agree").fill("Ada Lovelace")
    phone.presses("Change to Double")
    expect(page.get_by_role("status")).to_contain_text("Your membership changes")
    phone.looks_at("my-overview-changing")
    page.get_by_role("link", name="Cancel membership").click()
    phone.presses("Cancel my membership")
    phone.presses("Stay after all")
    expect(page.get_by_role("status")).to_contain_text("Good to have you")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all my data").click()
    assert download.value.suggested_filename == "my-data.json"
    phone.presses("Sign out")
    phone.says("My pages")
    link = SignInLink.objects.get()
    assert link.left_at is not None


def test_without_scripts_somebody_joins_and_signs_in(
    phone: Phone, live_server: Any, browser: Browser, stripe: StandIn
) -> None:
    context = browser.new_context(viewport=PHONE, base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/join/monthly-60/")
    page.locator("#agree").check()
    page.locator("#name").fill("Jo")
    page.locator("#email").fill("jo@example.com")
    page.locator("button.main").click()
    page.get_by_role("button", name=re.compile("Save|Pay|card", re.I)).click()
    expect(page.get_by_role("heading", name="Welcome, Jo")).to_be_visible()
    client = Client.objects.get(name="Jo")
    page.goto(signing_in.url_of(signing_in.make_link(client, now=timezone.now())))
    page.locator("button.main").click()
    expect(page.get_by_role("heading", name="Hello, Jo")).to_be_visible()
    context.close()


def test_the_owner_reads_the_pages_about_members(
    phone: Phone, studio: Studio, live_server: Any, browser: Browser, settings: Any
) -> None:
    studio.owner.is_superuser = True
    for n, name in enumerate(("Ada", "Ben", "Cleo")):
        owner = builders.client(name)
        since = timezone.now() - dt.timedelta(days=30 * n + 10)
        made = builders.member(f"0199d3f0-7c41-7a52-8b60-3d2f5c9e1a4{n}", owner, code="monthly-60", joined_at=since)
        builders.credit_of(studio, owner, 89_00, plan=made.plan, now=since)
    office: Office = signed_on(browser, live_server, settings, studio.owner, script=True)
    found = []
    pages = {"list": "", "figures": "numbers/", "billing": "billing/", "member": f"{made.pk}/"}
    for name, path in pages.items():
        opens(office, f"/members/{path}")
        found += faults(office, f"members-{name}")
    office.page.goto("/admin/")
    office.page.get_by_role("link", name="Members", exact=True).first.click()
    expect(office.page.get_by_role("heading", name="Members")).to_be_visible()
    office.page.context.close()
    assert found == []
