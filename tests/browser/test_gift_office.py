"""The owner's pages about gift cards in a real browser: nothing for axe to find, nothing to scroll sideways."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, expect

from giftcards import life
from tests.browser.test_office import faults, opens
from tests.browser.test_trouble import Office, signed_on
from tests.builders import Studio
from tests.giftcards.cards import sells_card

PAGES = ("", "contested/", "order/", "plastic/", "promotion/", "import/")
ROWS = "name,amount\n" + "".join(f"Guest {number},50\n" for number in range(12))


@pytest.fixture
def office(studio: Studio, live_server: Any, browser: Browser, settings: Any) -> Iterator[Office]:
    """The owner's."""
    office = signed_on(browser, live_server, settings, studio.owner, script=True)
    yield office
    office.page.context.close()


def test_every_page_can_be_read_by_day_by_night_and_on_a_phone(office: Office, studio: Studio) -> None:
    desk = studio.desk.at(timezone.now())
    sells_card(desk, 80_00)
    with transaction.atomic():
        card = life.block(sells_card(desk, 30_00), why="lost", desk=desk.desk, now=timezone.now())
    found = []
    for path in (*PAGES, f"cards/{card.pk}/"):
        opens(office, f"/gift-cards/office/{path}")
        found += faults(office, f"gifts-{path.split('/')[0] or 'list'}")

    assert found == []


def test_an_order_is_checked_then_made_with_the_rows_still_there(office: Office) -> None:
    opens(office, "/gift-cards/office/order/")
    page = office.page
    page.get_by_label("Who gives them").fill("Acme")
    page.get_by_label("Their e-mail, for the receipt").fill("office@acme.example")
    page.get_by_label("or paste the rows").fill(ROWS)

    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_text("12 cards, $600.00 in all. Nothing is sold yet.")).to_be_visible()
    page.get_by_role("button", name="Sell and make the cards").click()

    expect(page.get_by_role("heading", name="12 gift cards, $600.00")).to_be_visible()
