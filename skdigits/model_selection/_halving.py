"""Successive halving on epochs, in which survivors continue from their weights."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from time import perf_counter
from typing import Any, Literal, Self

import numpy as np
from joblib import Memory
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.utils import indexable

from skdigits.model_selection._memory import fold_trainer
from skdigits.model_selection._ranking import (
    best_candidates,
    best_row,
    ranking_metric,
    scorers_by_name,
)
from skdigits.model_selection._rungs import (
    make_candidates,
    make_splits,
    race,
    rung_stops,
)
from skdigits.model_selection._scikit_learn import SearchInParts, settle_failures


class HalvingEpochSearchCV(SearchInParts):
    """Search that trains only promising candidates to the end.

    On each fold, every candidate is first trained for a few epochs of its fit. The best
    candidates, one in ``factor``, continue from their weights until they have been
    trained for ``factor`` times as many epochs, and so on. In the last rung, the
    remaining candidates complete their fit [1]_. No epoch is trained twice: between
    rungs, a candidate only pauses in its learning-rate cycle. A candidate that reaches
    the last rung therefore has the weights, bit for bit, that `GridSearchCV` would have
    given it with the same ``random_state``.

    Because candidates are compared in the middle of their cycle, a candidate that
    starts slowly may be dropped although it would have won. If ``min_epochs`` is as
    large as ``epochs``, there is only one rung and no candidate is dropped: the search
    is then a grid search.

    Parameters
    ----------
    estimator : DigitCNN or Pipeline
        A `DigitCNN`, or a pipeline that ends with one, such as that of
        `make_digit_pipeline`. The last rung trains it up to its number of ``epochs``.
        It must have neither ``early_stopping``, because the search itself stops
        candidates, nor ``callbacks``, because they would start anew in each rung.

    param_grid : dict, list of dict or ParameterSampler
        Names of parameters and the values to try, as in
        `sklearn.model_selection.GridSearchCV`, or candidates drawn by
        `sklearn.model_selection.ParameterSampler`. All candidates must have the same
        number of epochs, so it must not contain ``epochs``. It must not contain
        ``batch_size`` either if this changes the number that ``epochs="auto"`` chooses.

    factor : float, default=3
        Only one candidate in ``factor`` goes on to the next rung, and from rung to rung
        the number of epochs is multiplied by ``factor``. Must be greater than 1.

    min_epochs : int, default=1
        Minimum number of epochs in the first rung.

    scoring : str, callable, list, tuple or dict, default=None
        As in `sklearn.model_selection.GridSearchCV`; None uses the accuracy. With
        several metrics, ``refit`` names the one used for ranking.

    n_jobs : int, default=None
        Number of folds to train in parallel, as in joblib.

    refit : bool, str or callable, default=True
        Whether to train the best candidate on all data at the end. With several
        metrics, pass the name of the one that determines the best candidate. A callable
        receives `cv_results_` and returns `best_index_`.

    cv : int, cross-validation generator or iterable, default=None
        As in `sklearn.model_selection.GridSearchCV`. All rungs share the same folds.

    verbose : int, default=0
        1 prints a line for each rung; higher values also print the messages of
        `GridSearchCV`.

    progress : callable, default=None
        Function that shows the progress within a rung. It is called with an iterator
        over the folds of all candidates in the rung, the number of these folds and a
        title, and returns an iterable of the same folds.

    memory : str, path-like or joblib.Memory, default=None
        Folder that stores each fold of a candidate as soon as it has been trained in a
        rung. After an interruption, the same search on the same data continues from
        there and gives the same results, including the times. A search with another
        estimator, or with other data, folds or scoring, uses nothing from the folder. A
        search that differs only in ``param_grid``, ``factor`` or ``min_epochs`` uses
        what the two have in common. A scorer is identified by its name and module. The
        folder contains pickles, which can run code when they are loaded, so nobody else
        should be able to write to it. By default, nothing is stored.

    error_score : "raise" or float, default=np.nan
        Score of a fold that could not be trained. "raise" raises the error instead.

    return_train_score : bool, default=False
        Whether `cv_results_` also has the scores on the training folds.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        A row for each candidate in each rung, with the columns of
        `sklearn.model_selection.HalvingGridSearchCV`: ``iter`` is the rung,
        ``n_resources`` is the number of epochs trained by its end, and
        ``mean_fit_time`` is the time of that rung alone, in seconds. After an
        interrupted `fit`, it has only the candidates that were finished by then.

    best_estimator_ : estimator
        The best candidate, trained on all data. Defined only with ``refit``.

    best_params_ : dict
        Parameters of the best candidate.

    best_score_ : float
        Mean score of the best candidate over the folds, in the last rung.

    best_index_ : int
        Row of the best candidate in `cv_results_`.

    scorer_ : callable or dict
        The scorer, or with several metrics a dict of scorers.

    n_splits_ : int
        Number of folds.

    n_resources_ : ndarray of shape (n_rungs,)
        Number of epochs trained by the end of each rung.

    n_candidates_ : ndarray of shape (n_rungs,)
        Number of candidates in each rung.

    refit_time_ : float
        Seconds taken to train on all data. Defined only with ``refit``.

    multimetric_ : bool
        Whether there are several metrics.

    classes_ : ndarray of shape (n_classes,)
        The labels. Defined only with ``refit``.

    n_features_in_ : int
        Number of values in an image: height x width, times 3 for colour images. Defined
        only with ``refit``.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns. Defined only with ``refit``, and only if X was a DataFrame
        with string column names.

    See Also
    --------
    skdigits.inspection.SearchResultsDisplay : Draws the scores.
    sklearn.model_selection.HalvingGridSearchCV : Accepts any estimator, and starts
        training again in each rung.

    Notes
    -----
    For each candidate and fold, the weights and the state of the optimizer are kept in
    memory between rungs. They take three times the size of the weights: 1 MB for the
    default network.

    References
    ----------
    .. [1] K. Jamieson, A. Talwalkar. "Non-stochastic best arm identification and
       hyperparameter optimization." AISTATS (2016).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import make_digit_pipeline
    >>> from skdigits.model_selection import HalvingEpochSearchCV
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = make_digit_pipeline(epochs=4, batch_size=64, random_state=0)
    >>> grid = {"cnn__filters": [1, 4, 16]}
    >>> search = HalvingEpochSearchCV(pipeline, grid, cv=2).fit(X[:400], y[:400])
    >>> for rung in zip(search.n_candidates_, search.n_resources_):
    ...     print("{} candidates until epoch {}".format(*rung))
    3 candidates until epoch 2
    1 candidates until epoch 4
    >>> search.best_params_
    {'cnn__filters': 16}

    A progress bar for each rung, if tqdm is installed::

        search.set_params(
            progress=lambda folds, n_folds, title: tqdm(folds, title, n_folds)
        )
    """

    def __init__(
        self,
        estimator: Any,
        param_grid: Mapping[str, Any] | Iterable[Mapping[str, Any]],
        *,
        factor: float = 3,
        min_epochs: int = 1,
        scoring: str | Iterable[str] | Callable[..., Any] | None = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[..., int] = True,
        cv: Any = None,
        verbose: int = 0,
        progress: Callable[..., Iterable[Any]] | None = None,
        memory: str | PathLike[str] | Memory | None = None,
        error_score: Literal["raise"] | float = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.factor = factor
        self.min_epochs = min_epochs
        self.progress = progress
        self.memory = memory

    def fit(self, X: ArrayLike, y: ArrayLike, **params: Any) -> Self:
        """Run the search and train the best candidate on all data.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images.

        y : array-like of shape (n,)
            Labels.

        **params : dict
            Passed to the estimator's ``fit``, to the scorer and to the splitter, as in
            `sklearn.model_selection.GridSearchCV`.

        Returns
        -------
        self : HalvingEpochSearchCV
            The fitted search.

        Raises
        ------
        ValueError
            If a parameter is not as described, or if no fold could be trained.
        OSError
            If ``memory`` is a folder that cannot be created or written to.
        """
        scorer = check_scoring(
            self.estimator, self.scoring, raise_exc=self.error_score == "raise"
        )
        by_name = scorers_by_name(self.estimator, self.scoring)
        ranking_metric(self.refit, by_name)
        X, y = indexable(X, y)
        routed = self._routed(params)
        splits = make_splits(self.cv, X, y, routed.splitter.split)
        options = {
            "X": X,
            "y": y,
            "scorer": scorer,
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "error_score": self.error_score,
            "return_train_score": self.return_train_score,
        }
        rows = self._race(splits, options)
        self._conclude(rows, len(splits))
        self.scorer_ = by_name or scorer
        if self.refit:
            self._train_best(X, y, routed.estimator.fit)
        return self

    def _race(self, splits, options):
        """Return the rows of all rungs; keep those so far if it is interrupted."""
        candidates = make_candidates(self.estimator, self.param_grid, len(splits))
        stops = rung_stops(candidates, splits, self.factor, self.min_epochs)
        train_fold = fold_trainer(self.memory, self.estimator, splits, options)
        rows = []
        try:
            for row in race(
                self, candidates, stops, splits, train_fold, options, self._survivors
            ):
                rows.append(row)
        except (KeyboardInterrupt, SystemExit):
            # an interrupted search keeps the results so far, but no earlier ones
            for name in [name for name in vars(self) if name.endswith("_")]:
                delattr(self, name)
            if rows:
                self.cv_results_ = self._table(rows)
            raise
        return rows

    def _survivors(self, candidates, rows):
        """Return the best candidates of a rung, in their order, after a last check."""
        outs = [out for row in rows for out in row.folds]
        settle_failures(outs, self.scoring, self.error_score)
        metric = ranking_metric(self.refit, outs[0]["test_scores"])
        return best_candidates(candidates, rows, self.factor, metric)

    def _conclude(self, rows, n_splits):
        """Set what is known before the best candidate is trained on all data."""
        metric = ranking_metric(self.refit, rows[0].folds[0]["test_scores"])
        results = self._table(rows)
        self.best_index_ = best_row(self.refit, results, metric)
        means = results[f"mean_test_{metric or 'score'}"]
        self.best_score_ = float(means[self.best_index_])
        self.best_params_ = results["params"][self.best_index_]
        self.multimetric_ = metric is not None
        self.n_splits_ = n_splits
        epochs, counts = np.unique(results["n_resources"], return_counts=True)
        self.n_resources_, self.n_candidates_ = epochs, counts
        self.cv_results_ = results

    def _train_best(self, X, y, fit_params):
        self.best_estimator_ = clone(self.estimator).set_params(
            **clone(self.best_params_, safe=False)
        )
        start = perf_counter()
        self.best_estimator_.fit(X, y, **fit_params)
        self.refit_time_ = perf_counter() - start
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_
