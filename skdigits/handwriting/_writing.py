"""Telling writing from what is none: frames, edges, separators of boxes, lines, specks.

All lengths are relative to the usual height of the digits of the picture.
"""

import numpy as np
from scipy import ndimage

from skdigits.handwriting._broken import OF_ITS_OWN, grouped
from skdigits.handwriting._pieces import is_flat, joined, mask_of, usual_height

# Writing has at least this share of the usual height; what is smaller is a speck, a dot
# or a dash.
SHORTEST = 0.38

# A piece that is joined to another one has at least this share of the usual height.
SMALLEST = 0.08

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
    dashes = [p for p in pieces if is_flat(p) and p.height < SHORTEST / 2 * usual]
    lines = lines | np.isin(labels, [label for p in dashes for label in p.labels])
    pieces = [p for p in pieces if not _is_line(p, usual)]
    pieces = [p for p in pieces if not _is_cut_off(p, usual, len(labels))]
    pieces = _without_separators(pieces, lines, usual)
    groups = grouped(labels, pieces, usual)
    # broken digits are higher than their pieces
    higher = usual_height([joined(group) for group in groups], labels.shape)
    if higher > usual:
        groups, usual = grouped(labels, pieces, higher), higher
    return [g for g in groups if joined(g).height >= SHORTEST * usual], usual


def _is_line(piece, usual):
    """Whether a piece is a long line, not a bar of a digit."""
    length, across = max(piece.width, piece.height), min(piece.width, piece.height)
    return length > 1.5 * usual and length > 6 * across and piece.width > piece.height


def _is_cut_off(piece, usual, height):
    """Whether a piece is the rest of a line of writing that the picture cuts off."""
    outside = piece.top == 0 or piece.bottom == height
    return outside and piece.height < OF_ITS_OWN * usual


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
    rest = [p for p in pieces if p not in gone]
    # where there is nothing to separate it is a one
    return rest if any(p.height >= SHORTEST * usual for p in rest) else pieces


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
