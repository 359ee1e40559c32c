"""Shapes of lines and curves, in millimetres from the top left, that a page and a PDF draw in their own way."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

ROUND = 0.5523
"""How far a curve's handles reach so that four curves make an ellipse."""
Point = tuple[float, float]
Step = tuple[Point, ...]
"""One point is a line to it, three are a curve: two handles and its end."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline from `start` by its steps, filled, or drawn as a line of `width` when that is given."""

    start: Point
    steps: tuple[Step, ...]
    colour: str
    width: float = 0

    def svg(self) -> str:
        """The shape as an SVG path."""
        path = f"M{_at(self.start)}" + "".join(_step(step) for step in self.steps)
        if self.width:
            return f'<path d="{path}" fill="none" stroke={quoteattr(self.colour)} stroke-width="{self.width:g}"/>'
        return f'<path d="{path}Z" fill={quoteattr(self.colour)}/>'


def svg(shapes: Iterable[Shape], *, width: float, height: float) -> str:
    """A whole picture."""
    drawn = "".join(shape.svg() for shape in shapes)
    size = f'viewBox="0 0 {width:g} {height:g}" stroke-linecap="round"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{drawn}</svg>'


def block(left: float, top: float, width: float, height: float, colour: str) -> Shape:
    """A rectangle."""
    right, bottom = left + width, top + height
    return Shape((left, top), (((right, top),), ((right, bottom),), ((left, bottom),)), colour)


def disc(x: float, y: float, rx: float, ry: float, colour: str, *, turned: float = 0) -> Shape:
    """An ellipse, turned by so many degrees."""

    def at(dx: float, dy: float) -> Point:
        return _turn((x, y), dx * rx, dy * ry, turned)

    steps = (
        (at(1, ROUND), at(ROUND, 1), at(0, 1)),
        (at(-ROUND, 1), at(-1, ROUND), at(-1, 0)),
        (at(-1, -ROUND), at(-ROUND, -1), at(0, -1)),
        (at(ROUND, -1), at(1, -ROUND), at(1, 0)),
    )
    return Shape(at(1, 0), steps, colour)


def leaf(x: float, y: float, length: float, width: float, colour: str, *, turned: float) -> Shape:
    """A leaf that begins at the point and reaches so far, pointing right before it is turned."""

    def at(along: float, across: float) -> Point:
        return _turn((x, y), along * length, across * width, turned)

    steps = ((at(0.25, -0.9), at(0.75, -0.7), at(1, 0)), (at(0.75, 0.7), at(0.25, 0.9), at(0, 0)))
    return Shape((x, y), steps, colour)


def curve(start: Point, *steps: Step, colour: str, width: float) -> Shape:
    """A line."""
    return Shape(start, steps, colour, width)


def _turn(centre: Point, dx: float, dy: float, degrees: float) -> Point:
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return centre[0] + dx * cosine - dy * sine, centre[1] + dx * sine + dy * cosine


def _step(step: Step) -> str:
    return ("L" if len(step) == 1 else "C") + " ".join(_at(point) for point in step)


def _at(point: Point) -> str:
    return f"{point[0]:.2f},{point[1]:.2f}"
