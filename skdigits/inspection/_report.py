"""Error analysis of a classifier, but for its page and its displays."""

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
from skdigits.inspection import _dataframes as tables
from skdigits.inspection import _statistics as statistics
from skdigits.inspection._compare import Comparison, compare
from skdigits.inspection._inputs import check_predictions, code_of, images_of
from skdigits.inspection._predictions import network_of, predictions_of
from skdigits.inspection._summary import hardest_sentence, markdown, sentences


@dataclass(frozen=True, eq=False)
class Report:
    """The predictions of a classifier, and the statistics of its mistakes.

    All of an `ErrorReport`, which describes the fields, but for its page.
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
            Fitted; also a pipeline or a search, and whatever has `classes_` and
            `predict`.

        X : array-like of shape (n, n_features), (n, height, width) or \
                (n, height, width, channels)
            Images, in a shape that the estimator accepts. Square images, those that
            are not flat, and flat ones of the size that a `DigitCNN` was fitted on are
            kept for the gallery of mistakes.

        y : array-like of shape (n,)
            True labels. Those that the classifier was not fitted on count as mistakes.

        Returns
        -------
        ErrorReport

        Raises
        ------
        ValueError
            If the estimator is not a classifier, or X or y is not as described.
        """
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
        """Return a report on predictions that are there already.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.

        y_pred : array-like of shape (n,), default=None
            Predicted labels; None takes the most probable ones.

        y_proba : array-like of shape (n, n_labels), default=None
            Probability of each label. Without it, the report has no calibration, and
            the mistakes have no order.

        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels), default=None
            Images for the gallery of mistakes. Flat rows must be square images of one
            channel.

        labels : array-like of shape (n_labels,), default=None
            All labels, in the order of the columns of ``y_proba``. None takes those
            that occur, sorted.

        Returns
        -------
        ErrorReport

        Raises
        ------
        ValueError
            If there are neither labels nor probabilities predicted, or if the
            arguments do not fit each other.
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
        """Number of rows that are predicted wrong."""
        return int((~self._hits).sum())

    @property
    def accuracy(self) -> float:
        """Share of the rows that are predicted right."""
        return float(self._hits.mean())

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy, (low, high)."""
        return statistics.wilson_interval(self._hits.sum(), self.n_rows)

    @cached_property
    def confusion_matrix(self) -> NDArray[np.int64]:
        """Rows of each true label (down) and predicted label (across)."""
        # scikit-learn's function warns of data of one class
        n_labels = len(self.labels)
        counts = np.bincount(
            self.true * n_labels + self.predicted, minlength=n_labels**2
        )
        return counts.reshape(n_labels, n_labels)

    @property
    def per_class(self) -> pd.DataFrame:
        """A DataFrame with a row for each label.

        Its columns are `support`, `errors`, `recall` with its 95 % interval from
        `recall_low` to `recall_high`, `precision`, `f1`, `most_confused_with`, as text,
        and how many `times`. What is undefined, as the recall of a label that does not
        occur, is NaN.
        """
        return tables.per_class_table(self.labels, self.confusion_matrix)

    @property
    def confusions(self) -> pd.DataFrame:
        """A DataFrame of the pairs `true`, `predicted`, the most frequent first.

        `count` is how often the pair occurs, `rate` its share of all rows of that true
        label.
        """
        return tables.confusions_table(self.labels, self.confusion_matrix)

    @property
    def mistakes(self) -> pd.DataFrame:
        """A DataFrame of the wrong rows, the most confident first.

        Its index is the position of the `row`; its columns are `true`, `predicted`, the
        `probability` of the predicted label, and the `loss`: the negative logarithm of
        the probability of the true label. Without probabilities the last two are
        missing, and the order is that of the rows.
        """
        return tables.mistakes_table(
            self.labels, self.true, self.predicted, self.y_proba
        )

    @property
    def recall_tests(self) -> pd.DataFrame:
        """A DataFrame of the tests behind `hardest`, the smallest p-value first.

        For each label that occurs: `recall`, `recall_of_others`, that of all other
        labels together, `p_value` of Fisher's exact test of the first against the
        second, one-sided, and `p_corrected` by Holm's method.
        """
        return tables.recall_tests_table(self.labels, self.confusion_matrix)

    def hardest(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return the classes whose recall is lower than that of all others together.

        Parameters
        ----------
        alpha : float, default=0.05
            Probability, in (0, 1), of naming any class without reason.

        Returns
        -------
        hardest : DataFrame
            The rows of `recall_tests` with `p_corrected` of at most ``alpha``; none
            where the data do not carry the claim.

        See Also
        --------
        hardest_in_words : The same as a sentence.
        """
        alpha = check_number("alpha", alpha, low=0, high=1, closed="neither")
        tests = self.recall_tests
        return tests[tests["p_corrected"] <= alpha]

    def hardest_in_words(self, alpha: float = 0.05) -> str:
        """Return a sentence with the hardest classes, or that the data name none.

        Parameters
        ----------
        alpha : float, default=0.05
            As in `hardest`.

        Returns
        -------
        sentence : str
            The classes with recall and p-value, or the lowest recall.
        """
        return hardest_sentence(self, alpha)

    def calibration(
        self,
        n_bins: int = 15,
        strategy: Literal["uniform", "quantile"] = "uniform",
        pos_label: Any = None,
    ) -> pd.DataFrame:
        """Return how well probabilities are calibrated.

        Parameters
        ----------
        n_bins : int, default=15
            Number of bins in [0, 1], at most.

        strategy : {"uniform", "quantile"}, default="uniform"
            Bins of equal width, or of about equal count.

        pos_label : label, default=None
            The label whose probability to look at; None takes the predicted label of
            each row.

        Returns
        -------
        bins : DataFrame
            For each bin with rows in it: its bounds `low` and `high`, `count`, mean
            `probability` of the label, and `accuracy`, the share of the rows that have
            it, with its 95 % interval from `accuracy_low` to `accuracy_high`.

        Raises
        ------
        ValueError
            If the report has no probabilities, or not this label.
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
            Bins of equal width in [0, 1].

        Returns
        -------
        error : float
            The mean distance of probability and accuracy over the bins of
            `calibration`, weighted by their counts.
        """
        return statistics.expected_calibration_error(self.calibration(n_bins))

    @property
    def risk_coverage(self) -> pd.DataFrame:
        """A DataFrame of what a threshold on the probability would do.

        For each probability that occurs, the highest first: `threshold`, the rows
        `kept`, the `errors` among them, `coverage`, the share kept, and `risk`, the
        share of errors in it.
        """
        return statistics.risk_coverage(self._confidence, self._hits)

    @property
    def class_ranking(self) -> pd.DataFrame:
        """A DataFrame of how well the probability of each class tells it from others.

        For each class that has rows and is not the only one: `roc_auc`, the area below
        the receiver operating characteristic, and `average_precision`, as
        scikit-learn's :func:`~sklearn.metrics.roc_auc_score` and
        :func:`~sklearn.metrics.average_precision_score` have them.
        """
        return tables.class_ranking_table(self.labels, self.true, self.y_proba)

    def referral(
        self, accuracies: Sequence[float] = (0.99, 0.995, 0.999, 1.0)
    ) -> pd.DataFrame:
        """Return what must be handed to a person for a wanted accuracy of the rest.

        The thresholds are chosen on the very rows that they are measured on, which
        flatters them a little: try them on others before you rely on them.

        Parameters
        ----------
        accuracies : sequence of float, default=(0.99, 0.995, 0.999, 1.0)
            Wanted accuracies, in [0, 1].

        Returns
        -------
        table : DataFrame
            For each `wanted_accuracy`: the number of `rows` and the `share` to hand
            over, the `threshold`, which is the smallest probability that is kept, and
            the `accuracy` of what is kept. All rows go where no threshold will do.
        """
        wanted = [check_number("accuracies", a, low=0, high=1) for a in accuracies]
        return statistics.referral(self.risk_coverage, wanted)

    def compare(self, other: Report) -> Comparison:
        """Return how another classifier compares on the same rows.

        Parameters
        ----------
        other : ErrorReport
            On the same rows in the same order.

        Returns
        -------
        Comparison
            Of this report and the other.

        Raises
        ------
        ValueError
            If the true labels differ.
        """
        return compare(self, other)

    def summary(self) -> str:
        """Return five sentences in plain words.

        Returns
        -------
        text : str
            On accuracy, classes, confusions, calibration and doubtful cases.
        """
        return " ".join(sentences(self))

    def to_markdown(self) -> str:
        """Return the summary and the tables as Markdown.

        Returns
        -------
        text : str
            The twenty most frequent confusions and most confident mistakes.
        """
        return markdown(self)

    @property
    def _hits(self):
        return self.true == self.predicted

    @property
    def _confidence(self):
        """Probability of the predicted label of each row."""
        if self.y_proba is None:
            raise ValueError(
                "Got a report without probabilities, but expected some for this. Pass "
                "y_proba, or a classifier that has predict_proba."
            )
        return self.y_proba[np.arange(self.n_rows), self.predicted]
