"""Digits in a row as the best path through the cuts of their ink.

Ink is cut wherever digits may touch, a classifier looks at what is between any two cuts
that are not far apart, and the row is the sequence of these parts that makes most sense
as a whole, as in other readers of touching digits [1]_.

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
    return (
        same_number and b.box.left - a.box.left - a.box.width <= GAP * a.usual * a.step
    )


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
    list
        Of the answers; empty where there is no path.
    """
    best = {0: (0.0, [])}
    for part, answer in zip(parts, answers, strict=True):
        if part.start in best:
            cost, path = best[part.start]
            cost += _cost(answer)
            if part.stop not in best or cost < best[part.stop][0]:
                best[part.stop] = cost, [*path, answer]
    last = max((part.stop for part in parts), default=0)
    return best[last][1] if last in best else []


def mean_cost(answers):
    """Return the mean of -log(confidence), weighted by width."""
    return sum(map(_cost, answers)) / sum(map(_weight, answers))


def _cost(answer):
    return -math.log(max(answer.confidence, LEAST)) * _weight(answer)


def _weight(answer):
    return max(answer.box.width, LEAST_WIDTH * answer.box.height)
