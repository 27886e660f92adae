"""PixelScaler."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from skdigits._validation import (
    check_number,
    flatten_for_inverse,
    pixels_for_fitted,
    validate_pixels,
)

# White in 8-bit images and in scikit-learn's digits; already scaled images have 1.
_KNOWN_SCALES = (1, 16, 255)


class PixelScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale pixels to float32 in [0, 1].

    Parameters
    ----------
    scale : float, default=None
        The value of a white pixel, the same for all channels. None learns it from the
        training data: the smallest of 1, 16 and 255 that no pixel exceeds, or the
        largest pixel if that is above 255.

    Attributes
    ----------
    scale_ : float
        The value that becomes 1. Pixels of later images above it become more;
        negative ones stay negative.

    n_features_in_ : int
        Number of values of an image: height x width, times 3 for colour images.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, only if X was a DataFrame with string column names.

    See Also
    --------
    ImageReshaper : Fold rows of pixels into images.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.preprocessing import PixelScaler
    >>> X = np.array([[0, 51], [102, 255]], dtype=np.uint8)
    >>> PixelScaler().fit_transform(X)
    array([[0. , 0.2],
           [0.4, 1. ]], dtype=float32)
    """

    def __init__(self, scale: float | None = None) -> None:
        self.scale = scale

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the scale.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        y : None
            Ignored.

        Returns
        -------
        self : PixelScaler
            The fitted scaler.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[np.float32]:
        """Learn the scale, and return the same pixels scaled.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        y : None
            Ignored.

        Returns
        -------
        X_scaled : ndarray of the shape of X, dtype float32
            Pixels divided by the scale.
        """
        return self._scaled(X, *self._fit(X))

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return pixels scaled.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        Returns
        -------
        X_scaled : ndarray of the shape of X, dtype float32
            Pixels divided by the scale.
        """
        return self._scaled(X, *pixels_for_fitted(self, X))

    def _fit(self, X):
        pixels, native_shape = validate_pixels(self, X, reset=True)
        self.scale_ = self._learned_scale(pixels)
        return pixels, native_shape

    def _scaled(self, X, pixels, native_shape):
        # divided in float64 where X is, so that no value overflows on the way
        scaled = np.divide(pixels, self.scale_, dtype=_division_dtype(pixels))
        scaled = scaled.astype(np.float32, copy=False)
        return scaled if native_shape is None else scaled.reshape(np.shape(X))

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return pixels scaled back.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Scaled images.

        Returns
        -------
        X_original : ndarray of the shape of X, dtype float32
            Pixels times the scale.
        """
        pixels, native_shape = flatten_for_inverse(self, X)
        original = pixels.astype(np.float32) * np.float32(self.scale_)
        return original if native_shape is None else original.reshape(np.shape(X))

    def _learned_scale(self, pixels):
        if self.scale is not None:
            return check_number(
                "scale", self.scale, low=0, high=np.inf, closed="neither"
            )
        largest = float(pixels.max())
        return float(next((s for s in _KNOWN_SCALES if largest <= s), largest))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _division_dtype(pixels):
    return np.float64 if pixels.dtype.itemsize > 4 else np.float32
