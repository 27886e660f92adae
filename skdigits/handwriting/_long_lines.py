"""Lines of a sheet that are longer than digits are high: ruling, tables, boxes.

They may be curved, dashed or broken, end anywhere, and carry digits. Thin runs of ink
that follow each other are a line if they are longer than a digit's bar can be.
"""

import numpy as np
from scipy import ndimage

from skdigits.handwriting._normalize import stroke_thickness
from skdigits.handwriting._pieces import connected_pieces, usual_height

# The thickest line and the widest gap in one, where a stroke crosses it, in usual
# thicknesses of strokes; and at least in pixels.
THICKEST, GAP = 1.7, 2.5
AT_LEAST = 3, 5

# A line is so many times as long as digits are high, level or upright.
LEVEL, UPRIGHT = 1.7, 1.4

# The shortest line that matters, as a share of the longer side of the picture: on a
# shorter one stands one digit at most.
SHORTEST = 0.15

# Digits are at most so many times as high as ruled lines are apart.
HIGHEST = 1.5

# So far from a line, as a share of how far ruled lines are apart, is not yet the next.
NEXT = 0.8

# How much of the way from a line's ink to full ink a pixel of a pen is beyond the line.
PEN = 0.6

# The degrees of the curves that lines are: of short ones, and of those that are longer
# than so many of the widest gaps.
DEGREES, LONG = (2, 6), 16

# How much of a line's way has to be of ink, and how much of that with nothing above it
# and below it: the tops of zeros in a row are no line.
COVERED, ALONE = 0.75, 0.12


def long_lines(ink, faint):
    """Return which pixels are of long lines.

    Parameters
    ----------
    ink : ndarray of shape (height, width)

    faint : float
        The ink from which on a pixel may be of a line.

    Returns
    -------
    ndarray of shape (height, width), dtype bool
    """
    mask = ink > faint
    lines = _lines(mask)
    if not lines:
        return np.zeros_like(mask)
    spacing = _spacing(lines, mask.shape)
    highest = HIGHEST * spacing
    rest = mask & ~_drawn([line for _, line in lines], mask.shape)
    usual = min(usual_height(connected_pieces(rest)[1], mask.shape), highest)
    # writing may be higher than lines are apart
    reach = int(min(usual, NEXT * spacing))
    found = [
        line
        for length, line in lines
        if length >= LEVEL * usual and _alone(mask, line, reach) >= ALONE
    ]
    if found:
        found += _upright_lines(mask, _drawn(found, mask.shape), highest)
    return _drawn([_without_crossings(line, ink) for line in found], mask.shape)


def _spacing(lines, shape):
    """Return how far the lines of ruled paper are from each other, if it is some."""
    long = [rows for length, (rows, _) in lines if length >= shape[1] / 2]
    gaps = np.diff(np.sort([np.mean(rows) for rows in long]))
    return np.median(gaps) if len(gaps) > 1 else max(shape)


def _upright_lines(mask, level, highest):
    """Return the upright lines that begin or end at level ones: boxes, squares."""
    mask = mask & ~level
    usual = min(usual_height(connected_pieces(mask)[1], mask.shape), highest)
    ends = ndimage.binary_dilation(level, iterations=3)
    found = []
    for length, (columns, rows) in _lines(mask.T):
        first, last = rows.argmin(), rows.argmax()
        at_an_end = ends[rows[first], columns[first]] or ends[rows[last], columns[last]]
        if length >= UPRIGHT * usual and at_an_end:
            found.append((rows, columns))
    return found


def _alone(mask, line, reach):
    """Return on how much of a line's way there is no other ink within ``reach``."""
    rows, columns = line
    alone = []
    for column in np.unique(columns):
        own = rows[columns == column]
        near = slice(max(0, own.min() - reach), own.max() + reach)
        alone.append(mask[near, column].sum() <= len(own))
    return np.mean(alone)


def _without_crossings(line, ink):
    """Return the pixels of a line without those that a darker pen wrote over."""
    dark = ink[line]
    typical = np.median(dark)
    own = dark <= (typical + PEN * (1 - typical) if typical < PEN else 1)
    return line[0][own], line[1][own]


def _drawn(lines, shape):
    mask = np.zeros(shape, bool)
    for rows, columns in lines:
        mask[rows, columns] = True
    return mask


def _lines(mask):
    """Return the lengths and the pixels (rows, columns) of lines that are about level.

    Lines are looked for in a picture with one column for each gap's width: what is
    connected there is at most so far apart, and rises by no more than a pixel in it.
    """
    height, width = mask.shape
    stroke = stroke_thickness(mask)
    thickest = max(AT_LEAST[0], round(THICKEST * stroke))
    gap = max(AT_LEAST[1], round(GAP * stroke))
    shortest = max(4 * gap, 3 * thickest, SHORTEST * max(mask.shape))
    columns, tops, runs = _thin_runs(mask, thickest)
    centres = tops + runs // 2
    coarse = np.zeros((height, width // gap + 1), bool)
    coarse[centres, columns // gap] = True
    labels, _ = ndimage.label(coarse, structure=np.ones((3, 3)))
    label_of = labels[centres, columns // gap]
    lines = []
    for i, (rows, across) in enumerate(ndimage.find_objects(labels), 1):
        length = (across.stop - across.start) * gap
        if length < shortest or rows.stop - rows.start > length / 3:
            continue
        degree = DEGREES[int(length > LONG * gap)]
        near = _along(label_of == i, columns, centres, runs, degree)
        if near.any() and _way_of_ink(mask, columns[near], centres[near]) >= COVERED:
            lines.append((np.ptp(columns[near]), _pixels(columns, tops, runs, near)))
    return lines


def _thin_runs(mask, thickest):
    """Return column, top row and length of the runs of ink that are short downwards."""
    padded = np.zeros((mask.shape[1], mask.shape[0] + 2), np.int8)
    padded[:, 1:-1] = mask.T
    change = np.diff(padded, axis=1)
    columns, tops = np.nonzero(change == 1)
    runs = np.nonzero(change == -1)[1] - tops
    thin = runs <= thickest
    return columns[thin], tops[thin], runs[thin]


def _along(members, columns, centres, runs, degree):
    """Return which of the runs lie along the curve through the ``members``."""
    kept = members.copy()
    thickness = np.median(runs[members])
    middle = columns[members].mean()
    span = max(np.ptp(columns[members]) / 2, 1)
    x = (columns - middle) / span
    for _ in range(3):
        curve = np.polynomial.Polynomial.fit(
            x[kept], centres[kept], degree, domain=[-1, 1]
        )
        off = np.abs(centres - curve(x))
        near = (off <= 1 + thickness / 2) & (np.abs(x) <= 1.05)
        kept = members & near
        if not kept.any():
            return kept
    return near & (runs <= 1.7 * thickness + 1)


def _way_of_ink(mask, columns, centres):
    """Return how much of the way through the ``centres`` is of ink, crossings too."""
    columns, first = np.unique(columns, return_index=True)
    way = np.arange(columns[0], columns[-1] + 1)
    rows = np.round(np.interp(way, columns, centres[first])).astype(int)
    last = len(mask) - 1
    near = [mask[np.clip(rows + down, 0, last), way] for down in (-1, 0, 1)]
    return np.any(near, axis=0).mean()


def _pixels(columns, tops, runs, near):
    """Return rows and columns of the pixels of the runs that are ``near``."""
    lengths = runs[near]
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    down = np.arange(lengths.sum()) - starts
    return np.repeat(tops[near], lengths) + down, np.repeat(columns[near], lengths)
