"""The pictures on gift cards, drawn by us: a panel of 44 by 105 mm, light enough to print well in grey (R18)."""

from collections.abc import Iterator
from dataclasses import dataclass

from giftcards.shop import drawing
from giftcards.shop.drawing import Shape, block, curve, disc, leaf

WIDTH, HEIGHT = 44, 105
CEDAR, BARK, SAND = "#b07a55", "#8f5330", "#f6e9df"
GREEN, SAGE, MIST = "#2f6b5e", "#7fae9f", "#e3efea"
SLATE, STONE, SKY = "#5c7186", "#9db0c0", "#e6f0f8"
SUN, GLOW = "#e0a83c", "#fff3d6"


@dataclass(frozen=True, slots=True)
class Design:
    """A picture with its name and what somebody who does not see it is told."""

    key: str
    name: str
    words: str
    shapes: tuple[Shape, ...]

    @property
    def svg(self) -> str:
        """The panel as an SVG picture."""
        return drawing.svg(self.shapes, width=WIDTH, height=HEIGHT)


def _bars() -> Iterator[Shape]:
    """The two bars under the ceiling that an Ashiatsu therapist holds, and the steps below them."""
    yield block(0, 0, WIDTH, HEIGHT, SAND)
    for left in (9.0, 33.0):
        yield block(left, 0, 1.4, 20, CEDAR)
    for top in (14.0, 22.0):
        yield block(4, top, 36, 3.2, BARK)
    yield block(9, 20, 1.4, 2, CEDAR)
    yield block(33, 20, 1.4, 2, CEDAR)
    yield from _foot(15, 78, side=-1)
    yield from _foot(29, 58, side=1)


def _foot(x: float, y: float, *, side: int) -> Iterator[Shape]:
    """A footprint; `side` is 1 for the right foot, -1 for the left."""
    turned = 8 * side
    yield disc(x + side * 0.4, y - 5.6, 5.0, 5.4, GREEN, turned=turned)
    yield disc(x + side * 1.0, y + 1.6, 3.1, 6.8, GREEN, turned=turned)
    yield disc(x - side * 0.1, y + 8.0, 3.7, 4.5, GREEN, turned=turned)
    toes = ((-3.7, -12.6, 1.9, 2.5), (-0.6, -13.5, 1.35, 1.8), (1.9, -12.9, 1.2, 1.6), (4.0, -11.6, 1.1, 1.4))
    for dx, dy, rx, ry in (*toes, (5.7, -9.7, 0.95, 1.25)):
        yield disc(x + side * dx, y + dy, rx, ry, GREEN, turned=turned)


def _eucalyptus() -> Iterator[Shape]:
    yield block(0, 0, WIDTH, HEIGHT, MIST)
    yield curve((19, 105), ((17, 76), (30, 50), (22, 12)), colour=GREEN, width=0.9)
    pairs = ((21.0, 90.0, 13.0), (21.8, 76.0, 13.0), (23.6, 62.0, 12.0), (25.2, 48.0, 11.0), (25.3, 35.0, 9.5))
    for x, y, length in pairs:
        yield leaf(x, y, length, length * 0.46, SAGE, turned=-32)
        yield leaf(x, y + 3, length, length * 0.46, GREEN, turned=-148)
    yield leaf(22, 13, 9, 4, SAGE, turned=-95)


def _stones() -> Iterator[Shape]:
    yield block(0, 0, WIDTH, HEIGHT, SKY)
    for y, rx, ry, colour in (
        (80.0, 15.5, 6.4, SLATE),
        (68.2, 12.0, 5.4, STONE),
        (58.3, 9.0, 4.5, SLATE),
        (50.2, 6.2, 3.6, STONE),
    ):
        yield disc(22, y, rx, ry, colour)
    for y, reach in ((90.0, 18.0), (94.5, 14.0), (99.0, 9.0)):
        ripple = ((22 - reach / 2, y - 1.6), (22 + reach / 2, y + 1.6), (22 + reach, y))
        yield curve((22 - reach, y), ripple, colour=SLATE, width=0.6)
    yield disc(22, 20, 7, 7, "#ffffff")
    yield leaf(22, 46.5, 8, 3.2, SAGE, turned=-60)


def _bamboo() -> Iterator[Shape]:
    yield block(0, 0, WIDTH, HEIGHT, "#f1ebe1")
    for left, width, first, colour in ((7.0, 5.4, 6.0, SAGE), (19.0, 6.6, 14.0, GREEN), (32.0, 4.6, 2.0, SAGE)):
        top = first - 24
        while top < HEIGHT:
            yield block(left, top, width, 22.6, colour)
            yield block(left - 0.6, top + 22.6, width + 1.2, 1.4, BARK)
            top += 24
    for x, y, turned in ((25.6, 36.0, -28.0), (25.6, 36.0, 12.0), (12.4, 54.0, 24.0), (32.0, 75.0, 205.0)):
        yield leaf(x, y, 13, 3.6, GREEN, turned=turned)


def _morning() -> Iterator[Shape]:
    yield block(0, 0, WIDTH, HEIGHT, GLOW)
    yield disc(22, 62, 10.5, 10.5, SUN)
    for n in range(7):
        tilt = -90 + (n - 3) * 28
        yield leaf(*_ray(tilt), 8.5, 1.9, SUN, turned=tilt)
    hill = (((10, 58), (22, 66), (30, 74)), ((35, 68), (40, 66), (44, 68)), ((44, 105),), ((0, 105),))
    yield drawing.Shape((0, 72), hill, SAGE)
    front = (((12, 76), (26, 82), (44, 80)), ((44, 105),), ((0, 105),))
    yield drawing.Shape((0, 86), front, GREEN)


def _ray(tilt: float) -> tuple[float, float]:
    """Where a ray of the sun begins."""
    return disc(22, 62, 13.5, 13.5, SUN, turned=tilt).start


DESIGNS = {
    design.key: design
    for design in (
        Design("bars", "Two bars", "Two wooden bars under the ceiling, and two footprints", tuple(_bars())),
        Design("eucalyptus", "Eucalyptus", "A branch of eucalyptus", tuple(_eucalyptus())),
        Design("stones", "Still water", "Four stones on still water under the moon", tuple(_stones())),
        Design("bamboo", "Bamboo", "Three stems of bamboo", tuple(_bamboo())),
        Design("morning", "Good morning", "The sun rises behind two hills", tuple(_morning())),
    )
}
FIRST = "bars"


def design_of(key: str) -> Design:
    """The picture of that name; the first one for a name that is gone."""
    return DESIGNS.get(key, DESIGNS[FIRST])
