"""Reading many image files, or their contents, as images of one size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skdigits._validation import one_line
from skdigits.datasets._mnist_format import in_mnist_format, is_like_mnist, is_small
from skdigits.images import read_image

# More than a million images of MNIST's size.
MAX_PIXELS_IN_ALL = 2**30

# Decoded at a time.
_CHUNK = 256


@dataclass(frozen=True)
class Content:
    """The content of an image file, and where it was found."""

    name: str
    content: bytes

    def __repr__(self):
        return self.name


def images_of(place, files, image_shape=None, normalize=False):
    """Read image files as they are, resized, or each in MNIST format.

    Parameters
    ----------
    place : Path
        The folder or file that has them, for errors.

    files : list of Path or Content

    image_shape : tuple of int (height, width) or None
        The size to resize to; with "auto" the shape that is accepted as it is. None
        accepts any that all have.

    normalize : bool or "auto"
        "auto" leaves images as they are if `is_like_mnist` says so of all together.

    Returns
    -------
    images : ndarray of shape (n, height, width), dtype uint8
    normalized : bool
        Whether the images were brought into MNIST format.
    """
    if not normalize:
        return _of_one_size(place, files, image_shape), False
    images = _small_ones(files, image_shape) if normalize == "auto" else None
    if images is not None and is_like_mnist(images, image_shape):
        return images, False
    chunks = [files[i : i + _CHUNK] for i in range(0, len(files), _CHUNK)]
    # a normalizer reads a file itself
    decoded = ([f if isinstance(f, Path) else _grey(f) for f in c] for c in chunks)
    return in_mnist_format(decoded, files), True


def _small_ones(files, image_shape):
    """Return images if all can be used as they are, else None."""
    images = []
    for file in files:
        images.append(_grey(file))
        # at once, so large ones are not kept
        if not is_small(images[-1], image_shape or images[0].shape):
            return None
    return np.stack(images)


def _grey(file):
    if isinstance(file, Content):
        return read_image(file.content, file.name)
    return read_image(file)


def _of_one_size(place, files, image_shape):
    images = []
    for file in files:
        images.append(_resized(_grey(file), image_shape))
        # at the first image, before all are read
        if len(files) * images[0].size > MAX_PIXELS_IN_ALL:
            raise ValueError(
                f"Got {one_line(place)!r} with {len(files):,} images of "
                f"{_size(images[0])} pixels, but expected at most "
                f"{MAX_PIXELS_IN_ALL:,} pixels in all. Pass normalize=True to bring "
                "digits into MNIST format, or a smaller image_shape=(height, width)."
            )
        if images[-1].shape != images[0].shape:
            first, this = (_short_name(p, place) for p in (files[0], file))
            raise ValueError(
                f"Got images of different sizes ({first} is {_size(images[0])}, "
                f"{this} is {_size(images[-1])}), but expected one size for all. "
                "Pass normalize=True to bring digits into MNIST format, or "
                "image_shape=(height, width) to resize images."
            )
    return np.stack(images)


def _short_name(file, place):
    for folder in (place, place.parent) if isinstance(file, Path) else ():
        if file.is_relative_to(folder):
            return str(file.relative_to(folder))
    return one_line(file)


def _resized(image, image_shape):
    from PIL import Image

    if image_shape in (None, image.shape):
        return image
    height, width = image_shape
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized)


def _size(image):
    return f"{image.shape[0]} x {image.shape[1]}"
