"""ImageReshaper."""

from typing import Any, Literal, Self

from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from skdigits._validation import (
    flatten_for_inverse,
    pixels_for_fitted,
    resolve_image_shape,
    validate_pixels,
)


class ImageReshaper(  # type: ignore[call-arg]
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Fold rows of pixels into pictures of shape (height, width, 1).

    Parameters
    ----------
    image_shape : tuple of int (height, width), default=None
        Shape of a picture, in pixels. None takes the shape of the input if it is not
        flat, and folds flat rows into squares. Rows of fewer than 64 features that
        are not a square number count as pictures of one row.

    Attributes
    ----------
    image_shape_ : tuple of int (height, width)
        Shape of a picture, in pixels.

    n_features_in_ : int
        Number of pixels of a picture.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, only if X was a DataFrame with string column names.

    See Also
    --------
    PixelScaler : Scale pixels to [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.preprocessing import ImageReshaper
    >>> ImageReshaper().fit_transform(np.zeros((5, 784))).shape
    (5, 28, 28, 1)
    """

    def __init__(self, image_shape: tuple[int, int] | None = None) -> None:
        self.image_shape = image_shape

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the shape of the pictures.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, 1)
            Pictures, of any numeric dtype.

        y : None
            Ignored.

        Returns
        -------
        self : ImageReshaper
            The transformer.

        Raises
        ------
        ValueError
            If the pixels do not fold into ``image_shape``, or into a square.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[Any]:
        """Learn the shape of the pictures, and fold them.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, 1)
            Pictures, of any numeric dtype.

        y : None
            Ignored.

        Returns
        -------
        images : ndarray of shape (n, height, width, 1), dtype of X
            The pictures.
        """
        return self._fit(X).reshape(-1, *self.image_shape_, 1)

    def _fit(self, X):
        pixels, native_shape = validate_pixels(self, X, reset=True)
        self.image_shape_ = resolve_image_shape(
            pixels.shape[1], image_shape=self.image_shape, native_shape=native_shape
        )
        return pixels

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Fold rows into pictures.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, 1)
            Pictures, of any numeric dtype.

        Returns
        -------
        images : ndarray of shape (n, height, width, 1), dtype of X
            The pictures.
        """
        pixels, native_shape = pixels_for_fitted(self, X)
        resolve_image_shape(
            pixels.shape[1], image_shape=self.image_shape_, native_shape=native_shape
        )
        return pixels.reshape(-1, *self.image_shape_, 1)

    def inverse_transform(self, X: ArrayLike) -> NDArray[Any]:
        """Lay pictures out as rows.

        Parameters
        ----------
        X : array-like of shape (n, height, width, 1)
            Pictures.

        Returns
        -------
        rows : ndarray of shape (n, n_pixels), dtype of X
            Each picture, row by row.
        """
        rows, native_shape = flatten_for_inverse(self, X)
        resolve_image_shape(
            rows.shape[1], image_shape=self.image_shape_, native_shape=native_shape
        )
        return rows

    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = None
    ) -> Self:
        """Do nothing: pictures are four-dimensional, which no DataFrame can hold.

        It is there so that `Pipeline.set_output` can reach the other steps.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored.

        Returns
        -------
        self : ImageReshaper
            The transformer.
        """
        return self
