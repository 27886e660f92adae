"""Pieces of ink: what hangs together, and how high digits usually are."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class Piece:
    """One or more connected pieces of ink: labels, and the box around them."""

    labels: tuple
    top: int
    bottom: int
    left: int
    right: int
    area: float

    @property
    def height(self):
        return self.bottom - self.top

    @property
    def width(self):
        return self.right - self.left

    @property
    def box(self):
        return slice(self.top, self.bottom), slice(self.left, self.right)


def joined(pieces):
    """Return several pieces as one."""
    return Piece(
        tuple(label for piece in pieces for label in piece.labels),
        min(piece.top for piece in pieces),
        max(piece.bottom for piece in pieces),
        min(piece.left for piece in pieces),
        max(piece.right for piece in pieces),
        sum(piece.area for piece in pieces),
    )


def connected_pieces(mask):
    """Return the labels of the connected pieces of ``mask``, and the pieces."""
    labels, n_pieces = ndimage.label(mask, structure=np.ones((3, 3)))
    areas = np.bincount(labels[mask], minlength=n_pieces + 1)
    pieces = [
        Piece((i,), rows.start, rows.stop, columns.start, columns.stop, areas[i])
        for i, (rows, columns) in enumerate(ndimage.find_objects(labels), 1)
    ]
    return labels, pieces


def mask_of(labels, piece, box=None):
    """Return where the ink of ``piece`` is, in ``box`` or the box around it."""
    part = labels[piece.box if box is None else box]
    return np.isin(part, piece.labels)


def usual_height(pieces, shape):
    """Return the usual height of the digits, or 0 where there is no writing.

    The median height of the pieces, weighted by their ink and height, so that many
    specks count little; what is very high, such as the edge of a sheet, by its ink.
    """
    pieces = [p for p in pieces if not is_flat(p)]
    if not pieces:
        return 0
    heights = np.array([piece.height for piece in pieces])
    areas = np.array([piece.area for piece in pieces], float)
    weights = areas * np.minimum(heights, shape[0] / 8)
    order = np.argsort(heights)
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return heights[order[min(half, len(order) - 1)]]


def is_flat(piece):
    """Whether a piece is a line or a dash."""
    return piece.width > 3 * piece.height
