"""From a finger on the desk page to the next picture, in Chromium slowed down four times: `python -m bench.desk`.

The browser itself says how long each tap took (Event Timing: from the touch of the screen to the frame painted after
all that the tap set off at once). bench/README.md says how to read the figures.
"""

import gzip
import os
import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.machine import Machine

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SLOWER = 4
WARM_UP = 3  # sales, until the browser has compiled what it runs again and again
MOST_TAP_MS, MOST_KB = 100.0, 150.0
QUICKEST_MS = 16.0
"""The browser tells nothing of what took less than a frame."""
SITE = {"SITE_URL": "http://127.0.0.1", "ALLOWED_HOSTS": "127.0.0.1", "TRUSTED_PROXY_COUNT": "0"}
PIN = "739164"
WATCH = """
window.slow = {};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (entry.interactionId)
      window.slow[entry.interactionId] = Math.max(window.slow[entry.interactionId] ?? 0, entry.duration);
}).observe({ type: "event", durationThreshold: 16 });
"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))"
TAPS = "() => { const all = Object.values(window.slow); window.slow = {}; return all; }"


@dataclass
class Tap:
    """One kind of tap and what it took, each time, in milliseconds."""

    name: str
    milliseconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.milliseconds * 2, n=20)[-1]  # twice, for quantiles asks for two at least

    @property
    def is_met(self) -> bool:
        """By the median: the rarer ones are those of a busy machine."""
        return self.median <= MOST_TAP_MS


@dataclass
class FirstLoad:
    """What an empty browser fetches before the desk can be used: as a proxy compresses it, and how long it takes."""

    kilobytes: float
    files: int
    seconds: float

    @property
    def is_met(self) -> bool:
        return self.kilobytes <= MOST_KB


def touch(bench: Machine, *, url: str, rounds: int) -> tuple[FirstLoad, list[Tap]]:
    """The desk page on a server of its own, with so many sales rung up by hand."""
    token = bench.call("bench.inside", "paired", database_url=url)["device"]
    bench.more = SITE
    with bench.served(url, workers=1, threads=4) as server, chromium() as browser:
        context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
        address = f"http://127.0.0.1:{server.port}"
        context.add_cookies([{"name": "footfall_device", "value": token, "url": address}])
        context.add_init_script(WATCH)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        return first_load(page, f"{address}/desk/"), taps(page, session, rounds=rounds)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium with a profile of its own."""
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*sandbox, "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def first_load(page: Page, address: str) -> FirstLoad:
    """Open the page with nothing in the cache, up to the names of those who may sign on."""
    bodies: list[bytes] = []
    page.on("response", lambda answer: bodies.append(answer.body()) if answer.status == 200 else None)
    page.goto(address, wait_until="commit")
    page.locator('[data-test="lock-screen"] button').first.wait_for()
    seconds = page.evaluate("performance.now()") / 1000
    page.wait_for_load_state("networkidle")
    return FirstLoad(sum(len(gzip.compress(body)) for body in bodies) / 1024, len(bodies), seconds)


def taps(page: Page, session: CDPSession, *, rounds: int) -> list[Tap]:
    """Sign on and sell a treatment, over and over; each kind of tap with its times."""
    page.get_by_role("button", name="Dana").click()
    for digit in PIN:
        page.keyboard.press(digit)
    found: dict[str, list[float]] = {}
    for number in range(WARM_UP + rounds):
        for name, act in sale(page):
            settled(page)
            page.evaluate(TAPS)
            act()
            page.evaluate(PAINTED)
            if number >= WARM_UP:
                found.setdefault(name, []).append(max(page.evaluate(TAPS), default=QUICKEST_MS))
        page.keyboard.press("Escape")
        page.locator('[data-test="done-screen"]').wait_for(state="hidden")
    return [Tap(name, milliseconds) for name, milliseconds in found.items()]


def sale(page: Page) -> Iterator[tuple[str, Callable[[], None]]]:
    """The taps of one sale in their order."""
    part = lambda name: page.locator(f'[data-test="{name}"]').first.tap  # noqa: E731
    yield "a tile", part("item-ashiatsu-60")
    yield "a tip", part("tip-20")
    yield "undo", part("undo")
    yield "a sheet opens", part("discount")
    yield "a sheet closes", part("sheet-close")
    yield "another screen", part("nav-receipts")
    yield "back to the sale", part("nav-sale")
    yield "cash", part("cash-exact")
    page.locator('[data-test="done-screen"]').wait_for()
    page.wait_for_timeout(500)  # the screen takes no tap that belongs to the one before


def settled(page: Page) -> None:
    """Wait until the server's price is there."""
    page.locator('[data-test="total"][data-waiting]').wait_for(state="hidden")
    page.evaluate(PAINTED)


def written(load: FirstLoad, found: list[Tap]) -> str:
    verdict = {True: "met", False: "MISSED"}
    rows = [
        f"| {tap.name} | {tap.median:.0f} | {tap.p95:.0f} | {MOST_TAP_MS:.0f} | {verdict[tap.is_met]} |"
        for tap in found
    ]
    return "\n".join(
        [
            f"\n## The desk page in Chromium, {SLOWER} x slowed down",
            f"First load: {load.kilobytes:.0f} KB compressed in {load.files} files (<= {MOST_KB:.0f} KB: "
            f"{verdict[load.is_met]}), ready for a PIN after {load.seconds:.1f} s",
            "",
            "| tap to paint | median ms | p95 ms | limit ms | target |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )
