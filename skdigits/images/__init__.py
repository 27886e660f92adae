"""Converting images to grey levels: paths, bytes, Pillow images, arrays.

This is for use by other sub-packages. Users need it only indirectly, through functions
that accept images, such as `read_digits`.
"""

from skdigits.images._decode import DOCUMENTS, SUFFIXES, read_image
from skdigits.images._grey import grey_image, grey_pages

__all__ = ["DOCUMENTS", "SUFFIXES", "grey_image", "grey_pages", "read_image"]
