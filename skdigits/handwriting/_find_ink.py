"""find_ink: which pixels of an image are ink."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdigits.handwriting._levels import levels_of
from skdigits.images import grey_image


def find_ink(image: Any) -> NDArray[np.float32]:
    """Return the probability of ink for each pixel of an image of handwriting.

    The page network predicts this probability at several scales. Thick strokes are
    found at coarser scales than thin ones, so the highest probability is returned for
    each pixel. Ruled lines, frames, shadows and the desk beside the paper do not count
    as ink.

    Parameters
    ----------
    image : str, path, PIL.Image.Image or array-like
        A file, a Pillow image, or an array of shape (height, width) or
        (height, width, channels), with dark ink on light paper or light ink on dark.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        Probabilities of ink, in [0, 1].

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the input is not an image, or has several pages.

    See Also
    --------
    skdigits.handwriting.find_digits : Finds the digits of an image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.handwriting import find_ink
    >>> paper = np.linspace(250, 120, 90) * np.ones((60, 1))
    >>> paper[15:45, [20, 21, 22, 70, 71, 72]] *= 0.4
    >>> ink = find_ink(paper)
    >>> np.flatnonzero(ink[20:40].mean(axis=0) > 0.5)
    array([20, 21, 22, 70, 71, 72])
    """
    from PIL import Image

    grey = grey_image(image)
    ink = np.zeros(grey.shape, np.float32)
    for level in levels_of(grey):
        rows, columns = (
            slice(level.margin, level.margin + side) for side in level.inside
        )
        seen = Image.fromarray(np.ascontiguousarray(level.ink[rows, columns]))
        seen = seen.resize(grey.shape[::-1], Image.Resampling.BILINEAR)
        np.maximum(ink, np.asarray(seen), out=ink)
    return ink
