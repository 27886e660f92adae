"""Digits in a row as the best path through the cuts of their ink.

Ink is cut wherever digits may touch, a classifier looks at what is between any two cuts
that are not far apart, and the row is the sequence of these parts that makes most sense
as a whole, as in other readers of touching digits [1]_. In one thing it is no
partition: an open nought may share the arc that closes it with its neighbour.

References
----------
.. [1] R. G. Casey and E. Lecolinet, "A survey of methods and strategies in character
   segmentation", IEEE Transactions on Pattern Analysis and Machine Intelligence 18 (7),
   1996: over-segmentation and recognition.
"""

import math
from itertools import pairwise

# Pieces of ink that are less than so many usual heights apart are read as a row where
# one of them is no digit of more than this probability.
GAP, DOUBTFUL = 0.4, 0.9

# The least width that an answer counts with, as a share of its height: a one counts
# less than a nought, but not nothing.
LEAST_WIDTH = 0.4

# What it costs to cross a stroke, and to share ink, and how much may be shared, in
# heights of the digit.
CROSSING, SHARING, SHARED = 0.15, 0.3, 0.3

# The least probability that counts.
LEAST = 1e-4


def rows_of(found, answers):
    """Return slices of ``found`` that are to be read together, being near and doubtful.

    Parameters
    ----------
    found : list of FoundDigit

    answers : list
        What each of them is taken for alone, with ``confidence``.

    Returns
    -------
    list of slice
    """
    starts = [
        i
        for i in range(len(found))
        if i == 0
        or min(answer.confidence for answer in answers[i - 1 : i + 1]) >= DOUBTFUL
        or not _are_near(*found[i - 1 : i + 1])
    ]
    return [slice(*ends) for ends in pairwise([*starts, len(found)])]


def _are_near(a, b):
    same_number = (a.box.line, a.box.number) == (b.box.line, b.box.number)
    return same_number and b.box.left - _right(a.box) <= GAP * a.usual * a.step


def _right(box):
    return box.left + box.width


def best_path(parts, answers):
    """Return the best sequence of parts from the first cut to the last one.

    Parameters
    ----------
    parts : list of Part
        By their starts.

    answers : list
        What each of them is taken for, with ``box`` and ``confidence``.

    Returns
    -------
    cost : float
        As :func:`mean_cost`, with what cutting costs; infinite where there is no path.

    path : list
        Of the answers.
    """
    best = {0: (0.0, [])}
    for part, answer in zip(parts, answers, strict=True):
        own = _cost(answer) + CROSSING * part.crossed * answer.box.height
        for cut, (cost, path) in list(best.items()):
            if cut == part.start or _may_share(cut, path, part, answer):
                extra = SHARING * answer.box.height if cut > part.start else 0
                if cost + own + extra < best.get(part.stop, (math.inf,))[0]:
                    best[part.stop] = cost + own + extra, [*path, answer]
    last = max((part.stop for part in parts), default=None)
    cost, path = best.get(last, (math.inf, []))
    return cost / max(sum(map(_weight, path)), 1), path


def _may_share(cut, path, part, answer):
    """Whether ``part`` may begin before the path to ``cut`` ends."""
    if not path or not part.start < cut < part.stop:
        return False
    left, last = answer.box.left, path[-1].box
    shared = _right(last) - left
    return shared < min(SHARED * answer.box.height, last.width / 2)


def mean_cost(answers):
    """Return the mean of -log(confidence), weighted by width."""
    return sum(map(_cost, answers)) / sum(map(_weight, answers))


def _cost(answer):
    return -math.log(max(answer.confidence, LEAST)) * _weight(answer)


def _weight(answer):
    return max(answer.box.width, LEAST_WIDTH * answer.box.height)
