"""Lines of the paper, frames of boxes and specks out of the ink.

A line is thin and runs from one edge of the picture to the other. Where a stroke
crosses it the ink is thicker than the line, and stays.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# The steepest line, as a slope, and how much of its way has to be there.
STEEPEST, COVERED = 0.08, 0.5

# The thickest line, as a share of the side across it.
THICKEST = 0.04

# The share of a frame's ink that is in level and upright lines.
STRAIGHT = 0.7

# The smallest digit in a frame, as a share of the frame, where that touches an edge of
# the picture and where it does not.
SMALLEST, SMALLEST_WITHIN = 0.15, 0.3

# What is thinner than this share of a side, and lies along it, is a frame.
FRAME = 0.13

# The share of the largest piece of ink that a speck is smaller than, and the share of
# its size that a dot is smaller than.
SPECK, DOT = 0.03, 0.25


def without_ruling(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the ink of a picture without the lines that run across it.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        0 is paper, 1 is full ink, as :func:`~skdigits.handwriting.find_ink` returns it.

    Returns
    -------
    ndarray of shape (height, width)
        Strokes that cross a line are whole.

    See Also
    --------
    skdigits.handwriting.find_ink : Tells ink from paper.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.handwriting import without_ruling
    >>> ink = np.zeros((40, 60))
    >>> ink[25] = 1
    >>> ink[5:35, 20:24] = 1
    >>> np.flatnonzero(without_ruling(ink)[25])
    array([20, 21, 22, 23])
    """
    mask = ink > 0.5
    ruling = ruling_of(mask)
    if not ruling.any():
        return ink
    return np.where(with_soft_edge(ruling, mask), 0, ink).astype(ink.dtype)


def ruling_of(mask, steepest=STEEPEST):
    """Return which pixels of ``mask`` are of lines across the whole picture."""
    if _fills_the_picture(mask):
        return np.zeros_like(mask)
    level = _horizontal_lines(mask, steepest)
    upright = _horizontal_lines(mask.T, steepest).T
    if not level.any() and _is_one_line(upright):
        # the stem of a digit that is as high as the picture
        upright = np.zeros_like(mask)
    return level | upright


def _fills_the_picture(mask):
    """Whether a digit was cropped without a margin: its strokes are no frame."""
    edges = mask[0], mask[-1], mask[:, 0], mask[:, -1]
    covered = [edge.mean() for edge in edges]
    if not all(covered) or sum(share >= COVERED for share in covered) > 1:
        return False
    return ndimage.label(mask, structure=np.ones((3, 3)))[1] == 1


def _is_one_line(upright):
    """Whether there is a single line, and none of it along an edge."""
    columns = np.flatnonzero(upright.any(axis=0))
    if not len(columns):
        return False
    width = upright.shape[1]
    inside = columns[0] > FRAME * width and columns[-1] < (1 - FRAME) * width
    return inside and columns[-1] - columns[0] < 2 * FRAME * width


def with_soft_edge(part, mask):
    """Return ``part`` of ``mask`` with its soft edge, but nothing else of ``mask``."""
    return ndimage.binary_dilation(part, iterations=2) & ~(mask & ~part)


def frames_of(mask):
    """Return which pixels of ``mask`` are of the frame of a box around a digit.

    A frame is made of level and upright lines. It touches an edge of the picture, or
    goes around something else, which may be smaller where it touches an edge.
    """
    labels, n_pieces = ndimage.label(mask, structure=np.ones((3, 3)))
    found = np.zeros_like(mask)
    if n_pieces < 2:
        return found
    boxes = ndimage.find_objects(labels)
    down, across = run_lengths(mask), run_lengths(mask.T).T
    straight = np.maximum(down, across) >= 3 * np.minimum(down, across)
    inside = [box for box in boxes if not _at_the_edge(box, mask.shape)]
    for i, box in enumerate(boxes, 1):
        long = _size(box) >= COVERED * max(mask.shape)
        smallest = SMALLEST if box not in inside else SMALLEST_WITHIN
        others = (other for other in inside if other != box)
        if box in inside:
            others = (other for other in others if _goes_around(box, other))
        digit = max(map(_size, others), default=0)
        if long and digit >= smallest * _size(box):
            piece = labels[box] == i
            if straight[box][piece].mean() > STRAIGHT:
                found[box] |= piece
    return found


def _size(box):
    return max(part.stop - part.start for part in box)


def _goes_around(box, other):
    return all(
        ours.start < theirs.start and theirs.stop < ours.stop
        for ours, theirs in zip(box, other, strict=True)
    )


def _at_the_edge(box, shape):
    return any(
        part.start <= 1 or part.stop >= side - 1
        for part, side in zip(box, shape, strict=True)
    )


