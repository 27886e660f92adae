"""SaliencyDisplay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from skdigits._validation import check_integer
from skdigits.inspection._inputs import code_of, drawable
from skdigits.inspection._plot._display import Display
from skdigits.inspection._predictions import fitted_network_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class SaliencyDisplay(Display):
    """Which pixels favour one label over another.

    It shows the integrated gradients [1]_ of the difference between the logits of two
    labels, along the path from an empty image to the given one. They add up to the
    change of this difference from the empty image to the given one.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, 3)
        The image.

    attributions : ndarray of shape (height, width)
        The contribution of each pixel, summed over its channels, to the logit of
        ``label`` minus the logit of ``against``.

    label : label
        The label that positive attributions support.

    against : label
        The label that negative attributions support.

    Attributes
    ----------
    ax_ : ndarray of shape (2,) of matplotlib.axes.Axes
        The axes of the image and of the attributions.

    figure_ : matplotlib.figure.Figure
        The figure of the plot.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly, Q. Yan. "Axiomatic attribution for deep networks."
       ICML (2017).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import make_digit_pipeline
    >>> from skdigits.inspection import SaliencyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = make_digit_pipeline(filters=8, epochs=5, random_state=0).fit(X, y)
    >>> SaliencyDisplay.from_estimator(pipeline, X[0]).attributions.shape
    (8, 8)
    """

    _n_parts, _figsize = 2, (7, 3.4)

    def __init__(
        self,
        image: NDArray[Any],
        attributions: NDArray[Any],
        label: Any,
        against: Any,
    ) -> None:
        self.image = image
        self.attributions = attributions
        self.label = label
        self.against = against

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        image: Any,
        *,
        label: Any = None,
        against: Any = None,
        n_steps: int = 64,
        ax: Axes | None = None,
    ) -> Self:
        """Draw which pixels support a prediction of a fitted `DigitCNN`.

        This method imports TensorFlow.

        Parameters
        ----------
        estimator : estimator
            A fitted `DigitCNN`, or a pipeline or search with one at its end.

        image : array-like of shape (n_pixels,), (height, width) or (height, width, 3)
            One image, in a shape that the estimator accepts; also a Series, or a table
            with one row.

        label : label, default=None
            The label to explain; None uses the most probable label.

        against : label, default=None
            The label to compare it with; None uses the most probable other label.

        n_steps : int, default=64
            Number of steps on the path from the empty image.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on, split into two parts; None creates a figure.

        Returns
        -------
        SaliencyDisplay

        Raises
        ------
        ValueError
            If the estimator is not a fitted `DigitCNN` and does not contain one, or if
            it was not fitted on one of the labels.
        sklearn.exceptions.NotFittedError
            If the `DigitCNN` is not fitted.
        """
        n_steps = check_integer("n_steps", n_steps)
        network = fitted_network_of(estimator, "network_")
        fitted, row = getattr(estimator, "best_estimator_", estimator), _as_row(image)
        scaled = fitted[:-1].transform(row) if fitted is not network else row
        pixels = np.asarray(scaled, np.float32).reshape(
            network.network_.spec.input_shape
        )
        order = network.predict_proba(scaled)[0].argsort()[::-1].tolist()
        labels = network.classes_
        code = order[0] if label is None else code_of("label", label, labels)
        order.remove(code)
        other = order[0] if against is None else code_of("against", against, labels)
        from skdigits.training import integrated_gradients, keras_model

        model = keras_model(network.network_)
        reasons = integrated_gradients(model, pixels, code, other, n_steps).sum(axis=-1)
        shown = pixels.reshape(network.image_shape_)
        return cls(shown, reasons, labels[code], labels[other]).plot(ax=ax)

    def _draw(self):
        image, reasons = self.ax_
        image.imshow(drawable(self.image[np.newaxis])[0], cmap="gray_r")
        image.set_title("the image")
        # a single pixel would leave the others pale
        limit = np.quantile(np.abs(self.attributions), 0.99) or 1
        drawn = reasons.imshow(self.attributions, cmap="PuOr", vmin=-limit, vmax=limit)
        grey = self.image if self.image.ndim == 2 else self.image.mean(axis=-1)
        middle = (grey.min() + grey.max()) / 2
        reasons.contour(grey, levels=[middle], colors="0.4")
        reasons.set_title(f"for {self.label} (purple), {self.against} (orange)")
        self.figure_.colorbar(
            drawn, ax=reasons, extend="both", label="difference of logits"
        )
        for part in self.ax_:
            part.set(xticks=[], yticks=[])


def _as_row(image):
    """Return an image as one row of X; pixels of tables keep their names."""
    if hasattr(image, "columns"):
        return image
    is_series = hasattr(image, "iloc")
    return image.to_frame().T if is_series else np.asarray(image)[np.newaxis]
