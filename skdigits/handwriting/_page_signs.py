"""The signs of a page: peaks in the output of the page network, one for each sign.

As in CenterNet, a sign is a peak in a heat map. A sign that is found at several scales
is taken from the scale at which its heat is highest.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from skdigits.handwriting._levels import (
    N_DIGITS,
    N_NAMES,
    STEP,
    STRIDE,
    levels_of,
    scales_of,
)
from skdigits.handwriting._own_ink import LARGEST

# The least heat of a sign, and the most signs of a page: time grows as their square.
LEAST_HEAT, MOST = 0.2, 3000

# Boxes are of one sign if they share so much of their union, or of the smaller box.
SAME, INSIDE = 0.3, 0.6

# The least width or height that counts, as a share of the other.
LEAST_WIDTH = 0.4

# The largest scales, so many at most, are left out if there is a sign of so much heat,
# if no sign has fewer pixels of height at the scale before, whose ink would not be used
# there, and if at most this share of the ink is not in or around the boxes, in shares
# of their sides and in pixels. This saves four fifths of the time for photos of single
# digits.
MOST_LEFT_OUT, CLEAR, LARGE, UNEXPLAINED = 2, 0.5, LARGEST / STEP, 0.01
AROUND, EDGE = 0.1, 2

# Pixels of height at which digits are not found reliably, and at which they are.
NOT_FOUND, FOUND = (9, 84), (13, 62)


@dataclass(frozen=True, eq=False)
class Signs:
    """The signs of an image, the most certain first.

    Attributes
    ----------
    boxes : ndarray of shape (n, 4)
        left, top, right and bottom in pixels of the image.

    heat : ndarray of shape (n, n_names)
        Of each kind, at the scale at which the sign is seen most clearly.

    mean_heat : ndarray of shape (n, n_names)
        On average over the scales at which a digit of that height is found.

    levels : list of Level
        The one of the largest scale first.
    """

    boxes: np.ndarray
    heat: np.ndarray
    mean_heat: np.ndarray
    levels: list

    def __len__(self):
        return len(self.boxes)

    @property
    def heights(self):
        """Of the boxes."""
        return self.boxes[:, 3] - self.boxes[:, 1]

    @property
    def usual_height(self):
        """That of digits: tall signs that look like one count most."""
        weights = self.heat[:, :N_DIGITS].max(axis=1) ** 2 * self.heights
        return np.average(self.heights, weights=weights + 1e-9)

    def chosen(self, numbers):
        """Return some of them."""
        parts = self.boxes[numbers], self.heat[numbers], self.mean_heat[numbers]
        return Signs(*parts, self.levels)


def signs_of(grey, scales=None):
    """Return the `Signs` of an image at the scales of `levels_of`."""
    scales = scales or scales_of(grey.shape)
    levels, peaks = [], []
    for level in levels_of(grey, scales):
        levels.insert(0, level)
        peaks.insert(0, _peaks(level))
        boxes, heat = (np.concatenate(parts) for parts in zip(*peaks, strict=True))
        n_left = len(scales) - len(levels)
        if n_left <= MOST_LEFT_OUT and _is_explained(level, boxes, heat):
            break
    of_level = np.repeat(np.arange(len(levels)), [len(found) for found, _ in peaks])
    if len(boxes) > MOST:
        warnings.warn(
            f"Got an image with more than {MOST:,} signs, where one that is seen at "
            "two scales counts twice, so the least certain are left out. Cut it into "
            "parts.",
            UserWarning,
            stacklevel=2,
        )
    order = np.argsort(-heat.max(axis=1), kind="stable")[:MOST]
    boxes, heat, of_level = boxes[order], heat[order], of_level[order]
    kept, means, free = [], [], np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if free[i]:
            union, smaller = shared_areas(boxes[i], boxes)
            means.append(_mean_heat(boxes[i], heat, of_level, union, levels))
            free &= (union <= SAME) & (smaller <= INSIDE)
            kept.append(i)
    means = np.reshape(means, (-1, N_NAMES))
    return Signs(boxes[kept], heat[kept], means, levels)


def _peaks(level):
    """Return the boxes of signs in pixels of the image, and the heat of their kinds."""
    highest = level.heat.max(axis=0)
    peak = (highest == ndimage.maximum_filter(highest, 3)) & (highest > LEAST_HEAT)
    y, x = np.nonzero(peak)
    heat = level.heat[:, y, x].T
    middles = STRIDE * np.stack([x, y], axis=1) + STRIDE / 2
    half = level.sizes[:, y, x].T / 2
    beyond = np.abs(middles - level.margin - np.divide(level.inside[::-1], 2))
    inside = (beyond < np.divide(level.inside[::-1], 2) + STRIDE).all(axis=1)
    is_digit, height = heat.argmax(axis=1) < N_DIGITS, 2 * half[:, 1]
    found = ~is_digit | ((height > NOT_FOUND[0]) & (height < NOT_FOUND[1]))
    boxes = np.concatenate([middles - half, middles + half], axis=1)
    chosen = inside & found
    return level.to_image(boxes[chosen]), heat[chosen]


def _is_explained(level, boxes, heat):
    """Return whether larger scales would show nothing but the signs found so far."""
    boxes = level.of_image(boxes)
    heights = boxes[:, 3] - boxes[:, 1]
    if not (heat > CLEAR).any() or heights.min() < LARGE:
        return False
    ink = level.ink > 0.5
    n_pixels = ink.sum()
    around = AROUND * (boxes[:, 2:] - boxes[:, :2]) + EDGE
    low = np.maximum(boxes[:, :2] - around, 0).astype(int)
    high = np.ceil(boxes[:, 2:] + around).astype(int)
    for (left, top), (right, bottom) in zip(low, high, strict=True):
        ink[top:bottom, left:right] = False
    return ink.sum() <= UNEXPLAINED * n_pixels


def shared_areas(box, boxes):
    """Return how much of the union with a box, and of the smaller one, is shared.

    Narrow boxes count as wider: else a pixel decides what those of two ones share.
    """
    box, boxes = _not_narrow(box[None])[0], _not_narrow(boxes)
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    own, areas = (
        np.prod(box[2:] - box[:2]),
        np.prod(boxes[:, 2:] - boxes[:, :2], axis=1),
    )
    union, smaller = own + areas - shared, np.minimum(own, areas)
    # boxes of nothing share nothing
    return shared / np.maximum(union, 1e-9), shared / np.maximum(smaller, 1e-9)


def _not_narrow(boxes):
    middles, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    half = np.maximum(sides, LEAST_WIDTH * sides[:, ::-1]) / 2
    return np.concatenate([middles - half, middles + half], axis=1)


def _mean_heat(box, heat, of_level, union, levels):
    height = box[3] - box[1]
    heats = []
    for number, level in enumerate(levels):
        if FOUND[0] <= height * level.scale[1] <= FOUND[1]:
            there = np.flatnonzero((of_level == number) & (union > SAME))
            best = there[union[there].argmax()] if len(there) else None
            heats.append(np.zeros(N_NAMES) if best is None else heat[best])
    return np.mean(heats, axis=0) if heats else heat[union.argmax()]
