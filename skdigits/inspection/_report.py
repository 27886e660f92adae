"""Error analysis of a classifier, without its page and its displays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_consistent_length

from skdigits._validation import check_choice, check_integer, check_number
from skdigits.inspection import _report_tables as tables
from skdigits.inspection import _statistics as statistics
from skdigits.inspection._compare import Comparison, compare
from skdigits.inspection._confusion_matrix import count_matrix
from skdigits.inspection._inputs import check_predictions, code_of, images_of
from skdigits.inspection._predictions import (
    network_of,
    predictions_of,
    without_normalizer,
)
from skdigits.inspection._summary import hardest_sentence, markdown, sentences


@dataclass(frozen=True, eq=False)
class Report:
    """The predictions of a classifier, and the statistics of its mistakes.

    It is an `ErrorReport` without the page; the fields are described there.
    """

    labels: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    y_proba: np.ndarray | None = None
    images: np.ndarray | None = None

    @classmethod
    def from_estimator(cls, estimator: Any, X: ArrayLike, y: ArrayLike) -> Self:
        """Return a report on the predictions of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier, pipeline or search, or any other fitted object with
            `classes_` and `predict`.

        X : array-like of shape (n, n_features), (n, height, width) or \
                (n, height, width, channels)
            Images, in a shape that the estimator accepts. They are kept for the gallery
            of mistakes if they are not flat. Flat rows are kept if they have at least
            64 values, and are square or have the size that a `DigitCNN` was fitted on.
            If the estimator begins with a `HandwritingNormalizer`, the normalized
            images are kept.

        y : array-like of shape (n,)
            True labels. Rows with labels that the classifier was not fitted on count as
            mistakes.

        Returns
        -------
        ErrorReport

        Raises
        ------
        ValueError
            If the estimator is not a classifier, or X or y is not as described.
        """
        estimator, X = without_normalizer(estimator, X)
        y_pred, y_proba, labels = predictions_of(estimator, X, y)
        images = images_of(X, getattr(network_of(estimator), "image_shape_", None))
        return cls.from_predictions(y, y_pred, y_proba, images, labels=labels)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike | None = None,
        y_proba: ArrayLike | None = None,
        X: ArrayLike | None = None,
        *,
        labels: ArrayLike | None = None,
    ) -> Self:
        """Return a report on existing predictions.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.

        y_pred : array-like of shape (n,), default=None
            Predicted labels; None uses the most probable ones.

        y_proba : array-like of shape (n, n_labels), default=None
            Probability of each label. Without it, mistakes are not sorted by
            confidence, and `calibration`, `calibration_error`, `risk_coverage`,
            `class_ranking` and `referral` raise a ValueError.

        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels), default=None
            Images for the gallery of mistakes. Flat rows are left out of it unless they
            are square images of at least 8 x 8 pixels, with one channel.

        labels : array-like of shape (n_labels,), default=None
            All labels, in the order of the columns of ``y_proba``. None uses those that
            occur, sorted.

        Returns
        -------
        ErrorReport

        Raises
        ------
        ValueError
            If neither predicted labels nor probabilities are given, or if the arguments
            are inconsistent.
        """
        codes = check_predictions(y_true, y_pred, y_proba, labels)
        images = images_of(X)
        check_consistent_length(y_true, images)
        return cls(*codes, images)

    def __repr__(self):
        return (
            f"<{type(self).__name__}: {self.n_errors:,} of {self.n_rows:,} wrong, "
            f"{len(self.labels)} classes>"
        )

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.true)

    @property
    def n_errors(self) -> int:
        """Number of misclassified rows."""
        return int((~self._hits).sum())

    @property
    def accuracy(self) -> float:
        """Share of the rows that are classified correctly."""
        return float(self._hits.mean())

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy, (low, high)."""
        return statistics.wilson_interval(self._hits.sum(), self.n_rows)

    @cached_property
    def confusion_matrix(self) -> NDArray[np.int64]:
        """Number of rows with each true label (down) and predicted label (across)."""
        # scikit-learn's function warns of data of one class
        return count_matrix(self.true, self.predicted, len(self.labels))

    @property
    def per_class(self) -> pd.DataFrame:
        """A DataFrame with a row for each label.

        The columns are `support`, `errors`, `recall` with its 95 % interval from
        `recall_low` to `recall_high`, `precision`, `f1`, `most_confused_with`, which is
        text, and `times`, the number of these confusions. Undefined values, such as the
        recall of a label that does not occur, are NaN.
        """
        return tables.per_class_table(self.labels, self.confusion_matrix)

    @property
    def confusions(self) -> pd.DataFrame:
        """A DataFrame of the pairs `true`, `predicted`, the most frequent first.

        `count` is how often the pair occurs, and `rate` is its share of all rows with
        that true label.
        """
        return tables.confusions_table(self.labels, self.confusion_matrix)

    @property
    def mistakes(self) -> pd.DataFrame:
        """A DataFrame of the misclassified rows, the most confident first.

        The index is the position of the `row`. The columns are `true`, `predicted`, the
        `probability` of the predicted label, and the `loss`: the negative logarithm of
        the probability of the true label. Without probabilities, the last two columns
        are missing, and the rows stay in their original order.
        """
        return tables.mistakes_table(
            self.labels, self.true, self.predicted, self.y_proba
        )

    @property
    def recall_tests(self) -> pd.DataFrame:
        """A DataFrame of the tests behind `hardest`, the smallest p-value first.

        For each label that occurs, it has `support` and `errors`; `recall`;
        `recall_of_others`, that of all other labels together; `p_value`, from a
        one-sided Fisher's exact test of the first recall against the second; and
        `p_corrected`, the p-value corrected by Holm's method.
        """
        return tables.recall_tests_table(self.labels, self.confusion_matrix)

    def hardest(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return the classes whose recall is lower than that of all others together.

        Parameters
        ----------
        alpha : float, default=0.05
            Probability, in (0, 1), of naming any class by chance alone.

        Returns
        -------
        hardest : DataFrame
            The rows of `recall_tests` with `p_corrected` of at most ``alpha``; no rows
            if the data do not support such a claim.

        See Also
        --------
        hardest_in_words : Return the same result as a sentence.
        """
        alpha = check_number("alpha", alpha, low=0, high=1, closed="neither")
        tests = self.recall_tests
        return tests[tests["p_corrected"] <= alpha]

    def hardest_in_words(self, alpha: float = 0.05) -> str:
        """Return a sentence that names the hardest classes, if the data show any.

        Parameters
        ----------
        alpha : float, default=0.05
            As in `hardest`.

        Returns
        -------
        sentence : str
            The hardest classes with their recall and p-value, or else the class with
            the lowest recall.
        """
        return hardest_sentence(self, alpha)

    def calibration(
        self,
        n_bins: int = 15,
        strategy: Literal["uniform", "quantile"] = "uniform",
        pos_label: Any = None,
    ) -> pd.DataFrame:
        """Return how well the probabilities are calibrated.

        Parameters
        ----------
        n_bins : int, default=15
            Maximum number of bins in [0, 1].

        strategy : {"uniform", "quantile"}, default="uniform"
            Whether bins have equal widths ("uniform") or about equal counts
            ("quantile").

        pos_label : label, default=None
            The label whose probabilities are used; None means the predicted label of
            each row.

        Returns
        -------
        bins : DataFrame
            For each bin that is not empty: its bounds `low` and `high`, its `count`,
            the mean `probability` of the label, and `accuracy`, the share of the rows
            that have this label, with its 95 % interval from `accuracy_low` to
            `accuracy_high`.

        Raises
        ------
        ValueError
            If the report has no probabilities, or does not have this label.
        """
        n_bins = check_integer("n_bins", n_bins)
        check_choice("strategy", strategy, ("uniform", "quantile"))
        probability, hits = self._confidence, self._hits
        if pos_label is not None:
            code = code_of("pos_label", pos_label, self.labels)
            probability, hits = np.asarray(self.y_proba)[:, code], self.true == code
        return statistics.calibration_bins(probability, hits, n_bins, strategy)

    def calibration_error(self, n_bins: int = 15) -> float:
        """Return the expected calibration error.

        Parameters
        ----------
        n_bins : int, default=15
            Number of bins of equal width in [0, 1].

        Returns
        -------
        error : float
            The mean distance between probability and accuracy over the bins of
            `calibration`, weighted by their counts.

        Raises
        ------
        ValueError
            If the report has no probabilities.
        """
        return statistics.expected_calibration_error(self.calibration(n_bins))

    @property
    def risk_coverage(self) -> pd.DataFrame:
        """A DataFrame with the effect of each threshold on the probability.

        For each probability that occurs, the highest first, it has the `threshold`;
        `kept`, the number of rows with at least this probability; `errors`, the number
        of mistakes among these; `coverage`, the share of all rows that is kept; and
        `risk`, the share of the kept rows that are mistakes.
        """
        return statistics.risk_coverage(self._confidence, self._hits)

    @property
    def class_ranking(self) -> pd.DataFrame:
        """A DataFrame of how well each class's probability separates it from others.

        For each class that has rows and is not the only one: `roc_auc`, the area under
        the receiver operating characteristic curve, and `average_precision`, as in
        scikit-learn's :func:`~sklearn.metrics.roc_auc_score` and
        :func:`~sklearn.metrics.average_precision_score`.
        """
        return tables.class_ranking_table(self.labels, self.true, self._probabilities)

    def referral(
        self, accuracies: Sequence[float] = (0.99, 0.995, 0.999, 1.0)
    ) -> pd.DataFrame:
        """Return how many rows to hand to a person for a given accuracy on the rest.

        The accuracy is measured on the same rows on which the thresholds are chosen, so
        it is slightly optimistic: test the thresholds on other rows before you rely on
        them.

        Parameters
        ----------
        accuracies : sequence of float, default=(0.99, 0.995, 0.999, 1.0)
            Wanted accuracies, in [0, 1].

        Returns
        -------
        table : DataFrame
            For each `wanted_accuracy`: the number of `rows` and the `share` to hand
            over; the `threshold`, which is the smallest probability of a row that is
            kept; and the `accuracy` on the rows that are kept. If no threshold is high
            enough, all rows are handed over, and `threshold` and `accuracy` are NaN.

        Raises
        ------
        ValueError
            If the report has no probabilities.
        """
        wanted = [check_number("accuracies", a, low=0, high=1) for a in accuracies]
        return statistics.referral(self.risk_coverage, wanted)

    def compare(self, other: Report) -> Comparison:
        """Return a comparison with another classifier on the same rows.

        Parameters
        ----------
        other : ErrorReport
            A report on the same rows in the same order.

        Returns
        -------
        Comparison
            The comparison of this report with the other.

        Raises
        ------
        ValueError
            If the true labels differ.
        """
        return compare(self, other)

    def summary(self) -> str:
        """Return a summary of five sentences in plain words.

        Returns
        -------
        text : str
            Sentences on accuracy, classes, confusions, calibration and doubtful cases.
        """
        return " ".join(sentences(self))

    def to_markdown(self) -> str:
        """Return the summary and the tables as Markdown.

        Returns
        -------
        text : str
            The text; its tables have the twenty most frequent confusions and the twenty
            most confident mistakes.
        """
        return markdown(self)

    @property
    def _hits(self):
        return self.true == self.predicted

    @property
    def _probabilities(self):
        """Those of each row, if they are known."""
        if self.y_proba is None:
            raise ValueError(
                "Got a report without probabilities, but expected one with "
                "probabilities. Pass y_proba, or a classifier that has "
                "predict_proba."
            )
        return self.y_proba

    @property
    def _confidence(self):
        """Probability of the predicted label of each row."""
        return self._probabilities[np.arange(self.n_rows), self.predicted]
