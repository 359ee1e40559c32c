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
