"""Looking at one place of the desk page after another, by day and by night: what axe finds, and a picture on demand."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of every place, when somebody wants to look."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast"]
SIZES: dict[str, Any] = {
    "tablet": {"width": 1180, "height": 820},
    "portrait": {"width": 820, "height": 1180},
    "phone": {"width": 390, "height": 844},
}
FIND = """values => axe.run({ runOnly: { type: values.type, values: values.names }, resultTypes: ["violations"] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)))
"""


class Looker:
    """Somebody who looks at places; `faults` is what was found so far, each with its place and theme."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        self.seen: list[str] = []

    def looks_at(self, place: str) -> None:
        """All rules by day; by night the colours alone, for nothing else changes."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        self.seen.append(place)
        for theme, rules in (("dark", COLOURS), ("light", RULES)):
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            asked = {"type": "rule" if rules == COLOURS else "tag", "names": rules}
            self.faults += [f"{place}, {theme}: {fault}" for fault in self.page.evaluate(FIND, asked)]
            self._shoots(f"{place}-{theme}")

    def _shoots(self, name: str) -> None:
        if not SHOTS:
            return
        for size, box in SIZES.items():
            self.page.set_viewport_size(box)
            self.page.screenshot(path=Path(SHOTS) / f"{name}-{size}.png")
        self.page.set_viewport_size(SIZES["tablet"])
