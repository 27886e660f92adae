"""find_ink: which pixels of an image are ink."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skdigits.handwriting._levels import levels_of
from skdigits.images import grey_image


def find_ink(image: Any) -> NDArray[np.float32]:
    """Tell the ink of handwriting from all else on an image.

    The page network sees the image at several scales, and says of each pixel how
    probably it is ink; thick strokes are seen at coarser scales than thin ones, so that
    the highest of these probabilities counts. Ruled lines, frames, shadows and a table
    beside the paper are not ink.

    Parameters
    ----------
    image : str, path, PIL.Image.Image or array-like
        A file, a Pillow image, or an array of shape (height, width) or
        (height, width, channels), dark ink on light paper or light on dark.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        Probabilities of ink, in [0, 1].

    Raises
    ------
    ValueError
        If the input is not an image.

    See Also
    --------
    skdigits.handwriting.find_digits : Where the digits are.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.handwriting import find_ink
    >>> paper = np.linspace(250, 120, 90) * np.ones((60, 1))
    >>> paper[15:45, [20, 21, 22, 70, 71, 72]] *= 0.4
    >>> ink = find_ink(paper)
    >>> np.flatnonzero(ink[30] > 0.5)
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
