"""Cutting digits that touch each other.

A cut is a path from the top of the ink to its bottom that crosses as little ink as
possible [1]_; some of the paths also go through as little as possible of what lies
between strokes, as a path through a nought crosses less ink than one between two that
touch. There are several good ones; which is right, only a classifier can tell.

References
----------
.. [1] S. Avidan and A. Shamir, "Seam carving for content-aware image resizing", ACM
   Transactions on Graphics 26 (3), 2007: the shortest path through the rows.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

# What a step of a path costs that is not straight down, in pixels of full ink.
SIDEWAYS = 0.15

# Cuts between strokes and through ink alone, for each usual height of a digit that the
# ink is wide, and how far apart they are at least, in usual heights.
BETWEEN, THROUGH, APART = 6, 3, 0.12

# A digit is at most so wide and at least so high, in usual heights.
WIDEST, LOWEST = 1.25, 0.55

# What is wider than so many usual heights is no row of digits.
LONGEST = 8


class Segment(NamedTuple):
    """The ink between two cuts.

    Attributes
    ----------
    start, stop : int
        The numbers of the cuts. 0 is the left edge, and the last one the right edge.
    left, top : int
        Its corner.
    ink : ndarray of shape (height, width)
    """

    start: int
    stop: int
    left: int
    top: int
    ink: np.ndarray


def segments_of(ink, usual):
    """Return what lies between any two cuts through ink and may be a digit.

    Parameters
    ----------
    ink : ndarray of shape (height, width)

    usual : float
        The usual height of a digit, in pixels.

    Returns
    -------
    list of Segment
        By their starts. All of the ink is not among them.
    """
    height, width = ink.shape
    if width > LONGEST * usual:
        return []
    cuts = _cuts(_between_strokes(ink), usual, round(BETWEEN * width / usual), [])
    cuts = _cuts(ink, usual, round(THROUGH * width / usual), cuts)
    paths = [np.zeros(height, int), *(path for _, path in cuts), np.full(height, width)]
    segments = []
    for start, stop in combinations(range(len(paths)), 2):
        left, right = paths[start], paths[stop]
        if (right - left).mean() <= WIDEST * usual and stop - start < len(paths) - 1:
            piece = _between(ink, left, right)
            if piece and len(piece[-1]) >= LOWEST * usual:
                segments.append(Segment(start, stop, *piece))
    return segments


def _between(ink, left, right):
    """Return the corner and the ink of what is between two paths, None if nothing."""
    columns = np.arange(ink.shape[1])
    inside = (columns >= left[:, None]) & (columns < right[:, None])
    part = np.where(inside, ink, 0)
    rows, columns = (np.flatnonzero((part > 0.5).any(axis)) for axis in (1, 0))
    if not len(rows):
        return None
    part = part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return int(columns[0]), int(rows[0]), part


def _between_strokes(ink):
    """Return ``ink``, and full ink between the first and the last of each column."""
    above = np.maximum.accumulate(ink, axis=0)
    below = np.maximum.accumulate(ink[::-1], axis=0)[::-1]
    return np.minimum(above, below)


def _cuts(costs, usual, most, known):
    """Return the cheapest paths from top to bottom, from left to right: (cost, path).

    Each goes through another column of the middle row, and of the ``known`` ones.
    """
    middle = costs.shape[0] // 2
    up, steps_up = _descent(costs[middle::-1])
    down, steps_down = _descent(costs[middle:])
    total = up + down - costs[middle]
    near = max(1, round(APART * usual))
    cuts = list(known)
    for _, path in known:
        total[max(0, path[middle] - near) : path[middle] + near + 1] = np.inf
    while len(cuts) < most + len(known) and np.isfinite(total.min(initial=np.inf)):
        column = int(total.argmin())
        above = _followed(steps_up, column)[::-1]
        path = np.concatenate([above[:-1], _followed(steps_down, column)])
        cuts.append((float(total[column]), path))
        total[max(0, column - near) : column + near + 1] = np.inf
    return sorted(cuts, key=lambda cut: cut[1].mean())


def _descent(ink):
    """Return what the way from each column of the first row to the last one costs.

    And, for each pixel, the step to the side that the way takes from there.
    """
    height, width = ink.shape
    cost = ink[-1].astype(np.float64)
    steps = np.zeros((height, width), np.int8)
    for row in range(height - 2, -1, -1):
        sides = np.full((3, width), np.inf)
        sides[0, 1:] = cost[:-1] + SIDEWAYS
        sides[1] = cost
        sides[2, :-1] = cost[1:] + SIDEWAYS
        best = sides.argmin(axis=0)
        steps[row] = best - 1
        cost = ink[row] + sides[best, np.arange(width)]
    return cost, steps


def _followed(steps, column):
    path = np.empty(len(steps), int)
    for row, step in enumerate(steps):
        path[row] = column
        column += int(step[column])
    return path
