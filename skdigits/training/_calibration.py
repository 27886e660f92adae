"""One temperature, so that probabilities come true.

A network that learns from smoothed labels is too modest, and on the pictures that it
has learned from it is right too often to tell by how much. So they are warped anew, and
farther than in training: so far that some are read wrong. The temperature that makes
these answers most probable fits unseen pictures too, and none had to be held out.

C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. "On calibration of modern neural networks."
ICML (2017).
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from skdigits.training._tensorflow import tf
from skdigits.training._warp import can_be_warped, warp

# How far pictures are warped at most: beyond it nobody reads them.
FARTHEST = 4.0

# Pictures that tell how far to warp, how many of them are read wrong then, and those
# that tell the temperature.
FEW, WRONG, MANY = 1000, 40, 4000

# Where that many are enough to see that too many of the few are read wrong.
GLANCE = 250


def find_temperature(answers, data, rows, seed):
    """Return what logits are divided by before the softmax.

    Parameters
    ----------
    answers : Answers
        Of the trained network.

    data : Data

    rows : ndarray of int
        Those that it was trained on.

    seed : int
        Decides which pictures are taken, and how they are warped.

    Returns
    -------
    temperature : float
        1 for pictures that are too small to be warped.
    """
    if not can_be_warped(data.images.shape[1:3]):
        return 1.0
    rows = np.random.default_rng([seed, MANY]).permutation(rows)
    few, many = (np.resize(rows, number) for number in (FEW, MANY))
    near, far = 0.0, FARTHEST
    for _ in range(5):
        strength = (near + far) / 2
        if are_read(answers, *_warped(data, few, strength, seed)):
            near = strength
        else:
            far = strength
    images, targets = _warped(data, many, near, seed)
    return best_temperature(answers(images), targets)


def _warped(data, rows, strength, seed):
    images, targets, _ = data.take(rows)
    seeds = [seed % 2**31, len(rows)]
    return warp(tf.constant(images), np.float32(strength), seeds).numpy(), targets


def are_read(answers, images, targets):
    """Tell whether no more than `WRONG` are read wrong; ask no further than needed."""
    wrong = 0
    for part in (slice(0, GLANCE), slice(GLANCE, None)):
        found, wanted = answers(images[part]).argmax(axis=1), targets[part]
        wrong += int((found != wanted.argmax(axis=1)).sum())
        if wrong > WRONG:
            return False
    return True


def best_temperature(logits, targets):
    """Return the temperature of the smallest log loss.

    Parameters
    ----------
    logits : ndarray of shape (n_pictures, n_classes)

    targets : ndarray of shape (n_pictures, n_classes)
        The probability of each class.

    Returns
    -------
    float
    """

    def loss(log_temperature):
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -(targets * scaled).sum(axis=1, dtype=np.float64).mean()

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
