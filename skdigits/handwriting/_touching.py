"""Cutting digits that touch each other.

A cut is a path from the top of the ink to its bottom that crosses as little ink as
possible [1]_. There are several good ones; which is right, only a classifier can tell.

References
----------
.. [1] S. Avidan and A. Shamir, "Seam carving for content-aware image resizing", ACM
   Transactions on Graphics 26 (3), 2007: the shortest path through the rows.
"""

from itertools import combinations

import numpy as np

# What a step of a path costs that is not straight down, in pixels of full ink.
SIDEWAYS = 0.15

# Cuts that are looked at, and at least so far apart, in usual heights of a digit.
MOST_CUTS, APART = 6, 0.12

# Digits are at least and at most so wide, in usual heights.
NARROWEST, WIDEST = 0.1, 1.25

# Ways to cut that are kept for each number of digits.
WAYS = 3


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
    cuts = _cuts(ink, usual)
    fewest = max(2, int(np.ceil(width / (WIDEST * usual))))
    most = min(len(cuts) + 1, max(2, round(width / (0.45 * usual))))
    ways = []
    for n_digits in range(fewest, most + 1):
        chosen = [
            (sum(cost for cost, _ in way), way)
            for way in combinations(cuts, n_digits - 1)
            if _has_digits_widths(way, width, usual)
        ]
        chosen.sort(key=lambda pair: pair[0])
        ways += [_parts([path for _, path in way], width) for _, way in chosen[:WAYS]]
    return ways


def _has_digits_widths(way, width, usual):
    edges = [0, *(np.mean(path) for _, path in way), width]
    widths = np.diff(edges) / usual
    return widths.min() >= NARROWEST and widths.max() <= WIDEST


def _parts(paths, width):
    columns = np.arange(width)
    edges = [np.zeros_like(paths[0]), *paths, np.full_like(paths[0], width)]
    return [
        (columns >= a[:, None]) & (columns < b[:, None])
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]


def _cuts(ink, usual):
    """Return the cheapest paths from top to bottom, from left to right: (cost, path).

    Each goes through another column of the middle row.
    """
    middle = ink.shape[0] // 2
    up, steps_up = _descent(ink[middle::-1])
    down, steps_down = _descent(ink[middle:])
    costs = up + down - ink[middle]
    cuts = []
    while len(cuts) < MOST_CUTS and np.isfinite(costs.min(initial=np.inf)):
        column = int(costs.argmin())
        above = _followed(steps_up, column)[::-1]
        path = np.concatenate([above[:-1], _followed(steps_down, column)])
        cuts.append((float(costs[column]), path))
        near = max(1, round(APART * usual))
        costs[max(0, column - near) : column + near + 1] = np.inf
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
