"""MNIST format: checking whether images have it, and bringing images into it."""

import warnings

import numpy as np

MNIST_SHAPE = (28, 28)

# Above this they are photos, which no network here accepts as they are.
_LARGEST_SIDE = 64


def is_like_mnist(images, image_shape=None):
    """Return whether images can be used as they are: small, and light on dark.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)

    image_shape : tuple of int (height, width), default=None
        The shape that they must have.
    """
    return is_small(images[0], image_shape) and not are_dark_on_light(images)


def is_small(image, image_shape):
    return max(image.shape) <= _LARGEST_SIDE and image_shape in (None, image.shape)


def are_dark_on_light(images):
    """Return whether the paper of most images is lighter than their ink.

    Most of an image is paper, so the median is its grey level.
    """
    pixels = images.reshape(len(images), -1)
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    # blank ones say nothing
    drawn = high > low
    if not drawn.any():
        return False
    middle = (low[drawn].astype(float) + high[drawn]) / 2
    return bool((np.median(pixels[drawn], axis=1) > middle).mean() > 0.5)


def in_mnist_format(chunks, names=None):
    """Return images as (n, 28, 28) of dtype uint8.

    Parameters
    ----------
    chunks : iterable of lists of images, arrays or paths

    names : list, default=None
        What a warning calls each image; its number if None.
    """
    from skdigits.handwriting import HandwritingNormalizer

    rows = np.concatenate([HandwritingNormalizer().transform(part) for part in chunks])
    blank = np.flatnonzero(~rows.any(axis=1))
    if len(blank):
        name = f"image {blank[0]}" if names is None else repr(names[blank[0]])
        warnings.warn(
            f"No digit was found in {len(blank)} of {len(rows)} images, the first of "
            f"them {name}. They become blank.",
            stacklevel=2,
        )
    return rows.reshape(-1, *MNIST_SHAPE)
