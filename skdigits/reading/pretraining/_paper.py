"""Bringing drawn ink into MNIST format by the same steps as a user's images."""

from io import BytesIO

import numpy as np
from PIL import Image
from scipy import ndimage

from skdigits.handwriting import mnist_format, normalized


def as_read(ink, rng):
    """Return ink as it looks when read from a drawing, a scan or a photo of it.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        0 is paper, 1 is full ink.

    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (28, 28), dtype uint8
    """
    if rng.random() < 0.1:
        ink = _stretched(ink, rng)
    way = rng.choice([_drawing, _scan, _photo], p=[0.4, 0.35, 0.25])
    form = way(ink, rng)
    # where the photo is too faint for it
    return form if form.any() else mnist_format(ink)


def with_full_stop(ink, rng):
    """Return ink with now and then a dot to the right, as people end numbers."""
    if rng.random() > 0.04:
        return ink
    side = max(ink.shape)
    radius, gap = side * rng.uniform((0.03, 0.02), (0.07, 0.15))
    right = round(gap + 2 * radius) + 1
    ink = np.pad(ink, ((0, 0), (0, right)))
    y, x = np.ogrid[: ink.shape[0], : ink.shape[1]]
    middle = len(ink) * rng.uniform(0.75, 1) - radius, ink.shape[1] - radius - 1
    dot = np.hypot(y - middle[0], x - middle[1]) <= radius
    return np.maximum(ink, dot.astype(ink.dtype))


def _stretched(ink, rng):
    """Return ink as of an image that somebody made square, whatever it was."""
    factor = np.exp(rng.uniform(-0.5, 1.1))
    height, width = ink.shape
    size = (max(1, round(width * factor)), height)
    image = Image.fromarray(np.asarray(ink, np.float32))
    return np.clip(np.asarray(image.resize(size, Image.Resampling.BILINEAR)), 0, 1)


def _drawing(ink, rng):
    return mnist_format(ink)


def _scan(ink, rng):
    """Few pixels, black and white or grey, with ragged edges and short gaps."""
    ink = _at_height(ink, int(rng.integers(12, 50)))
    height = max(ink.shape)
    if rng.random() < 0.15:
        ink = _shaken(ink, rng)
    ragged = ndimage.gaussian_filter(rng.normal(0, 1, ink.shape), 0.7)
    ink = ndimage.gaussian_filter(ink, rng.uniform(0.2, 0.02 * height + 0.3))
    ink = ink / max(ink.max(), 1e-6) + rng.uniform(0, 0.3) * ragged
    gap = _gap(ink.shape, rng)
    # a gap along a stroke would take it away
    if rng.random() < 0.3 and (ink * gap).sum() < 0.06 * ink.sum():
        ink = ink * ~gap
    if rng.random() < 0.6:
        return mnist_format((ink > rng.uniform(0.3, 0.5)).astype(np.float32))
    return mnist_format(np.clip(ink, 0, 1))


def _shaken(ink, rng):
    """Return ink as of a scanner whose lines do not meet."""
    ink = np.pad(ink, 1)
    shifts = rng.integers(-1, 2, len(ink))
    return np.stack([np.roll(*pair) for pair in zip(ink, shifts, strict=True)])


def _gap(shape, rng):
    """Return a line across the image, as where a pen gave no ink."""
    height, width = shape
    y, x = np.ogrid[:height, :width]
    angle = rng.uniform(0, np.pi)
    along = np.cos(angle) * (x - rng.uniform(0.2, 0.8) * width)
    along = along + np.sin(angle) * (y - rng.uniform(0.2, 0.8) * height)
    return np.abs(along) < max(shape) * rng.uniform(0.01, 0.03)


def _photo(ink, rng):
    """Uneven light, noise, blur, lines of the paper, JPEG, and the way back."""
    ink = _at_height(ink, int(rng.integers(16, 72)))
    height = max(ink.shape)
    margins = np.round(height * rng.uniform(0.1, 0.7, (2, 2))).astype(int) + 2
    ink = np.pad(ink, margins)
    if rng.random() < 0.3:
        ink = np.maximum(ink, _lines(ink.shape, height, rng))
    ink = ndimage.gaussian_filter(ink, rng.uniform(0.3, 0.02 * height + 0.5))
    paper = _paper(ink.shape, rng)
    grey = paper * (1 - rng.uniform(0.35, 0.95) * ink)
    grey = grey + rng.normal(0, rng.uniform(0, 0.025), ink.shape)
    grey = np.clip(grey, 0, 1)
    if rng.random() < 0.4:
        grey = _through_jpeg(grey, int(rng.integers(30, 90)))
    if rng.random() < 0.15:
        grey = 1 - grey
    return normalized(grey)


def _paper(shape, rng):
    height, width = shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    slopes = rng.normal(0, 0.06, 3)
    light = rng.uniform(0.55, 0.98) + slopes[0] * y + slopes[1] * x
    return np.clip(light + slopes[2] * (x * x + y * y), 0.3, 1)


def _lines(shape, height, rng):
    """Return pieces of the ruling or of the frame of a box, at the side of the sign."""
    lines = np.zeros(shape, np.float32)
    thick = max(1, round(height * rng.uniform(0.015, 0.05)))
    depth = rng.uniform(0.3, 0.9)
    for axis in (0, 1) if rng.random() < 0.4 else (int(rng.integers(2)),):
        side, length = shape[axis], shape[1 - axis]
        near = int(side * rng.uniform(0, 0.15))
        at = near if rng.random() < 0.5 else side - near - thick
        # half of them not from edge to edge, upright ones short, lest they be a 1
        start = int(rng.integers(0, length))
        stop = start + int(length * rng.uniform(0.05, 0.3 if axis else 1))
        along = slice(None) if rng.random() < 0.5 else slice(start, stop)
        if axis == 0 and rng.random() < 0.15:
            # through the sign, from the left
            at, along = int(side * rng.uniform(0.3, 0.8)), slice(0, length // 2)
        place = (slice(at, at + thick), along)
        lines[place if axis == 0 else place[::-1]] = depth
    return lines


def _through_jpeg(grey, quality):
    file = BytesIO()
    image = Image.fromarray(np.round(255 * grey).astype(np.uint8))
    image.save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file), np.float32) / 255


def _at_height(ink, longest):
    """Return ink with its longer side at ``longest`` pixels."""
    scale = longest / max(ink.shape)
    size = [max(1, round(side * scale)) for side in ink.shape[::-1]]
    image = Image.fromarray(np.asarray(ink, np.float32))
    resized = image.resize(size, Image.Resampling.BILINEAR)
    return np.clip(np.asarray(resized), 0, 1)
