"""Curves drawn in braille: two dots across and four down in each character."""

from collections.abc import Sequence
from itertools import pairwise

_BLANK = 0x2800
# Bits of the dots of a braille character, by column and row (Unicode chapter 21, Braille).
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def unit_square(
    curve: Sequence[tuple[float, float]], columns: int, rows: int
) -> tuple[list[str], list[str]]:
    """A curve of points (x, y) in 0..1, and the diagonal, each as `rows` lines of braille."""
    width, height = columns * 2, rows * 4

    def drawn(points: Sequence[tuple[float, float]], every: int) -> list[str]:
        cells = [[_BLANK] * columns for _ in range(rows)]
        for x in range(0, width, every):
            at = x / (width - 1)
            y = round((1 - _height(points, at)) * (height - 1))
            cells[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
        # A space, not the blank of braille: in text that people wrote that is an invisible sign.
        return ["".join(" " if dots == _BLANK else chr(dots) for dots in row) for row in cells]

    return drawn(curve, 1), drawn([(0, 0), (1, 1)], 4)


def _height(points: Sequence[tuple[float, float]], at: float) -> float:
    for (x1, y1), (x2, y2) in pairwise(points):
        if x1 <= at <= x2:
            return y1 if x2 == x1 else y1 + (y2 - y1) * (at - x1) / (x2 - x1)
    return points[-1][1]
