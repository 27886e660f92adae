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
    """Return rows whose given label is probably wrong.

    The classifier is trained on parts of the data and predicts the rest. Rows for
    which it finds another label more probable are returned, the given label of least
    probability first: the ranking by self-confidence of [1]_. What it returns is for a
    person to look at; many are only hard.

    Parameters
    ----------
    estimator : classifier with `predict_proba`
        Cloned, never changed.

    X : array-like of shape (n, n_features), (n, height, width) or \
            (n, height, width, channels)
        What it takes.

    y : array-like of shape (n,)
        Labels as given.

    cv : int, cross-validation generator or iterable, default=5
        As in scikit-learn's `cross_val_predict`: an integer stands for as many
        stratified parts.

    Returns
    -------
    suspicious : DataFrame
        Its index is the position of the `row`; its columns are `label`, as given, its
        `probability`, the `suggested` label and its `suggested_probability`.

    Raises
    ------
    ValueError
        If the estimator is no classifier with `predict_proba`.

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
            "with predict_proba. Make one of it, or take another."
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
    table = table[suggested != given]
    return table.sort_values("probability", kind="stable")
