"""One temperature, so that probabilities are calibrated; `FittedNetwork` applies it.

A network that learns from smoothed labels is underconfident. On the images that it has
learned from, it is right too often to measure by how much. These images are therefore
augmented anew, and more strongly than in training, until some are misclassified. The
temperature with the smallest log loss on them fits unseen images too, and no images
have to be held out.

C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. "On calibration of modern neural networks."
ICML (2017).
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from skdigits.training._keras_layers import can_be_augmented, random_affine
from skdigits.training._tensorflow import tf

# How far images are augmented at most: beyond it nobody can read them.
FARTHEST = 4.0

# Images that decide how far to augment, how many of them are misclassified then, and
# those that decide the temperature.
FEW, WRONG, MANY = 1000, 40, 4000

# So many of the few are predicted first: often too many of them are misclassified.
GLANCE = 250


def find_temperature(network, data):
    """Return the number by which logits are divided before the softmax.

    Parameters
    ----------
    network : FittedNetwork
        A trained network; its seed determines which images are used, and how they are
        augmented.

    data : Data
        The data that it was trained on, including held-out images.

    Returns
    -------
    temperature : float
        1 for images that are too small to be augmented.
    """
    if not can_be_augmented(data.images.shape[1:3]):
        return 1.0
    rng = np.random.default_rng([network.seed, MANY])
    rows = rng.permutation(len(data))
    few, many = (data.take(np.resize(rows, number)) for number in (FEW, MANY))
    near, far = 0.0, FARTHEST
    for _ in range(5):
        strength = (near + far) / 2
        augmented = _augmented(few, strength, network.seed)
        if are_read(network.logits, augmented, few.targets):
            near = strength
        else:
            far = strength
    logits = network.logits(_augmented(many, near, network.seed))
    return best_temperature(logits, many.targets)


def _augmented(data, strength, seed):
    seeds = [seed % 2**31, len(data)]
    return random_affine(tf.constant(data.images), np.float32(strength), seeds).numpy()


def are_read(predict, images, targets):
    """Return whether at most `WRONG` are misclassified, as soon as this is known."""
    wrong = 0
    for part in (slice(0, GLANCE), slice(GLANCE, None)):
        found, wanted = predict(images[part]).argmax(axis=1), targets[part]
        wrong += int((found != wanted.argmax(axis=1)).sum())
        if wrong > WRONG:
            return False
    return True


def best_temperature(logits, targets, weights=None):
    """Return the temperature that gives the smallest log loss.

    Parameters
    ----------
    logits : ndarray of shape (n_images, n_classes)

    targets : ndarray of shape (n_images, n_classes)
        The probability of each class.

    weights : ndarray of shape (n_images,), default=None
        Weights of the images in the loss; None weights them equally.

    Returns
    -------
    float
    """

    def loss(log_temperature):
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        losses = -(targets * scaled).sum(axis=1, dtype=np.float64)
        return np.average(losses, weights=weights)

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
