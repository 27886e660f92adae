"""The network in a file, without the estimators around it and without scikit-learn."""

import json
import os
from dataclasses import asdict, dataclass
from math import prod
from types import SimpleNamespace

import numpy as np

from skdigits._parameters import network_spec, training_recipe
from skdigits._validation import (
    check_image_shape,
    check_integer,
    check_number,
    check_path,
)
from skdigits.network import FittedNetwork, NetworkSpec, weight_shapes
from skdigits.persistence._model_card import card_of
from skdigits.persistence._plain_values import restored_labels
from skdigits.persistence._safetensors import (
    Damaged,
    check_same,
    one_sentence,
    open_file,
    read_arrays,
)

_OPEN = {"closed": "neither"}


@dataclass(frozen=True, eq=False)
class SavedNetwork:
    """The classifier of a file for rows of pixels, without scikit-learn.

    It answers as the whole estimator does, from the step on that scales pixels.

    Attributes
    ----------
    network : FittedNetwork

    classes_ : ndarray of shape (n_classes,)

    image_shape_ : tuple of int (height, width)

    scale : float
        The pixel that stands for 1.

    card : dict
        As `read_card` returns it.
    """

    network: FittedNetwork
    classes_: np.ndarray
    image_shape_: tuple[int, int]
    scale: float
    card: dict

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : ndarray of shape (n, height * width), dtype uint8 or float32

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes), dtype float32
        """
        images = np.divide(X, self.scale, dtype=np.float32)
        images = images.reshape(-1, *self.network.spec.input_shape)
        return self.network.probabilities(self.network.logits(images))


def load_network(path: str | os.PathLike[str]) -> SavedNetwork:
    """Load what answers in a file of `save`, and nothing else of it.

    It takes a tenth of the time of `load` in a fresh process, as scikit-learn is not
    imported.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    SavedNetwork

    Raises
    ------
    FileNotFoundError, ValueError
        As `load`.
    """
    path = check_path("path", path)
    with one_sentence(path):
        document, tensors = open_file(path)
        *others, last = checked_steps(document)
        if last["type"] != "DigitCNN":
            raise Damaged("another classifier than DigitCNN")
        fitted = last["fitted"]
        classes = restored_labels(fitted["classes"])
        shape = check_image_shape(fitted["image_shape"])
        network = network_of(document, tensors, fitted, shape, len(classes))
        scale = prod(map(_scale_of, others))
        card = card_of(document)
    return SavedNetwork(network, classes, shape, scale, card)


def _scale_of(description):
    if description["type"] == "PixelScaler":
        scale = description["fitted"]["scale"]
        return check_number("scale", scale, low=0, high=np.inf, **_OPEN)
    if description["type"] not in ("HandwritingNormalizer", "ImageReshaper"):
        raise Damaged(f"a step of the type {description['type']!r}")
    return 1.0


def checked_steps(document):
    """Return the descriptions of steps that can be those of one pipeline."""
    descriptions = document["steps"]
    check_steps(descriptions)
    return descriptions


def check_steps(descriptions):
    """Raise `Damaged` where steps cannot be those of one pipeline."""
    names = [description["name"] for description in descriptions]
    if not all(isinstance(name, str) and name and "__" not in name for name in names):
        raise Damaged(f"steps of the names {names}")
    if len(set(names)) < len(names):
        raise Damaged("two steps of the same name")
    try:
        json.dumps([step["params"] for step in descriptions], allow_nan=False)
    except ValueError:
        raise Damaged("parameters that are not finite") from None
    for attribute in ("n_features_in", "image_shape"):
        fitted = [description["fitted"] for description in descriptions]
        values = [values[attribute] for values in fitted if attribute in values]
        if any(value != values[0] for value in values):
            raise Damaged("steps for pictures of different sizes")


def network_of(document, tensors, fitted, image_shape, n_classes):
    """Return the `FittedNetwork` in an open file."""
    spec = _restored_spec(fitted, image_shape, n_classes)
    weights = read_arrays(document, tensors, weight_shapes(spec))
    network = _restored_network(fitted, spec, weights)
    described = describe_network(network)
    check_same(described, {name: fitted[name] for name in described})
    return network


def describe_network(network):
    """Return a `FittedNetwork` but for its weights as JSON can hold it."""
    return {
        "network": asdict(network.spec),
        "seed": network.seed,
        "history": network.history,
        "temperature": network.temperature,
        "recipe": asdict(network.recipe),
    }


def _restored_spec(fitted, image_shape, n_classes):
    """Check the description of a network as if a user had passed it."""
    network = fitted["network"]
    params = {
        name: from_plain(name, network[name])
        for name in NetworkSpec.__dataclass_fields__
        if name not in ("image_shape", "n_classes")
    }
    return network_spec(SimpleNamespace(**params), image_shape, n_classes)


def _restored_network(fitted, spec, weights):
    """Return the `FittedNetwork`; what the optimizer remembered is not in a file."""
    history = fitted["history"]
    lengths = {len(values) for values in history.values()}
    numbers = [value for values in history.values() for value in values]
    if len(lengths) != 1 or not all(isinstance(number, float) for number in numbers):
        raise Damaged("a history that is not one number for each epoch")
    return FittedNetwork(
        spec,
        weights,
        _restored_seed(fitted["seed"]),
        {"loss": history["loss"], **history},
        check_number("temperature", fitted["temperature"], low=0, high=np.inf, **_OPEN),
        _restored_recipe(fitted["recipe"]),
    )


def _restored_seed(seed):
    if check_integer("seed", seed, minimum=0) >= 2**32:
        raise Damaged("a seed of more than 32 bits")
    return seed


def _restored_recipe(fields):
    """Check the description of a recipe as if a user had passed it."""
    params = SimpleNamespace(
        **fields,
        early_stopping=fields["patience"] or False,
        calibration=fields["calibrate"],
    )
    return training_recipe(params, n_images=1)


def from_plain(name, value):
    """Return a parameter that JSON held as the estimator takes it."""
    if name == "class_weight" and isinstance(value, dict):
        labels = restored_labels(value).tolist()
        return dict(zip(labels, value["weights"], strict=True))
    return tuple(value) if isinstance(value, list) else value
