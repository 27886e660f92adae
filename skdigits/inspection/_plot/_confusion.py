"""ConfusionHeatmapDisplay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import ConfusionMatrixDisplay

from skdigits._validation import check_bool, check_choice
from skdigits.inspection._confusion_matrix import confusion_of
from skdigits.inspection._numbers import percent
from skdigits.inspection._plot._display import ReportDisplay
from skdigits.inspection._plot._drawing import axes_for, has_dark_background, is_dark
from skdigits.inspection._report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# From this many classes on, figures in the cells cannot be read.
_TOO_MANY = 30


class ConfusionHeatmapDisplay(ReportDisplay):
    """Confusion matrix with integers in its cells and the recall of each class.

    Cells with a zero stay empty. With ``grey_diagonal``, only the mistakes are
    coloured, so that they can be seen even if there are few of them.

    Parameters
    ----------
    confusion_matrix : array-like of shape (n_classes, n_classes)
        Counts, or sums of weights, with a row for each true class and a column for each
        predicted class.

    display_labels : array-like of shape (n_classes,), default=None
        Names of the classes; None counts them from 0.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        The axes and figure of the plot.

    im_ : matplotlib.image.AxesImage
        The cells.

    text_ : ndarray of shape (n_classes, n_classes) of matplotlib.text.Text, or None
        The numbers in the cells; None if they are not shown.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : The display of scikit-learn, whose options
        this display accepts too.

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
        shape = self.confusion_matrix.shape
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ValueError(
                f"Got confusion_matrix of shape {shape}, but expected (n_classes, "
                "n_classes). Pass a square one."
            )
        n_classes = len(self.confusion_matrix)
        if display_labels is not None and np.shape(display_labels) != (n_classes,):
            raise ValueError(
                f"Got display_labels of shape {np.shape(display_labels)}, but expected "
                f"one for each of the {n_classes} classes. Pass as many."
            )
        self.display_labels = display_labels

    @classmethod
    def from_report(
        cls,
        report: Report,
        *,
        labels: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        display_labels: ArrayLike | None = None,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the confusion matrix of an `ErrorReport`.

        Parameters
        ----------
        report : ErrorReport
            A report on any classifier.

        labels : array-like of shape (n_classes,), default=None
            Which classes to draw, and in which order; rows with other labels are left
            out, as in :func:`sklearn.metrics.confusion_matrix`. None draws all classes.

        sample_weight : array-like of shape (n,), default=None
            Weight of each row of the report.

        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes, in the order of ``labels``; None uses the labels
            themselves.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **plot_options : dict
            Passed to `plot`.

        Returns
        -------
        ConfusionHeatmapDisplay
        """
        labels, matrix = confusion_of(report, labels, sample_weight)
        names = labels if display_labels is None else display_labels
        return cls(matrix, display_labels=names).plot(ax=ax, **plot_options)

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
        """Draw the confusion matrix of existing predictions.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.

        y_pred : array-like of shape (n,), default=None
            Predicted labels; None uses the most probable ones.

        y_proba : array-like of shape (n, n_labels), default=None
            Probability of each label, for use without ``y_pred``.

        X : None
            Ignored; present because other displays accept it.

        labels : array-like of shape (n_classes,), default=None
            As in `from_report`. Without ``y_pred``, all labels, in the order of the
            columns of ``y_proba``.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **options : dict
            Passed to `from_report`.

        Returns
        -------
        ConfusionHeatmapDisplay
        """
        if y_pred is None:
            report = Report.from_predictions(y_true, y_proba=y_proba, labels=labels)
        else:
            report = Report.from_predictions(y_true, y_pred)
        return cls.from_report(report, labels=labels, ax=ax, **options)

    def plot(
        self,
        *,
        ax: Axes | None = None,
        normalize: Literal["true", "pred", "all"] | None = None,
        grey_diagonal: bool = False,
        include_values: bool | None = None,
        values_format: str | None = None,
        xticks_rotation: Literal["horizontal", "vertical"] | float | None = None,
        cmap: str | Colormap | None = None,
        colorbar: bool = False,
        im_kw: dict[str, Any] | None = None,
        text_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the confusion matrix.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        normalize : {"true", "pred", "all"}, default=None
            Show percentages of each true class (rows), of each predicted class
            (columns), or of all rows of the data. None shows counts.

        grey_diagonal : bool, default=False
            Whether to draw correct predictions in grey.

        include_values : bool, default=None
            Whether to write numbers in the cells. None writes them if there are fewer
            than 30 classes, as more numbers would be unreadable.

        values_format : str, default=None
            Format of the numbers, such as ".2f". A format in percent, such as ".0%", is
            applied to shares. None uses "d" for counts and ".1f" for weights and
            percentages.

        xticks_rotation : {"vertical", "horizontal"} or float, default=None
            Rotation of the names below the axes; None rotates long names.

        cmap : str or matplotlib.colors.Colormap, default=None
            Colour map of the cells; None uses shades of blue that start at the
            background colour.

        colorbar : bool, default=False
            Whether to draw a colour bar.

        im_kw : dict, default=None
            Passed to `matplotlib.axes.Axes.imshow`.

        text_kw : dict, default=None
            Passed to `matplotlib.axes.Axes.text` for the numbers in the cells.

        Returns
        -------
        self : ConfusionHeatmapDisplay
            The same display, drawn.
        """
        check_bool("grey_diagonal", grey_diagonal)
        check_bool("colorbar", colorbar)
        values = self._values(normalize)
        _check_format(values_format, values)
        if include_values is None:
            include_values = len(values) < _TOO_MANY
        check_bool("include_values", include_values)
        if xticks_rotation is None:
            xticks_rotation = "vertical" if self._longest() > 0.5 else "horizontal"
        width, height = self.figsize()
        self.figure_, self.ax_ = axes_for(ax, (width + colorbar, height))
        dark = has_dark_background(self.ax_)
        shown = np.where(np.eye(len(values)) * grey_diagonal, 0, values)
        drawn = ConfusionMatrixDisplay(values, display_labels=self._names()).plot(
            include_values=include_values,
            cmap=_colour_map(dark) if cmap is None else cmap,
            xticks_rotation=xticks_rotation,
            ax=self.ax_,
            colorbar=False,
            im_kw=_colour_range(shown, im_kw or {}),
            text_kw=text_kw,
        )
        self.im_, self.text_ = drawn.im_, drawn.text_
        # a label such as "$\frac$" is no formula
        for label in (*self.ax_.get_xticklabels(), *self.ax_.get_yticklabels()):
            label.set_parse_math(False)
        if grey_diagonal:
            self._grey_diagonal(dark)
        if self.text_ is not None:
            self._write_cells(values, normalize, values_format, text_kw or {})
        self._label_axes(normalize, dark)
        if colorbar:
            # right of the recalls
            counts = self.confusion_matrix.dtype.kind in "iu"
            unit = "%" if normalize else "rows" if counts else "weight"
            self.figure_.colorbar(self.im_, ax=self.ax_, pad=0.2, label=unit)
        return self

    def figsize(self) -> tuple[float, float]:
        """Return the size of a figure whose cells are about square.

        Returns
        -------
        width, height : float
            The size in inches.
        """
        side = 0.55 * min(len(self.confusion_matrix), _TOO_MANY)
        longest = self._longest()
        # long names below the axes are turned
        return side + 1.3 + longest, side + 0.8 + (longest if longest > 0.5 else 0)

    def _longest(self):
        """Return the length of the longest name, in inches."""
        return 0.08 * max(len(name) for name in self._names())

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

    def _write_cells(self, values, normalize, values_format, text_kw):
        """Write the figures in black or white, by their cells; none for zero."""
        if values_format is None:
            values_format = "d" if values.dtype.kind in "iu" else ".1f"
        if normalize is not None and "%" in values_format:
            values = values / 100
        faces = self.im_.to_rgba(self.im_.get_array()).reshape(-1, 4)
        for text, value, face in zip(
            self.text_.ravel(), values.ravel(), faces, strict=True
        ):
            text.set_text(format(value, values_format) if value else "")
            if not text_kw.keys() & {"fontsize", "size"}:
                text.set_fontsize(9)
            if not text_kw.keys() & {"color", "c"}:
                text.set_color("white" if is_dark(face) else "black")

    def _grey_diagonal(self, dark):
        right = np.eye(len(self.confusion_matrix), dtype=bool)
        grey = "#4a4a4a" if dark else "#e4e4e4"
        self.im_.set_cmap(self.im_.get_cmap().with_extremes(bad=grey))
        self.im_.set_data(np.ma.array(self.im_.get_array(), mask=right))

    def _label_axes(self, normalize, dark):
        unit = "" if normalize is None else " (cells in %)"
        self.ax_.set(xlabel=f"predicted{unit}", ylabel="true")
        between = np.arange(1, len(self.confusion_matrix)) - 0.5
        for draw in (self.ax_.axhline, self.ax_.axvline):
            for place in between:
                draw(place, lw=0.5, c="#444444" if dark else "#dddddd")
        hits, support = self.confusion_matrix.diagonal(), self.confusion_matrix.sum(1)
        shares = [
            percent(hit / n) if n else "-" for hit, n in zip(hits, support, strict=True)
        ]
        beside = self.ax_.get_yaxis_transform()
        for place, text in [(-0.8, "recall"), *enumerate(shares)]:
            self.ax_.text(1.02, place, text, transform=beside, va="center")


def _check_format(values_format, values):
    """Raise a ValueError before a figure is made."""
    try:
        format(values.ravel()[0], values_format or "")
    except (TypeError, ValueError):
        raise ValueError(
            f"Got values_format={values_format!r}, but expected a format of numbers of "
            f"dtype {values.dtype}, such as '.1f'. Change it."
        ) from None


def _colour_range(shown, im_kw):
    """Return the options of the image, by default with colours from zero on."""
    if "norm" in im_kw:
        return im_kw
    return {"vmin": 0, "vmax": np.nanmax(shown) or 1, **im_kw}


def _colour_map(dark):
    """Return shades of blue that begin at the background."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = (
        ["#101418", "#174a70", "#2674a8"] if dark else ["#ffffff", "#9ecae1", "#08519c"]
    )
    return LinearSegmentedColormap.from_list("mistakes", shades)
