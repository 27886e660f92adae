"""Confusion matrices, also of chosen labels and with weights."""

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from skdigits.inspection._inputs import check_one_kind, some_labels


def count_matrix(true, predicted, n, weights=None):
    """Return the number of rows, or their weight, of each true and predicted code."""
    return np.bincount(true * n + predicted, weights, minlength=n**2).reshape(n, n)


def confusion_of(report, labels, sample_weight):
    """Return labels, and the rows or weights of each true and predicted one.

    Rows with another true or predicted label are left out.
    """
    labels = report.labels if labels is None else some_labels("labels", labels)
    check_one_kind({"labels": labels, "labels of the report": report.labels})
    place = {label: number for number, label in enumerate(labels.tolist())}
    if len(place) < len(labels) or not place.keys() & set(report.labels.tolist()):
        raise ValueError(
            f"Got labels={labels.tolist()}, but expected each label once, and at "
            f"least one of {report.labels.tolist()}. Correct them."
        )
    places = np.array([place.get(label, -1) for label in report.labels.tolist()])
    true, predicted = places[report.true], places[report.predicted]
    rows = (true >= 0) & (predicted >= 0)
    if sample_weight is not None:
        sample_weight = _check_sample_weight(
            sample_weight, report.true, ensure_non_negative=True
        )[rows]
    return labels, count_matrix(true[rows], predicted[rows], len(labels), sample_weight)
