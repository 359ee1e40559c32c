"""Bars drawn by the server, as numbers for an SVG; the table with the figures stands under them."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 720, 200, 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, how high it is, what is written under it and told about it."""

    x: int
    y: int
    width: int
    height: int
    label: str
    told: str
    is_before: bool = False

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars from left to right, and what they are of."""

    title: str
    bars: Sequence[Bar]
    width: int = WIDTH
    height: int = HEIGHT + 44
    baseline: int = HEIGHT
    words: int = HEIGHT + 32


def plot(title: str, values: Sequence[tuple[str, float, str]]) -> Plot:
    """Bars of (label, value, told): the highest fills the plot, none is below the line."""
    most = max((value for _, value, _ in values), default=0)
    step = WIDTH / max(len(values), 1)
    gap = min(GAP, round(step / 3))
    bars = []
    for n, (label, value, told) in enumerate(values):
        height = round(max(value, 0) * HEIGHT / most) if most > 0 else 0
        bars.append(Bar(round(n * step) + gap // 2, HEIGHT - height, round(step) - gap, height, label, told))
    return Plot(title, bars)


def beside(title: str, values: Sequence[tuple[str, tuple[float, str], tuple[float, str]]]) -> Plot:
    """Two bars for each (label, (value, told), (value before, told)), that of before at the left and paler."""
    most = max((one for _, (value, _), (before, _) in values for one in (value, before)), default=0)
    step = WIDTH / max(len(values), 1)
    width = round((step - 2 * GAP) / 2)
    bars = []
    for n, (label, now, before) in enumerate(values):
        left = round(n * step) + GAP
        for x, (value, told), name in ((left, before, ""), (left + width, now, label)):
            height = round(max(value, 0) * HEIGHT / most) if most > 0 else 0
            bars.append(Bar(x, HEIGHT - height, width - 2, height, name, told, is_before=not name))
    return Plot(title, bars)
