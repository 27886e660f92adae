"""Rows that may be labelled wrong."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.model_selection import check_cv, cross_val_predict
from sklearn.utils import get_tags

from skdigits._validation import one_line
from skdigits.inspection._inputs import some_labels


def suspicious_labels(
    estimator: Any, X: ArrayLike, y: ArrayLike, cv: Any = 5
) -> pd.DataFrame:
    """Return rows whose given label may be wrong.

    In cross-validation, the classifier is trained on one part of the data and predicts
    the rest. Rows for which it finds another label more probable than the given one are
    returned, sorted by the probability of the given label, lowest first. This is the
    ranking by self-confidence in [1]_. A person should check these rows: many are
    labelled correctly and only hard to classify.

    Parameters
    ----------
    estimator : classifier with `predict_proba`
        The classifier to train. It is cloned, and never changed.

    X : array-like of shape (n, n_features), (n, height, width) or \
            (n, height, width, channels)
        Images, in a shape that the estimator accepts.

    y : array-like of shape (n,)
        The given labels.

    cv : int, cross-validation generator or iterable, default=5
        As in scikit-learn's `cross_val_predict`: an integer is the number of stratified
        folds.

    Returns
    -------
    suspicious : DataFrame
        The index, `row`, is the position in ``X``. The columns are `label`, the given
        label; `probability`, that of the given label; `suggested`, the most probable
        label; and `suggested_probability`, that of the most probable label.

    Raises
    ------
    ValueError
        If the estimator is not a classifier with `predict_proba`.

    References
    ----------
    .. [1] C. G. Northcutt, L. Jiang, I. L. Chuang. "Confident learning: estimating
       uncertainty in dataset labels." Journal of Artificial Intelligence Research 70
       (2021).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdigits.inspection import suspicious_labels
    >>> X, y = load_digits(return_X_y=True)
    >>> y[20] = 5  # a wrong label
    >>> suspicious = suspicious_labels(GaussianNB(var_smoothing=0.1), X, y)
    >>> int(suspicious.loc[20, "suggested"])
    0
    """
    # of scikeras' classifiers, scikit-learn does not see what they are
    kinds = ("classifier", None)
    if (
        isinstance(estimator, type)
        or not hasattr(estimator, "predict_proba")
        or get_tags(estimator).estimator_type not in kinds
    ):
        raise ValueError(
            f"Got estimator={one_line(repr(estimator))}, but expected a classifier "
            "with predict_proba. Wrap it in one, or pass another."
        )
    y = some_labels("y", y)
    cv = check_cv(cv, y, classifier=True)
    y_proba = cross_val_predict(estimator, X, y, cv=cv, method="predict_proba")
    labels, given = np.unique(y, return_inverse=True)
    rows = np.arange(len(given))
    suggested = y_proba.argmax(axis=1)
    table = pd.DataFrame(
        {
            "label": y,
            "probability": y_proba[rows, given],
            "suggested": labels[suggested],
            "suggested_probability": y_proba[rows, suggested],
        },
        index=pd.Index(rows, name="row"),
    )
    return table[suggested != given].sort_values("probability", kind="stable")
