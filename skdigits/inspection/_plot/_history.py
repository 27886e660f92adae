"""TrainingHistoryDisplay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skdigits.inspection._plot._display import Display
from skdigits.inspection._plot._drawing import colours
from skdigits.inspection._predictions import fitted_network_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class TrainingHistoryDisplay(Display):
    """Loss and accuracy over the epochs of training.

    The best epoch is marked if there are several epochs and a validation part.

    Parameters
    ----------
    history : dict of list of float
        "loss" and "accuracy" of each epoch, and "val_loss" and "val_accuracy" if there
        is a validation part, as in `DigitCNN.history_` and in Keras' `History`.

    Attributes
    ----------
    best_epoch : int or None
        The epoch, counted from 1, with the lowest validation loss. None without a
        validation part, as a low training loss may be a sign of overfitting.

    ax_ : ndarray of shape (2,) of matplotlib.axes.Axes
        The axes of loss and accuracy.

    figure_ : matplotlib.figure.Figure
        The figure of the plot.

    Examples
    --------
    >>> from skdigits.inspection import TrainingHistoryDisplay
    >>> history = {"loss": [0.9, 0.4, 0.2], "accuracy": [0.7, 0.9, 0.95]}
    >>> history |= {"val_loss": [0.5, 0.3, 0.4], "val_accuracy": [0.8, 0.9, 0.88]}
    >>> TrainingHistoryDisplay(history).plot().best_epoch
    2
    """

    _n_parts, _figsize = 2, (8, 3.4)

    def __init__(self, history: Mapping[str, Sequence[float]]) -> None:
        for name in ("loss", "accuracy"):
            if not len(history.get(name, ())):
                raise ValueError(
                    f"Got a history with {sorted(history)}, but expected {name!r} for "
                    "at least one epoch."
                )
        self.history = history
        losses = np.asarray(history.get("val_loss", ()), dtype=float)
        measured = not np.isnan(losses).all()
        self.best_epoch = int(np.nanargmin(losses)) + 1 if measured else None

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | None = None) -> Self:
        """Draw the training of a `DigitCNN`, or of a pipeline or search with one.

        Parameters
        ----------
        estimator : estimator
            A fitted `DigitCNN`, or a fitted pipeline or search that ends with one.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on, split into two parts; None creates a figure.

        Returns
        -------
        TrainingHistoryDisplay

        Raises
        ------
        ValueError
            If the estimator has no `history_`.
        sklearn.exceptions.NotFittedError
            If the `DigitCNN` is not fitted.
        """
        history = fitted_network_of(estimator, "history_").history_
        return cls(history).plot(ax=ax)

    def _draw(self):
        for part, name in zip(self.ax_, ("loss", "accuracy"), strict=True):
            self._draw_figure(part, name)
        self.ax_[0].set_ylim(bottom=0)
        self.ax_[0].legend()

    def _draw_figure(self, ax, name):
        from matplotlib.ticker import MaxNLocator

        palette, n_epochs = colours(ax), len(self.history["loss"])
        for key, style, colour, label in (
            (name, "o--", palette["muted"], "training"),
            (f"val_{name}", "s-", palette["main"], "validation"),
        ):
            figures = np.asarray(self.history.get(key, ()), dtype=float)
            if np.isfinite(figures).any() or key == name:
                epochs = np.arange(1, len(figures) + 1)
                ax.plot(epochs, figures, style, ms=4, c=colour, label=label)
        if self.best_epoch and n_epochs > 1:
            label = f"best epoch, {self.best_epoch}"
            ax.axvline(self.best_epoch, c=palette["accent"], ls=":", label=label)
        ax.set(xlabel="epoch", ylabel=name)
        # by default it puts two ticks at least on an axis of one epoch
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
