"""`python -m tests.browser.screenshots`: the pictures of docs/images, from a demo studio that lives only for that.

The people, the clients and what they buy are the same each time; the days end today, by the real clock.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 150_000
TABLET: ViewportSize = {"width": 1180, "height": 820}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: list[tuple[str, ViewportSize, Any]] = [
    ("", TABLET, "light"),
    ("-dark", TABLET, "dark"),
    ("-phone", PHONE, "light"),
]
PERSON, PIN = "Dana Flores", "739164"
OWNER, PASSWORD = "owner", "walk-on-the-bars"
KEY = "sk_test_sim"


def main() -> None:
    """Start a demo, take its pictures, stop it."""
    if CHROMIUM is None:
        sys.exit("The pictures need Chromium: apt install chromium")
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="footfall-pictures-") as folder,
        Demo(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        take(browser, demo)
        browser.close()


class Demo:
    """The demo studio in a folder of its own: database, stand-in for Stripe, web server."""

    def __init__(self, folder: Path) -> None:
        self.port, self.stripe_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.stripe_url = f"http://127.0.0.1:{self.stripe_port}"
        self.folder = folder
        self.environment = os.environ | {
            "DEMO": "True",
            "DEBUG": "False",
            "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECRET_KEY": "insecure-and-only-for-pictures-0123456789abcdefghijklmnop",
            "PIN_PEPPER": "insecure-and-only-for-pictures",
            "STRIPE_API_BASE": self.stripe_url,
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": "whsec_demo",
            "PYTHONWARNINGS": "ignore:No directory at",
        }

    def __enter__(self) -> "Demo":
        with contextlib.ExitStack() as stack:
            account = ["--port", str(self.stripe_port), "--db", str(self.folder / "stripe.sqlite3"), "--quiet"]
            stack.enter_context(self._running("-m", "stripe_sim", *account, port=self.stripe_port))
            self.manage("migrate", "--verbosity", "0")
            self.manage("seed_demo", "--days", "10")
            self.manage("worker", "--once")
            web = ["config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4", "--log-level", "warning"]
            stack.enter_context(self._running("-m", "gunicorn", *web, port=self.port))
            self._stop = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.close()

    def manage(self, *words: str) -> str:
        """What a management command says."""
        command = [sys.executable, "manage.py", *words]
        run = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"{' '.join(words)} failed:\n{run.stdout}{run.stderr}")
        return run.stdout.strip()

    @contextlib.contextmanager
    def _running(self, *words: str, port: int) -> Iterator[None]:
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL)
        try:
            wait_for_port(port)
            yield
        finally:
            process.terminate()
            process.wait()


def take(browser: Browser, demo: Demo) -> None:
    """All the pictures, in the order in which a sale goes."""
    context = browser.new_context(viewport=TABLET, base_url=demo.url, reduced_motion="reduce")
    page = desk(context, demo)
    open_drawer(page)
    fill_cart(page)
    shoot(page, "sale")
    part(page, "pay-card").click()
    expect(part(page, "card-waiting")).to_be_visible()
    shoot(page, "card")
    hold_card(demo)
    expect(part(page, "done-screen")).to_be_visible(timeout=15_000)
    page.keyboard.press("Escape")
    page.goto("/desk/#receipts")
    part(page, "receipt-row").first.click()
    expect(part(page, "receipt")).to_be_visible()
    shoot(page, "receipts")
    page.goto("/desk/#drawer")
    expect(part(page, "drawer-open")).to_be_visible()
    shoot(page, "drawer")
    trouble(context)
    context.close()


def desk(context: BrowserContext, demo: Demo) -> Page:
    """The page of a tablet that was just paired, with somebody signed on."""
    page = context.new_page()
    page.goto("/desk/")
    part(page, "pair-code").fill(demo.manage("pair_device", "--location", "UPT", "--name", "Second tablet"))
    if part(page, "pair-send").is_visible():
        part(page, "pair-send").click()
    page.get_by_role("button", name=PERSON).click()
    page.keyboard.type(PIN)
    expect(part(page, "sale-screen")).to_be_visible()
    return page


def open_drawer(page: Page) -> None:
    """Before ten, and on the day when the studio is closed, the demo has not opened it."""
    page.goto("/desk/#drawer")
    expect(part(page, "drawer-screen").locator("section, form, .card").first).to_be_visible()
    if part(page, "drawer-closed").is_visible():
        page.keyboard.type("20000")
        part(page, "drawer-closed").get_by_role("button", name="Open with").click()
    elif not part(page, "drawer-open").is_visible():
        page.get_by_role("button", name="Use it on this tablet").click()
    expect(part(page, "drawer-open")).to_be_visible()


def fill_cart(page: Page) -> None:
    """A treatment, an add-on and a tip."""
    page.goto("/desk/#sale")
    part(page, "item-ashiatsu-bar-60").click()
    part(page, "tab-addon").click()
    part(page, "item-hot-towel").click()
    part(page, "tab-treatment").click()
    part(page, "tip-20").click()
    expect(part(page, "pay-card")).to_contain_text("$162.00")


def hold_card(demo: Demo) -> None:
    """A client holds a card to the reader that waits."""
    readers = ask(demo, "/v1/terminal/readers")["data"]
    waiting = next(one["id"] for one in readers if (one["action"] or {}).get("status") == "in_progress")
    card = {"type": "card_present", "card_present[number]": "4242424242424242"}
    ask(demo, f"/v1/test_helpers/terminal/readers/{waiting}/present_payment_method", card)


def ask(demo: Demo, path: str, form: dict[str, str] | None = None) -> Any:
    """What the stand-in for Stripe answers."""
    body = urllib.parse.urlencode(form).encode() if form else None
    headers = {"Authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(demo.stripe_url + path, body, headers)  # noqa: S310 - the stand-in's own address
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def trouble(context: BrowserContext) -> None:
    """The owner's page of what needs attention."""
    page = context.new_page()
    page.goto("/accounts/login/?next=/trouble/")
    page.get_by_label("Username").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Needs attention")).to_be_visible()
    shoot(page, "trouble")


def shoot(page: Page, name: str) -> None:
    """The page as it is, by day, by night and on a phone."""
    for look, size, theme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_timeout(300)
        keep(page.screenshot(), IMAGES / f"{name}{look}.png")
    page.set_viewport_size(TABLET)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def keep(picture: bytes, path: Path) -> None:
    """Write it with as many colours as its pages have; a repository keeps every version for ever."""
    path.write_bytes(picture)
    with Image.open(path) as image:
        image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path.name} has {size} bytes, more than {MOST_BYTES}.")
    print(f"{path.relative_to(ROOT)}: {size // 1000} kB")


def part(page: Page, name: str) -> Any:
    """The part of the page with that test name."""
    return page.locator(f'[data-test="{name}"]')


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Until somebody listens there, for ten seconds at most."""
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    sys.exit(f"Nobody answers at port {port}.")


if __name__ == "__main__":
    main()
