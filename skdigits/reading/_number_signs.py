"""Signs in numbers: the decimal point and comma, minus, slash and colon."""

from typing import NamedTuple

import numpy as np

from skdigits.handwriting import N_DIGITS, NUMBER_SIGNS

# The least heat of such a sign; specks look like points.
SURE = {".": 0.7, ",": 0.7, "-": 0.5, "/": 0.5, ":": 0.5}

# The widest gap between a sign and the digits beside it, how far its middle may be
# inside the digit that follows, above it or below it, and how far those of points and
# commas above its foot, in heights of these digits.
NEAR, INSIDE, ABOVE, BELOW, FROM_FOOT = 0.8, 0.25, 0.2, 0.3, 0.4


class NumberSign(NamedTuple):
    """A sign that changes a number; ``box`` is left, top, right and bottom."""

    sign: str
    confidence: float
    box: np.ndarray


def number_signs_of(signs):
    """Return a list of `NumberSign` that `Signs` surely has."""
    kinds, heats = signs.heat.argmax(axis=1) - N_DIGITS, signs.heat.max(axis=1)
    found = (
        NumberSign(NUMBER_SIGNS[kinds[i]], float(heats[i]), signs.boxes[i])
        for i in np.flatnonzero((kinds >= 0) & (kinds < len(NUMBER_SIGNS)))
    )
    return [sign for sign in found if sign.confidence >= SURE[sign.sign]]


def with_signs(order, boxes, signs):
    """Place signs among digits, which they join to numbers.

    Parameters
    ----------
    order : list of (index, line, number)
        Of the digits, as `layout_of` returns it.

    boxes : ndarray of shape (n, 4)
        Of the digits: left, top, right and bottom.

    signs : list of NumberSign

    Returns
    -------
    order : list of (index, line, number)

    placed : list of (NumberSign, line, number, before)
        ``before`` is the row of ``order`` that a sign stands before.
    """
    at = {}
    # of two signs at a place, the surer one is taken
    for sign in sorted(signs, key=lambda sign: sign.confidence, reverse=True):
        before = _place_of(sign, order, boxes)
        if before is not None:
            at.setdefault(before, sign)
    joined, last = [], (None, 0, 0)
    for row, (i, line, number) in enumerate(order):
        joins = row in at and _has_left_neighbour(at[row], row, order, boxes)
        # the numbers of a line are counted again if some have become one
        begins = (line, number) != last[:2] and not joins
        count = (last[2] + begins) if line == last[0] else 0
        joined.append((i, line, count))
        last = line, number, count
    return joined, [(sign, *joined[row][1:], row) for row, sign in sorted(at.items())]


def _place_of(sign, order, boxes):
    """Return the row of the digit that a sign stands before, None for no such place."""
    x, y = (sign.box[:2] + sign.box[2:]) / 2
    for row, (i, _, _) in enumerate(order):
        left, top, _, bottom = boxes[i]
        height = bottom - top
        gap = left - sign.box[2]
        if not (x < left + INSIDE * height and gap <= NEAR * height):
            continue
        if not top - ABOVE * height <= y <= bottom + BELOW * height:
            continue
        if sign.sign in ".," and y < bottom - FROM_FOOT * height:
            continue
        if sign.sign == "-" or _has_left_neighbour(sign, row, order, boxes):
            return row
    return None


def _has_left_neighbour(sign, row, order, boxes):
    if row == 0 or order[row - 1][1] != order[row][1]:
        return False
    left, top, right, bottom = boxes[order[row - 1][0]]
    x = (sign.box[0] + sign.box[2]) / 2
    return (left + right) / 2 < x and sign.box[0] - right <= NEAR * (bottom - top)
