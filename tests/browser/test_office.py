"""The pages around the desk in a real browser: the back office, the API's page, error pages, the home screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from pos.models import Item
from studio.models import Business
from tests.browser.test_desk import WCAG
from tests.browser.test_trouble import DESK, PHONE, Office, signed_on
from tests.builders import Studio

NARROW = {"width": 320, "height": 640}
LOOKS: list[tuple[Any, Any, str]] = [("light", DESK, "desk"), ("dark", DESK, "desk"), ("light", PHONE, "phone")]
LISTED = "#operations-clients-list_clients"
SWAGGERS_OWN = [
    ("nested-interactive", "opblock-summary-control"),
    ("scrollable-region-focusable", "microlight"),
    ("select-name", "<select"),
    ("target-size", "Copy path to clipboard"),
]
"""Faults in Swagger UI's own markup, which is not ours to write: a link and a copy button inside the button that
unfolds an operation, the copy button while it is hidden, examples that only a mouse can scroll, choices that no label
names. Everything else on the page is ours to answer for, its colours too."""


@pytest.fixture
def office(studio: Studio, live_server: Any, browser: Browser, settings: Any) -> Iterator[Office]:
    """The owner's, who may see every page."""
    studio.owner.is_superuser = True
    office = signed_on(browser, live_server, settings, studio.owner, script=True)
    yield office
    office.page.context.close()


def opens(office: Office, address: str) -> None:
    """Go there; the browser may have nothing to say about it, neither of errors nor of the content policy."""
    office.page.set_viewport_size(DESK)
    office.page.goto(address)
    office.page.wait_for_load_state("networkidle")
    assert office.complaints == [], address


def faults(office: Office, name: str, *parts: str) -> list[str]:
    """What axe finds by day, by night and on a phone, and whether a narrow one would have to scroll sideways."""
    within = {"include": [[part] for part in parts]} if parts else None
    found = []
    for theme, size, place in LOOKS:
        office.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        office.page.set_viewport_size(size)
        office.shoots(f"{name}-{theme}-{place}")
        rules = Axe().run(office.page, context=within, options=WCAG).response["violations"]
        found += [
            f"{name}, {theme}, {place}: {rule['id']}: {node['html'][:120]}" for rule in rules for node in rule["nodes"]
        ]
    office.page.set_viewport_size(NARROW)
    if not office.page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        found.append(f"{name} scrolls sideways")
    office.complaints.clear()  # axe writes styles into the page, which the policy forbids and the browser tells
    return found


def pages(studio: Studio) -> dict[str, str]:
    """A page of each kind that the back office has."""
    item = Item.objects.get(code="ashiatsu-60").pk
    return {
        "first": "/admin/",
        "list": "/admin/studio/staff/",
        "list-to-edit": "/admin/pos/item/",
        "list-with-actions": "/admin/studio/device/",
        "form": f"/admin/studio/staff/{studio.ana.pk}/change/",
        "form-with-rows": f"/admin/pos/item/{item}/change/",
        "empty-form": "/admin/studio/location/add/",
        "history": f"/admin/pos/item/{item}/history/",
        "app": "/admin/pos/",
        "password": "/admin/password_change/",
    }


def test_the_back_office_can_be_read_by_day_by_night_and_on_a_phone(office: Office, studio: Studio) -> None:
    found = []
    for name, address in pages(studio).items():
        opens(office, address)
        found += faults(office, f"office-{name}")
    assert found == []


def test_signing_on_can_be_read_too_and_says_what_was_wrong(office: Office) -> None:
    office.page.context.clear_cookies()
    opens(office, "/accounts/login/?next=/admin/")
    assert faults(office, "login") == []

    office.page.get_by_label("Username").fill("olga")
    office.page.get_by_label("Password").fill("wrong")
    office.page.get_by_role("button", name="Sign in").click()

    expect(office.page.get_by_text("username and/or password you specified are not correct")).to_be_visible()
    assert faults(office, "login-refused") == []


