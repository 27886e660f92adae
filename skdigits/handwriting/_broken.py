"""Joining the strokes that belong to one digit but do not hang together."""

import numpy as np
from scipy import ndimage

from skdigits.handwriting._pieces import joined, mask_of

# Broken strokes are at most so far apart, in usual heights.
NEAR = 0.16

# The widest and the highest digit that is joined from pieces, in usual heights.
WIDEST, HIGHEST = 1.05, 1.45

# A piece of more than this share of the usual height may be a digit of its own.
OF_ITS_OWN = 0.7


def grouped(labels, pieces, usual):
    """Return groups of pieces that belong together, the nearest pairs joined first."""
    groups = {i: [piece] for i, piece in enumerate(pieces)}
    for _, i, j in sorted(_near_pairs(labels, pieces, usual)):
        a, b = (next(k for k, g in groups.items() if pieces[n] in g) for n in (i, j))
        if a != b and _may_be_one(joined(groups[a]), joined(groups[b]), usual):
            groups[a] += groups.pop(b)
    return list(groups.values())


def _near_pairs(labels, pieces, usual):
    """Yield the distances of pieces that are near each other, and their numbers."""
    boxes = np.array([(p.top, p.bottom, p.left, p.right) for p in pieces]).reshape(
        -1, 4
    )
    reach = max(NEAR * usual, 2)
    for i, piece in enumerate(pieces):
        later = boxes[i + 1 :]
        down = np.maximum(later[:, 0] - piece.bottom, piece.top - later[:, 1])
        right = np.maximum(later[:, 2] - piece.right, piece.left - later[:, 3])
        for j in np.flatnonzero((down <= reach) & (right <= reach)) + i + 1:
            if _may_be_one(piece, pieces[j], usual):
                distance = _distance(labels, piece, pieces[j])
                if distance <= reach:
                    yield distance, i, j


def _distance(labels, a, b):
    """Return how far the ink of ``a`` is from that of ``b``, in pixels."""
    box = joined([a, b]).box
    away = ndimage.distance_transform_edt(~mask_of(labels, a, box))
    return float(away[mask_of(labels, b, box)].min()) - 1


def _may_be_one(a, b, usual):
    """Whether two pieces together have the size of a digit, and one alone has not."""
    both = joined([a, b])
    if both.width > WIDEST * usual or both.height > HIGHEST * usual:
        return False
    small = a if max(a.height, a.width) < max(b.height, b.width) else b
    if small.height < OF_ITS_OWN * max(usual, both.height):
        return True
    overlap = min(a.right, b.right) - max(a.left, b.left)
    return overlap > 0.5 * min(a.width, b.width)
