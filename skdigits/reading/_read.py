"""read_digits: from pictures to what is written on them."""

import os

import numpy as np
from joblib import Parallel, delayed

from skdigits.handwriting import HandwritingNormalizer
from skdigits.handwriting._find import digits_of
from skdigits.handwriting._form import mnist_form
from skdigits.handwriting._grey import grey_picture
from skdigits.reading._pretrained import NO_DIGIT, shared_pretrained
from skdigits.reading._reading import ReadDigit, Reading

# Below this probability an answer is "not sure", and a part of a sheet that is no digit
# with a higher one is left out.
MIN_CONFIDENCE, CERTAINLY_NONE = 0.6, 0.8

# A sheet that is read worse than this, by its mean confidence, is also read turned.
POORLY, MUCH_BETTER = 0.75, 0.15


def read_digits(image_or_images, *, model=None, min_confidence=None, n_jobs=None):
    """Read the handwritten digits of a picture, or of each of several pictures.

    Parameters
    ----------
    image_or_images : picture, or list or tuple of pictures
        A picture is an array of shape (height, width) or (height, width, channels), an
        image of Pillow, or the path of a file.

    model : estimator or path, default=None
        A fitted classifier with ``predict_proba`` for rows of 784 pixels in MNIST's
        form, or the file of one; :func:`~skdigits.load_pretrained` by default. A
        leading :class:`~skdigits.handwriting.HandwritingNormalizer` is left out, as
        each digit is in MNIST's form already. A class -1 means "no digit".

    min_confidence : float in [0, 1], default=None
        The probability below which an answer is "not sure"; None is 0.6.

    n_jobs : int, default=None
        Number of processes that share the pictures, as joblib counts them. None is 1
        unless in a :func:`joblib.parallel_config` context.

    Returns
    -------
    Reading or list of Reading
        With ``text``, ``digits`` and ``plot()``.

    Raises
    ------
    ValueError
        If something is no picture, or cannot be decoded.

    See Also
    --------
    skdigits.load_pretrained : For pictures of single digits.
    skdigits.handwriting.find_digits : Only finds them.

    Examples
    --------
    """
    if isinstance(image_or_images, list | tuple):
        reader = Reader(model, min_confidence)
        return Parallel(n_jobs=n_jobs)(
            delayed(reader)(image) for image in image_or_images
        )
    return Reader(model, min_confidence)(image_or_images)
