"""DigitGridDisplay."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length

from skdigits._validation import check_choice, check_integer
from skdigits.inspection._inputs import drawable, images_of
from skdigits.inspection._plot._display import ReportDisplay
from skdigits.inspection._plot._drawing import axes_for
from skdigits.inspection._report import Report
from skdigits.inspection._summary import mistake_titles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# Height of a line and width of a letter, in inches; images are an inch wide.
_LINE = 0.17
_LETTER = 0.078


class DigitGridDisplay(ReportDisplay):
    """Images in a grid, each with its label.

    `from_report`, `from_estimator` and `from_predictions` draw the mistakes of a
    classifier.

    Parameters
    ----------
    images : array-like of shape (n, n_pixels), (n, height, width) or \
            (n, height, width, channels)
        Images with bright ink on black, or in colour. Flat rows must be square images
        of at least 8 x 8 pixels, with one channel.

    titles : array-like of shape (n,), default=None
        Text above each image, such as its label; it may have several lines.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        The axes and figure of the plot.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits.inspection import DigitGridDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> display = DigitGridDisplay(X[:5], y[:5]).plot()
    >>> display.images.shape
    (5, 8, 8)
    """

    def __init__(self, images: ArrayLike, titles: Iterable[Any] | None = None) -> None:
        self.images = images_of(images)
        if self.images is None or not len(self.images):
            raise ValueError(
                f"Got images of shape {np.shape(images)}, but expected at least one "
                "image of 8 x 8 pixels or more. Pass them as (n, height, width) or (n, "
                "height, width, 3)."
            )
        check_consistent_length(self.images, titles)
        self.titles = None if titles is None else [str(title) for title in titles]

    @classmethod
    def from_report(
        cls,
        report: Report,
        *,
        order: Literal["confidence", "loss", "pair"] = "confidence",
        max_images: int = 40,
        ax: Axes | None = None,
        **plot_options: Any,
    ) -> Self:
        """Draw the mistakes of an `ErrorReport`.

        Parameters
        ----------
        report : ErrorReport
            A report with images.

        order : {"confidence", "loss", "pair"}, default="confidence"
            "confidence" starts with the mistakes of which the classifier was most
            certain, "loss" with those whose true label had the lowest probability.
            "pair" groups mistakes by true and predicted label, the most frequent pair
            first. Without probabilities, "confidence" and "loss" keep the order of the
            rows.

        max_images : int, default=40
            Maximum number of images.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **plot_options : dict
            Passed to `plot`.

        Returns
        -------
        DigitGridDisplay

        Raises
        ------
        ValueError
            If the report has no images, or no mistakes.
        """
        check_choice("order", order, ("confidence", "loss", "pair"))
        max_images = check_integer("max_images", max_images)
        if report.images is None:
            raise ValueError(
                "Got a report without images, but expected one with images. Pass X "
                "as (n, height, width) or (n, height, width, 3)."
            )
        if report.n_errors == 0:
            raise ValueError(
                "Got a report without mistakes, but expected at least one. There is "
                "nothing to draw."
            )
        mistakes = _ordered(report, order)[:max_images]
        display = cls(report.images[mistakes.index], mistake_titles(mistakes))
        return display.plot(ax=ax, **plot_options)

    def plot(
        self,
        *,
        ax: Axes | None = None,
        n_columns: int = 8,
        cmap: str | Colormap = "gray_r",
    ) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        n_columns : int, default=8
            Number of images in each row.

        cmap : str or matplotlib.colors.Colormap, default="gray_r"
            Colour map for grey values; the default shows dark ink on white paper.

        Returns
        -------
        self : DigitGridDisplay
            The same display, drawn.
        """
        n, height, width = self.images.shape[:3]
        n_columns = min(check_integer("n_columns", n_columns), n)
        titles = [title.split("\n") for title in self.titles or ()]
        n_lines = max(map(len, titles), default=0)
        longest = max((len(line) for title in titles for line in title), default=0)
        # distances of the images, in pixels
        right = max(1.12, _LETTER * (longest + 1)) * width
        space = (n_lines * _LINE + 0.06) * width
        down = height + space
        n_rows = ceil(n / n_columns)
        figsize = right * n_columns / width, down * n_rows / width
        self.figure_, self.ax_ = axes_for(ax, figsize)
        for number, image in enumerate(drawable(self.images)):
            row, column = divmod(number, n_columns)
            place = column * right, row * down + space
            self._draw_image(image, *place, cmap, number)
        margin = (right - width) / 2
        self.ax_.set_xlim(-margin, right * n_columns - margin)
        # the last frame whole
        self.ax_.set_ylim(n_rows * down + 0.02 * height, 0)
        self.ax_.set_axis_off()
        return self

    def _draw_image(self, image, left, top, cmap, number):
        from matplotlib.patches import Rectangle

        height, width = image.shape[:2]
        extent = (left, left + width, top + height, top)
        self.ax_.imshow(image, cmap=cmap, extent=extent, interpolation="nearest")
        self.ax_.add_patch(
            Rectangle((left, top), width, height, fill=False, lw=0.5, color="0.6")
        )
        if self.titles:
            middle, above = left + width / 2, top - 0.04 * height
            style = {"ha": "center", "va": "bottom", "fontsize": 9, "linespacing": 1.1}
            self.ax_.text(middle, above, self.titles[number], **style)


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
