"""The owner in a real browser: password, second factor, the day's figures, and who did what; by day and by night."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.utils import timezone
from playwright.sync_api import Browser, expect

from tests.browser.test_office import faults, opens
from tests.browser.test_trouble import DESK, Office
from tests.builders import Studio, of, tip

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reports"])
PASSWORD = "walk-on-the-bars"


def code_of(secret: str) -> str:
    """What the app shows next: the one of now may have been used."""
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[-1]))


def test_the_owner_signs_in_sets_up_a_second_factor_and_reads_the_day(
    studio: Studio, live_server: Any, browser: Browser, settings: Any
) -> None:
    settings.BACK_OFFICE_SECOND_FACTOR = "required"
    studio.owner.set_password(PASSWORD)
    studio.owner.is_staff = True
    studio.owner.save()
    desk = studio.desk.at(timezone.now())
    desk.opens_drawer(100_00)
    desk.rings_up(of("ashiatsu-60", by=studio.ana), tips=(tip(studio.ana, 20_00),)).pays(cash=130_00)
    context = browser.new_context(viewport=DESK, base_url=live_server.url)
    office = Office(context.new_page())
    page, found = office.page, []

    def gives_password() -> None:
        page.get_by_label("Username").fill("olga")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    opens(office, "/overview/")
    found += faults(office, "door")
    gives_password()
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    found += faults(office, "door-set-up")
    secret = page.locator("code").inner_text()
    page.get_by_label("Authenticator code").fill(
        format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    )
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert page.locator(".codes li").count() == 10
    found += faults(office, "door-recovery")
    page.get_by_role("link", name="To the back office").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{timezone.now().day}")
    expect(page.locator(".figures")).to_contain_text("$110.00")
    page.set_viewport_size(DESK)
    found += faults(office, "overview")
    page.set_viewport_size(DESK)
    page.get_by_role("button", name="Sign off").click()

    opens(office, "/audit/")
    gives_password()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    found += faults(office, "door-code")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Incorrect code")
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Who did what")).to_be_visible()
    expect(page.get_by_role("region", name="Events")).to_contain_text("Second factor set up")
    found += faults(office, "audit")
    page.set_viewport_size(DESK)
    page.get_by_label("What", exact=True).select_option("Office signed in")
    page.get_by_role("button", name="Show").click()
    assert "action=office_signed_in" in page.url
    opens(office, "/rights/")
    found += faults(office, "rights")
    opens(office, "/accounts/2fa/")
    found += faults(office, "second-factor")
    context.close()
    assert found == []
