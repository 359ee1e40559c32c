"""The page of trouble in a real browser: by day, by night, on a desk and on a phone, without any script."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from ledger.journal import balances
from payments import refunds
from payments.models import CardRefund, Charge, Reader
from payments.unsold import put_aside
from studio.models import AuditRow, Staff
from tests.browser.test_desk import WCAG
from tests.builders import Studio
from tests.payments.money import paid
from tests.payments.office import given_up_event, sold
from tests.stripe_sim.stand_in import StandIn

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of the page, when somebody wants to look."""
DESK, PHONE = {"width": 1180, "height": 820}, {"width": 390, "height": 844}


class Office:
    """The back office in a browser without JavaScript."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def presses(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()

    def violations(self) -> list[str]:
        found = Axe().run(self.page, options=WCAG).response["violations"]
        return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]

    def shoots(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def signed_on(browser: Browser, live_server: Any, settings: Any, staff: Staff, *, script: bool) -> Office:
    staff.is_staff = True
    staff.save()
    client = Client()
    client.force_login(staff)
    context = browser.new_context(viewport=DESK, base_url=live_server.url, java_script_enabled=script)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    return Office(context.new_page())


@pytest.fixture
def office(studio: Studio, live_server: Any, browser: Browser, settings: Any) -> Iterator[Office]:
    """The owner's, with scripts allowed: axe is one."""
    office = signed_on(browser, live_server, settings, studio.owner, script=True)
    yield office
    office.page.context.close()
    assert office.complaints == []


@pytest.fixture
def plain_office(studio: Studio, live_server: Any, browser: Browser, settings: Any) -> Iterator[Office]:
    """The owner's, with scripts switched off."""
    office = signed_on(browser, live_server, settings, studio.owner, script=False)
    yield office
    office.page.context.close()
    assert office.complaints == []


@pytest.fixture
def owed(studio: Studio, stripe: StandIn, reader: Reader) -> CardRefund:
    """A refund of $25.80 that came back from the client's bank."""
    now = timezone.now()
    stripe.tell("clock", reset=True)
    desk = studio.managers_desk.at(now)
    desk.refunds(sold(desk, stripe, reader), (0, 1))
    refund = CardRefund.objects.get()
    refunds.send(refund.pk, now=now)
    refund.refresh_from_db()
    stripe.tell(f"refunds/{refund.stripe_id}", outcome="failed")
    refunds.hear_refund(refunds.gateway().read_refund(refund.stripe_id or ""), now=now)
    return refund


def trouble_of_every_kind(studio: Studio, reader: Reader) -> None:
    """One or two of each, and rows as long as they get."""
    now = timezone.now()
    card = {"card_brand": "visa", "card_last4": "4242", "about": "sale:0199d3f0-7c41-7a52-8b60-3d2f5c9e1a44"}
    no_answer = "Unexpected error communicating with Stripe. (Network error: ReadTimeout: HTTPSConnectionPool)"
    unclear = {"status": "unknown", "doubts": 4, "last_error": no_answer, "succeeded_at": None, "finished_at": None}
    paid(studio.location, 155_74, at=now - dt.timedelta(minutes=12), reader=reader, **unclear, **card)
    given_up = unclear | {"dead_at": now, "last_error": "Misuse: No such reader"}
    paid(studio.location, 60_00, at=now - dt.timedelta(hours=3), **given_up, **card)
    stray = paid(
        studio.location,
        1_250_00,
        at=now - dt.timedelta(days=1),
        owner="stripe:ch_3SXq",
        card_last4="0005",
        card_brand="american_express",
    )
    open_sale = paid(studio.location, 42_00, at=now - dt.timedelta(hours=9), finished_at=None, **card)
    with transaction.atomic():
        put_aside(stray, now=now)
        put_aside(open_sale, now=now)
    slow = {"owner": "refund:1", "amount_cents": 30_00, "created_at": now - dt.timedelta(days=9), "run_at": now}
    accepted = {"status": "pending", "accepted_at": now - dt.timedelta(days=9), "stripe_id": "re_1"}
    CardRefund.objects.create(charge=stray, location=studio.location, **slow, **accepted)
    unsent = slow | {"owner": "refund:2", "created_at": now - dt.timedelta(minutes=6), "last_error": no_answer}
    CardRefund.objects.create(charge=Charge.objects.all()[0], location=studio.location, doubts=2, **unsent)
    given_up_event(1, at=now - dt.timedelta(hours=5))
    given_up_event(2, at=now - dt.timedelta(hours=2))


def test_every_kind_of_trouble_can_be_read_in_both_themes_and_on_a_phone(
    office: Office, studio: Studio, owed: CardRefund, reader: Reader
) -> None:
    trouble_of_every_kind(studio, reader)
    office.page.goto("/trouble/")
    expect(office.page.get_by_role("heading", level=2)).to_have_count(6)

    for theme in ("light", "dark"):
        for size, name in ((DESK, "desk"), (PHONE, "phone")):
            office.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            office.page.set_viewport_size(size)
            office.shoots(f"trouble-{theme}-{name}")
            assert office.violations() == []
            assert office.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    office.page.set_viewport_size({"width": 320, "height": 640})
    assert office.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_calm_page_is_calm_in_both_themes(office: Office) -> None:
    office.page.goto("/trouble/")

    expect(office.page.get_by_role("heading", name="All calm")).to_be_visible()
    for theme in ("light", "dark"):
        office.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        office.shoots(f"calm-{theme}-desk")
        assert office.violations() == []


def test_without_any_script_a_refund_is_noted_as_paid_otherwise(plain_office: Office, owed: CardRefund) -> None:
    page = plain_office.page
    page.goto("/trouble/")

    page.get_by_label("How it was paid").fill("Check 1043, by mail")
    plain_office.presses("$25.80 was paid otherwise")

    expect(page.get_by_role("status")).to_have_text("$25.80 is noted as paid: Check 1043, by mail")
    expect(page.get_by_role("heading", name="All calm")).to_be_visible()
    assert balances()["1050 Bank operating"] == -25_80
    assert AuditRow.objects.filter(action="card_refund.paid_otherwise", reason="Check 1043, by mail").count() == 1


def test_two_clicks_on_a_button_try_the_card_once(office: Office, owed: CardRefund, stripe: StandIn) -> None:
    office.page.goto("/trouble/")

    office.page.get_by_role("button", name="Try $25.80 to the card again").dblclick()

    expect(office.page.get_by_role("heading", name="All calm")).to_be_visible()
    office.shoots("done-desk")
    assert office.violations() == []
    assert CardRefund.objects.count() == 2
    assert len(stripe.sdk.refunds.list().data) == 2
