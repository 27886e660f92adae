"""The training set of the pretrained model, and the training itself."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
from sklearn.pipeline import Pipeline

from skdigits import DigitCNN, make_digit_pipeline
from skdigits.handwriting import HandwritingNormalizer
from skdigits.reading._pretrained import NO_DIGIT
from skdigits.reading.pretraining._digits import draw_digits
from skdigits.reading.pretraining._non_digits import draw_non_digits
from skdigits.reading.pretraining._redrawn import redraw
from skdigits.training import best_temperature

# Images of each kind for one of MNIST, and the network. Chosen with images of
# handwriting that are no part of any training.
DRAWN, NON_DIGITS, REDRAWN = 1, 1, 1
FILTERS, EPOCHS = (32, 64, 96, 128), 16

# For a model that goes on from another one; no other values were tried.
FURTHER = {"epochs": 5, "learning_rate": 0.006}

# Non-digits are rarer in use than in this data, and weigh less.
CLASS_WEIGHT = {NO_DIGIT: 0.4}

# Images of MNIST that only tell the temperature, plain and redrawn.
HELD_OUT = 3000


def training_set(X, y, seed, n_jobs=None):
    """Return the training set of the pretrained model.

    Parameters
    ----------
    X : ndarray of shape (n_images, 784), dtype uint8
        Images of MNIST.

    y : ndarray of shape (n_images,)
        Their digits.

    seed : int
        The same seed gives the same images.

    n_jobs : int, default=None
        Number of processes that share the work, as for :class:`joblib.Parallel`.

    Returns
    -------
    X : ndarray of shape (n_samples, 784), dtype uint8
        Normalized images of MNIST, redrawn ones, drawn digits, and non-digits.

    y : ndarray of shape (n_samples,), dtype int64
        0 to 9, or `NO_DIGIT`.
    """
    y = np.asarray(y).astype(np.int64)
    normal = HandwritingNormalizer(n_jobs=n_jobs).transform(X)
    n_redrawn = round(REDRAWN * len(X))
    redrawn = redraw(X[:n_redrawn], seed, n_jobs)
    drawn, digits = draw_digits(round(DRAWN * len(X)), seed, n_jobs)
    none = draw_non_digits(round(NON_DIGITS * len(X)), seed, (X, y), n_jobs)
    labels = [y, y[:n_redrawn], digits, np.full(len(none), NO_DIGIT)]
    return np.concatenate([normal, redrawn, drawn, none]), np.concatenate(labels)


def held_out_set(X, y, seed, n_jobs=None):
    """Return what the temperature of the pretrained model is found with.

    Parameters and returns are as for `training_set`: MNIST normalized and redrawn.
    """
    normal = HandwritingNormalizer(n_jobs=n_jobs).transform(X)
    rows = np.concatenate([normal, redraw(X, seed, n_jobs)])
    return rows, np.tile(np.asarray(y).astype(np.int64), 2)


def pretrain(X, y, held_out, *, seed=0, initial=None, **params):
    """Train the pretrained model.

    Parameters
    ----------
    X : ndarray of shape (n_samples, 784), dtype uint8
        Images in MNIST format, as returned by `training_set`.

    y : ndarray of shape (n_samples,)
        Digits, or `NO_DIGIT`.

    held_out : tuple of ndarray (X, y)
        Images and labels, as returned by `held_out_set`.

    seed : int, default=0
        Seed of the training.

    initial : sklearn.pipeline.Pipeline, default=None
        A pretrained model that the training goes on from.

    **params : dict
        Parameters of :class:`skdigits.DigitCNN`, instead of those used by default.

    Returns
    -------
    sklearn.pipeline.Pipeline
        A pipeline with the steps ``normalize``, ``scale``, ``reshape`` and ``cnn``,
        which accepts images.
    """
    model = {"class_weight": CLASS_WEIGHT, "random_state": seed}
    if initial is None:
        cnn = DigitCNN(**model | {"filters": FILTERS, "epochs": EPOCHS} | params)
        own = {}
    else:
        cnn = deepcopy(initial[-1])
        own = {name: cnn.get_params()[name] for name in (*FURTHER, "warm_start")}
        cnn.set_params(**model | FURTHER | {"warm_start": True} | params)
    learned = make_digit_pipeline(cnn).fit(X, y)
    cnn.set_params(**own)
    _calibrate(learned, *held_out)
    return Pipeline([("normalize", HandwritingNormalizer()), *learned.steps])


def _calibrate(pipeline, X, y):
    """Make the probabilities of images that nothing was learned from come true."""
    cnn = pipeline[-1]
    targets = y[:, None] == cnn.classes_
    temperature = best_temperature(pipeline.decision_function(X), targets)
    cnn.network_ = replace(cnn.network_, temperature=temperature)
