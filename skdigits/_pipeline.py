"""The classifier with its preprocessing."""

from typing import Any

from sklearn.pipeline import Pipeline

from skdigits._classifier import DigitCNN
from skdigits.preprocessing import ImageReshaper, PixelScaler


def make_digit_pipeline(
    classifier: Any = None,
    *,
    image_shape: tuple[int, int] | tuple[int, int, int] | None = None,
    **params: Any,
) -> Pipeline:
    """Return a pipeline from raw pixels to labels.

    Its steps are ``scale`` (`PixelScaler`), ``reshape`` (`ImageReshaper`) and ``cnn``
    (`DigitCNN`), so that a search can vary ``cnn__filters`` or ``cnn__dropout``.

    Parameters
    ----------
    classifier : estimator, default=None
        The last step, which receives images of shape (n, height, width, channels).
        None creates a `DigitCNN` with ``params``.

    image_shape : tuple of int (height, width) or (height, width, 3), default=None
        How flat rows are folded into images; None folds them into square images with
        one channel.

    **params : dict
        Parameters of `DigitCNN`; allowed only if ``classifier`` is None.

    Returns
    -------
    sklearn.pipeline.Pipeline
        The unfitted pipeline.

    Raises
    ------
    ValueError
        If both ``classifier`` and ``params`` are given.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import make_digit_pipeline
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = make_digit_pipeline(filters=8, epochs=5, random_state=0)
    >>> pipeline.fit(X, y).score(X, y) > 0.5
    True
    """
    if classifier is not None and params:
        raise ValueError(
            f"Got a classifier and the parameters {sorted(params)}, but expected one "
            "or the other. Set the parameters on the classifier."
        )
    if classifier is None:
        classifier = DigitCNN(**params)
    return Pipeline(
        [
            ("scale", PixelScaler()),
            ("reshape", ImageReshaper(image_shape=image_shape)),
            ("cnn", classifier),
        ]
    )


def begins_with_normalizer(estimator):
    """Return whether it is a pipeline that begins with a `HandwritingNormalizer`."""
    from skdigits.handwriting import HandwritingNormalizer

    is_pipeline = hasattr(estimator, "steps")
    return is_pipeline and isinstance(estimator[0], HandwritingNormalizer)
