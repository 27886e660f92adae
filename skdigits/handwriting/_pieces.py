"""Pieces of ink: what hangs together, what belongs together, and what is no writing.

All lengths are relative to the usual height of the digits of the picture, which is
estimated from its pieces of ink.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

# Writing has at least this share of the usual height; what is smaller is a speck, a dot
# or a dash.
SHORTEST = 0.38

# A piece that is joined to another one has at least this share of the usual height.
SMALLEST = 0.08

# Broken strokes are at most so far apart, in usual heights and in stroke thicknesses.
NEAR, NEAR_STROKES = 0.16, 2.0

# The widest and the highest digit that is joined from pieces, in usual heights.
WIDEST, HIGHEST = 1.05, 1.45

# A piece of more than this share of the usual height may be a digit of its own.
OF_ITS_OWN = 0.7

# What lies within this share of the shorter side along an edge is a frame or a shadow.
EDGE = 0.13

# An upright bar is at most so wide, as a share of its height; it separates boxes where
# it is so much higher than the digits.
BAR, HIGHER = 0.2, 1.25

# A bar ends at a line that is so many pixels from it, of its soft edge.
AT_LINES = 4

# The widest gap of a dashed line, in usual heights.
DASHED = 0.35

# Pieces beyond this number, or lower than this in pixels, are noise, not writing.
MOST_PIECES, LOWEST = 4000, 5


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
    return piece.width > 4 * piece.height


def _along_the_edge(labels, piece):
    """Whether most of the ink of a piece lies along the edges that it touches."""
    margin = max(1, round(EDGE * min(labels.shape)))
    own = mask_of(labels, piece)
    for axis in (0, 1):
        part, side = piece.box[axis], labels.shape[axis]
        own = np.moveaxis(own, axis, 0)
        if part.start == 0:
            own[: max(0, margin)] = False
        if part.stop == side:
            own[max(0, side - margin - part.start) :] = False
        own = np.moveaxis(own, 0, axis)
    return own.sum() < 0.3 * piece.area


def writing(labels, pieces, lines):
    """Return the pieces that may be digits, broken strokes joined, and their height.

    Parameters
    ----------
    labels : ndarray of shape (height, width)
        The labels of connected pieces.

    pieces : list of Piece

    lines : ndarray of shape (height, width), dtype bool
        Where lines of the paper were.

    Returns
    -------
    groups : list of list of Piece
        The pieces of each digit.

    usual : float
        The usual height of a digit.
    """
    if len(pieces) > MOST_PIECES:
        return [], 0
    pieces = [p for p in pieces if not _along_the_edge(labels, p)]
    pieces = _without_frames(labels, pieces)
    usual = usual_height(pieces, labels.shape)
    if usual < LOWEST:
        return [], 0
    pieces = [p for p in pieces if max(p.height, p.width) >= SMALLEST * usual]
    pieces = [p for p in pieces if not _is_line(p, usual)]
    pieces = _without_separators(pieces, lines, usual)
    groups = _grouped(labels, pieces, usual)
    # broken digits are higher than their pieces
    higher = usual_height([joined(group) for group in groups], labels.shape)
    if higher > usual:
        groups, usual = _grouped(labels, pieces, higher), higher
    return [g for g in groups if joined(g).height >= SHORTEST * usual], usual


def _is_line(piece, usual):
    """Whether a piece is a long line, not a bar of a digit."""
    length, across = max(piece.width, piece.height), min(piece.width, piece.height)
    return length > 1.5 * usual and length > 6 * across and piece.width > piece.height


def _without_frames(labels, pieces):
    """Return ``pieces`` without those that go round others."""
    boxes = np.array([(p.top, p.bottom, p.left, p.right) for p in pieces]).reshape(
        -1, 4
    )
    kept = []
    for piece in pieces:
        inside = (
            (boxes[:, 0] > piece.top)
            & (boxes[:, 1] < piece.bottom)
            & (boxes[:, 2] > piece.left)
            & (boxes[:, 3] < piece.right)
            & (boxes[:, 1] - boxes[:, 0] > 0.35 * piece.height)
        )
        if inside.any():
            filled = ndimage.binary_fill_holes(mask_of(labels, piece))
            others = [pieces[i] for i in np.flatnonzero(inside)]
            if any(_is_covered(filled, piece, other) for other in others):
                continue
        kept.append(piece)
    return kept


def _is_covered(filled, piece, other):
    rows = slice(other.top - piece.top, other.bottom - piece.top)
    columns = slice(other.left - piece.left, other.right - piece.left)
    return filled[rows, columns].all()


def _without_separators(pieces, lines, usual):
    """Return ``pieces`` without the upright bars, dashed ones too, between boxes."""
    bars = [p for p in pieces if p.width <= BAR * p.height and _is_upright(p)]
    columns = [_going_on(bar, bars, DASHED * usual) for bar in bars]
    columns = [column for column in columns if _is_upright(joined(column))]
    ends = [_ends_at_lines(joined(column), lines, usual) for column in columns]
    # a one may stand on a line, but not in a form where bars go from line to line
    is_form = lines.sum(axis=0).max() >= HIGHER * usual or 2 in ends
    gone = set()
    for column, n_ends in zip(columns, ends, strict=True):
        height = joined(column).height
        if height >= HIGHER * usual or n_ends == 2 or (is_form and n_ends == 1):
            gone.update(column)
    return [p for p in pieces if p not in gone]


def _ends_at_lines(bar, lines, usual):
    """Return how many of a bar's ends are at lines of the paper or at edges."""
    if bar.height < SHORTEST * usual:
        return 0
    above = bar.top - AT_LINES, bar.top + 1
    below = bar.bottom - 1, bar.bottom + AT_LINES
    return sum(
        top < 0
        or bottom > len(lines)
        or bool(lines[top:bottom, bar.left : bar.right].any())
        for top, bottom in (above, below)
    )


def _going_on(bar, bars, gap):
    """Return ``bar`` and those below it that go on where it ends."""
    column = [bar]
    for below in sorted(bars, key=lambda b: b.top):
        last = column[-1]
        beside = below.left > last.right or below.right < last.left
        if not beside and last.bottom <= below.top <= last.bottom + gap:
            column.append(below)
    return column


def _is_upright(piece):
    """Whether a bar is no wider than its ink, but for a slight turn."""
    return piece.width <= 2 + 1.1 * piece.area / piece.height


def _grouped(labels, pieces, usual):
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
