"""Bringing the ink of one digit into MNIST format.

A digit is cropped and scaled to fit into 20 x 20 pixels, without changing its aspect
ratio. Its centre of mass is then placed in the middle of 28 x 28 pixels, as the makers
of MNIST did [1]_. Strokes that are much thinner or thicker than those of MNIST are
redrawn at MNIST's thickness.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied
   to document recognition", Proceedings of the IEEE 86 (11), 1998.
"""

import numpy as np
from scipy import ndimage

SIDE, BOX = 28, 20

# The side of the image in which strokes are measured and drawn anew.
LARGE = 4 * BOX

# Between these thicknesses, in pixels of the 20 x 20 box, strokes stay as they are.
THINNEST, THICKEST = 1.9, 3.6


def mnist_format(ink):
    """Bring the ink of one digit into MNIST format.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        0 is paper, 1 is full ink.

    Returns
    -------
    ndarray of shape (28, 28), dtype uint8
        Light on dark as in MNIST; all zeros if there is no ink.
    """
    if not (ink > 0.5).any():
        return np.zeros((SIDE, SIDE), np.uint8)
    crop = _cropped(ink, ink > 0.02)
    if max(crop.shape) > LARGE:
        crop = _resized(crop, LARGE)
    crop = with_usual_strokes(crop)
    return _centred(_resized(crop, BOX))


def _cropped(ink, mask):
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(ink, longest):
    from PIL import Image

    scale = longest / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    if (height, width) == ink.shape:
        return ink
    image = Image.fromarray(np.asarray(ink, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def stroke_thickness(mask):
    """Return the mean thickness of the strokes of ``mask``, in pixels.

    A stroke of length l and thickness t has the area l t and the circumference 2 l;
    pixels' edges overstate the circumference of slanted strokes by 4 / pi on average.
    """
    padded = np.pad(mask, 1)
    edges = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    return 2 * mask.sum() / max(edges * np.pi / 4, 1)


def with_usual_strokes(ink):
    """Draw strokes anew that are far from MNIST's thickness."""
    unit = max(ink.shape) / BOX
    thickness = stroke_thickness(ink > 0.5) / unit
    wanted = np.clip(thickness, THINNEST, THICKEST)
    if wanted == thickness:
        return ink
    grow = (wanted - thickness) * (LARGE / BOX) / 2
    margin = int(max(grow, 0)) + 2
    mask = np.pad(_resized(ink, LARGE) > 0.5, margin)
    outside = ndimage.distance_transform_edt(~mask)
    inside = ndimage.distance_transform_edt(mask)
    drawn = np.clip(grow + 1 - outside + np.where(mask, inside - 1, 0), 0, 1)
    return _cropped(drawn, drawn > 0)


def _centred(ink):
    """Put ``ink`` into 28 x 28 pixels, its centre of mass in pixel (14, 14)."""
    ink = np.clip(ink, 0, 1)
    ink = ink / max(ink.max(), 1e-6)
    total = ink.sum()
    tops = []
    for axis, side in enumerate(ink.shape):
        weights = ink.sum(1 - axis)
        centre = (weights * np.arange(side)).sum() / total
        tops.append(int(np.clip(round(SIDE / 2 - centre), 0, SIDE - side)))
    image = np.zeros((SIDE, SIDE), np.uint8)
    (top, left), (height, width) = tops, ink.shape
    image[top : top + height, left : left + width] = np.round(255 * ink)
    return image
