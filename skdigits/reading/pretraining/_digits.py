"""Digits drawn as strokes, with writing habits that are rare or missing in MNIST."""

import numpy as np

from skdigits.datasets.pages import HABITS, WIDTH, WIDTHS, by_hand, strokes_of
from skdigits.reading.pretraining._chunks import drawn_rows
from skdigits.reading.pretraining._paper import as_read, with_full_stop
from skdigits.reading.pretraining._pens import draw

# The share of each digit: more where MNIST's writers have one habit and others another.
SHARES = (0.09, 0.2, 0.07, 0.07, 0.13, 0.09, 0.08, 0.13, 0.06, 0.08)


def draw_digits(n_images, seed, n_jobs=None):
    """Draw digits in MNIST format.

    Parameters
    ----------
    n_images : int

    seed : int
        The same seed gives the same images; a larger ``n_images`` adds to them.

    n_jobs : int, default=None
        Number of processes that draw images, as for :class:`joblib.Parallel`.

    Returns
    -------
    X : ndarray of shape (n_images, 784), dtype uint8
        Light ink on a dark background.

    y : ndarray of shape (n_images,), dtype int64
        The digits.
    """
    X = drawn_rows(_drawn, n_images, n_jobs, seed)
    return X, np.array([_digit(_rng(i, seed)) for i in range(n_images)], np.int64)


def _rng(i, seed):
    return np.random.default_rng([seed, 1, i])


def _digit(rng):
    return int(rng.choice(10, p=SHARES))


def _drawn(i, seed):
    rng = _rng(i, seed)
    digit = _digit(rng)
    strokes = strokes_of(str(rng.choice(HABITS[digit])), rng, rng.uniform(0.005, 0.04))
    ink = draw(by_hand(strokes, rng, WIDTHS.get(digit, WIDTH)), rng)
    return as_read(with_full_stop(ink, rng), rng)
