"""QR codes as plain shapes, which a page and a PDF draw in their own way."""

from collections.abc import Iterator
from dataclasses import dataclass

import segno

QUIET = 4
"""Empty modules that a reader needs around the code."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A code of `size` by `size` modules with its quiet zone; `dark` are the (column, row) of the black ones."""

    size: int
    dark: tuple[tuple[int, int], ...]

    @property
    def path(self) -> str:
        """The black modules as an SVG path in units of one module."""
        return "".join(f"M{column} {row}h1v1h-1z" for column, row in self.dark)


def qr_of(text: str) -> Qr:
    """The code that a camera reads as `text`."""
    matrix = segno.make_qr(text, error="m").matrix
    return Qr(len(matrix) + 2 * QUIET, tuple(_dark(matrix)))


def _dark(matrix: tuple[bytearray, ...]) -> Iterator[tuple[int, int]]:
    for row, modules in enumerate(matrix):
        for column, module in enumerate(modules):
            if module:
                yield column + QUIET, row + QUIET
