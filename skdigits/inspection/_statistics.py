"""The statistics, as pure functions of counts, probabilities and hits.

`Report` describes the tables, and `ErrorReport` and `Comparison` name the sources.
"""

import numpy as np
import pandas as pd
from scipy.stats import binomtest, hypergeom

# A wanted accuracy times a count is not always the integer that it stands for.
_ROUNDING = 1e-9


def wilson_interval(hits, total):
    """Return the 95 % interval of a proportion, or NaN if nothing was counted."""
    if total == 0:
        return np.nan, np.nan
    interval = binomtest(int(hits), int(total)).proportion_ci(method="wilson")
    return interval.low, interval.high


def wilson_intervals(hits, totals):
    """Return the 95 % interval of each proportion, of shape (n, 2)."""
    pairs = [wilson_interval(*pair) for pair in zip(hits, totals, strict=True)]
    return np.array(pairs, dtype=float).reshape(-1, 2)


def holm(p_values):
    """Return p-values corrected for their number by Holm's method; NaN if no test."""
    # the missing ones are the last
    ordered = pd.Series(np.asarray(p_values, dtype=float)).sort_values()
    left = ordered.count() - np.arange(len(ordered))
    return (ordered * left).cummax().clip(upper=1).sort_index().to_numpy()


def lower_recall_p_values(matrix):
    """Return each class's p-value for a recall below that of all others.

    It comes from Fisher's one-sided exact test, uncorrected. It is NaN for a class
    without rows, and for one that is the only class.
    """
    support, hits = matrix.sum(axis=1), matrix.diagonal()
    # what fisher_exact computes for a single class
    p_values = hypergeom.cdf(hits, support.sum(), support, hits.sum())
    return np.where((support > 0) & (support < support.sum()), p_values, np.nan)


def mcnemar_p_value(only_first, only_second):
    """Return the p-value for two classifiers, from the rows that only one gets right.

    It comes from McNemar's two-sided exact test, and is 1 if they differ in no row.
    """
    discordant = int(only_first + only_second)
    if discordant == 0:
        return 1.0
    return float(binomtest(int(only_first), discordant).pvalue)


def calibration_bins(confidence, hits, n_bins, strategy="uniform"):
    """Return predictions in bins (low, high] by their probability.

    They are of equal width or, by quantiles, of about equal count.
    """
    edges = np.linspace(0, 1, n_bins + 1)
    if strategy == "quantile":
        edges = np.unique([0, *np.quantile(confidence, edges[1:-1]), 1])
    places = np.searchsorted(edges[1:-1], confidence)
    used, places, counts = np.unique(places, return_inverse=True, return_counts=True)
    n_hits = np.bincount(places, hits)
    bins = pd.DataFrame(
        {
            "low": edges[used],
            "high": edges[used + 1],
            "count": counts,
            "probability": np.bincount(places, confidence) / counts,
            "accuracy": n_hits / counts,
        }
    )
    bins[["accuracy_low", "accuracy_high"]] = wilson_intervals(n_hits, counts)
    return bins


def expected_calibration_error(bins):
    """Return the mean gap between probability and accuracy, weighted by the counts."""
    gaps = (bins["accuracy"] - bins["probability"]).abs()
    return float(np.average(gaps, weights=bins["count"]))


def risk_coverage(confidence, hits):
    """Return the errors of a classifier on the rows of which it is most certain."""
    # equal probabilities are kept or left together
    curve = pd.Series(~hits).groupby(confidence).agg(kept="size", errors="sum")
    curve = curve[::-1].cumsum().rename_axis("threshold").reset_index()
    curve["coverage"] = curve["kept"] / len(hits)
    curve["risk"] = curve["errors"] / curve["kept"]
    return curve


def referral(curve, accuracies):
    """Return what to hand to a person to reach each accuracy on the rest."""
    total = curve["kept"].iloc[-1]
    nothing = {"kept": 0, "threshold": np.nan, "risk": np.nan}
    hits, lines = curve["kept"] - curve["errors"], []
    for wanted in accuracies:
        good = curve[hits >= wanted * curve["kept"] - _ROUNDING]
        best = good.iloc[-1] if len(good) else nothing
        left = total - int(best["kept"])
        lines.append((wanted, left, left / total, best["threshold"], 1 - best["risk"]))
    columns = ["wanted_accuracy", "rows", "share", "threshold", "accuracy"]
    return pd.DataFrame(lines, columns=columns)