def run_lengths(mask):
    """Return, for each pixel of ``mask``, the length of its run down its column."""
    height = mask.shape[0]
    rows = np.arange(height)[:, None]
    above = np.maximum.accumulate(np.where(mask, -1, rows), axis=0)
    below = np.minimum.accumulate(np.where(mask, height, rows)[::-1], axis=0)[::-1]
    return np.where(mask, below - above - 1, 0)


def _horizontal_lines(mask, steepest):
    """Return the pixels of the lines from the left edge to the right one."""
    height, width = mask.shape
    found = np.zeros_like(mask)
    if min(height, width) < 16:
        return found
    runs = run_lengths(mask)
    thickest = np.full((height, 1), max(3, round(THICKEST * height)))
    margin = round(FRAME * height)
    thickest[:margin] = thickest[height - margin :] = max(3, margin)
    thin = mask & (runs <= thickest)
    # nothing of that kind in most pictures
    if thin.any(axis=0).mean() < COVERED:
        return found
    columns = np.arange(width)
    rows, at = np.nonzero(thin)
    taken = np.zeros(len(rows), bool)
    for slope in _slopes(width, steepest):
        drop = np.round(slope * (columns - width / 2)).astype(int)
        straight = np.zeros((height + 2, width), bool)
        line = rows - drop[at]
        inside = (line >= 0) & (line < height) & ~taken
        straight[line[inside] + 1, at[inside]] = True
        covered = straight[:-2] | straight[1:-1] | straight[2:]
        for row in _peaks(covered):
            near = inside & (np.abs(line - row) <= 1)
            thickness = np.median(runs[rows[near], at[near]])
            band = inside & (np.abs(line - row) <= thickness / 2 + 2)
            band &= runs[rows, at] <= 1.7 * thickness + 1
            found[rows[band], at[band]] = True
            taken |= band
    return found


def _slopes(width, steepest):
    """Return slopes to try, flat ones first, a pixel and a half apart at the ends."""
    steps = int(steepest * width / 2 / 1.5)
    slopes = np.arange(-steps, steps + 1) * 3 / width
    return slopes[np.argsort(np.abs(slopes), kind="stable")]


def _peaks(covered):
    """Return the rows that are covered from edge to edge, the fullest first."""
    width = covered.shape[1]
    reach = max(2, width // 20)
    share = covered.mean(axis=1)
    share[~(covered[:, :reach].any(1) & covered[:, -reach:].any(1))] = 0
    rows = []
    while share.max(initial=0) >= COVERED:
        row = int(share.argmax())
        rows.append(row)
        share[max(0, row - 3) : row + 4] = 0
    return rows


def digit_pieces(ink, in_a_box):
    """Return the ink of the one digit of a picture, without frames and specks.

    Parameters
    ----------
    ink : ndarray of shape (height, width)

    in_a_box : bool
        Whether there were lines. What lies along an edge is what is left of them then,
        even if there is nothing else.

    Returns
    -------
    ndarray of shape (height, width)
    """
    labels, n_pieces = ndimage.label(ink > 0.25, structure=np.ones((3, 3)))
    if n_pieces == 0:
        return ink
    areas = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=n_pieces + 1)
    areas[0] = 0
    boxes = ndimage.find_objects(labels)
    framed = [i for i, box in enumerate(boxes, 1) if _is_frame(box, ink.shape)]
    if len(framed) < n_pieces or in_a_box:
        areas[framed] = 0
    kept = areas > 0
    largest = int(areas.argmax())
    for i, box in enumerate(boxes, 1):
        if i != largest and kept[i]:
            kept[i] = not _is_stray(
                box, areas[i] / areas[largest], boxes[largest - 1], ink.shape
            )
    kept[0] = True
    if kept[areas.astype(bool)].all() and not framed:
        return ink
    gone = ndimage.binary_dilation(~kept[labels], iterations=2)
    return np.where(gone & ~(kept[labels] & (labels > 0)), 0, ink).astype(ink.dtype)


def _is_frame(box, shape):
    """Whether a piece of ink lies along an edge of the picture."""
    for axis in (0, 1):
        across, along = box[axis], box[1 - axis]
        side, length = shape[axis], along.stop - along.start
        touches = across.start == 0 or across.stop == side
        thin = across.stop - across.start <= FRAME * side
        if touches and thin and length > 2 * (across.stop - across.start):
            return True
    return False


def _is_stray(box, share, largest, shape):
    """Whether a piece of ink is a speck, or of something beside the digit."""
    size = _size(largest)
    if share < SPECK or _size(box) < DOT * size:
        return True
    # a piece of a digit is not further from it than half of the digit's size
    gap = max(
        max(ours.start - theirs.stop, theirs.start - ours.stop)
        for ours, theirs in zip(box, largest, strict=True)
    )
    if _at_the_edge(box, shape) and share < 0.3:
        return gap > 0.05 * size
    return gap > 0.5 * size
