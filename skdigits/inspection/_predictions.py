"""What a fitted classifier predicts."""

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted

from skdigits._classifier import DigitCNN
from skdigits._pipeline import begins_with_normalizer
from skdigits._validation import as_label_array, one_line
from skdigits.inspection._inputs import check_one_kind, some_labels


def predictions_of(estimator, X, y):
    """Return what a fitted classifier predicts.

    Returns
    -------
    y_pred : ndarray of shape (n,) or None
        None means the most probable labels.
    y_proba : ndarray of shape (n, n_labels) or None
        None if the classifier has no `predict_proba`. A label that the classifier was
        not fitted on has a column of zeros.
    labels : ndarray of shape (n_labels,) or None
    """
    labels = _classes_of(estimator)
    y = some_labels("y", y)
    if labels is None:
        return estimator.predict(X), None, None
    check_one_kind({"y": y, "the labels of the estimator": labels})
    known = set(labels.tolist())
    unknown = [label for label in dict.fromkeys(y.tolist()) if label not in known]
    if unknown:
        make = as_label_array if labels.dtype.kind == "O" else np.array
        labels = np.concatenate([labels, make(unknown)])
    if not hasattr(estimator, "predict_proba"):
        return estimator.predict(X), None, labels
    # others may predict by a threshold, or by a rule apart from their probabilities
    is_network = type(network_of(estimator)) is DigitCNN
    y_pred = None if is_network else estimator.predict(X)
    # of one row, that of scikeras has no rows
    y_proba = np.atleast_2d(estimator.predict_proba(X))
    return y_pred, np.pad(y_proba, ((0, 0), (0, len(unknown)))), labels


def _classes_of(estimator):
    """Return the labels of a fitted classifier, None if it does not name them.

    Whatever has `classes_` and `predict` is one: those of scikeras do not count as
    classifiers for scikit-learn.

    Raises
    ------
    ValueError, sklearn.exceptions.NotFittedError
        If it is not a classifier, or not fitted.
    """
    if not isinstance(estimator, type) and hasattr(estimator, "predict"):
        labels = getattr(estimator, "classes_", None)
        if labels is not None:
            return some_labels("classes_", labels)
        if isinstance(estimator, BaseEstimator):
            check_is_fitted(estimator)
            if is_classifier(estimator):
                return None
    kind = estimator if isinstance(estimator, type) else type(estimator)
    raise ValueError(
        f"Got estimator of type {kind.__name__}, but expected a fitted classifier "
        "with classes_ and predict. Pass its predictions to from_predictions."
    )


def without_normalizer(estimator, X):
    """Return a pipeline after its `HandwritingNormalizer`, and normalized images.

    The images may be of different sizes. Other estimators and their images are
    returned as they are.
    """
    pipeline = getattr(estimator, "best_estimator_", estimator)
    if begins_with_normalizer(pipeline) and len(pipeline) > 1:
        return pipeline[1:], pipeline[0].transform(X)
    return estimator, X


def network_of(estimator):
    """Return the last step of a pipeline, or of the best one that a search found."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    return estimator[-1] if hasattr(estimator, "named_steps") else estimator


def fitted_network_of(estimator, attribute):
    """Return what `network_of` does if it has an attribute, else raise an error."""
    network = network_of(estimator)
    if isinstance(network, DigitCNN):
        check_is_fitted(network)
    if not hasattr(network, attribute):
        raise ValueError(
            f"Got estimator={one_line(repr(estimator))} without {attribute}, but "
            "expected a fitted DigitCNN, or a pipeline or search with one."
        )
    return network
