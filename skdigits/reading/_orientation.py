"""The orientations in which a sheet may have been written."""

import numpy as np

from skdigits.handwriting import N_DIGITS, signs_of

# The part of the sheet that is looked at in all orientations: the one of so many pixels
# that has most signs, at a scale at which they are so high.
SIDE, HEIGHT, MOST_ENLARGED = 320, 24, 2.0

# Smaller signs, compared with the usual height, do not count: words in print look like
# small digits if they are upside down.
TALL = 0.5

# An orientation is likely if the evidence for it is more than this share of that for
# the best one. No digit has less doubt than the least.
LIKELY, LEAST_DOUBT = 0.7, 0.005


def likely_turns(grey, signs):
    """Return by how many quarters a sheet may have to be turned anticlockwise.

    To read a sheet costs ten times as much as to compare its orientations, so that only
    the likely ones are read.

    Parameters
    ----------
    grey : ndarray of shape (height, width), dtype float32
        In [0, 1].

    signs : Signs
        What was found in it as it lies.

    Returns
    -------
    list of int
        From 1 to 3; empty if it probably lies as it was written.
    """
    part, scale = _crowded_part(grey, signs)
    evidence = [_evidence(turned(part, turns), scale) for turns in range(4)]
    least = LIKELY * max(evidence)
    return [turns for turns in (1, 2, 3) if evidence[turns] > least]


def _crowded_part(grey, signs):
    """Return the part of a sheet that has most signs, and the scale for it."""
    middles = (signs.boxes[:, :2] + signs.boxes[:, 2:]) / 2
    sides = (signs.boxes[:, 2:] - signs.boxes[:, :2]).max(axis=1)
    usual = np.average(sides, weights=signs.heat.max(axis=1) ** 2 * sides)
    scale = min(HEIGHT / usual, MOST_ENLARGED)
    reach = SIDE / scale / 2
    near = [(abs(middles - middle) < reach).all(axis=1) for middle in middles]
    tall = sides > TALL * usual
    inside = near[int(np.argmax([(part & tall).sum() for part in near]))]
    left, top = signs.boxes[inside, :2].min(axis=0) - usual
    right, bottom = signs.boxes[inside, 2:].max(axis=0) + usual
    rows, columns = (
        slice(max(0, int(low)), int(np.ceil(high)))
        for low, high in ((top, bottom), (left, right))
    )
    return grey[rows, columns], scale


def _evidence(grey, scale):
    """Return how unlikely it is that none of the tall signs is a digit."""
    signs = signs_of(grey, scales=(scale,))
    heat = signs.heat[signs.heights > TALL * HEIGHT / scale]
    digits = heat[heat.argmax(axis=1) < N_DIGITS].max(axis=1)
    return -np.log(np.maximum(1 - digits, LEAST_DOUBT)).sum()


def turned(grey, turns):
    """Return an image turned anticlockwise by so many quarters."""
    return np.ascontiguousarray(np.rot90(grey, turns))
