"""Drawing images one by one, in parallel processes."""

import numpy as np
from joblib import Parallel, delayed

# Images that a process draws at once.
CHUNK = 500


def drawn_rows(draw_one, n_images, n_jobs, *args):
    """Return ``draw_one(i, *args)``, an image of 28 x 28, for each i, as rows.

    Each image has a generator of random numbers of its own, so that neither the
    number of processes nor that of the images changes any of them.
    """
    starts = range(0, n_images, CHUNK)
    chunks = Parallel(n_jobs=n_jobs)(
        delayed(_chunk)(draw_one, start, min(start + CHUNK, n_images), args)
        for start in starts
    )
    return np.concatenate([np.zeros((0, 784), np.uint8), *chunks])


def _chunk(draw_one, start, stop, args):
    return np.stack([draw_one(i, *args).ravel() for i in range(start, stop)])
