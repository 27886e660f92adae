"""The methods that displays share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from numpy.typing import ArrayLike

from skdigits.inspection._plot._drawing import axes_for
from skdigits.inspection._report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Display:
    """A display that is drawn without options, by `_draw` of the subclass."""

    # axes side by side, and width and height of them all in inches
    _n_parts: int = 1
    _figsize: tuple[float, float]
    _draw: Callable[[], None]

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on, split if there are two parts; None creates a figure.

        Returns
        -------
        self : display
            The same display, drawn.
        """
        self.figure_, self.ax_ = axes_for(ax, self.figsize(), self._n_parts)
        self._draw()
        return self

    def figsize(self) -> tuple[float, float]:
        """Return the size of a new figure for the display.

        Returns
        -------
        width, height : float
            The size in inches.
        """
        return self._figsize


class ReportDisplay:
    """A display of an `ErrorReport`, drawn by `from_report` of the subclass."""

    from_report: ClassVar[Callable[..., Any]]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        ax: Axes | None = None,
        **options: Any,
    ) -> Self:
        """Draw the predictions of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier, pipeline or search, or any other fitted object with
            `classes_` and `predict`.

        X : array-like of shape (n, n_features), (n, height, width) or \
                (n, height, width, channels)
            Images, in a shape that the estimator accepts.

        y : array-like of shape (n,)
            True labels.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **options : dict
            Passed to `from_report`.

        Returns
        -------
        display
        """
        report = Report.from_estimator(estimator, X, y)
        return cls.from_report(report, ax=ax, **options)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike | None = None,
        y_proba: ArrayLike | None = None,
        X: ArrayLike | None = None,
        *,
        labels: ArrayLike | None = None,
        ax: Axes | None = None,
        **options: Any,
    ) -> Self:
        """Draw existing predictions.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.

        y_pred : array-like of shape (n,), default=None
            Predicted labels; None uses the most probable ones.

        y_proba : array-like of shape (n, n_labels), default=None
            Probability of each label.

        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels), default=None
            Images, for displays that show them.

        labels : array-like of shape (n_labels,), default=None
            All labels, in the order of the columns of ``y_proba``. None uses those that
            occur, sorted.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **options : dict
            Passed to `from_report`.

        Returns
        -------
        display
        """
        report = Report.from_predictions(y_true, y_pred, y_proba, X, labels=labels)
        return cls.from_report(report, ax=ax, **options)
