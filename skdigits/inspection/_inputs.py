"""From labels and probabilities of any kind to checked codes."""

import numpy as np
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
)

from skdigits._validation import (
    SMALLEST_SIDE,
    as_label_array,
    check_labels,
    encode_labels,
    flatten_images,
    resolve_image_shape,
)

# How far the rows of predict_proba may be from adding up to 1.
_TOLERANCE = 1e-3


def as_labels(name, y):
    """Return labels as a checked array of shape (n,)."""
    if isinstance(y, list) and any(isinstance(label, tuple) for label in y):
        y = as_label_array(y)
    y = column_or_1d(y)
    if len(y) == 0:
        raise ValueError(f"Got no rows in {name}, but expected at least one.")
    check_labels(y)
    return y


def check_one_kind(arrays):
    """Raise a ValueError where some labels are text and others numbers."""
    text = {
        name: isinstance(array.tolist()[0], str)
        for name, array in arrays.items()
        if isinstance(array.tolist()[0], str | int | float)
    }
    if len(set(text.values())) > 1:
        examples = " and ".join(
            f"{name} such as {arrays[name].tolist()[0]!r}" for name in text
        )
        raise ValueError(
            f"Got {examples}, but expected labels of one kind. Convert one of them."
        )


def check_predictions(y_true, y_pred, y_proba, labels):
    """Check what a classifier answered.

    Returns
    -------
    labels : ndarray of shape (n_labels,)
    true, predicted : ndarray of shape (n,), dtype int64
        Indices into ``labels``.
    y_proba : ndarray of shape (n, n_labels), dtype float64, or None
    """
    y_true = as_labels("y_true", y_true)
    if y_pred is None and y_proba is None:
        raise ValueError(
            "Got neither y_pred nor y_proba, but expected at least one of them."
        )
    given = {"y_true": y_true}
    if y_pred is not None:
        given["y_pred"] = as_labels("y_pred", y_pred)
    if labels is not None:
        given["labels"] = as_labels("labels", labels)
    check_one_kind(given)
    check_consistent_length(y_true, y_pred, y_proba)
    labels, codes = _encode(given)
    if y_proba is not None:
        y_proba = _check_probabilities(y_proba, labels)
    predicted = codes.get("y_pred")
    if predicted is None:
        predicted = y_proba.argmax(axis=1)
    return labels, codes["y_true"], predicted, y_proba


def _encode(given):
    """Return the labels and the codes of each array by its name."""
    arrays = {name: given[name] for name in given if name != "labels"}
    labels = given.get("labels")
    if labels is None:
        kinds = {array.dtype.kind for array in arrays.values()}
        parts = list(arrays.values())
        if "O" in kinds:
            parts = [as_label_array(part.tolist()) for part in parts]
        labels, _ = encode_labels(np.concatenate(parts))
    elif len(set(labels.tolist())) < len(labels):
        raise ValueError(
            f"Got labels={labels.tolist()}, but expected each label once. Drop the "
            "repeated ones."
        )
    known = set(labels.tolist())
    for name, array in arrays.items():
        unknown = [label for label in array.tolist() if label not in known]
        if unknown:
            raise ValueError(
                f"Got {name} with {unknown[0]!r}, but expected only the labels "
                f"{labels.tolist()}. Pass all of them as labels."
            )
    return labels, {
        name: encode_labels(array, labels)[1] for name, array in arrays.items()
    }


def _check_probabilities(y_proba, labels):
    y_proba = np.asarray(y_proba, dtype=float)
    if y_proba.ndim != 2 or y_proba.shape[1] != len(labels):
        raise ValueError(
            f"Got y_proba of shape {y_proba.shape}, but expected a column for each of "
            f"the {len(labels)} labels. Pass all labels, in the order of the columns."
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


def pictures(X):
    """Return X as pictures (n, height, width), or None where it holds none.

    Rows too short for a picture of a digit, and rows that fold into no square, are
    not pictures.
    """
    if X is None:
        return None
    flat, shape = flatten_images(X)
    flat = flat.toarray() if hasattr(flat, "toarray") else np.asarray(flat)
    if flat.ndim != 2 or flat.dtype.kind not in "buif":
        return None
    if shape is None:
        if flat.shape[1] < SMALLEST_SIDE**2:
            return None
        try:
            shape = resolve_image_shape(flat.shape[1])
        except ValueError:
            return None
    return flat.reshape(-1, *shape)
