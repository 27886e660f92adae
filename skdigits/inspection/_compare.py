"""Two classifiers on the same rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skdigits._validation import check_number
from skdigits.inspection._numbers import enumeration, html_of, p_text, percent
from skdigits.inspection._report_tables import label_index
from skdigits.inspection._statistics import holm, mcnemar_p_value


@dataclass(frozen=True, eq=False)
class Comparison:
    """Comparison of two classifiers on the same rows by McNemar's exact test [1]_.

    Returned by `ErrorReport.compare`. Only the rows that exactly one of the two
    classifiers gets right show which one is better.

    Parameters
    ----------
    overall : Series
        For all rows together: `support`; `accuracy` and `other_accuracy`; `only_this`
        and `only_other`, the numbers of rows that only this or only the other
        classifier gets right; and the two-sided `p_value`.

    per_class : DataFrame
        The same for each class that occurs, with `p_corrected`, the p-value corrected
        by Holm's method.

    References
    ----------
    .. [1] Q. McNemar. "Note on the sampling error of the difference between correlated
       proportions or percentages." Psychometrika 12 (1947).

    Examples
    --------
    >>> from skdigits.inspection import ErrorReport
    >>> y_true = [1] * 20 + [7] * 20
    >>> careful = ErrorReport.from_predictions(y_true, y_true)
    >>> hasty = ErrorReport.from_predictions(y_true, [1] * 20 + [7] * 10 + [1] * 10)
    >>> print(careful.compare(hasty).summary())
    Of 10 rows that only one of the two gets right, the first gets 10, the other 0: \
the first is better (100.00 % against 75.00 %, McNemar's exact test, p = 0.002). By \
class, with Holm's correction, they differ in 7.
    """

    overall: pd.Series
    per_class: pd.DataFrame

    def summary(self, alpha: float = 0.05) -> str:
        """Return the result in words.

        Parameters
        ----------
        alpha : float, default=0.05
            Probability, in (0, 1), of reporting a difference that is due to chance. It
            applies once to the overall test, and once to the tests of all classes
            together.

        Returns
        -------
        text : str
            Which differences are shown, and which may be due to chance.
        """
        alpha = check_number("alpha", alpha, low=0, high=1, closed="neither")
        return f"{_overall_sentence(self.overall, alpha)} {self._classes(alpha)}"

    def _repr_html_(self):
        """What a notebook shows: the summary, and the table of the classes."""
        return html_of(self.summary(), self.per_class, "{:.3g}")

    def _classes(self, alpha):
        different = self.per_class.index[self.per_class["p_corrected"] <= alpha]
        if len(different) == 0:
            return "By class, with Holm's correction, no difference is shown."
        names = enumeration(different)
        return f"By class, with Holm's correction, they differ in {names}."


def compare(first, second):
    """Compare two reports on the same rows."""
    truth = first.labels[first.true].tolist()
    if truth != second.labels[second.true].tolist():
        raise ValueError(
            f"Got reports of {first.n_rows} and {second.n_rows} rows with different "
            "true labels, but expected the same rows in the same order. Make both "
            "reports on the same X and y."
        )
    hits = first.true == first.predicted
    other_hits = second.true == second.predicted
    codes = np.unique(first.true)
    per_class = pd.DataFrame(
        [_line(hits, other_hits, first.true == code) for code in codes],
        index=label_index(first.labels[codes]),
    )
    per_class["p_corrected"] = holm(per_class["p_value"])
    overall = pd.Series(_line(hits, other_hits, slice(None)), dtype=object)
    return Comparison(overall, per_class)


def _line(hits, other_hits, rows):
    hits, other_hits = hits[rows], other_hits[rows]
    only_this = int((hits & ~other_hits).sum())
    only_other = int((other_hits & ~hits).sum())
    return {
        "support": len(hits),
        "accuracy": float(hits.mean()),
        "other_accuracy": float(other_hits.mean()),
        "only_this": only_this,
        "only_other": only_other,
        "p_value": mcnemar_p_value(only_this, only_other),
    }


def _overall_sentence(overall, alpha):
    this, other = overall["only_this"], overall["only_other"]
    accuracies = [percent(overall[name]) for name in ("accuracy", "other_accuracy")]
    if overall["p_value"] > alpha:
        verdict = "no difference is shown"
    else:
        verdict = f"the {'first' if this > other else 'other'} is better"
    return (
        f"Of {this + other:,} rows that only one of the two gets right, the first gets "
        f"{this:,}, the other {other:,}: {verdict} ({' against '.join(accuracies)}, "
        f"McNemar's exact test, {p_text(overall['p_value'])})."
    )
