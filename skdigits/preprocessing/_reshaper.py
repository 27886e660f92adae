"""ImageReshaper."""

from typing import Any, Literal, Self

from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

from skdigits._validation import (
    flatten_for_inverse,
    fold_images,
    pixels_for_fitted,
    resolve_image_shape,
    unchanged_on_failure,
    validate_pixels,
)


class ImageReshaper(  # type: ignore[call-arg]
    OneToOneFeatureMixin, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Fold rows of pixels into images of shape (height, width, channels).

    Folding neither drops nor changes a value, so `get_feature_names_out` returns the
    names of the input columns: ``feature_names_in_`` if X had names, and otherwise
    "x0", "x1" and so on.

    Parameters
    ----------
    image_shape : tuple of int (height, width) or (height, width, 3), default=None
        Shape of an image, in pixels; a third value of 3 means colour images, whose rows
        hold the three values of each pixel next to each other. None keeps the shape of
        input that is not flat, and folds flat rows into square images with one channel.
        Rows of fewer than 64 features, if this number is not a square, are treated as
        images with a height of one pixel.

    Attributes
    ----------
    image_shape_ : tuple of int (height, width) or (height, width, 3)
        Shape of an image, in pixels.

    n_features_in_ : int
        Number of values in an image: height x width, times 3 for colour images.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns. Defined only if X was a DataFrame with string column
        names.

    See Also
    --------
    PixelScaler : Scale pixels to [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.preprocessing import ImageReshaper
    >>> ImageReshaper().fit_transform(np.zeros((5, 784))).shape
    (5, 28, 28, 1)
    >>> ImageReshaper(image_shape=(32, 32, 3)).fit_transform(np.zeros((5, 3072))).shape
    (5, 32, 32, 3)
    """

    def __init__(
        self, image_shape: tuple[int, int] | tuple[int, int, int] | None = None
    ) -> None:
        self.image_shape = image_shape

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the shape of the images.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        y : None
            Ignored.

        Returns
        -------
        self : ImageReshaper
            The transformer.

        Raises
        ------
        ValueError
            If the pixels cannot be folded into ``image_shape`` or into a square. The
            transformer is then left as it was before.
        """
        with unchanged_on_failure(self):
            rows, shape = validate_pixels(self, X, reset=True)
            self.image_shape_ = resolve_image_shape(
                rows.shape[1], self.image_shape, shape
            )
        return self

    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[Any]:
        """Learn the shape of the images and return the rows folded into images.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        y : None
            Ignored.

        Returns
        -------
        images : ndarray of shape (n, height, width, channels), dtype of X
            The images.
        """
        return self.fit(X).transform(X)

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return rows folded into images.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        Returns
        -------
        images : ndarray of shape (n, height, width, channels), dtype of X
            The images.
        """
        rows, shape = pixels_for_fitted(self, X)
        return fold_images(rows, self.image_shape_, shape)

    def inverse_transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return images as flat rows.

        Parameters
        ----------
        X : array-like of shape (n, height, width, channels)
            Images.

        Returns
        -------
        rows : ndarray of shape (n, n_pixels), dtype of X
            The pixels of each image, row by row.
        """
        rows, shape = flatten_for_inverse(self, X)
        return fold_images(rows, self.image_shape_, shape).reshape(rows.shape)

    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = None
    ) -> Self:
        """Do nothing, as a DataFrame cannot hold four-dimensional images.

        This method exists so that `Pipeline.set_output` can configure the other steps.

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
