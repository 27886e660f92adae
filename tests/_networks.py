"""Fitted classifiers that nobody had to train."""

import numpy as np

from skdigits import DigitCNN
from skdigits._parameters import network_spec, training_recipe
from skdigits.network import FittedNetwork, weight_shapes


def drawn(spec, rng):
    """Return weights as no training leaves them: every number of them counts."""
    weights = {}
    for name, shape in weight_shapes(spec).items():
        values = rng.normal(size=shape)
        if name.endswith("/kernel"):
            values *= np.sqrt(2 / np.prod(shape[:-1]))
        if name.endswith("/moving_variance"):
            values = 0.5 + values**2
        weights[name] = values.astype(np.float32)
    return weights


def random_classifier(image_shape=(9, 12), labels=tuple("abc"), seed=0, **params):
    """Return a classifier that is fitted but for the training."""
    classifier = DigitCNN(**{"filters": (5, 6, 7, 8), **params})
    spec = network_spec(classifier, image_shape, len(labels))
    weights = drawn(spec, np.random.default_rng(seed))
    recipe = training_recipe(classifier, n_images=1)
    classifier.network_ = FittedNetwork(spec, weights, 0, {"loss": [1.0]}, 1.7, recipe)
    classifier.classes_ = np.array(labels)
    classifier.image_shape_ = image_shape
    classifier.n_features_in_ = int(np.prod(image_shape))
    return classifier
