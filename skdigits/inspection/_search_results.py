"""The scores of a search, drawn over one or two of its parameters."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted


class SearchResultsDisplay:
    """Scores of a search: a heat map over two parameters, or points over one.

    Make it with `from_estimator` or `from_cv_results`.

    Parameters
    ----------
    mean : ndarray of shape (n_rows,) or (n_rows, n_columns)
        Mean score over the folds of the best candidate with these values; NaN where
        there was none.

    spread : ndarray of the shape of ``mean``
        Standard deviation of that score over the folds.

    best : tuple of int
        Where the winner of the search is in ``mean``.

    values : list of list
        The values of each parameter, those of the rows first, in the order of ``mean``.

    names : list of str
        The name of each parameter.

    score_name : str, default="score"
        What the scores are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.

    figure_ : matplotlib Figure
        The figure around it.

    See Also
    --------
    skdigits.model_selection.HalvingEpochSearchCV : A search whose results it takes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits.inspection import SearchResultsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> grid = {"n_neighbors": [1, 3, 9], "weights": ["uniform", "distance"]}
    >>> search = GridSearchCV(KNeighborsClassifier(), grid, cv=2).fit(X, y)
    >>> display = SearchResultsDisplay.from_estimator(search)
    >>> display.mean.shape, display.names
    ((3, 2), ['n_neighbors', 'weights'])
    """

    def __init__(self, mean, spread, *, best, values, names, score_name="score"):
        self.mean = mean
        self.spread = spread
        self.best = best
        self.values = values
        self.names = names
        self.score_name = score_name
