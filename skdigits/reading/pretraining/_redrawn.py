"""Redrawing MNIST's images: warped, with other pens, in pairs and in pieces."""

import numpy as np
from PIL import Image
from scipy import ndimage

from skdigits.handwriting import SIDE, stroke_thickness
from skdigits.reading.pretraining._chunks import drawn_rows
from skdigits.reading.pretraining._paper import as_read, with_full_stop
from skdigits.reading.pretraining._pens import BOX

# How many times larger images are drawn anew.
SCALE = 3

# Between these thicknesses, in pixels of MNIST's box.
THINNEST, THICKEST = 1.0, 4.4


def redraw(X, seed, n_jobs=None):
    """Redraw images of MNIST.

    Parameters
    ----------
    X : ndarray of shape (n_images, 784), dtype uint8
        Light ink on a dark background.

    seed : int
        The same seed gives the same images.

    n_jobs : int, default=None
        Number of processes that draw images, as for :class:`joblib.Parallel`.

    Returns
    -------
    ndarray of shape (n_images, 784), dtype uint8
    """
    return drawn_rows(_redrawn, len(X), n_jobs, X, seed)


def _redrawn(i, X, seed):
    rng = np.random.default_rng([seed, 2, i])
    ink = with_other_pen(warped(enlarged(X[i]), rng), rng)
    return as_read(with_full_stop(ink, rng), rng)


def enlarged(row):
    """Return a row of pixels as ink, `SCALE` times larger, without its margins."""
    digit = row.reshape(SIDE, SIDE)
    rows, columns = (np.flatnonzero(digit.any(axis)) for axis in (1, 0))
    digit = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = digit.shape
    size = (SCALE * width, SCALE * height)
    image = Image.fromarray(digit).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) / 255


def warped(ink, rng, freedom=1.0):
    """Return ink turned, slanted, stretched and bent, in other proportions."""
    turn, slant = freedom * rng.uniform((-0.18, -0.25), (0.18, 0.25))
    stretch = np.exp(freedom * rng.uniform(-0.25, 0.25))
    affine = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    affine = affine @ [[1, 0], [slant, stretch]]
    height, width = ink.shape
    margin = max(height, width) // 4
    y, x = np.mgrid[-margin : height + margin, -margin : width + margin].astype(float)
    y, x = (
        _in_other_proportions(*axis, freedom, rng) for axis in ((y, height), (x, width))
    )
    from_middle = np.stack([y - height / 2, x - width / 2])
    source = np.tensordot(affine, from_middle, 1)
    pace = rng.uniform(1, 4, 2)[:, None, None] / max(height, width)
    phase = rng.uniform(0, 2 * np.pi, 2)[:, None, None]
    size = freedom * rng.normal(0, 1.5, 2)[:, None, None]
    source = source + size * np.sin(from_middle[::-1] * pace + phase)
    source += np.array([height / 2, width / 2])[:, None, None]
    return ndimage.map_coordinates(ink, source, order=1)


def _in_other_proportions(places, length, freedom, rng):
    """Return places from 0 to ``length`` moved towards one end; others stay."""
    share = np.clip(places / length, 0, 1)
    power = np.exp(freedom * np.clip(rng.normal(0, 0.15), -0.35, 0.35))
    return places + length * (share**power - share)


def with_other_pen(ink, rng):
    """Return ink drawn with thinner or thicker strokes."""
    mask = ink > 0.5
    unit = max(np.ptp(np.nonzero(mask), axis=1)) / BOX
    if unit == 0:
        return ink
    thickness = stroke_thickness(mask) / unit
    wanted = np.exp(rng.uniform(np.log(THINNEST), np.log(THICKEST)))
    # half of the way, lest thin parts break and small holes close
    grow = np.clip((wanted - thickness) / 2, -0.3 * thickness, 0.25 * thickness) * unit
    away = ndimage.distance_transform_edt(~mask)
    away -= ndimage.distance_transform_edt(mask)
    return np.clip(0.5 - away + grow, 0, 1).astype(np.float32)


def several(rows, rng):
    """Return the ink of several digits beside each other, some of them touching."""
    pieces = [with_other_pen(warped(enlarged(row), rng, 0.6), rng) for row in rows]
    pieces = [_cropped(piece) for piece in pieces]
    height = max(len(piece) for piece in pieces)
    gaps = rng.integers(-height // 20, height // 4, len(pieces))
    size = sum(piece.shape[1] for piece in pieces) + int(np.abs(gaps).sum())
    ink, left = np.zeros((height, size), np.float32), 0
    for piece, gap in zip(pieces, gaps, strict=True):
        top = int(rng.integers(0, height - len(piece) + 1))
        here = ink[top : top + len(piece), left : left + piece.shape[1]]
        np.maximum(here, piece, out=here)
        left += piece.shape[1] + int(gap)
    return _cropped(ink)


def turned(row, rng):
    """Return the ink of a digit that lies on its side."""
    return np.rot90(warped(enlarged(row), rng), int(rng.choice([1, 3])))


def _cropped(ink):
    rows, columns = (np.flatnonzero((ink > 0.1).any(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
