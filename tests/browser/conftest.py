"""A real browser at a real server: a tablet that is paired, and a page that may not complain once."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserType, expect

from payments.models import Reader
from studio.devices import new_pairing_code, pair
from tests.browser.card_desk import CardDesk
from tests.browser.till import Till
from tests.builders import Studio, build_studio, tax
from tests.stripe_sim.stand_in import StandIn

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
IMPATIENT = """
// What the page looks at every two or three seconds it looks at much sooner, so that nobody waits for the tests.
const later = window.setTimeout.bind(window);
window.setTimeout = (work, millis, ...rest) => later(work, millis === 2000 || millis === 3000 ? 250 : millis, ...rest);
"""
PATIENCE_MILLIS = 30_000  # a page may be slow on a busy machine; what never comes is waited for only once
QUIET = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM:
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs Chromium: apt install chromium"))


@pytest.fixture(scope="session", autouse=True)
def let_the_test_ask_the_database_while_the_browser_runs() -> Iterator[None]:
    """Playwright keeps an event loop in this thread; Django must not take the test for asynchronous code."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser(browser_type: BrowserType) -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    browser = browser_type.launch(executable_path=CHROMIUM, args=[*sandbox, *QUIET, "--no-first-run"])
    expect.set_options(timeout=PATIENCE_MILLIS)
    yield browser
    browser.close()


@pytest.fixture
def studio(transactional_db: None) -> Studio:
    """The studio of the other tests, with tax on retail; the browser's requests see it because it is committed."""
    studio = build_studio()
    tax(studio.location, "retail", ("OH-FRANKLIN", "0.075"))
    return studio


@pytest.fixture
def till(studio: Studio, live_server: Any, browser: Browser, settings: Any) -> Iterator[Till]:
    """A paired tablet before its lock screen; at the end its page must have had nothing to complain about."""
    settings.SITE_URL = live_server.url
    now = timezone.now()
    _, token = pair(code=new_pairing_code(studio.device, now=now), now=now)
    context = browser.new_context(
        viewport={"width": 1180, "height": 820}, base_url=live_server.url, service_workers="block"
    )
    context.add_init_script(IMPATIENT)
    context.add_cookies([{"name": settings.DEVICE_COOKIE_NAME, "value": token, "url": live_server.url}])
    till = Till(context.new_page(), studio)
    yield till
    context.close()
    assert till.complaints == []


@pytest.fixture
def desk(till: Till, stripe: StandIn, reader: Reader) -> CardDesk:
    """A desk with one reader, at the time it is now."""
    stripe.tell("clock", reset=True)
    return CardDesk(till, stripe, reader)
