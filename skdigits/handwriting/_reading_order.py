"""Reading order: the lines of a page, and the numbers in each line."""

import numpy as np

# A digit belongs to the line beside whose end it is: so much of its height, or of the
# line's if that is less, is beside the last two digits there. Digits of less than a
# share of the usual height do not say how the line goes on.
BESIDE, TALL = 0.4, 0.7

# An exponent belongs to the line whose last digit is to its left, at most so many
# heights of that line away, and that it stands above by hardly more than such a share
# of a height.
NEAR, RAISED = 0.8, 0.7

# Digits of other heights are numbers of their own if their feet differ by this much, in
# usual heights.
STEP = 0.4

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
    if box_height < TALL * height and is_near and share < BESIDE:
        # no more than is needed, so a line that is truly beside it wins
        share = min(share + RAISED * height / box_height, BESIDE)
    return share


def numbers_of(boxes, line, usual):
    """Return the number that each box of a line belongs to, counted from 0."""
    gaps = np.maximum(boxes[line[1:], 0] - boxes[line[:-1], 2], 0)
    if not len(gaps):
        return [0] * len(line)
    typical = np.median(gaps) if len(gaps) > 1 else 0.5 * usual
    typical = min(typical, np.sort(gaps)[len(gaps) // 2])
    wide = gaps > np.maximum(TIMES_THE_GAP * typical, typical + WIDER * usual)
    # a raised digit is a number of its own
    tall = boxes[line, 3] - boxes[line, 1] > TALL * usual
    off = np.abs(np.diff(boxes[line, 3])) > STEP * usual
    wide |= (tall[1:] != tall[:-1]) & off
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
