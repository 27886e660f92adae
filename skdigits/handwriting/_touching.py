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

import numpy as np

from skdigits.handwriting._form import stroke_thickness

# What a step of a path costs that is not straight down, in pixels of full ink.
SIDEWAYS = 0.15

# Cuts between strokes and through ink alone that are looked at, and at least so far
# apart, in usual heights of a digit.
BETWEEN, THROUGH, APART = 6, 3, 0.12

# Digits are at least and at most so wide, usually, and give or take, in usual heights.
NARROWEST, WIDEST, MEAN_WIDTH, SPREAD = 0.12, 1.25, 0.65, 0.3

# There are no more digits than have so much room each, in usual heights, and never more
# than these: a longer piece is none of digits.
LEAST_ROOM, MOST_DIGITS = 0.45, 5

# Ways to cut that are kept for each number of digits.
WAYS = 8


def ways_to_cut(ink, usual):
    """Return ways to cut ink into two or more digits, the cheapest first.

    Parameters
    ----------
    ink : ndarray of shape (height, width)

    usual : float
        The usual height of a digit, in pixels.

    Returns
    -------
    list of list of ndarray of shape (height, width), dtype bool
        For each way, where the ink of each digit may be, from left to right.
    """
    width = ink.shape[1]
    if width > MOST_DIGITS * WIDEST * usual:
        return []
    cuts = _cuts(_between_strokes(ink), usual, BETWEEN, [])
    cuts = _cuts(ink, usual, THROUGH, cuts)
    thickness = stroke_thickness(ink > 0.5)
    most = min(len(cuts) + 1, max(2, round(width / (LEAST_ROOM * usual))))
    most = min(most, MOST_DIGITS)
    ways = []
    for n_digits in range(2, most + 1):
        chosen = []
        for way in combinations(cuts, n_digits - 1):
            widths = _widths(way, width) / usual
            if widths.min() >= NARROWEST and widths.max() <= WIDEST:
                odd = (((widths - MEAN_WIDTH) / SPREAD) ** 2).sum()
                cost = sum(cost for cost, _ in way) / thickness
                chosen.append((cost + odd, [path for _, path in way]))
        chosen.sort(key=lambda pair: pair[0])
        ways += [_parts(paths, width) for _, paths in chosen[:WAYS]]
    return ways


def _widths(way, width):
    return np.diff([0, *(np.mean(path) for _, path in way), width])


def _parts(paths, width):
    columns = np.arange(width)
    edges = [np.zeros_like(paths[0]), *paths, np.full_like(paths[0], width)]
    return [
        (columns >= a[:, None]) & (columns < b[:, None])
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]


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
