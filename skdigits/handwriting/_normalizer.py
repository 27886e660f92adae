"""HandwritingNormalizer: images of single digits in MNIST format."""

import os
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

from skdigits._validation import check_n_jobs, one_line, resolve_image_shape
from skdigits.handwriting._normalize import SIDE
from skdigits.handwriting._one_digit import normalized

# Images that a worker gets at once.
CHUNK = 64


class HandwritingNormalizer(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Bring images of single digits into MNIST format.

    Uneven light and the paper's colour are removed, ink is found, dark on light or
    light on dark, ruling, frames and specks are taken away, and what is left is
    cropped, scaled into 20 x 20 pixels and centred by its mass in 28 x 28, with strokes
    about as thick as MNIST's [1]_. Images of MNIST pass through unharmed.

    Parameters
    ----------
    n_jobs : int, default=None
        Number of processes that share the images, as joblib counts them. None is 1
        unless in a :func:`joblib.parallel_config` context.

    See Also
    --------
    skdigits.load_pretrained : A fitted pipeline that begins with it.
    skdigits.handwriting.find_digits : Where the digits of a sheet are.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning
       applied to document recognition", Proceedings of the IEEE 86 (11), 1998.

    Examples
    --------
    A one drawn dark on light, of any size:

    >>> import numpy as np
    >>> from skdigits.handwriting import HandwritingNormalizer
    >>> drawing = np.full((90, 60), 230, dtype=np.uint8)
    >>> drawing[20:70, 30:35] = 40
    >>> X = HandwritingNormalizer().fit_transform([drawing])
    >>> X.shape, X.dtype
    ((1, 784), dtype('uint8'))
    >>> rows, columns = np.nonzero(X.reshape(28, 28))
    >>> int(rows.min()), int(rows.max())
    (4, 23)
    """

    def __init__(self, *, n_jobs: int | None = None) -> None:
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Do nothing but check that ``X`` are images; there is nothing to learn.

        Parameters
        ----------
        X : sequence of images
            See ``transform``.

        y : Ignored
            Not used; there for scikit-learn's sake.

        Returns
        -------
        self
            The transformer, which has nothing to learn.
        """
        _as_images(X)
        return self

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Bring the images into MNIST format.

        Parameters
        ----------
        X : sequence of n images
            Arrays of shape (height, width) or (height, width, channels), images of
            Pillow or paths of files, also mixed and of different sizes; or one array of
            shape (n, height, width), (n, height, width, channels), or (n, pixels) with
            square images.

        Returns
        -------
        ndarray of shape (n, 784), dtype uint8
            Light ink on dark ground; a row of zeros for a blank image.
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


def _as_images(X):
    """Return ``X`` as something that is cut and counted by images."""
    if issparse(X):
        raise TypeError("Got sparse X, but expected images. Pass X.toarray().")
    if not _is_sequence(X):
        raise ValueError(
            f"Got {one_line(repr(X))}, but expected a sequence of images. Pass a "
            "list, also for one image."
        )
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind not in "buif":
        return X
    if not X.shape[1]:
        raise ValueError(
            f"Got X of shape {X.shape}, but expected images of at least one pixel. "
            "Pass others."
        )
    if X.size and X.min() < 0:
        raise ValueError(
            f"Negative values in data: got X with pixels down to {X.min()}, but "
            "expected numbers from 0. Scale them into [0, 1]."
        )
    return np.asarray(X).reshape(-1, *resolve_image_shape(X.shape[1]))
