"""Reading order: the lines of a page, and the numbers in each line."""

import numpy as np

# A digit belongs to the line beside whose end it is: so much of its height, or of the
# line's if that is less, is beside the last two digits there. Digits of less than a
# share of the usual height do not say how the line goes on.
BESIDE, TALL = 0.4, 0.7

# An exponent belongs to the line whose last digit is to its left, at most so many
# heights of that line away. It is of less than such a share of the line's height, and
# the smaller it is, the higher it may stand: so many times what it lacks in height.
NEAR, SMALLER, RAISED = 0.8, 0.85, 1.25

# From left to right, and of two digits above each other, as in a fraction, the upper
# one first: so many pixels to the right count as one pixel down.
UPPER_FIRST = 0.3

# Digits of other heights are numbers of their own if their feet differ by so many
# heights of the larger one.
STEP = 0.4

# A gap that is so many times as wide as usual, and by so many usual heights wider,
# begins a new number.
TIMES_THE_GAP, WIDER = 1.7, 0.45


def lines_of(boxes, usual):
    """Return the indices of the boxes line by line, each from left to right.

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
    columns = (boxes[:, 0] + boxes[:, 2]) / 2
    for i in np.argsort(columns + UPPER_FIRST * middles, kind="stable"):
        beside = [_share_beside(boxes[i], boxes[line], usual) for line in lines]
        if beside and max(beside) >= BESIDE:
            lines[int(np.argmax(beside))].append(int(i))
        else:
            lines.append([int(i)])
    return sorted(lines, key=lambda line: np.mean(middles[line]))


def _share_beside(box, line, usual):
    """Return how much of a digit's height is beside the last digits of a line."""
    tall = line[line[:, 3] - line[:, 1] > TALL * usual]
    (_, top, _, bottom) = (tall if len(tall) else line)[-2:].mean(axis=0)
    height, box_height = bottom - top, box[3] - box[1]
    share = (min(bottom, box[3]) - max(top, box[1])) / min(height, box_height)
    is_near = box[0] - line[-1, 2] < NEAR * height and box[3] < bottom
    is_small = box_height < SMALLER * height
    if is_near and is_small and top - box[3] < RAISED * (height - box_height):
        # no more than is needed, so a line that is truly beside it wins
        return max(share, BESIDE)
    return share


def numbers_of(boxes, line, usual):
    """Return the number that each box of a line belongs to, counted from 0."""
    gaps = np.maximum(boxes[line[1:], 0] - boxes[line[:-1], 2], 0)
    if not len(gaps):
        return [0] * len(line)
    typical = np.median(gaps) if len(gaps) > 1 else min(0.5 * usual, gaps[0])
    wide = gaps > np.maximum(TIMES_THE_GAP * typical, typical + WIDER * usual)
    # a raised digit is a number of its own, as is one above another
    tops, bottoms = boxes[line, 1], boxes[line, 3]
    small, large = np.sort([(bottoms - tops)[1:], (bottoms - tops)[:-1]], axis=0)
    wide |= (small < SMALLER * large) & (np.abs(np.diff(bottoms)) > STEP * large)
    overlap = np.minimum(bottoms[1:], bottoms[:-1]) - np.maximum(tops[1:], tops[:-1])
    wide |= overlap < BESIDE * small
    return [0, *np.cumsum(wide).tolist()]


def layout_of(boxes):
    """Return boxes in reading order.

    Parameters
    ----------
    boxes : ndarray of shape (n, 4)
        left, top, right and bottom.

    Returns
    -------
    list of (index, line, number)
    """
    if not len(boxes):
        return []
    usual = np.median(boxes[:, 3] - boxes[:, 1])
    return [
        (i, line, number)
        for line, members in enumerate(lines_of(boxes, usual))
        for i, number in zip(members, numbers_of(boxes, members, usual), strict=True)
    ]
