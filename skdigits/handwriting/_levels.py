"""The output of the page network for an image at several scales.

For every fourth pixel, the network predicts how probable it is that the centre of a
sign is there, for each kind of sign, and how large the sign is. For every pixel, it
predicts whether it is ink. The network finds digits that are 11 to 68 pixels high.
It is therefore applied at several scales, which differ by a factor of `STEP`.
"""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from skdigits.network import onnx_session

PAGE_NETWORK = Path(__file__).parent / "page_network.onnx"

# The kinds of signs, in the order of the network's outputs: ten digits, the signs that
# change a number, and any other.
N_DIGITS, NUMBER_SIGNS = 10, (".", ",", "-", "/", ":")
N_NAMES = N_DIGITS + len(NUMBER_SIGNS) + 1

# Pixels for one of the output, and those that sides are a multiple of.
STRIDE, COARSEST = 4, 32

# The longest side that is looked at; a digit of a full sheet is some thirty pixels high
# then. An image with a shorter longest side than the second is enlarged to it, but at
# most twice; with its margins, it has 128 pixels then.
LONGEST, SHORTEST, ENLARGED = 1400, 96, 2.0

# If the largest scale is smaller than this, the others are made from it, not from the
# image, which saves 0.3 s for 12 megapixels.
SHRUNK = 0.5

# Between two scales, a digit of any height is well within the heights that are found;
# at the last one, a digit as high as the image is.
STEP, LAST_SIDE = 1.8, 60

# An image of at most so many pixels may be cut around a digit: it gets a margin. A
# larger one has none, for there the lines of the paper end at the edge, and would look
# like ones. How deep something has to be to be no stroke along the edge.
SMALL, MARGIN, DEEP = 220, 16, 0.15


@dataclass(frozen=True, eq=False)
class Level:
    """An image at one scale, and what the network sees there.

    Attributes
    ----------
    scale : ndarray of shape (2,)
        Of x and y.

    margin : int
        Pixels to the left of the image and above it; there may be more on the other
        sides.

    grey : ndarray of shape (height, width), dtype float32
        The image, or its negative, with its margins.

    inside : tuple of int (height, width)
        Of the image at this scale.

    heat : ndarray of shape (n_names, height / 4, width / 4)
        Probabilities that the middle of a sign is there.

    sizes : ndarray of shape (2, height / 4, width / 4)
        Width and height of such a sign.

    ink : ndarray of shape (height, width)
        Probabilities of ink.
    """

    scale: np.ndarray
    margin: int
    grey: np.ndarray
    inside: tuple
    heat: np.ndarray
    sizes: np.ndarray
    ink: np.ndarray

    def of_image(self, boxes):
        """Return boxes of the image in pixels of this level."""
        return boxes * np.tile(self.scale, 2) + self.margin

    def to_image(self, boxes):
        """Return boxes of this level in pixels of the image."""
        return (boxes - self.margin) / np.tile(self.scale, 2)


def page_network_card():
    """Return the model card of the page network."""
    import onnx

    return json.loads(onnx.load(PAGE_NETWORK).doc_string)


def levels_of(grey, scales=None):
    """Show an image to the page network at several scales, the smallest one first.

    Parameters
    ----------
    grey : ndarray of shape (height, width), dtype float32
        In [0, 1].

    scales : sequence of float, default=None
        At which it is shown, from the largest on. None means `scales_of` its shape.

    Yields
    ------
    Level
    """
    low, middle, high = np.percentile(_few(grey), (2, 50, 98))
    if middle < (low + high) / 2:
        # an image and its negative look alike then
        grey = 1 - grey
    shape = grey.shape
    scales = scales or scales_of(shape)
    if scales[0] < SHRUNK:
        grey = _resized(grey, _sides(shape, scales[0])[0])
    for scale in reversed(scales):
        yield _level(grey, shape, scale)


def _few(grey):
    """Return some pixels of an image, evenly spread."""
    return grey[:: 1 + len(grey) // 200, :: 1 + grey.shape[1] // 200]


def scales_of(shape):
    """Return the scales at which digits of any height are found, the largest first."""
    side = max(shape)
    scale = min(ENLARGED, max(1.0, SHORTEST / side), LONGEST / side)
    scales = [scale]
    while side * scale > LAST_SIDE:
        scale /= STEP
        scales.append(scale)
    return scales


def _level(grey, shape, scale):
    """Show an image, or one that is shrunk already, to the network at one scale."""
    inside, margin, padded = _sides(shape, scale)
    page = _resized(grey, inside)
    if margin:
        page = with_margin(page, padded)
    (output,) = _session(os.getpid()).run(None, {"page": page[None, None]})
    heat, sizes, ink = np.split(output[0], [N_NAMES, N_NAMES + 2])
    cells = (STRIDE, STRIDE, *heat.shape[1:])
    ink = ink.reshape(cells).transpose(2, 0, 3, 1).reshape(page.shape)
    return Level(
        np.divide(inside, shape)[::-1],
        margin,
        page,
        inside,
        _probability(heat),
        np.exp(np.clip(sizes, 0, 7)),
        _probability(ink),
    )


def _sides(shape, scale):
    """Return the shape of an image at a scale, its margin, and its shape with it."""
    inside = tuple(max(1, round(n * scale)) for n in shape)
    if max(inside) <= SMALL:
        padded = tuple(-(-(n + 2 * MARGIN) // COARSEST) * COARSEST for n in inside)
        return inside, MARGIN, padded
    inside = tuple(max(1, round(n / COARSEST)) * COARSEST for n in inside)
    return inside, 0, inside


def _probability(logits):
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


@cache
def _session(process):
    """Return the session of a process; a forked one cannot use that of its parent."""
    return onnx_session(PAGE_NETWORK.read_bytes())


def _resized(grey, shape):
    if shape == grey.shape:
        return grey
    from PIL import Image

    image = Image.fromarray(grey).resize(shape[::-1], Image.Resampling.BILINEAR)
    return np.asarray(image)


def with_margin(grey, shape):
    """Return an image with its edges drawn out, but not the strokes that touch them.

    It has `MARGIN` pixels above it and to its left; ``shape`` is that of all.
    """
    few = _few(grey)
    paper = np.median(np.concatenate([few[0], few[-1], few[:, 0], few[:, -1]]))
    differs = np.ptp(np.percentile(few, (2, 98))) / 2
    # once for the rows, and once for the columns
    for n_lines in shape:
        deep = int(DEEP * len(grey))
        first = _without_strokes(grey[0], grey[deep], paper, differs)
        last = _without_strokes(grey[-1], grey[-1 - deep], paper, differs)
        n_after = n_lines - len(grey) - MARGIN
        before, after = np.tile(first, (MARGIN, 1)), np.tile(last, (n_after, 1))
        grey = np.concatenate([before, grey, after]).T
    return np.ascontiguousarray(grey, np.float32)


def _without_strokes(edge, inner, paper, differs):
    """Return a line along an edge; ``inner`` is one further inside."""
    stroke = np.abs(edge - paper) > differs
    # what begins in a corner and is as deep is no stroke but something beside the paper
    deep = stroke & (np.abs(inner - paper) > differs)
    beside = np.logical_and.accumulate(deep)
    beside |= np.logical_and.accumulate(deep[::-1])[::-1]
    edge = np.where(stroke & ~beside, paper, edge)
    size = len(edge) // 4 * 2 + 1
    return ndimage.median_filter(edge, size, mode="nearest")
