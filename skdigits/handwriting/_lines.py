"""Reading order: lines, and the numbers in them."""

import numpy as np

# A digit is of the line whose end it is beside: at most so far above or below it, and
# so far to its right, in usual heights.
BESIDE = 0.6

# A gap that is so many times as wide as usual, and by so many usual heights wider,
# begins a new number.
TIMES_THE_GAP, WIDER = 1.7, 0.45


def lines_of(boxes, usual):
    """Return the boxes' numbers line by line, each from left to right.

    Parameters
    ----------
    boxes : ndarray of shape (n, 4)
        left, top, right and bottom.

    usual : float
        The usual height of a digit.

    Returns
    -------
    list of list of int
    """
    lines = []
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    for i in np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable"):
        off = [abs(middles[i] - _ending(line, boxes, middles)) for line in lines]
        if off and min(off) <= BESIDE * usual:
            lines[int(np.argmin(off))].append(int(i))
        else:
            lines.append([int(i)])
    return sorted(lines, key=lambda line: np.mean(middles[line]))


def _ending(line, boxes, middles):
    """Return the height at which a line goes on: that of its last two digits."""
    return np.mean(middles[line[-2:]])


def numbers_of(boxes, line, usual):
    """Return for each box of a line the number that it is of, counted from 0."""
    gaps = np.maximum(boxes[line[1:], 0] - boxes[line[:-1], 2], 0)
    if not len(gaps):
        return [0] * len(line)
    typical = np.median(gaps) if len(gaps) > 1 else 0.5 * usual
    typical = min(typical, np.sort(gaps)[len(gaps) // 2])
    wide = gaps > np.maximum(TIMES_THE_GAP * typical, typical + WIDER * usual)
    return [0, *np.cumsum(wide).tolist()]
