"""Convolutions as matrix products, of maps of shape (height, width, n, channels).

The pictures stand just before the channels, so that sums of neighbouring places go in
long runs. Yet each picture has products of its own: in a product of many, the rounding
of a row depends on its place.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided


def convolution(maps, kernel, stride):
    """Convolve without padding: the product of all patches with the kernel.

    Parameters
    ----------
    maps : ndarray of shape (height, width, n, channels)

    kernel : ndarray of shape (size, size, channels, filters)

    stride : int

    Returns
    -------
    sums : ndarray of shape (new_height, new_width, n, filters)
    """
    size, _, channels, filters = kernel.shape
    height, width = ((side - size) // stride + 1 for side in maps.shape[:2])
    sums = np.empty((height * width, maps.shape[2], filters), dtype=np.float32)
    patches = _patches(maps, (height, width), size, stride)
    np.matmul(patches, kernel.reshape(-1, filters), out=sums.swapaxes(0, 1))
    return sums.reshape(height, width, -1, filters)


def _patches(maps, places, size, stride):
    """Return the patches of each picture, (n, n_places, n_values)."""
    ys, xs, rows, cs = maps.strides
    n, channels = maps.shape[2:]
    steps = (ys * stride, xs * stride)
    window, inside = (size, size, channels), (ys, xs, cs)
    if channels > 1:
        shape, strides = (*places, *window), (*steps, *inside)
        patches = as_strided(maps, (n, *shape), (rows, *strides), writeable=False)
        return patches.reshape(n, places[0] * places[1], -1)
    # what is copied at once should be the pixels of a row, not a single one
    shape, strides = (*window, *places), (*inside, *steps)
    patches = as_strided(maps, (n, *shape), (rows, *strides), writeable=False)
    return patches.reshape(n, -1, places[0] * places[1]).swapaxes(1, 2)


def transformed_kernel(kernel):
    """Return a kernel of 3 x 3 places as `pooled_convolution` multiplies with it.

    Returns
    -------
    ndarray of shape (16, 1, channels, filters)
    """
    both = _halved(_halved(kernel).swapaxes(0, 1))
    return both.reshape(16, 1, *kernel.shape[2:])


def _halved(kernel):
    ends = kernel[0] + kernel[2]
    sums = (ends + kernel[1]) / 2, (ends - kernel[1]) / 2
    return np.stack([kernel[0], *sums, kernel[2]])


def pooled_convolution(maps, kernel, height, width):
    """Convolve with 3 x 3 places, and take the maximum of each 2 x 2 results.

    Winograd's way: of the 4 x 4 values that 2 x 2 results depend on, sums and
    differences are multiplied, 16 times where a sum of patches takes 36.

    A. Lavin, S. Gray. "Fast algorithms for convolutional neural networks." CVPR (2016).

    Parameters
    ----------
    maps : ndarray of shape (2 * tiles_y + 2, 2 * tiles_x + 2, n, channels)

    kernel : ndarray of shape (16, 1, channels, filters)
        Of `transformed_kernel`.

    height, width : int
        Number of results that count; an odd last one has no partner.

    Returns
    -------
    maxima : ndarray of shape (tiles_y, tiles_x, n, filters)
    """
    values = _differences(_differences(maps, axis=0), axis=2)
    *_, tiles_y, tiles_x, n, _ = values.shape
    products = np.empty((16, tiles_y * tiles_x, n, kernel.shape[-1]), dtype=np.float32)
    each = values.reshape(16, tiles_y * tiles_x, n, -1).swapaxes(1, 2)
    np.matmul(each, kernel, out=products.swapaxes(1, 2))
    products = products.reshape(4, 4, tiles_y, tiles_x, n, -1)
    results = _sums(_sums(products).swapaxes(0, 1))
    upper, lower = results[:, :, : height // 2]
    np.maximum(upper, lower, out=upper)
    left, right = results[0, :, :, : width // 2]
    np.maximum(left, right, out=left)
    return results[0, 0]


def _differences(maps, axis):
    """Return four combinations of each four values, two apart, along an axis."""
    shape, strides = list(maps.shape), list(maps.strides)
    step = strides[axis]
    shape[axis] = shape[axis] // 2 - 1
    strides[axis] = 2 * step
    four = as_strided(maps, (4, *shape), (step, *strides), writeable=False)
    combined = np.empty((4, *shape), dtype=np.float32)
    np.add(four[1], four[2], out=combined[1])
    np.subtract(four[2], four[1], out=combined[2])
    np.subtract(four[::3], four[2:0:-1], out=combined[::3])
    return combined


def _sums(products):
    """Return the two results that four products stand for, along the first axis."""
    results = np.empty((2, *products.shape[1:]), dtype=np.float32)
    np.add(products[1], products[2], out=results[0])
    np.subtract(products[1], products[2], out=results[1])
    results += products[::3]
    return results
