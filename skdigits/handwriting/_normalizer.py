"""HandwritingNormalizer: images of single digits in MNIST format."""

import os
from math import isqrt
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)

from skdigits._validation import (
    SMALLEST_SIDE,
    check_n_jobs,
    one_image_error,
    one_line,
    resolve_image_shape,
)
from skdigits.handwriting._normalize import SIDE
from skdigits.handwriting._one_digit import normalized

# Images that a worker gets at once.
CHUNK = 64


class HandwritingNormalizer(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Bring images of single digits into MNIST format.

    Uneven light, the colour of the paper, ruled lines, frames and specks are removed.
    The ink may be dark on light or light on dark. It is cropped, scaled to fit into
    20 x 20 pixels, and placed with its centre of mass in the middle of 28 x 28 pixels,
    with strokes about as thick as in MNIST [1]_. Images from MNIST itself are not
    degraded.

    Parameters
    ----------
    n_jobs : int, default=None
        Number of parallel processes. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all processors.

    See Also
    --------
    skdigits.load_pretrained : A fitted pipeline that begins with this transformer.
    skdigits.handwriting.find_digits : Finds the digits on a sheet.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning
       applied to document recognition", Proceedings of the IEEE 86 (11), 1998.

    Examples
    --------
    A digit 1, drawn dark on light in an image of any size:

    >>> import numpy as np
    >>> from skdigits.handwriting import HandwritingNormalizer
    >>> drawing = np.full((90, 60), 230, dtype=np.uint8)
    >>> drawing[20:70, 30:35] = 40
    >>> X = HandwritingNormalizer().fit_transform([drawing])
    >>> X.shape, X.dtype
    ((1, 784), dtype('uint8'))
    >>> rows, columns = np.nonzero(X.reshape(28, 28))
    >>> int(rows.max() - rows.min()) + 1
    20
    """

    def __init__(self, *, n_jobs: int | None = None) -> None:
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check that ``X`` is a sequence; nothing is learned from its images.

        Parameters
        ----------
        X : sequence of images
            See ``transform``.

        y : Ignored
            Not used; present for API consistency.

        Returns
        -------
        self
            The transformer itself.
        """
        _as_images(X)
        return self

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Bring the images into MNIST format.

        Parameters
        ----------
        X : sequence of n images
            Arrays of shape (height, width) or (height, width, channels), Pillow images
            or paths of files; these may be mixed and of different sizes. ``X`` may
            also be one array of shape (n, height, width) or (n, height, width,
            channels), or of shape (n, pixels) if the images are square. Pass one image
            in a list, and also images of 1, 3 or 4 pixels in width. An array that is
            one image is refused if it has channels, or if it is square and cannot be
            rows of pixels, as one with sides of 64 can.

        Returns
        -------
        ndarray of shape (n, 784), dtype uint8
            Light ink on a dark background; a blank image gives a row of zeros.

        Raises
        ------
        FileNotFoundError
            If there is no file at a path.
        ValueError
            If ``X`` is not a sequence, or is one image, or if one of its items is not
            an image.
        """
        check_n_jobs(self.n_jobs)
        images = _as_images(X)
        chunks = [images[i : i + CHUNK] for i in range(0, len(images), CHUNK)]
        rows = Parallel(n_jobs=self.n_jobs)(delayed(_rows)(chunk) for chunk in chunks)
        return np.concatenate([np.empty((0, SIDE * SIDE), np.uint8), *rows])

    @property
    def _n_features_out(self):
        return SIDE * SIDE

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.three_d_array = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _rows(images):
    return np.stack([normalized(image).ravel() for image in images])


def _is_sequence(X):
    can_be_cut = hasattr(X, "__len__") and hasattr(X, "__getitem__")
    is_other = isinstance(X, str | bytes | os.PathLike | dict)
    return can_be_cut and not is_other and getattr(X, "ndim", 1) > 0


def _is_one_image(shape):
    """Return whether an array of a shape is an image rather than a stack of them."""
    if len(shape) == 3:
        return shape[2] in (1, 3, 4) and min(shape[:2]) > shape[2]
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        return False
    # 64 rows of 64 pixels, say, may be the rows of images of 8 x 8 pixels
    side = isqrt(shape[1])
    return side < SMALLEST_SIDE or side**2 != shape[1]


def _as_images(X):
    """Return ``X`` as something that is cut and counted by images."""
    if issparse(X):
        raise TypeError("Got sparse X, but expected images. Pass X.toarray().")
    if not _is_sequence(X):
        raise ValueError(
            f"Got {one_line(repr(X))}, but expected a sequence of images. Pass a "
            "list, even for one image."
        )
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if isinstance(X, np.ndarray) and _is_one_image(X.shape):
        raise one_image_error(X)
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind not in "buif":
        return X
    if not X.shape[1]:
        raise ValueError(
            f"Got X of shape {X.shape}, but expected images of at least one pixel. "
            "Pass other images."
        )
    if X.size and X.min() < 0:
        raise ValueError(
            f"Negative values in data: got X with pixels down to {X.min()}, but "
            "expected numbers from 0. Scale them into [0, 1]."
        )
    return np.asarray(X).reshape(-1, *resolve_image_shape(X.shape[1]))
