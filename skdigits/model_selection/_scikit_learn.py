"""The only module that imports private parts of scikit-learn.

Searches of scikit-learn, and `cross_validate`, clone each estimator before they train
it, so a survivor of a rung could not continue from its weights.
`HalvingEpochSearchCV` is therefore built from their parts, most of which have no public
name.
"""

from functools import partial

from sklearn.model_selection import GridSearchCV
from sklearn.model_selection._validation import (
    _fit_and_score,
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
)

# Trains the estimator itself, not a clone, on one fold, and scores it. Returns a dict
# with "test_scores", "fit_time" and whatever else a row of a search contains; if the
# fit fails, "fit_error" has the error.
fit_and_score = partial(
    _fit_and_score, parameters=None, return_n_test_samples=True, return_times=True
)


def settle_failures(folds, scoring, error_score):
    """Warn about failed fits, or raise if all failed; fill in their scores."""
    _warn_or_raise_about_fit_failures(folds, error_score)
    if callable(scoring):
        # whose metrics are known only now
        _insert_error_scores(folds, error_score)


class SearchInParts(GridSearchCV):
    """A `GridSearchCV` whose parts are used by a different `fit`."""

    def _routed(self, params):
        """Return which of the parameters of `fit` go to whom."""
        return self._get_routed_params_for_fit(params)

    def _table(self, rows):
        """Return `cv_results_` of rows with params, folds, rung and epochs."""
        return self._format_results(
            [row.params for row in rows],
            len(rows[0].folds),
            [fold for row in rows for fold in row.folds],
            {
                "iter": [row.rung for row in rows],
                "n_resources": [row.epochs for row in rows],
            },
        )