def test_the_first_page_is_ordered_by_task_under_the_studios_name(office: Office) -> None:
    opens(office, "/admin/")

    expect(office.page.get_by_role("banner")).to_contain_text(Business.objects.get().name)
    assert office.page.locator("#content-main caption").all_inner_texts() == [
        "The day at the desk",
        "What is sold",
        "Members",
        "Client files",
        "Gift cards",
        "People and what they may do",
        "Places, tablets, readers",
        "Cards and Stripe",
        "Books",
        "Behind the scenes",
    ]
    office.page.get_by_role("link", name="Needs attention").click()
    expect(office.page.get_by_role("heading", name="Needs attention")).to_be_visible()


def test_whoever_does_not_see_the_books_is_not_sent_to_them(office: Office, studio: Studio) -> None:
    studio.owner.is_superuser = False
    studio.owner.save()
    studio.owner.grants.all().delete()
    opens(office, "/admin/")

    expect(office.page.get_by_text("There is nothing here for you")).to_be_visible()
    expect(office.page.get_by_role("link", name="Needs attention")).to_have_count(0)


def test_fields_in_tables_have_names(office: Office, studio: Studio) -> None:
    opens(office, "/admin/pos/item/")
    expect(office.page.get_by_label("Position, Ashiatsu 60", exact=True)).to_be_visible()

    opens(office, f"/admin/studio/staff/{studio.ana.pk}/change/")
    roles = office.page.get_by_label("Group", exact=True)
    before = roles.filter(visible=True).count()
    office.page.get_by_role("button", name="Add another Role").click()
    expect(roles.filter(visible=True)).to_have_count(before + 1)


def test_the_owner_may_choose_a_theme_against_the_devices(office: Office) -> None:
    office.page.emulate_media(color_scheme="light")
    opens(office, "/admin/")
    night = "rgb(21, 29, 26)"
    assert office.page.evaluate("getComputedStyle(document.body).backgroundColor") != night

    office.page.locator(".theme-toggle").click()

    assert office.page.evaluate("getComputedStyle(document.body).backgroundColor") == night


def test_the_apis_page_can_be_read_by_day_by_night_and_on_a_phone(office: Office) -> None:
    opens(office, "/api/docs/#/clients")
    expect(office.page.locator(".opblock").first).to_be_visible()
    parts = (".top", ".information-container", ".scheme-container", "#operations-tag-clients", LISTED)
    assert not_swaggers(faults(office, "docs", *parts)) == []

    office.page.locator(f"{LISTED} .opblock-summary-control").click()
    expect(office.page.locator(".opblock.is-open .responses-table")).to_be_visible()

    assert not_swaggers(faults(office, "docs-open", ".opblock.is-open")) == []


def not_swaggers(found: list[str]) -> list[str]:
    return [fault for fault in found if not any(rule in fault and part in fault for rule, part in SWAGGERS_OWN)]


def test_error_pages_can_be_read_by_day_by_night_and_on_a_phone(
    office: Office, studio: Studio, live_server: Any, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.studio.test_error_pages"
    addresses = {"400": "/suspicious", "404": "/nowhere", "receipt": "/r/short", "500": "/broken"}
    found = []
    for name, address in addresses.items():
        office.page.goto(address)
        found += ours(office) + faults(office, f"error-{name}")

    office.page.evaluate("() => { document.body.innerHTML = '<form method=post action=/accounts/login/></form>' }")
    with office.page.expect_navigation():
        office.page.evaluate("() => document.forms[0].submit()")
    expect(office.page.get_by_role("heading", name="The form was not taken")).to_be_visible()
    found += ours(office) + faults(office, "error-form")

    studio.owner.is_superuser = False
    studio.owner.save()
    studio.owner.grants.all().delete()
    office.page.goto("/trouble/")
    expect(office.page.get_by_role("heading", name="This page is not open to you")).to_be_visible()
    found += ours(office) + faults(office, "error-403")
    assert found == []


def ours(office: Office) -> list[str]:
    """What the browser complains of, but for the status itself."""
    return [words for words in office.complaints if not words.startswith("Failed to load resource")]


def test_the_desk_can_be_put_on_the_home_screen(office: Office) -> None:
    opens(office, "/desk/")
    chrome = office.page.context.new_cdp_session(office.page)

    manifest = chrome.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/desk/manifest.webmanifest")
    # A window like a test's, without a profile, never installs anything; that is the one thing in the way.
    assert [found["errorId"] for found in chrome.send("Page.getInstallabilityErrors")["installabilityErrors"]] in (
        [],
        ["in-incognito"],
    )
