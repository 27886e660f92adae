"""Signs as pen strokes, each sign in a one-line notation.

``"0..3,2..5 5,0 5,10"`` is one stroke through three points (x, y). Coordinates run from
0 to 10, with y pointing downwards. A coordinate that is given as a range is drawn
uniformly from it. ``~`` makes a stroke smooth, except at points that end in ``!``,
which stay corners; ``|`` begins another stroke.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np

# Points on a curve between two points of the notation.
STEPS = 6

# How far the upper and lower, left and right parts of a sign are from their usual
# proportions: the standard deviation and the limit of a power's logarithm.
PROPORTIONS = 0.2, 0.45

# How often the end of a curve goes on, at most how far in heights of the sign, and how
# far it may turn on the way, in radians.
FLOURISHED, FLOURISH, TURN = 0.12, 0.25, 2.5


@lru_cache(maxsize=1024)
def _parsed(sign):
    """Return the lower and upper ends of all points, and the parts of each stroke."""
    ends, strokes = [], []
    for stroke in sign.split("|"):
        smooth = stroke.strip().startswith("~")
        points = stroke.replace("~", " ").split()
        first = len(ends)
        ends += [[_range(part) for part in p.rstrip("!").split(",")] for p in points]
        inner = range(1, len(points) - 1)
        corners = [i for i in inner if not smooth or points[i].endswith("!")]
        breaks = [0, *corners, len(points) - 1]
        strokes.append([(first + a, first + b + 1) for a, b in pairwise(breaks)])
    array = np.array(ends) / 10
    return array[..., 0], array[..., 1], strokes


def _range(text):
    low, _, high = text.partition("..")
    return float(low), float(high or low)


@lru_cache(maxsize=64)
def _spline(n_points):
    """Return the matrix from points to a Catmull-Rom spline through them."""
    n_samples = (n_points - 1) * STEPS + 1
    where = np.arange(n_samples) / STEPS
    segment = np.minimum(where.astype(int), n_points - 2)
    t = (where - segment)[:, None]
    basis = np.array([[0, -1, 2, -1], [2, 0, -5, 3], [0, 1, 4, -3], [0, 0, -1, 1]])
    weights = t ** np.arange(4) @ basis.T / 2
    # a point beyond each end, as far from it as its neighbour
    matrix = np.zeros((n_samples, n_points + 2))
    np.put_along_axis(matrix, segment[:, None] + np.arange(4), weights, axis=1)
    inner = matrix[:, 1:-1].copy()
    for end, neighbour in ((0, 1), (-1, -2)):
        inner[:, end] += 2 * matrix[:, end]
        inner[:, neighbour] -= matrix[:, end]
    return inner


def strokes_of(sign, rng, jitter=0.025):
    """Return the strokes of a sign as a shaky hand draws it.

    Parameters
    ----------
    sign : str
        In the notation of this module.

    rng : numpy.random.Generator

    jitter : float, default=0.025
        Standard deviation of each point, in heights of the sign.

    Returns
    -------
    list of ndarray of shape (n_points, 2)
        Columns x and y, in heights of the sign.
    """
    low, high, strokes = _parsed(sign)
    points = low + (high - low) * rng.random(low.shape)
    points = _in_other_proportions(points, rng) + rng.normal(0, jitter, low.shape)
    curves = [[curve(points[a:b]) for a, b in parts] for parts in strokes]
    return [_with_flourishes(np.concatenate(parts), parts, rng) for parts in curves]


def proportions(rng, n=None):
    """Return powers that change the proportions of what lies between 0 and 1."""
    deviation, limit = PROPORTIONS
    return np.exp(np.clip(rng.normal(0, deviation, n), -limit, limit))


def _in_other_proportions(points, rng):
    """Return points whose halves are larger or smaller; the ends stay."""
    first, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-6)
    return first + size * ((points - first) / size) ** proportions(rng, 2)


def _with_flourishes(stroke, parts, rng):
    """Return a stroke whose ends go on now and then, if they are curves."""
    for part in (parts[-1], parts[0]):
        if len(part) > 2 and rng.random() < FLOURISHED:
            stroke = np.concatenate([stroke, _flourish(*stroke[-2:], rng)])
        stroke = stroke[::-1]
    return stroke


def _flourish(before, end, rng):
    """Return points on an arc that goes on from the end of a curve."""
    direction = np.arctan2(*(end - before)[::-1])
    angles = direction + rng.uniform(-TURN, TURN) * np.linspace(0, 1, STEPS)
    step = rng.uniform(0, FLOURISH) / STEPS
    steps = step * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return end + np.cumsum(steps, axis=0)


def curve(points):
    """Return a smooth curve through ``points``; a line through two of them."""
    return points if len(points) < 3 else _spline(len(points)) @ points


def by_hand(strokes, rng, width=0.7, freedom=1.0):
    """Return strokes as somebody's hand writes them: slanted, narrow, bent.

    Parameters
    ----------
    strokes : list of ndarray of shape (n_points, 2)

    rng : numpy.random.Generator

    width : float, default=0.7
        The width of the sign, in its heights, that is the most usual.

    freedom : float, default=1.0
        How far hands differ.

    Returns
    -------
    list of ndarray of shape (n_points, 2)
    """
    slant = freedom * np.clip(rng.normal(0.08, 0.16), -0.3, 0.45)
    turn = freedom * np.clip(rng.normal(0, 0.07), -0.2, 0.2)
    width = width * np.exp(freedom * np.clip(rng.normal(0, 0.2), -0.5, 0.4))
    affine = np.array([[width, 0], [-slant, 1]])
    affine = affine @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    waves = freedom * rng.normal(0, 0.025, (2, 2))
    phase, pace = rng.uniform(0, 2 * np.pi, 2), rng.uniform(2, 7, 2)
    bent = []
    for points in strokes:
        angles = points[:, ::-1] * pace + phase
        bent.append((points + np.sin(angles) @ waves) @ affine)
    return bent
