"""ReliabilityDisplay and RiskCoverageDisplay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from skdigits._validation import check_bool
from skdigits.inspection._plot._display import Display, ReportDisplay
from skdigits.inspection._plot._drawing import (
    axes_for,
    colours,
    error_bars,
    legend_below,
)
from skdigits.inspection._report import Report
from skdigits.inspection._statistics import expected_calibration_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


class ReliabilityDisplay(ReportDisplay, Display):
    """Reliability diagram, which shows whether probabilities are calibrated.

    For any number of classes, it plots the share of correct predictions against the
    probability of the predicted label. For one given label, it plots the share of rows
    with that label against the probability of the label. Bars show the share of the
    rows in each bin.

    Parameters
    ----------
    bins : DataFrame
        The bins that `ErrorReport.calibration` returns.

    pos_label : label, default=None
        The label whose probabilities are shown; None means the predicted label of each
        row.

    Attributes
    ----------
    calibration_error : float
        The expected calibration error of the bins.

    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        The axes and figure of the plot.

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : The same for two classes; it accepts the
        same options.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. "On calibration of modern
       neural networks." ICML (2017).

    Examples
    --------
    >>> from skdigits.inspection import ReliabilityDisplay
    >>> y_proba = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]
    >>> display = ReliabilityDisplay.from_predictions([1, 1, 7, 1], y_proba=y_proba)
    >>> round(display.calibration_error, 3)
    0.2
    """

    _figsize = 5.6, 5.2

    def __init__(self, bins: DataFrame, pos_label: Any = None) -> None:
        self.bins = bins
        self.pos_label = pos_label
        self.calibration_error = expected_calibration_error(bins)

    @classmethod
    def from_report(
        cls,
        report: Report,
        *,
        n_bins: int = 15,
        strategy: Literal["uniform", "quantile"] = "uniform",
        pos_label: Any = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the calibration of an `ErrorReport`.

        Parameters
        ----------
        report : ErrorReport
            A report with probabilities.

        n_bins : int, default=15
            Maximum number of bins in [0, 1].

        strategy : {"uniform", "quantile"}, default="uniform"
            Whether bins have equal widths ("uniform") or about equal counts
            ("quantile").

        pos_label : label, default=None
            The label whose probabilities are shown; None means the predicted label of
            each row.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **plot_options : dict
            Passed to `plot`.

        Returns
        -------
        ReliabilityDisplay
        """
        bins = report.calibration(n_bins, strategy, pos_label)
        return cls(bins, pos_label).plot(ax=ax, **plot_options)

    def plot(
        self,
        *,
        ax: Axes | None = None,
        name: str | None = None,
        ref_line: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Draw the reliability diagram.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        name : str, default=None
            Name of the classifier in the legend.

        ref_line : bool, default=True
            Whether to draw the line of perfectly calibrated probabilities.

        **kwargs : dict
            Passed to `matplotlib.axes.Axes.errorbar`, which draws the line.

        Returns
        -------
        self : ReliabilityDisplay
            The same display, drawn.
        """
        check_bool("ref_line", ref_line)
        self.figure_, self.ax_ = axes_for(ax, self.figsize())
        self._draw_bins(self.bins, colours(self.ax_), name, ref_line, kwargs)
        of, that_is = "the prediction", "right"
        if self.pos_label is not None:
            of = that_is = str(self.pos_label)
        self.ax_.set(
            xlabel=f"probability of {of}",
            ylabel=f"share that is {that_is}",
            xlim=(0, 1.02),
            ylim=(0, 1.02),
            title=f"expected calibration error {self.calibration_error:.3f}",
        )
        legend_below(self.ax_)
        return self

    def _draw_bins(self, bins, palette, name, ref_line, kwargs):
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        self.ax_.bar(
            bins["low"],
            bins["count"] / bins["count"].sum(),
            bins["high"] - bins["low"],
            align="edge",
            color=palette["muted"],
            alpha=0.35,
            label="share of the rows",
        )
        if ref_line:
            self.ax_.plot([0, 1], [0, 1], "--", c=palette["muted"], label="calibrated")
        accuracy, lengths = error_bars(bins, "accuracy")
        share = "accuracy" if self.pos_label is None else "share"
        style = {"marker": "o", "color": palette["main"], "capsize": 3}
        style["label"] = name or f"{share}, 95 % interval"
        kwargs = normalize_kwargs(kwargs, Line2D)
        self.ax_.errorbar(
            bins["probability"].to_numpy(), accuracy, yerr=lengths, **style | kwargs
        )


class RiskCoverageDisplay(ReportDisplay, Display):
    """Share of mistakes that remain if a person handles the least certain predictions.

    Parameters
    ----------
    curve : DataFrame
        A table such as `ErrorReport.risk_coverage`.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        The axes and figure of the plot.

    References
    ----------
    .. [1] R. El-Yaniv, Y. Wiener. "On the foundations of noise-free selective
       classification." Journal of Machine Learning Research 11 (2010).

    Examples
    --------
    >>> from skdigits.inspection import RiskCoverageDisplay
    >>> y_proba = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]
    >>> display = RiskCoverageDisplay.from_predictions([1, 1, 7, 1], y_proba=y_proba)
    >>> display.curve["risk"].tolist()
    [0.0, 0.0, 0.25]
    """

    _figsize = 5.6, 4.2

    def __init__(self, curve: DataFrame) -> None:
        self.curve = curve

    @classmethod
    def from_report(cls, report: Report, *, ax: Axes | None = None) -> Self:
        """Draw the risk of an `ErrorReport` against its coverage.

        Parameters
        ----------
        report : ErrorReport
            A report with probabilities.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        Returns
        -------
        RiskCoverageDisplay
        """
        return cls(report.risk_coverage).plot(ax=ax)

    def _draw(self):
        palette = colours(self.ax_)
        coverage, risk = 100 * self.curve["coverage"], 100 * self.curve["risk"]
        everything = risk.iloc[-1]
        self.ax_.plot(coverage, risk, c=palette["main"], label="the surest predictions")
        self.ax_.axhline(
            everything, c=palette["muted"], ls="--", label="as many drawn at random"
        )
        self.ax_.plot(
            100,
            everything,
            "D",
            c=palette["accent"],
            clip_on=False,
            label="all predictions",
        )
        self.ax_.set(
            xlabel="coverage: predictions kept, in %",
            ylabel="risk: mistakes among them, in %",
        )
        self.ax_.set_xlim(_first_mistake(coverage, risk), 100)
        self.ax_.set_ylim(bottom=0)
        legend_below(self.ax_)


def _first_mistake(coverage, risk):
    """Return where to begin the curve of a classifier that is seldom wrong."""
    first = coverage[risk > 0].min()
    return max(first - 0.1 * (100 - first), 0) if first < 100 else 0
