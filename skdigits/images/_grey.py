"""Any picture as grey levels in [0, 1]."""

import os
from math import prod

import numpy as np

from skdigits._validation import reason_of
from skdigits.images._decode import MAX_PIXELS, grey_of_image, read_picture


def grey_picture(picture):
    """Return any picture as grey levels.

    Parameters
    ----------
    picture : str, path, PIL.Image.Image or array-like
        A file, an image of Pillow, or an array of shape (height, width),
        (height, width, 1), (height, width, 3) or (height, width, 4): Booleans, uint8,
        uint16, or numbers up to 1, 16, 255 or 65,535, the least that fits.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        0 is black, 1 is white.
    """
    if isinstance(picture, str | os.PathLike):
        return _of_8_bits(read_picture(picture))
    if hasattr(picture, "getexif"):
        return _of_8_bits(grey_of_image(picture))
    return _grey_array(picture)


def _of_8_bits(grey):
    # not in two steps, as it may be large
    return np.divide(grey, 255, dtype=np.float32)


def _grey_array(picture):
    array = _as_array(picture)
    if array.ndim == 3 and array.shape[2] in (1, 3, 4):
        array = _without_channels(array)
    if array.ndim != 2 or not array.size or array.dtype.kind not in "buif":
        raise ValueError(
            f"Got a picture as an array of shape {array.shape} and dtype "
            f"{array.dtype}, but expected numbers of shape (height, width), or with 1, "
            "3 or 4 channels. Pass a file, an image of Pillow or such an array."
        )
    grey = array.astype(np.float32)
    if not np.isfinite(grey).all() or grey.min() < 0:
        raise ValueError(
            f"Got a picture with pixels from {grey.min()} to {grey.max()}, but "
            "expected finite numbers from 0. Scale it into [0, 1]."
        )
    return grey / _white(array)


def _as_array(picture):
    try:
        array = np.asarray(picture)
    except ValueError as error:
        raise ValueError(
            f"Got a picture that is no array ({reason_of(error)}), but expected rows "
            "of equal length. Pass a file, an image of Pillow or an array."
        ) from error
    if prod(array.shape[:2]) > MAX_PIXELS:
        raise ValueError(
            f"Got a picture as an array of shape {array.shape}, but expected at most "
            f"{MAX_PIXELS:,} pixels. Make it smaller."
        )
    return array


def _white(array):
    if array.dtype == bool:
        return 1
    highest = array.max()
    if array.dtype.itemsize == 1 and array.dtype.kind in "ui" and highest > 1:
        return 255
    return next((w for w in (1, 16, 255, 65535) if highest <= w), highest)


def _without_channels(array):
    if array.shape[2] == 1:
        return array[:, :, 0]
    from PIL import Image

    scaled = array.astype(np.float32) * (255 / _white(array))
    return grey_of_image(Image.fromarray(np.round(scaled).astype(np.uint8)))
