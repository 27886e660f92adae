"""PerClassDisplay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skdigits.inspection._plot._display import Display, ReportDisplay
from skdigits.inspection._plot._drawing import colours, error_bars, legend_below
from skdigits.inspection._report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


class PerClassDisplay(ReportDisplay, Display):
    """Recall of each class with its 95 % interval, the lowest first.

    Parameters
    ----------
    per_class : DataFrame
        A table such as `ErrorReport.per_class`: a row for each label, with `recall`,
        `recall_low`, `recall_high` and `support`.

    hardest : array-like, default=()
        The labels to mark.

    accuracy : float, default=None
        The overall accuracy, which is drawn as a line; None draws no line.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        The axes and figure of the plot.

    Examples
    --------
    >>> from skdigits.inspection import PerClassDisplay
    >>> y_true = [1] * 40 + [7] * 40
    >>> y_pred = [1] * 40 + [1] * 8 + [7] * 32
    >>> PerClassDisplay.from_predictions(y_true, y_pred).hardest
    [7]
    """

    def __init__(
        self,
        per_class: DataFrame,
        hardest: Iterable[Any] = (),
        accuracy: float | None = None,
    ) -> None:
        self.per_class = per_class
        self.hardest = list(hardest)
        self.accuracy = accuracy

    @classmethod
    def from_report(
        cls, report: Report, *, alpha: float = 0.05, ax: Axes | None = None
    ) -> Self:
        """Draw the recall of each class of an `ErrorReport`.

        Parameters
        ----------
        report : ErrorReport
            A report on any classifier.

        alpha : float, default=0.05
            As in `ErrorReport.hardest`; the classes that it returns are marked.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        Returns
        -------
        PerClassDisplay
        """
        hardest = report.hardest(alpha).index.tolist()
        return cls(report.per_class, hardest, report.accuracy).plot(ax=ax)

    def _draw(self):
        table = self.per_class.dropna(subset="recall")
        table = table.sort_values("recall", kind="stable")
        columns = ["recall", "recall_low", "recall_high"]
        recall, lengths = error_bars(100 * table[columns], "recall")
        palette = colours(self.ax_)
        marked = np.array([label in self.hardest for label in table.index], dtype=bool)
        groups = (
            (~marked, "o", palette["main"], "recall, 95 % interval"),
            (marked, "D", palette["accent"], "lower than all others together"),
        )
        for rows, marker, colour, name in groups:
            if rows.any():
                self.ax_.errorbar(
                    recall[rows],
                    np.flatnonzero(rows),
                    xerr=lengths[:, rows],
                    fmt=marker,
                    color=colour,
                    capsize=3,
                    label=name,
                )
        if self.accuracy is not None:
            self.ax_.axvline(
                100 * self.accuracy, c=palette["muted"], ls="--", lw=1, label="accuracy"
            )
        names = [f"{label} ({count:,})" for label, count in table["support"].items()]
        self.ax_.set_yticks(range(len(table)), names, parse_math=False)
        self.ax_.set_ylim(len(table) - 0.4, -0.6)
        self.ax_.set(xlabel="recall in %", ylabel="class (support)")
        legend_below(self.ax_)

    def figsize(self) -> tuple[float, float]:
        """Return the size of a new figure for the display.

        Returns
        -------
        width, height : float
            The size in inches.
        """
        return 6.4, 1.5 + 0.3 * len(self.per_class)
