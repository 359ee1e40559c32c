"""What tests of the sale screen share: a day that has begun, a second tablet, a scanner, and axe."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from pos.clients import put_client
from pos.models import Client
from studio.devices import new_pairing_code, pair
from studio.models import Device, Staff
from tests.browser.till import Till
from tests.builders import Studio

PIN, MANAGERS_PIN = "739164", "615283"
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SCAN = """text => {
  const target = document.activeElement ?? document.body;
  for (const key of [...text, "Enter"]) {
    const isTaken = !target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    if (!isTaken && key.length === 1) document.execCommand("insertText", false, key);
  }
}"""


def opens_the_day(till: Till) -> None:
    """The drawer is open and Dana is signed on."""
    till.studio.desk.at(timezone.now()).opens_drawer(200_00)
    till.opens()
    till.signs_on(till.studio.desk_person, PIN)


@contextmanager
def second_tablet(first: Till, browser: Browser, staff: Staff, pin: str) -> Iterator[Till]:
    """A till with a tablet of its own at the same location, with that person signed on."""
    now = timezone.now()
    device = Device.objects.create(name="Back tablet", location=first.studio.location)
    _, token = pair(code=new_pairing_code(device, now=now), now=now)
    url = first.page.evaluate("location.origin")
    context = browser.new_context(viewport={"width": 1180, "height": 820}, base_url=url)
    context.add_cookies([{"name": settings.DEVICE_COOKIE_NAME, "value": token, "url": url}])
    till = Till(context.new_page(), first.studio)
    till.opens()
    till.signs_on(staff, pin)
    yield till
    context.close()
    assert till.complaints == []


def scans(page: Page, code: str) -> None:
    """A scanner types the code in one go and presses Enter, faster than Playwright could on a busy machine."""
    page.evaluate(SCAN, code)


def totals(till: Till, amount: str) -> None:
    expect(till.part("total")).to_contain_text(amount)
    expect(till.part("total")).to_have_attribute("class", "total")


def violations(till: Till) -> list[str]:
    found = Axe().run(till.page, options=WCAG).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def is_clean_in_both_themes(till: Till) -> None:
    for theme in ("light", "dark"):
        till.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert violations(till) == []


def client(studio: Studio, name: str) -> Client:
    """A client of the studio, as the desk would have written it down."""
    return put_client(client_id=uuid.uuid4(), name=name, desk=studio.desk.desk, now=timezone.now())
