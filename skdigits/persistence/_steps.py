"""What a file holds of each kind of step; a new kind is one more entry of `KINDS`."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from skdigits._classifier import DigitCNN
from skdigits._parameters import check_parameters
from skdigits._validation import (
    as_label_array,
    check_image_shape,
    check_integer,
    check_n_jobs,
    check_number,
)
from skdigits.handwriting import HandwritingNormalizer
from skdigits.persistence._plain_values import (
    describe_labels,
    is_plain,
    restored_labels,
    restored_names,
)
from skdigits.persistence._safetensors import Damaged
from skdigits.persistence._saved_network import describe_network, from_plain
from skdigits.preprocessing import ImageReshaper, PixelScaler


@dataclass(frozen=True)
class Kind:
    """How the learned attributes of a type become JSON, and are set again."""

    type: type
    describe: Callable
    restore: Callable


def describe_step(name, step):
    """Return a step of a pipeline as JSON can hold it.

    Raises
    ------
    ValueError
        If it cannot, or if a parameter is none that the step could be fitted with.
    """
    fitted = {}
    # what takes pictures of any size does not count their pixels
    if hasattr(step, "n_features_in_"):
        fitted["n_features_in"] = step.n_features_in_
    if hasattr(step, "feature_names_in_"):
        fitted["feature_names_in"] = step.feature_names_in_.tolist()
    params = step.get_params(deep=False)
    return {
        "name": name,
        "type": type(step).__name__,
        "params": {key: _plain(key, value) for key, value in params.items()},
        "fitted": fitted | KINDS[type(step).__name__].describe(step),
    }


def restored_step(description):
    """Return the name and the step that `describe_step` described."""
    kind, fitted = KINDS[description["type"]], description["fitted"]
    params = description["params"].items()
    step = kind.type(**{name: from_plain(name, value) for name, value in params})
    if "n_features_in" in fitted or kind.type is not HandwritingNormalizer:
        step.n_features_in_ = check_integer("n_features_in", fitted["n_features_in"])
    if "feature_names_in" in fitted:
        step.feature_names_in_ = restored_names(
            fitted["feature_names_in"], step.n_features_in_
        )
    kind.restore(step, fitted)
    return description["name"], step


def _describe_normalizer(normalizer):
    check_n_jobs(normalizer.n_jobs)
    return {}


def _restore_normalizer(normalizer, fitted):
    """Nothing is learned."""


def _describe_scaler(scaler):
    if scaler.scale is not None:
        _checked_scale(scaler.scale)
    return {"scale": scaler.scale_}


def _restore_scaler(scaler, fitted):
    scaler.scale_ = _checked_scale(fitted["scale"])


def _checked_scale(scale):
    return check_number("scale", scale, low=0, high=np.inf, closed="neither")


def _describe_shape(step):
    if step.image_shape is not None:
        check_image_shape(step.image_shape)
    return {"image_shape": list(step.image_shape_)}


def _restore_shape(step, fitted):
    step.image_shape_ = check_image_shape(fitted["image_shape"])
    if prod(step.image_shape_) != step.n_features_in_:
        raise Damaged("pictures of another shape than their number of pixels")


def _describe_classifier(classifier):
    # what cannot train could not be checked when it is read
    check_parameters(classifier, classifier.image_shape_, classifier.classes_)
    classes = {"classes": describe_labels(classifier.classes_)}
    return _describe_shape(classifier) | classes | describe_network(classifier.network_)


def _restore_classifier(classifier, fitted):
    _restore_shape(classifier, fitted)
    classifier.classes_ = restored_labels(fitted["classes"])


KINDS = {
    kind.type.__name__: kind
    for kind in (
        Kind(HandwritingNormalizer, _describe_normalizer, _restore_normalizer),
        Kind(PixelScaler, _describe_scaler, _restore_scaler),
        Kind(ImageReshaper, _describe_shape, _restore_shape),
        Kind(DigitCNN, _describe_classifier, _restore_classifier),
    )
}


def _plain(name, value):
    """Return a parameter as JSON can hold it."""
    if name == "callbacks" or isinstance(value, np.random.RandomState):
        return None
    if name == "class_weight" and isinstance(value, dict):
        labels = describe_labels(as_label_array(value))
        return {**labels, "weights": [float(weight) for weight in value.values()]}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(name, item) for item in value]
    if value is None or is_plain(value):
        return value
    raise ValueError(
        f"Got {name}={value!r}, but expected a plain value that a file can hold. Set "
        f"{name} to one, or use joblib.dump."
    )
