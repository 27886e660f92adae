"""Pictures that are not all of one form, in MNIST's form."""

import warnings

import numpy as np

from skdigits.images import read_picture

MNIST_SHAPE = (28, 28)

# Above this they are photos, which no network here takes as they are.
_LARGEST_SIDE = 64


def read_in_form(files, image_shape, normalize):
    """Read picture files as they are, or each in MNIST's form.

    Parameters
    ----------
    files : list of Path

    image_shape : tuple of int (height, width) or None
        The shape that "auto" takes as it is; None takes any.

    normalize : True or "auto"
        "auto" leaves pictures as they are if `is_like_mnist` says so of all together.

    Returns
    -------
    images : ndarray of shape (n, height, width), dtype uint8
    normalized : bool
    """
    if normalize is True:
        return in_mnist_form(files), True
    images = []
    for path in files:
        images.append(read_picture(path))
        # at once, so that large ones are not kept
        if not _is_small(images[-1], image_shape or images[0].shape):
            return in_mnist_form([*images, *files[len(images) :]]), True
    images = np.stack(images)
    if is_like_mnist(images, image_shape):
        return images, False
    return in_mnist_form(images), True


def is_like_mnist(images, image_shape=None):
    """Say whether pictures can be taken as they are: small, and light on dark.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)

    image_shape : tuple of int (height, width), default=None
        The shape that they have to have.
    """
    return _is_small(images[0], image_shape) and not are_dark_on_light(images)


def _is_small(image, image_shape):
    return max(image.shape) <= _LARGEST_SIDE and image_shape in (None, image.shape)


def are_dark_on_light(images):
    """Say whether the paper of most pictures is lighter than their ink.

    Paper is most of a picture, so that the median is its grey.
    """
    pixels = images.reshape(len(images), -1)
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    # blank ones say nothing
    drawn = high > low
    if not drawn.any():
        return False
    middle = (low[drawn].astype(float) + high[drawn]) / 2
    return bool((np.median(pixels[drawn], axis=1) > middle).mean() > 0.5)


def in_mnist_form(pictures):
    """Return pictures, arrays or paths, as (n, 28, 28) of dtype uint8."""
    from skdigits.handwriting import HandwritingNormalizer

    images = HandwritingNormalizer().transform(pictures).reshape(-1, *MNIST_SHAPE)
    blank = np.flatnonzero(~images.any(axis=(1, 2)))
    if len(blank):
        first = pictures[blank[0]]
        name = f"picture {blank[0]}" if isinstance(first, np.ndarray) else repr(first)
        warnings.warn(
            f"{len(blank)} of {len(images)} pictures have no digit that could be "
            f"found, the first of them {name}. They become blank.",
            stacklevel=2,
        )
    return images
