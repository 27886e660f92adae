"""Whether the same classes are hard when training is repeated."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone

from skdigits._validation import check_integer, one_line
from skdigits.inspection._numbers import enumeration, html_of, percent
from skdigits.inspection._report import Report


@dataclass(frozen=True, eq=False)
class SeedRepetition:
    """Recall of each class with several seeds.

    Returned by `repeat_over_seeds`.

    Parameters
    ----------
    recalls : DataFrame of shape (n_seeds, n_classes)
        The recall of each class (columns) with each seed (rows). It has only classes
        that occur in the test data.

    accuracies : Series of shape (n_seeds,)
        The accuracy with each seed.

    shared_mistakes : DataFrame of shape (n_shared, 2)
        The rows of the test data that are misclassified with every seed: their `true`
        label, and the label `predicted` most often. If the true label is itself wrong,
        or if nobody could recognize the image, no training would help.

    n_hardest : int, default=2
        Number of classes with the lowest recall that count as the hardest.

    Examples
    --------
    >>> import pandas as pd
    >>> from skdigits.inspection import SeedRepetition
    >>> recalls = pd.DataFrame({"1": [0.9, 0.9], "2": [0.8, 0.95], "3": [0.7, 0.7]})
    >>> shared = pd.DataFrame({"true": ["3"], "predicted": ["5"]}, index=[17])
    >>> repetition = SeedRepetition(recalls, recalls.mean(axis=1), shared)
    >>> repetition.among_hardest.to_dict()
    {'3': 2, '1': 1, '2': 1}
    """

    recalls: pd.DataFrame
    accuracies: pd.Series
    shared_mistakes: pd.DataFrame
    n_hardest: int = 2

    @property
    def among_hardest(self) -> pd.Series:
        """Number of seeds with which each class is among the hardest, as a Series.

        Classes with equal recall share a rank, so more than `n_hardest` classes can be
        among the hardest with one seed.
        """
        ranks = self.recalls.rank(axis=1, method="min")
        counts = (ranks <= self.n_hardest).sum().rename("seeds")
        return counts.sort_values(ascending=False, kind="stable")

    @property
    def table(self) -> pd.DataFrame:
        """A DataFrame with a row for each class.

        The columns are `seeds`, the counts of `among_hardest`, and `mean_recall`,
        `lowest_recall` and `highest_recall` over all seeds.
        """
        counts = self.among_hardest
        recalls = self.recalls.agg(["mean", "min", "max"]).T
        recalls.columns = ["mean_recall", "lowest_recall", "highest_recall"]
        return pd.concat([counts, recalls.loc[counts.index]], axis=1)

    def summary(self) -> str:
        """Return the result in words.

        Returns
        -------
        text : str
            How often each class was among the hardest.
        """
        counts, n_seeds = self.among_hardest, len(self.recalls)
        named = enumeration(
            f"{label} ({count})" for label, count in counts[counts > 0].items()
        )
        always = counts.index[counts == n_seeds]
        if len(always):
            verdict = f"Among them every time: {enumeration(always)}."
        else:
            verdict = "No class is among them every time."
        return (
            f"Over {n_seeds} seeds the mean accuracy is "
            f"{percent(self.accuracies.mean())}. Among the {self.n_hardest} classes "
            f"with the lowest recall, with the number of seeds: {named}. {verdict} "
            f"Rows misclassified every time: {len(self.shared_mistakes)}."
        )

    def _repr_html_(self):
        """What a notebook shows: the summary, and the table of the classes."""
        return html_of(self.summary(), self.table)


def repeat_over_seeds(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike,
    y_test: ArrayLike,
    *,
    n_seeds: int = 5,
    n_hardest: int = 2,
) -> SeedRepetition:
    """Train with several seeds and count how often each class is among the hardest.

    Parameters
    ----------
    estimator : classifier
        The classifier to train. It is never changed: it is cloned, and in the clones
        all parameters named `random_state` are set to 0, 1, 2 and so on.

    X : array-like of shape (n, n_features), (n, height, width) or \
            (n, height, width, channels)
        Training data.

    y : array-like of shape (n,)
        Training labels.

    X_test : array-like, as X
        Test data.

    y_test : array-like of shape (n_test,)
        Test labels.

    n_seeds : int, default=5
        Number of seeds to train with.

    n_hardest : int, default=2
        Number of classes with the lowest recall that count as the hardest.

    Returns
    -------
    SeedRepetition
        The recall of each class with each seed.

    Raises
    ------
    ValueError
        If the estimator has no parameter `random_state`.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdigits.inspection import repeat_over_seeds
    >>> X, y = load_digits(return_X_y=True)
    >>> tree = DecisionTreeClassifier(max_features=8)
    >>> repetition = repeat_over_seeds(tree, X[:900], y[:900], X[900:], y[900:])
    >>> repetition.recalls.shape
    (5, 10)
    """
    n_seeds = check_integer("n_seeds", n_seeds)
    n_hardest = check_integer("n_hardest", n_hardest)
    names = [
        name
        for name in estimator.get_params()
        if name == "random_state" or name.endswith("__random_state")
    ]
    if not names:
        raise ValueError(
            f"Got estimator={one_line(repr(estimator))} without a parameter "
            "random_state, but expected an estimator that has one. Pass one that "
            "depends on a seed."
        )
    recalls, accuracies, predictions = {}, {}, {}
    for seed in range(n_seeds):
        candidate = clone(estimator).set_params(**dict.fromkeys(names, seed))
        predicted = candidate.fit(X, y).predict(X_test)
        report = Report.from_predictions(y_test, predicted)
        recalls[seed] = report.per_class["recall"].dropna()
        accuracies[seed] = report.accuracy
        predictions[seed] = predicted
    return SeedRepetition(
        pd.DataFrame(recalls).T.rename_axis("seed"),
        pd.Series(accuracies, name="accuracy").rename_axis("seed"),
        _shared_mistakes(np.asarray(y_test), pd.DataFrame(predictions)),
        n_hardest,
    )


def _shared_mistakes(true, predictions):
    """Return the rows (down) that no seed (across) predicts as they are."""
    rows = np.flatnonzero((predictions.to_numpy() != true[:, None]).all(axis=1))
    most = [row.mode()[0] for _, row in predictions.iloc[rows].iterrows()]
    index = pd.Index(rows, name="row")
    return pd.DataFrame({"true": true[rows], "predicted": most}, index=index)
