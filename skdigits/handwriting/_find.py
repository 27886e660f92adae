"""find_digits: where the digits of an image are, in reading order."""

from typing import Any, NamedTuple

import numpy as np

from skdigits.handwriting._distinct_signs import distinct_signs_of
from skdigits.handwriting._levels import N_DIGITS
from skdigits.handwriting._own_ink import own_ink
from skdigits.handwriting._page_signs import shared_areas
from skdigits.handwriting._reading_order import layout_of
from skdigits.images import grey_image

# The least heat of a digit where no classifier looks at it, and the least share that
# its box and that of its ink have in common: else neighbours explain the ink.
LEAST_HEAT, EXPLAINED = 0.35, 0.3


class DigitBox(NamedTuple):
    """The box of a digit in an image, and the line and number that it belongs to.

    Parameters
    ----------
    left, top, width, height : int
        The box, in pixels of the image.

    line, number : int
        ``line`` is the position of the line, counted from the top; ``number`` is the
        position of the number in that line, counted from the left. Both start at 0.

    See Also
    --------
    find_digits : Finds the digits of an image.

    Examples
    --------
    >>> from skdigits.handwriting import DigitBox
    >>> DigitBox(left=10, top=5, width=8, height=20, line=0, number=1).height
    20
    """

    left: int
    top: int
    width: int
    height: int
    line: int
    number: int


def find_digits(image: Any) -> list[DigitBox]:
    """Find the digits of an image of handwriting.

    A fully convolutional network, trained on synthetic pages
    (:func:`skdigits.datasets.make_digit_pages`), is applied to the image at several
    scales [1]_. Letters, other signs, ruled lines and frames are ignored.

    Parameters
    ----------
    image : str, path, PIL.Image.Image or array-like
        A file, a Pillow image, or an array of shape (height, width) or
        (height, width, channels), with dark ink on light paper or light ink on dark.

    Returns
    -------
    list of DigitBox
        Named tuples ``(left, top, width, height, line, number)`` in reading order.
        Positions and sizes are in pixels, after any orientation stored in the image
        (EXIF) has been applied. Lines are counted from 0, and so are the numbers in
        each line; wider gaps separate numbers. The list is empty if there are no
        digits.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the input is not an image, or has several pages.

    Warns
    -----
    UserWarning
        If the image has more than 3,000 signs, where one that is seen at two scales
        counts twice. The least certain are then left out.

    See Also
    --------
    skdigits.read_digits : Also classifies the digits.

    References
    ----------
    .. [1] X. Zhou, D. Wang, P. Krähenbühl. "Objects as points." arXiv:1904.07850
       (2019).

    Examples
    --------
    The digit 1, twice on the first line and once on the second:

    >>> import numpy as np
    >>> from skdigits.handwriting import find_digits
    >>> paper = np.full((120, 80), 230, dtype=np.uint8)
    >>> for top, left in (10, 20), (10, 35), (70, 20):
    ...     paper[top:top + 30, left:left + 4] = 40
    >>> for box in find_digits(paper):
    ...     print(f"line {box.line}, about {5 * round(box.left / 5)} from the left")
    line 0, about 20 from the left
    line 0, about 35 from the left
    line 1, about 20 from the left
    """
    grey = grey_image(image)
    signs = distinct_signs_of(grey)
    heat = signs.heat[:, :N_DIGITS].max(axis=1)
    found = np.flatnonzero((heat > LEAST_HEAT) & (heat == signs.heat.max(axis=1)))
    inked = [(own_ink(signs, i)[1], signs.boxes[i]) for i in found]
    inked = [own for own, box in inked if shared_areas(own, box[None])[0] > EXPLAINED]
    boxes = np.reshape(inked, (-1, 4))
    return [
        DigitBox(*(*pixels_of(boxes[i], grey.shape), line, number))
        for i, line, number in layout_of(boxes)
    ]


def pixels_of(box, shape):
    """Return left, top, width and height of a box in whole pixels of an image."""
    height, width = shape
    left, top, right, bottom = np.round(box).astype(int)
    left, top = np.clip([left, top], 0, [width - 1, height - 1])
    right = np.clip(right, left + 1, width)
    bottom = np.clip(bottom, top + 1, height)
    return int(left), int(top), int(right - left), int(bottom - top)
