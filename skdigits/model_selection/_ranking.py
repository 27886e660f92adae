"""Which candidate is best: in a rung, and at the end."""

from math import ceil, inf

import numpy as np
from sklearn.metrics import check_scoring

from skdigits._validation import check_integer


def scorers_by_name(estimator, scoring):
    """Return the scorer of each metric, or None if there is only one metric."""
    if not isinstance(scoring, list | tuple | set | dict):
        return None
    named = scoring if isinstance(scoring, dict) else {name: name for name in scoring}
    return {name: check_scoring(estimator, one) for name, one in named.items()}


def ranking_metric(refit, scores):
    """Return the name of the metric that ranks; None if there is only one.

    ``scores`` is a dict if there are several metrics.
    """
    if not isinstance(scores, dict):
        return None
    if not isinstance(refit, str) or refit not in scores:
        raise ValueError(
            f"Got refit={refit!r} with the metrics {', '.join(scores)}, but expected "
            "the name of the one that ranks the candidates. Pass "
            f"refit={next(iter(scores))!r}."
        )
    return refit


def best_candidates(candidates, rows, factor, metric):
    """Return the best candidates of a rung, one in ``factor``, in their order."""
    means = [_mean_score(row, metric) for row in rows]
    order = np.argsort(-np.nan_to_num(means, nan=-inf), kind="stable")
    best = order[: ceil(len(rows) / factor)]
    return [candidates[place] for place in sorted(best)]


def _mean_score(row, metric):
    scores = [out["test_scores"] for out in row.folds]
    return np.mean(scores if metric is None else [score[metric] for score in scores])


def best_row(refit, results, metric):
    """Return the row of `cv_results_` that wins: the best of the last rung.

    If ``refit`` is callable, it chooses, and a ValueError is raised for what is no row.
    """
    if callable(refit):
        row = check_integer("best_index_", refit(results), minimum=0)
        if row >= len(results["params"]):
            raise ValueError(
                f"Got best_index_={row} from refit, but expected a row of the "
                f"{len(results['params'])} in cv_results_, counted from 0."
            )
        return row
    last = np.flatnonzero(results["iter"] == results["iter"][-1])
    means = results[f"mean_test_{metric or 'score'}"][last]
    return int(last[np.nan_to_num(means, nan=-inf).argmax()])
