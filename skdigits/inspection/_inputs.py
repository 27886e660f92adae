"""Conversion of labels and probabilities of any kind to checked codes."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, check_consistent_length

from skdigits._validation import (
    SMALLEST_SIDE,
    as_labels,
    encode_labels,
    flatten_images,
    resolve_image_shape,
)
from skdigits.preprocessing import PixelScaler

# How far the rows of predict_proba may be from adding up to 1.
_TOLERANCE = 1e-3


def some_labels(name, y):
    """Return labels as a checked array of shape (n,), with at least one label."""
    remedy = None
    if name == "y_pred":
        remedy = "Pass probabilities as y_proba, or y_pred.argmax(axis=1)."
        check_no_probabilities(y)
    y = as_labels(y, name, remedy)
    if len(y) == 0:
        raise ValueError(f"Got no rows in {name}, but expected at least one.")
    return y


def check_no_probabilities(y_pred):
    """Raise a ValueError for probabilities of only one of two classes."""
    values = np.asarray(y_pred if hasattr(y_pred, "dtype") else [])
    if values.dtype.kind == "f" and values.ndim == 1 and (values % 1 > 0).any():
        example = values[values % 1 > 0][0]
        raise ValueError(
            f"Got y_pred with {example:.3g}, but expected labels. Pass probabilities "
            "as y_proba, with a column for each label."
        )


def check_one_kind(arrays):
    """Raise a ValueError if some labels are text and others numbers."""
    firsts = {name: array.tolist()[0] for name, array in arrays.items()}
    firsts = {k: v for k, v in firsts.items() if isinstance(v, str | int | float)}
    if len({isinstance(first, str) for first in firsts.values()}) > 1:
        examples = " and ".join(f"{k} such as {v!r}" for k, v in firsts.items())
        raise ValueError(
            f"Got {examples}, but expected labels of one kind. Convert one of them."
        )


def check_predictions(
    y_true: Any, y_pred: Any, y_proba: Any, labels: Any
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64], NDArray[Any] | None]:
    """Return the predictions of a classifier as checked codes and probabilities.

    Returns
    -------
    labels : ndarray of shape (n_labels,)
    true, predicted : ndarray of shape (n,), dtype int64
        Indices into ``labels``.
    y_proba : ndarray of shape (n, n_labels), dtype float64, or None
    """
    if y_pred is None and y_proba is None:
        raise ValueError(
            "Got neither y_pred nor y_proba, but expected at least one of them."
        )
    optional = {"y_pred": y_pred, "labels": labels}
    given = {"y_true": y_true} | {k: y for k, y in optional.items() if y is not None}
    given = {name: some_labels(name, y) for name, y in given.items()}
    check_one_kind(given)
    check_consistent_length(y_true, y_pred, y_proba)
    labels = given.pop("labels", None)
    if labels is None:
        labels, _ = encode_labels(np.concatenate(list(given.values())))
    elif len(set(labels.tolist())) < len(labels):
        raise ValueError(
            f"Got labels={labels.tolist()}, but expected each label once. Drop the "
            "repeated ones."
        )
    remedy = "Pass all of them as labels."
    codes = {
        name: encode_labels(y, labels, name, remedy)[1] for name, y in given.items()
    }
    if y_proba is not None:
        y_proba = _check_probabilities(y_proba, labels)
    predicted = codes["y_pred"] if "y_pred" in codes else y_proba.argmax(axis=1)
    return labels, codes["y_true"], predicted, y_proba


def _check_probabilities(y_proba, labels):
    y_proba = np.asarray(y_proba, dtype=float)
    if y_proba.ndim != 2 or y_proba.shape[1] != len(labels):
        raise ValueError(
            f"Got y_proba of shape {y_proba.shape}, but expected a column for each of "
            f"the {len(labels)} labels. Pass what predict_proba returns, and all "
            "labels in the order of its columns."
        )
    y_proba = check_array(y_proba, input_name="y_proba")
    off = np.abs(y_proba.sum(axis=1) - 1).max()
    if off > _TOLERANCE or y_proba.min() < -_TOLERANCE:
        raise ValueError(
            f"Got y_proba from {y_proba.min():.3g} to {y_proba.max():.3g} with a row "
            f"that adds up to 1 ± {off:.3g}, but expected probabilities. Pass what "
            "predict_proba returns."
        )
    return np.clip(y_proba, 0, 1)


def code_of(name, label, labels):
    """Return the index of a label in the labels, or raise a ValueError."""
    known = labels.tolist()
    if label not in known:
        raise ValueError(f"Got {name}={label!r}, but expected one of {known}.")
    return known.index(label)


def images_of(X, image_shape=None):
    """Return X as images (n, height, width) or (n, height, width, 3), or None.

    Flat rows are folded into ``image_shape`` if they have its length, and otherwise
    into squares. Rows that are too short for an image of a digit, or that cannot be
    folded into a square, are not images.
    """
    if X is None:
        return None
    flat, shape = flatten_images(X)
    flat = flat.toarray() if hasattr(flat, "toarray") else np.asarray(flat)
    if flat.ndim != 2 or flat.dtype.kind not in "buif":
        return None
    if shape is None:
        n_pixels = flat.shape[1]
        if n_pixels < SMALLEST_SIDE**2:
            return None
        fits = image_shape is not None and prod(image_shape) == n_pixels
        try:
            shape = image_shape if fits else resolve_image_shape(n_pixels)
        except ValueError:
            return None
    return flat.reshape(-1, *shape)


def drawable(images):
    """Return images with colours scaled to [0, 1]; grey values stay as they are."""
    if images.ndim == 3:
        return images
    return PixelScaler().fit_transform(images).clip(0, 1)
