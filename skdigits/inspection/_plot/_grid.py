"""DigitGridDisplay."""

from math import ceil

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skdigits._validation import check_choice, check_integer
from skdigits.inspection._inputs import pictures
from skdigits.inspection._plot._drawing import ReportDisplay, axes_for
from skdigits.inspection._summary import mistake_titles

# Width of a picture, and height and width of a line and of a letter, in inches.
_WIDTH = 1.0
_LINE = 0.17
_LETTER = 0.078


class DigitGridDisplay(ReportDisplay):
    """Pictures in rows, each with its label.

    `from_report`, `from_estimator` and `from_predictions` draw the mistakes of a
    classifier.

    Parameters
    ----------
    images : array-like of shape (n, n_pixels), (n, height, width) or \
            (n, height, width, 1)
        Pictures, ink bright on black. Flat rows must be square pictures.

    titles : array-like of shape (n,), default=None
        What stands above each picture, such as its label; it may have several lines.

    Attributes
    ----------
    ax_ : matplotlib axes
        Where it is drawn.

    figure_ : matplotlib figure
        The figure of ``ax_``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits.inspection import DigitGridDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> display = DigitGridDisplay(X[:5], y[:5]).plot()
    >>> display.images.shape
    (5, 8, 8)
    """

    def __init__(self, images, titles=None):
        self.images = pictures(images)
        if self.images is None or not len(self.images):
            raise ValueError(
                f"Got images of shape {np.shape(images)}, but expected at least one "
                "picture of 8 x 8 pixels or more. Pass them as (n, height, width)."
            )
        check_consistent_length(self.images, titles)
        self.titles = None if titles is None else [str(title) for title in titles]

    @classmethod
    def from_report(
        cls, report, *, order="confidence", max_images=40, ax=None, **plot_options
    ):
        """Draw the mistakes of an `ErrorReport`.

        Parameters
        ----------
        report : ErrorReport
            With pictures.

        order : {"confidence", "loss", "pair"}, default="confidence"
            "confidence" begins with the mistakes that the classifier was surest of,
            "loss" with those whose true label it found least probable. "pair" groups
            them by the true and the predicted label, the most frequent pair first.
            Without probabilities the first two keep the order of the rows.

        max_images : int, default=40
            The number of pictures at most.

        ax : matplotlib axes, default=None
            Where to draw; None makes a figure.

        **plot_options : dict
            Passed to `plot`.

        Returns
        -------
        DigitGridDisplay

        Raises
        ------
        ValueError
            If the report has no pictures, or no mistakes.
        """
        check_choice("order", order, ("confidence", "loss", "pair"))
        max_images = check_integer("max_images", max_images)
        if report.images is None:
            raise ValueError(
                "Got a report without pictures, but expected some. Pass X as (n, "
                "height, width)."
            )
        if report.n_errors == 0:
            raise ValueError(
                "Got a report without mistakes, but expected one at least. There is "
                "nothing to draw."
            )
        mistakes = _ordered(report, order)[:max_images]
        display = cls(report.images[mistakes.index], mistake_titles(mistakes))
        return display.plot(ax=ax, **plot_options)

    def plot(self, *, ax=None, n_columns=8, cmap="gray_r"):
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, default=None
            Where to draw; None makes a figure.

        n_columns : int, default=8
            Pictures side by side.

        cmap : str or matplotlib colormap, default="gray_r"
            Colours of the pixels; the default shows dark ink on white paper.

        Returns
        -------
        self : DigitGridDisplay
        """
        n, height, width = self.images.shape
        n_columns = min(check_integer("n_columns", n_columns), n)
        lines = [line for title in self.titles or () for line in title.split("\n")]
        longest = max(map(len, lines), default=0)
        n_lines = max((title.count("\n") + 1 for title in self.titles or ()), default=0)
        # distances of the pictures, in pixels
        right = max(1.12, _LETTER * (longest + 1) / _WIDTH) * width
        room = (n_lines * _LINE + 0.06) / _WIDTH * width
        down = height + room
        n_rows = ceil(n / n_columns)
        inches_per_pixel = _WIDTH / width
        self.figure_, self.ax_ = axes_for(
            ax, (inches_per_pixel * right * n_columns, inches_per_pixel * down * n_rows)
        )
        for number, image in enumerate(self.images):
            row, column = divmod(number, n_columns)
            left, top = column * right, row * down + room
            self._draw(image, left, top, cmap)
            if self.titles:
                self._write(self.titles[number], left + width / 2, top - 0.04 * height)
        margin = (right - width) / 2
        self.ax_.set_xlim(-margin, right * n_columns - margin)
        # the last frame whole
        self.ax_.set_ylim(n_rows * down + 0.02 * height, 0)
        self.ax_.set_axis_off()
        return self

    def _write(self, title, x, y):
        self.ax_.text(
            x, y, title, ha="center", va="bottom", fontsize=9, linespacing=1.1
        )

    def _draw(self, image, left, top, cmap):
        from matplotlib.patches import Rectangle

        height, width = image.shape
        extent = (left, left + width, top + height, top)
        self.ax_.imshow(image, cmap=cmap, extent=extent, interpolation="nearest")
        self.ax_.add_patch(
            Rectangle(
                (left, top), width, height, fill=False, linewidth=0.5, color="0.6"
            )
        )


def _ordered(report, order):
    """Return the mistakes of a report in an order."""
    mistakes = report.mistakes
    if order == "loss" and "loss" in mistakes:
        return mistakes.sort_values("loss", ascending=False, kind="stable")
    if order == "pair":
        true, predicted = report.true[mistakes.index], report.predicted[mistakes.index]
        counts = report.confusion_matrix[true, predicted]
        return mistakes.iloc[np.lexsort((predicted, true, -counts))]
    return mistakes
