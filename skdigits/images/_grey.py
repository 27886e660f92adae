"""Converting any image to grey levels in [0, 1]."""

import os
from itertools import chain, islice
from math import prod

import numpy as np

from skdigits._validation import one_line, reason_of
from skdigits.images._decode import MAX_PIXELS, grey_of_image, read_pages


def grey_image(image):
    """Return any image as grey levels.

    Parameters
    ----------
    image : str, path, bytes, binary file, dict, PIL.Image.Image or array-like
        A file or its content; a Pillow image; an array of shape (height, width),
        (height, width, 1), (height, width, 3) or (height, width, 4); or a dict with one
        of these as "composite", as returned by gradio's sketchpad. Arrays may hold
        Booleans or numbers. White is the smallest of 1, 16, 255 and 65,535 that no
        pixel exceeds, or the largest pixel if that is above 65,535. In arrays of 8-bit
        integers, white is 1 or 255.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        0 is black, 1 is white.
    """
    many, pages = grey_pages(image)
    if many:
        raise ValueError(
            "Got several pages, but expected one image. Pass them to read_digits, "
            "which reads all of them, or save one page."
        )
    return next(pages)


def grey_pages(source):
    """Return whether a source has several pages, and an iterator over them.

    Parameters
    ----------
    source
        As for `grey_image`, or a PDF or TIFF file with several pages.

    Returns
    -------
    many : bool
        Whether the source has several pages.

    pages : iterator of ndarray of shape (height, width), dtype float32
    """
    if isinstance(source, dict):
        source = _composite(source)
    if hasattr(source, "getexif"):
        return False, iter([_of_8_bits(grey_of_image(source))])
    is_file = hasattr(source, "read") and not hasattr(source, "shape")
    if is_file or isinstance(source, str | os.PathLike | bytes | bytearray):
        pages = map(_of_8_bits, read_pages(source))
        first = [next(pages), *islice(pages, 1)]
        return len(first) > 1, chain(first, pages)
    return False, iter([_grey_array(source)])


def _composite(drawing):
    composite = drawing.get("composite")
    if composite is None:
        raise ValueError(
            f"Got a dict with {one_line(repr(sorted(map(str, drawing))))}, but "
            'expected the image under "composite", where a sketchpad puts it. Pass '
            "that image."
        )
    return composite


def _of_8_bits(grey):
    # not in two steps, as it may be large
    return np.divide(grey, 255, dtype=np.float32)


def _grey_array(image):
    array = _as_array(image)
    has_channels = array.ndim == 3 and array.shape[2] in (1, 3, 4)
    is_image = array.ndim == 2 or has_channels
    if not is_image or not array.size or array.dtype.kind not in "buif":
        raise ValueError(
            f"Got an image as an array of shape {array.shape} and dtype "
            f"{array.dtype}, but expected numbers of shape (height, width), or with 1, "
            "3 or 4 channels. Pass a file, a Pillow image or such an array."
        )
    levels = array.astype(np.float32)
    if not np.isfinite(levels).all() or levels.min() < 0:
        raise ValueError(
            f"Got an image with pixels from {levels.min()} to {levels.max()}, but "
            "expected finite numbers from 0. Scale it into [0, 1]."
        )
    levels /= _white(array)
    return _without_channels(levels) if has_channels else levels


def _as_array(image):
    try:
        array = np.asarray(image)
    except ValueError as error:
        raise ValueError(
            f"Got an image that is not an array ({reason_of(error)}), but expected "
            "rows of equal length. Pass a file, a Pillow image or an array."
        ) from error
    if prod(array.shape[:2]) > MAX_PIXELS:
        raise ValueError(
            f"Got an image as an array of shape {array.shape}, but expected at most "
            f"{MAX_PIXELS:,} pixels. Make it smaller."
        )
    return array


def _white(array):
    highest = array.max()
    if array.dtype.itemsize == 1 and array.dtype.kind in "ui" and highest > 1:
        return 255
    return next((w for w in (1, 16, 255, 65535) if highest <= w), highest)


def _without_channels(levels):
    if levels.shape[2] == 1:
        return levels[:, :, 0]
    from PIL import Image

    colours = np.round(255 * levels).astype(np.uint8)
    return _of_8_bits(grey_of_image(Image.fromarray(colours)))
