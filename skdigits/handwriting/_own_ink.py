"""Separating the ink of one sign from that of its neighbours."""

import numpy as np
from scipy import ndimage

# The sign is examined at the scale at which it is largest, up to this side in pixels.
LARGEST = 72

# So much around its box may be its ink, in shares of its sides and of the longer one.
AROUND, AROUND_BOTH = 0.18, 0.06

# Probabilities of ink and of paper.
INK, PAPER = 0.5, 0.3

# Pieces of ink belong to a sign of which so much is in its box, and which are not tiny
# beside the largest one. The network knows the edges of ink and of boxes to a pixel.
IN_BOX, NOT_TINY, EDGE = 0.5, 0.02, 1

# A piece is taken for the end of a neighbour's stroke only if it is smaller than this
# share of the largest piece. Without this limit, 0.3 points fewer of the digits on
# synthetic pages are read.
END = 0.15

# A pixel and its eight neighbours.
EIGHT = ndimage.generate_binary_structure(2, 2)

# Full ink is a little darker than the median of the ink.
DARKER = 1.15


def own_ink(signs, i, ignored=()):
    """Return the ink of a sign of `Signs` alone, and where it is.

    Parameters
    ----------
    signs : Signs

    i : int
        Its index.

    ignored : collection of int
        The indices of neighbours whose ink may count as that of the sign.

    Returns
    -------
    ink : ndarray of shape (height, width), dtype float32
        1 is full ink; zeros where there is none.

    box : ndarray of shape (4,)
        left, top, right and bottom of what is ink, in pixels of the image; empty if
        all of it belongs to neighbours.
    """
    level, (rows, columns) = _part_around(signs, i)
    probability = level.ink[rows, columns]
    place = level.of_image(signs.boxes[i])
    away = _away(place, rows, columns)
    nearest = np.ones(probability.shape, bool)
    for j in _neighbours(signs, i):
        if j in ignored:
            continue
        nearest &= away <= _away(level.of_image(signs.boxes[j]), rows, columns)
    in_box = _away(place, rows, columns, EDGE) <= 0.5
    mask = _own_pieces(probability > INK, nearest, in_box)
    if not mask.any():
        middle = (signs.boxes[i, :2] + signs.boxes[i, 2:]) / 2
        return np.zeros(mask.shape, np.float32), np.tile(middle, 2)
    grey = level.grey[rows, columns]
    # the network is less sure of ink at the edge of a stroke
    stroke = ndimage.binary_dilation(mask, mask=probability > PAPER)
    ink = np.where(
        ndimage.binary_dilation(stroke, EIGHT) & nearest,
        _depth(grey, mask, probability < PAPER),
        0,
    )
    ys, xs = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    corners = np.array([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1])
    box = level.to_image(corners + [columns.start, rows.start] * 2)
    return ink.astype(np.float32), box


def _part_around(signs, i):
    longest = max(signs.boxes[i, 2:] - signs.boxes[i, :2])
    fitting = [lv for lv in signs.levels if longest * lv.scale[1] <= LARGEST]
    level = fitting[0] if fitting else signs.levels[-1]
    box = level.of_image(signs.boxes[i])
    sides = box[2:] - box[:2]
    around = AROUND * sides + AROUND_BOTH * max(sides) + 1.5
    low = np.maximum(np.floor(box[:2] - around), 0).astype(int)
    high = np.minimum(np.ceil(box[2:] + around), level.ink.shape[::-1]).astype(int)
    return level, (slice(low[1], high[1]), slice(low[0], high[0]))


def _away(box, rows, columns, edge=0):
    """Return how far pixels are from the middle of a box with an edge, in its sides."""
    y, x = np.ogrid[rows, columns]
    middle, sides = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], 4) + 2 * edge
    across = np.abs(x + 0.5 - middle[0]) / sides[0]
    return np.maximum(across, np.abs(y + 0.5 - middle[1]) / sides[1])


def _neighbours(signs, i):
    box = signs.boxes[i]
    reach = 0.3 * (box[3] - box[1])
    apart = signs.boxes[:, :2] > box[2:] + reach
    apart |= signs.boxes[:, 2:] < box[:2] - reach
    return [j for j in np.flatnonzero(~apart.any(axis=1)) if j != i]


def _own_pieces(ink, nearest, in_box):
    labels, area, inside = _pieces(ink & nearest, in_box)
    own = (inside >= IN_BOX * area) & (area >= NOT_TINY * max(area, default=0))
    largest = max(area[own], default=0)
    # a small piece whose stroke is mostly outside is the end of a neighbour's stroke
    others, whole, part = _pieces(ink & ~_of(own & (area == largest), labels), nearest)
    ends = _of(area < END * largest, labels) & _of(part < 0.5 * whole, others)
    return _of(own, labels) & ~ends


def _pieces(mask, region):
    """Return labels of pieces, the area of each, and how much is in a region."""
    labels, n = ndimage.label(mask, EIGHT)
    area, inside = (
        ndimage.sum_labels(part, labels, np.arange(1, n + 1)) for part in (mask, region)
    )
    return labels, area, inside


def _of(chosen, labels):
    """Return the mask of the chosen ones of labelled pieces."""
    return np.append(False, chosen)[labels]


def _depth(grey, mask, is_paper):
    """Return how far grey levels are on the way from paper to full ink."""
    paper = np.median(grey[is_paper] if is_paper.sum() > 5 else grey)
    way = np.median(grey[mask]) - paper
    way = way if abs(way) > 1e-3 else 1e-3
    return np.clip((grey - paper) / way / DARKER, 0, 1)
