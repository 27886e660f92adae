"""ConfusionHeatmapDisplay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from skdigits._validation import check_bool, check_choice
from skdigits.inspection._numbers import percent
from skdigits.inspection._plot._display import ReportDisplay
from skdigits.inspection._plot._drawing import axes_for, has_dark_background, is_dark
from skdigits.inspection._report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# From this many classes on, figures in the cells cannot be read.
_TOO_MANY = 30


class ConfusionHeatmapDisplay(ReportDisplay):
    """A confusion matrix with integers in its cells and the recall of each class.

    Cells of zero stay empty. With ``grey_diagonal`` the colours are those of the
    mistakes alone, so that a classifier that makes few still shows them.

    Parameters
    ----------
    confusion_matrix : array-like of shape (n_classes, n_classes)
        Counts: true classes down, predicted ones across.

    display_labels : array-like of shape (n_classes,), default=None
        Names of the classes; None counts them from 0.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        Where it is drawn.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : That of scikit-learn, which takes the same
        classifiers.

    Examples
    --------
    >>> from skdigits.inspection import ConfusionHeatmapDisplay
    >>> y_true, y_pred = [1, 1, 1, 7, 7], [1, 1, 7, 7, 7]
    >>> display = ConfusionHeatmapDisplay.from_predictions(y_true, y_pred)
    >>> display.confusion_matrix
    array([[2, 1],
           [0, 2]])
    """

    def __init__(
        self,
        confusion_matrix: ArrayLike,
        *,
        display_labels: ArrayLike | None = None,
    ) -> None:
        self.confusion_matrix = np.asarray(confusion_matrix)
        self.display_labels = display_labels

    @classmethod
    def from_report(
        cls, report: Report, *, ax: Axes | None = None, **plot_options: Any
    ) -> Self:
        """Draw the confusion matrix of an `ErrorReport`.

        Parameters
        ----------
        report : ErrorReport
            Of any classifier.

        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        **plot_options : dict
            Passed to `plot`.

        Returns
        -------
        ConfusionHeatmapDisplay
        """
        display = cls(report.confusion_matrix, display_labels=report.labels)
        return display.plot(ax=ax, **plot_options)

    def plot(
        self,
        *,
        ax: Axes | None = None,
        normalize: Literal["true", "pred", "all"] | None = None,
        grey_diagonal: bool = False,
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        normalize : {"true", "pred", "all"}, default=None
            Show percentages: of the true class (rows), of the predicted class
            (columns), or of all. None shows counts.

        grey_diagonal : bool, default=False
            Leave what is predicted right grey.

        Returns
        -------
        self : ConfusionHeatmapDisplay
            The same display, drawn.
        """
        import seaborn

        check_bool("grey_diagonal", grey_diagonal)
        values = self._values(normalize)
        n_classes = len(values)
        self.figure_, self.ax_ = axes_for(ax, self.figsize())
        dark = has_dark_background(self.ax_)
        right = np.eye(n_classes, dtype=bool)
        shown = np.where(right & grey_diagonal, 0, values)
        seaborn.heatmap(
            shown,
            annot=self._cells(values) if n_classes < _TOO_MANY else False,
            fmt="",
            annot_kws={"fontsize": 9},
            vmin=0,
            vmax=max(np.nanmax(shown), np.finfo(float).tiny),
            cmap=_colour_map(dark),
            cbar=False,
            linewidths=0.5,
            linecolor="#444444" if dark else "#dddddd",
            xticklabels=self._names(),
            yticklabels=self._names(),
            ax=self.ax_,
        )
        self._colour_cells(grey_diagonal, dark)
        self._label_axes(normalize)
        return self

    def figsize(self) -> tuple[float, float]:
        """Return the size of a figure whose cells are about square.

        Returns
        -------
        width, height : float
            In inches.
        """
        side = 0.55 * min(len(self.confusion_matrix), _TOO_MANY)
        longest = 0.08 * max(len(name) for name in self._names())
        # long names below the axes are turned
        return side + 1.3 + longest, side + 0.8 + (longest if longest > 0.5 else 0)

    def _names(self):
        if self.display_labels is None:
            return [str(code) for code in range(len(self.confusion_matrix))]
        return [str(label) for label in self.display_labels]

    def _values(self, normalize):
        counts = self.confusion_matrix
        if normalize is None:
            return counts
        axes = {"true": 1, "pred": 0, "all": None}
        axis = axes[check_choice("normalize", normalize, axes)]
        totals = counts.sum(axis=axis, keepdims=True)
        return np.divide(
            100 * counts, totals, out=np.zeros(counts.shape), where=totals > 0
        )

    def _cells(self, values):
        form = "d" if values.dtype.kind in "iu" else ".1f"
        return [
            [format(value, form) if value else "" for value in row] for row in values
        ]

    def _colour_cells(self, grey_diagonal, dark):
        """Grey the diagonal; choose black or white for each figure by its cell."""
        from matplotlib.colors import to_rgba

        # the last ones, should the axes have been drawn on before
        mesh = self.ax_.collections[-1]
        faces = mesh.get_facecolors()
        if grey_diagonal:
            n_classes = len(self.confusion_matrix)
            faces[:: n_classes + 1] = to_rgba("#4a4a4a" if dark else "#e4e4e4")
            # colours of its own in place of those of the values
            mesh.set_array(None)
            mesh.set_facecolors(faces)
        for text, face in zip(self.ax_.texts[-len(faces) :], faces, strict=False):
            text.set_color("white" if is_dark(face) else "black")

    def _label_axes(self, normalize):
        unit = "" if normalize is None else " (cells in %)"
        self.ax_.set(xlabel=f"predicted{unit}", ylabel="true")
        self.ax_.tick_params(axis="y", rotation=0)
        hits, support = self.confusion_matrix.diagonal(), self.confusion_matrix.sum(1)
        shares = [
            percent(hit / n) if n else "-" for hit, n in zip(hits, support, strict=True)
        ]
        beside = self.ax_.get_yaxis_transform()
        for place, text in [(-0.8, "recall"), *enumerate(shares)]:
            self.ax_.text(1.02, place + 0.5, text, transform=beside, va="center")


def _colour_map(dark):
    """Return shades of blue that begin at the background."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = (
        ["#101418", "#174a70", "#2674a8"] if dark else ["#ffffff", "#9ecae1", "#08519c"]
    )
    return LinearSegmentedColormap.from_list("mistakes", shades)
