"""The desk page as a person sees it: what can be tapped, and how often it was."""

from playwright.sync_api import Locator, Page, expect

from studio.models import Staff
from tests.builders import Studio

COUNT_TAPS = "window.taps = 0; addEventListener('pointerup', (event) => event.isTrusted && (window.taps += 1), true);"


class Till:
    """A tablet's page; `taps` counts real touches since the last `counts_from_here`."""

    def __init__(self, page: Page, studio: Studio) -> None:
        self.page = page
        self.studio = studio
        self.complaints: list[str] = []
        page.on("console", lambda message: message.type == "error" and self._note(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "response", lambda answer: answer.status >= 500 and self.complaints.append(f"{answer.url}: {answer.status}")
        )
        page.add_init_script(COUNT_TAPS)

    def _note(self, text: str) -> None:
        """A refusal in words (4xx) is part of the talk, though the browser writes it down as an error."""
        if not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    @property
    def taps(self) -> int:
        return int(self.page.evaluate("window.taps"))

    def counts_from_here(self) -> None:
        self.page.evaluate("window.taps = 0")

    def part(self, name: str) -> Locator:
        """The part of the page with that test name."""
        return self.page.locator(f'[data-test="{name}"]')

    def tap(self, name: str) -> None:
        self.part(name).click()

    def enter(self) -> None:
        """Press Enter, once money buttons do not rest any more from the last tap: no finger is that fast."""
        expect(self.page.locator("[data-hold]")).to_have_count(0)
        self.page.keyboard.press("Enter")

    def tap_button(self, name: str) -> None:
        """Tap the visible button whose words begin so."""
        self.page.get_by_role("button", name=name).filter(visible=True).first.click()

    def opens(self, screen: str = "sale") -> None:
        self.page.goto(f"/desk/#{screen}")

    def signs_on(self, staff: Staff, pin: str) -> None:
        self.page.get_by_role("button", name=staff.display_name).click()
        for digit in pin:
            self.page.keyboard.press(digit)
        expect(self.part("lock")).to_be_visible()

    def shows(self, words: str) -> None:
        """The page says so, now or within a few seconds."""
        expect(self.page.get_by_text(words).filter(visible=True).first).to_be_visible()
