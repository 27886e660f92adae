"""Choosing the classifier that reads the digits of a page."""

import os
from typing import Any

from skdigits.handwriting import SIDE
from skdigits.reading._pretrained import NO_DIGIT, shared_network


def classifier_of(model: Any) -> Any:
    """Return the classifier of a model; it accepts rows of pixels in MNIST format.

    Parameters
    ----------
    model : estimator, path or None
        As for `read_digits`.

    Returns
    -------
    estimator
        A classifier with ``predict_proba`` and ``classes_``.

    Raises
    ------
    FileNotFoundError
        If ``model`` is a path and there is no such file.
    ValueError
        If the model is not for digits in MNIST format.

    Examples
    --------
    >>> from skdigits.reading import classifier_of
    >>> classifier_of(None).classes_.tolist()
    [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    if model is None:
        model = shared_network()
    elif isinstance(model, str | os.PathLike):
        from skdigits.persistence import load_network

        model = load_network(model)
    elif hasattr(model, "steps"):
        from skdigits._pipeline import begins_with_normalizer

        model = model[1:] if begins_with_normalizer(model) else model
    if not (hasattr(model, "predict_proba") and hasattr(model, "classes_")):
        raise ValueError(
            f"Got model={model!r}, but expected a fitted classifier with predict_proba "
            "and classes_, or the file of one. Fit it first."
        )
    if not set(map(str, model.classes_)) <= set(map(str, range(NO_DIGIT, 10))):
        raise ValueError(
            f"Got a model with the classes {list(map(str, model.classes_))}, but "
            "expected digits, and -1 for non-digits. Pass a model trained on digits."
        )
    _check_shape(model)
    return model


def _check_shape(model):
    network = model[-1] if hasattr(model, "steps") else model
    shape = getattr(network, "image_shape_", None)
    if shape is None:
        shape = (getattr(model, "n_features_in_", SIDE**2),)
    if tuple(shape) not in ((SIDE, SIDE), (SIDE**2,)):
        raise ValueError(
            f"Got a model for images of {' x '.join(map(str, shape))} pixels, but "
            f"expected one for {SIDE} x {SIDE}, MNIST format. Train one with --data "
            "mnist or --normalize."
        )
