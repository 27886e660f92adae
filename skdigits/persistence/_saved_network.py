"""The part of a file that predicts: network and classes, without scikit-learn."""

import os
from dataclasses import asdict, dataclass, replace
from math import prod
from types import SimpleNamespace

import numpy as np

from skdigits._parameters import network_spec, training_recipe
from skdigits._validation import check_image_shape, check_integer, check_number
from skdigits.network import FittedNetwork, weight_shapes
from skdigits.persistence._plain_values import plain_card, restored_labels, same
from skdigits.persistence._safetensors import FORMAT_VERSION, Damaged, reading

# The types of steps that may stand before the classifier.
_BEFORE = {"HandwritingNormalizer", "PixelScaler", "ImageReshaper"}


@dataclass(frozen=True, eq=False)
class SavedNetwork:
    """A classifier from a file, for rows of pixels, without scikit-learn.

    It predicts as the whole estimator does from the step that scales pixels onwards.

    Attributes
    ----------
    network : FittedNetwork

    classes_ : ndarray of shape (n_classes,)

    image_shape_ : tuple of int (height, width) or (height, width, 3)

    scale : float
        The pixel value that is scaled to 1.

    card : dict
        The model card, as `read_card` returns it.
    """

    network: FittedNetwork
    classes_: np.ndarray
    image_shape_: tuple[int, ...]
    scale: float
    card: dict

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : ndarray of shape (n, n_pixels), dtype uint8 or float32
            One image in each row, with height * width or height * width * 3 values.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes), dtype float32
        """
        images = np.divide(X, self.scale, dtype=np.float32)
        images = images.reshape(-1, *self.network.spec.input_shape)
        return self.network.probabilities(self.network.logits(images))


def load_network(path: str | os.PathLike[str]) -> SavedNetwork:
    """Load only the network and the classes from a file that was written by `save`.

    In a new process, this takes a tenth of the time of `load`, because scikit-learn is
    not imported.

    Parameters
    ----------
    path : str or path-like
        Path of a file that was written by `save`.

    Returns
    -------
    SavedNetwork
        An object with the attributes ``classes_``, ``image_shape_``, ``scale`` (the
        pixel value that is scaled to 1), ``card`` and ``network``. Its method
        ``predict_proba`` accepts raw pixels, as an ndarray of shape (n, n_pixels) and
        dtype uint8 or float32, and returns an ndarray of shape (n, n_classes). It
        leaves out a `HandwritingNormalizer`, so images must be in MNIST format if the
        saved pipeline has one.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `load`.
    """
    with reading(path) as content:
        return saved_network(*content)


def saved_network(document, weights):
    """Return the `SavedNetwork` of what `save` wrote, else raise a ValueError."""
    classes = restored_labels(document["classes"])
    network = _restored_network(document["network"], weights, len(classes))
    scale = prod(_scales_of(document["steps"]), start=1.0)
    shape, card = network.spec.image_shape, _card_of(document)
    return SavedNetwork(network, classes, shape, scale, card)


def _scales_of(steps):
    """Return the scale of each `PixelScaler`, or raise if the steps are no pipeline."""
    names, types = ([step[key] for step in steps] for key in ("name", "type"))
    good = {name for name in names if isinstance(name, str) and "__" not in name} - {""}
    if len(good) < len(names):
        raise Damaged(f"steps named {names}")
    if types[-1:] != ["DigitCNN"] or not _BEFORE.issuperset(types[:-1]):
        raise Damaged(f"steps of types {types}")
    scalers = [step for step in steps if step["type"] == "PixelScaler"]
    scales = [step["learned"]["scale_"] for step in scalers]
    return [check_number("scale", scale, closed="neither") for scale in scales]


def _card_of(document):
    """Return the model card of a document with what the file says of itself."""
    card, versions = plain_card(document["card"]), plain_card(document["versions"])
    file = {"format_version": FORMAT_VERSION, "versions": versions}
    for name in file.keys() & card:
        raise ValueError(
            f"Got a model card with {name!r}, but expected other names, as save "
            "writes that entry itself. Rename it."
        )
    if not all(isinstance(version, str) for version in versions.values()):
        raise Damaged("versions that are not text")
    return card | file


def describe_network(network):
    """Return a `FittedNetwork` without its arrays, in a form that JSON can hold."""
    fields = asdict(replace(network, weights={}, optimizer_state=()))
    return {n: v for n, v in fields.items() if n not in ("weights", "optimizer_state")}


def _restored_network(description, weights, n_classes):
    """Check the description of a network as if a user had passed it."""
    params = SimpleNamespace(**description["spec"])
    spec = network_spec(params, check_image_shape(params.image_shape), n_classes)
    _check_weights(weights, weight_shapes(spec))
    recipe = SimpleNamespace(**description["recipe"])
    recipe.early_stopping = recipe.patience or False
    recipe.calibration = recipe.calibrate
    network = FittedNetwork(
        spec,
        weights,
        check_integer("seed", description["seed"], minimum=0),
        {name: [*map(float, v)] for name, v in description["history"].items()},
        check_number("temperature", description["temperature"], closed="neither"),
        training_recipe(recipe, n_images=1),
    )
    lengths = {len(figures) for figures in network.history.values()}
    if lengths != {network.n_epochs} or network.seed >= 2**32:
        raise Damaged("a history or a seed that fit cannot produce")
    if not same(describe_network(network), description):
        raise Damaged("missing or unexpected entries")
    return network


def _check_weights(weights, shapes):
    if {name: array.shape for name, array in weights.items()} != shapes:
        raise Damaged("weights of another network")
    for name, array in weights.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise Damaged(f"weights {name!r} that are not finite float32")
        if name.endswith("/moving_variance") and (array < 0).any():
            raise Damaged("negative variances")
