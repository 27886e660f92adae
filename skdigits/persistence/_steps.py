"""The steps of a pipeline as JSON, and made of it again."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits._classifier import DigitCNN
from skdigits._parameters import check_parameters
from skdigits._validation import as_label_array, check_image_shape, check_n_jobs
from skdigits.handwriting import HandwritingNormalizer
from skdigits.persistence._plain_values import plain, plain_labels, same
from skdigits.persistence._safetensors import Damaged
from skdigits.persistence._saved_network import (
    as_tuple,
    describe_network,
    saved_network,
)
from skdigits.preprocessing import ImageReshaper, PixelScaler

_BEFORE = (HandwritingNormalizer, PixelScaler, ImageReshaper)
_TYPES = {kind.__name__: kind for kind in (*_BEFORE, DigitCNN)}

_LEARNED = ("n_features_in_", "feature_names_in_", "image_shape_", "scale_")


def fitted_steps(estimator):
    """Return the (name, step) pairs of a pipeline or of a bare classifier.

    Raises
    ------
    ValueError
        If there are others than those of this package, or no DigitCNN in the end.
    sklearn.exceptions.NotFittedError
        If a step is not fitted.
    """
    is_pipeline = isinstance(estimator, Pipeline)
    steps = estimator.steps if is_pipeline else [("cnn", estimator)]
    types = [type(step) for _, step in steps]
    if types[-1:] != [DigitCNN] or not set(types[:-1]) <= set(_BEFORE):
        raise ValueError(
            f"Got {type(estimator).__name__} of {[t.__name__ for t in types]}, but "
            "expected a DigitCNN, or a Pipeline of HandwritingNormalizer, PixelScaler, "
            "ImageReshaper and DigitCNN. Pass search.best_estimator_ for a search; use "
            "joblib.dump for anything else."
        )
    for _, step in steps:
        check_is_fitted(step)
    return steps


def describe(estimator):
    """Return a fitted estimator but for its weights as JSON can hold it.

    Raises
    ------
    ValueError, sklearn.exceptions.NotFittedError
        If it cannot.
    """
    steps = fitted_steps(estimator)
    classifier = steps[-1][1]
    return {
        "pipeline": isinstance(estimator, Pipeline),
        "steps": [_describe_step(name, step) for name, step in steps],
        "classes": plain_labels(classifier.classes_),
        "network": describe_network(classifier.network_),
    }


def _describe_step(name, step):
    params = step.get_params(deep=False).items()
    learned = [name for name in _LEARNED if hasattr(step, name)]
    return {
        "name": name,
        "type": type(step).__name__,
        "params": {name: _plain_param(name, value) for name, value in params},
        "learned": {name: plain(name, getattr(step, name)) for name in learned},
    }


def _plain_param(name, value):
    if name == "callbacks" or isinstance(value, np.random.RandomState):
        return None
    if name == "class_weight" and isinstance(value, dict):
        value = list(value.items())
    return plain(name, value)


def restored_estimator(document, weights):
    """Return what `describe` described, with the weights that it has left out.

    Raises
    ------
    ValueError
        If `describe` describes no fitted estimator so.
    """
    saved = saved_network(document, weights)
    steps = [
        (description["name"], _restored_step(description, saved))
        for description in document["steps"]
    ]
    estimator = Pipeline(steps) if document["pipeline"] else steps[-1][1]
    description = describe(estimator)
    if not same(description, {name: document[name] for name in description}):
        raise Damaged("other entries than it has to have")
    return estimator


def _restored_step(description, saved):
    kind, learned = _TYPES[description["type"]], description["learned"]
    params = description["params"].items()
    step = kind(**{name: _restored_param(name, value) for name, value in params})
    blank = np.zeros((1, *saved.image_shape_), dtype=np.uint8)
    if kind is DigitCNN:
        step.network_, step.classes_ = saved.network, saved.classes_
        step.image_shape_, step.n_features_in_ = saved.image_shape_, blank.size
        check_parameters(step, step.image_shape_, step.classes_)
        if step.image_shape is not None:
            check_image_shape(step.image_shape)
    else:
        # checks parameters, and learns all but what depends on the pixels
        step.fit(blank)
        check_n_jobs(getattr(step, "n_jobs", None))
    if kind is PixelScaler:
        step.scale_ = learned["scale_"]
    if "feature_names_in_" in learned:
        step.feature_names_in_ = as_label_array(map(str, learned["feature_names_in_"]))
        if len(step.feature_names_in_) != step.n_features_in_:
            raise Damaged("other names of columns than its number of pixels")
    return step


def _restored_param(name, value):
    if name == "class_weight" and isinstance(value, list):
        return dict(value)
    return as_tuple(value)
