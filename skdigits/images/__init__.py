"""Anything that is an image to grey levels: paths, bytes, Pillow's images, arrays.

For the sub-packages above; users meet it in what `read_digits` and others take.
"""

from skdigits.images._decode import (
    DOCUMENTS,
    MAX_PIXELS,
    SUFFIXES,
    read_image,
)
from skdigits.images._grey import grey_image, grey_pages

__all__ = [
    "DOCUMENTS",
    "MAX_PIXELS",
    "SUFFIXES",
    "grey_pages",
    "grey_image",
    "read_image",
]
