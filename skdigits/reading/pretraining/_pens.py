"""Drawing strokes with pens, brushes, nibs and a computer mouse.

Thickness is measured in pixels of MNIST's 20 x 20 box.
"""

import numpy as np
from PIL import Image, ImageDraw

BOX = 20

# The longest side of what is drawn with a pen, in pixels.
LARGE = 80

# Thickness of pens, and how many pixels a sign drawn with a mouse is high.
THINNEST, THICKEST = 0.6, 4.6
LOWEST, HIGHEST = 10, 30


def draw(strokes, rng):
    """Draw strokes with a pen that chance chooses.

    Parameters
    ----------
    strokes : list of ndarray of shape (n_points, 2)

    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        1 is ink.
    """
    pen = rng.choice([_round_pen, _brush, _nib, _mouse], p=[0.5, 0.15, 0.1, 0.25])
    return pen(strokes, rng)


def _thickness(rng):
    return np.exp(rng.uniform(np.log(THINNEST), np.log(THICKEST)))


def _fitted(strokes, side, margin):
    """Return strokes in pixels, the longer side of all ``side``, and the size."""
    points = np.concatenate(strokes)
    low, size = points.min(0), np.ptp(points, axis=0)
    scale = side / max(size.max(), 1e-6)
    width, height = np.ceil(size * scale + 2 * margin).astype(int) + 1
    return [(s - low) * scale + margin for s in strokes], (int(width), int(height))


def _canvas(size):
    image = Image.new("L", size)
    return image, ImageDraw.Draw(image)


def _as_ink(image):
    return np.asarray(image, np.float32) / 255


def _disc(drawing, centre, radius):
    (x, y), r = centre, radius
    drawing.ellipse((x - r, y - r, x + r, y + r), fill=255)


def _round_pen(strokes, rng):
    width = max(2, round(_thickness(rng) * LARGE / BOX))
    strokes, size = _fitted(strokes, LARGE - width, width / 2 + 1)
    image, drawing = _canvas(size)
    for points in strokes:
        drawing.line(points.ravel().tolist(), fill=255, width=width, joint="curve")
        for end in points[[0, -1]]:
            _disc(drawing, end, width / 2 - 0.5)
    return _as_ink(image)


def _brush(strokes, rng):
    """Draw with a pressure that changes on the way."""
    middle = max(2, _thickness(rng) * LARGE / BOX)
    strokes, size = _fitted(strokes, LARGE - middle, middle + 1)
    image, drawing = _canvas(size)
    for points in strokes:
        points = _denser(points, 2.0)
        phase, pace = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 3)
        way = np.linspace(0, pace * np.pi, len(points))
        radii = middle / 2 * (1 + 0.4 * np.sin(way + phase))
        for point, radius in zip(points, radii, strict=True):
            _disc(drawing, point, max(radius, 0.6))
    return _as_ink(image)


def _denser(points, step):
    lengths = np.hypot(*np.diff(points, axis=0).T)
    way = np.concatenate([[0], np.cumsum(lengths)])
    at = np.linspace(0, way[-1], max(2, int(way[-1] / step)))
    return np.stack([np.interp(at, way, points[:, axis]) for axis in (0, 1)], 1)


def _nib(strokes, rng):
    """Draw with a nib that is broad in one direction."""
    reach = max(3, _thickness(rng) * LARGE / BOX)
    angle = rng.uniform(-1, 1.5)
    step = np.array([np.cos(angle), -np.sin(angle)]) * reach / 2
    strokes, size = _fitted(strokes, LARGE - reach, reach + 2)
    image, drawing = _canvas(size)
    for points in strokes:
        for share in np.linspace(-1, 1, 2 + int(reach)):
            way = (points + share * step).ravel().tolist()
            drawing.line(way, fill=255, width=2)
    return _as_ink(image)


def _mouse(strokes, rng):
    """Draw on a small canvas without soft edges, in few straight lines."""
    side = int(rng.integers(LOWEST, HIGHEST))
    width = int(rng.integers(1, max(2, round(side * THICKEST / BOX))))
    step = side * rng.uniform(0.03, 0.12)
    strokes, size = _fitted(strokes, side - width, width)
    image, drawing = _canvas(size)
    for points in strokes:
        kept = _denser(points, step)
        drawing.line(kept.ravel().tolist(), fill=255, width=width)
        if width > 2:
            for point in kept:
                _disc(drawing, point, (width - 1) / 2)
    return _as_ink(image)
