"""PixelScaler."""

import warnings
from math import ceil
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from skdigits._validation import (
    SMALLEST_SIDE,
    check_number,
    flatten_for_inverse,
    pixels_for_fitted,
    unchanged_on_failure,
    validate_pixels,
)

# White in 8-bit images and in scikit-learn's digits; already scaled images have 1.
_KNOWN_SCALES = (1, 16, 255)

# Where images were resized by cubic splines, pixels beside an edge exceed white.
_OVERSHOOT = 1.25

# Of more images, as many evenly spaced ones show what they all are like.
_MAX_LOOKED_AT = 1000

# Share of the images whose background may differ from that of the others.
_ODD = 0.1


class PixelScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale pixels to float32 in [0, 1].

    `transform` warns if images differ from those passed to `fit`: if their pixels have
    a different range, or if dark and light are swapped.

    Parameters
    ----------
    scale : float, default=None
        The value of a white pixel, above 0 and the same for all channels. None learns
        it from the training data: the smallest of 1, 16 and 255 that no pixel exceeds
        by more than a quarter, or else the largest pixel value.

    Attributes
    ----------
    scale_ : float
        The pixel value that is scaled to 1. In later images, larger values become
        greater than 1, and negative values stay negative.

    black_ : float
        The value of a black pixel: 0, or ``-scale_`` if `fit` found pixels below
        ``-scale_ / 2``. `transform` uses it only to decide whether to warn.

    background_ : float or None
        0 if the images passed to `fit` were light on dark, 1 if they were dark on
        light. This is the median pixel of an image, scaled so that black is 0 and white
        is 1, and rounded. None if more than a tenth of the images differed from the
        others, if all images were blank, or if they had fewer than 64 values.

    n_features_in_ : int
        Number of values in an image: height x width, times 3 for colour images.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns. Defined only if X was a DataFrame with string column
        names.

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
        """Learn the scale and return the scaled pixels.

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
        """Return the scaled pixels.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        Returns
        -------
        X_scaled : ndarray of the shape of X, dtype float32
            Pixels divided by the scale.

        Warns
        -----
        UserWarning
            If the pixels have a different range from those passed to `fit`, or if dark
            and light are swapped. Blank images, and images with fewer than 64 values,
            are not checked.
        """
        pixels, native_shape = pixels_for_fitted(self, X)
        difference = _difference(pixels, self.black_, self.scale_, self.background_)
        if difference:
            # from the place that called the method, which scikit-learn wraps
            warnings.warn(difference, UserWarning, stacklevel=3)
        return self._scaled(X, pixels, native_shape)

    def _fit(self, X):
        with unchanged_on_failure(self):
            pixels, native_shape = validate_pixels(self, X, reset=True)
            if self.scale is None:
                self.scale_ = _white_of(float(pixels.max()))
            else:
                self.scale_ = check_number("scale", self.scale, closed="neither")
            self.black_ = _black_of(float(pixels.min()), self.scale_)
            self.background_ = _common_background(pixels, self.black_, self.scale_)
        return pixels, native_shape

    def _scaled(self, X, pixels, native_shape):
        # divided in float64 if X is float64, so no value overflows on the way
        dtype = np.float64 if pixels.dtype.itemsize > 4 else np.float32
        scaled = np.divide(pixels, self.scale_, dtype=dtype)
        scaled = scaled.astype(np.float32, copy=False)
        return scaled if native_shape is None else scaled.reshape(np.shape(X))

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the pixels in their original scale.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Scaled images.

        Returns
        -------
        X_original : ndarray of the shape of X, dtype float32
            Pixels multiplied by the scale.
        """
        pixels, native_shape = flatten_for_inverse(self, X)
        original = pixels.astype(np.float32) * np.float32(self.scale_)
        return original if native_shape is None else original.reshape(np.shape(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _white_of(largest):
    """Return the value of a white pixel, given the largest pixel."""
    scales = (scale for scale in _KNOWN_SCALES if largest <= _OVERSHOOT * scale)
    return float(next(scales, largest))


def _looked_at(pixels):
    """Return some images, evenly spaced, but for blank ones and rows of tables."""
    if pixels.shape[1] < SMALLEST_SIDE**2:
        return pixels[:0]
    some = pixels[:: ceil(len(pixels) / _MAX_LOOKED_AT)]
    return some[some.min(axis=1) < some.max(axis=1)]


def _black_of(smallest, scale):
    """Return the value of a black pixel, given the smallest pixel."""
    return -scale if smallest < -scale / 2 else 0.0


def _backgrounds(images, black, scale):
    """Return the median pixel of each image, rounded to black, 0, or white, 1."""
    middle = images.shape[1] // 2
    medians = np.partition(images, middle, axis=1)[:, middle]
    return np.rint((medians - black) / (scale - black))


def _common_background(pixels, black, scale):
    """Return the background that nearly all images have, None if there is none."""
    images = _looked_at(pixels)
    if not len(images):
        return None
    values, counts = np.unique(_backgrounds(images, black, scale), return_counts=True)
    most = counts.argmax()
    return float(values[most]) if counts[most] >= (1 - _ODD) * len(images) else None


def _difference(pixels, black, scale, background):
    """Return how images differ from those of `fit`, None if they do not."""
    images = _looked_at(pixels)
    if not len(images):
        return None
    low, high = float(images.min()), float(images.max())
    if _is_other_white(high, scale) or _black_of(low, scale) != black:
        return (
            f"Got pixels from {low:g} to {high:g}, but expected the range seen in "
            f"fit, {black:g} to {scale:g}. Bring them into that range, or fit again."
        )
    if background is None:
        return None
    odd = np.count_nonzero(_backgrounds(images, black, scale) != background)
    if odd <= _ODD * len(images):
        return None
    got, expected = ("light", "dark") if background < 1 else ("dark", "light")
    return (
        f"Got {odd:,} of {len(images):,} images with a {got} background, but expected "
        f"a {expected} one as in fit. Invert them ({black + scale:g} - X), or fit "
        "again."
    )


def _is_other_white(largest, scale):
    """Return whether the largest pixel of images belongs to another value of white.

    Less than half of a known white may also be the noise of images that are blank.
    """
    white = _white_of(largest)
    return largest > 2 * scale or (15 * white <= scale and largest > white / 2)
