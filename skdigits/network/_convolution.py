"""Convolutions as matrix products, of maps of shape (height, width, n, channels).

The pictures stand just before the channels, so that sums of neighbouring places go in
long runs. Yet each picture has products of its own: in a product of many, the rounding
of a row depends on its place.
"""

from math import prod
from threading import local

import numpy as np
from numpy.lib.stride_tricks import as_strided


class _Room(local):
    """Memory that each thread uses again for what lasts from one step to the next.

    To get it from the system each time takes longer than to fill it.
    """

    def __init__(self):
        self._arrays = {}

    def __call__(self, name, shape):
        """Return an array with anything in it, until the next of that name."""
        size = prod(shape)
        if name not in self._arrays or self._arrays[name].size < size:
            self._arrays[name] = np.empty(size, dtype=np.float32)
        return self._arrays[name][:size].reshape(shape)


_room = _Room()


def surrounded(maps, rows, columns):
    """Put zeros around pictures: (before, after) rows and columns."""
    (top, bottom), (left, right) = rows, columns
    height, width, *others = maps.shape
    shape = (top + height + bottom, left + width + right, *others)
    # in the order in memory that the maps have
    axes = sorted(range(4), key=maps.strides.__getitem__, reverse=True)
    room = _room("surrounded", [shape[axis] for axis in axes])
    room.fill(0)
    around = room.transpose(sorted(range(4), key=axes.__getitem__))
    around[top : top + height, left : left + width] = maps
    return around


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
    sums = _room("odd", (height * width, maps.shape[2], filters))
    patches = _patches(maps, (height, width), size, stride)
    np.matmul(patches, kernel.reshape(-1, filters), out=sums.swapaxes(0, 1))
    return sums.reshape(height, width, -1, filters)


def _patches(maps, places, size, stride):
    """Return the patches of each picture, (n, n_places, n_values)."""
    ys, xs, rows, cs = maps.strides
    n, channels = maps.shape[2:]
    shape, strides = (*places, size, size), (ys * stride, xs * stride, ys, xs)
    n_places, n_values = places[0] * places[1], size * size * channels
    if channels > 1:
        shape, strides = (n, *shape, channels), (rows, *strides, cs)
        return _copied(maps, shape, strides).reshape(n, n_places, n_values)
    # what is copied at once should be the pixels of a row, not a single one
    shape, strides = (n, *shape[2:], *shape[:2]), (rows, *strides[2:], *strides[:2])
    return _copied(maps, shape, strides).reshape(n, n_values, n_places).swapaxes(1, 2)


def _copied(maps, shape, strides):
    copies = _room("even", shape)
    copies[...] = as_strided(maps, shape, strides, writeable=False)
    return copies


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
    return np.stack([kernel[0], *sums, -kernel[2]])


def pooled_convolution(maps, kernel, padding):
    """Convolve with 3 x 3 places, and take the maximum of each 2 x 2 results.

    Winograd's way: of the 4 x 4 values that 2 x 2 results depend on, sums and
    differences are multiplied, 16 times where a sum of patches takes 36.

    A. Lavin, S. Gray. "Fast algorithms for convolutional neural networks." CVPR (2016).

    Parameters
    ----------
    maps : ndarray of shape (height, width, n, channels)

    kernel : ndarray of shape (16, 1, channels, filters)
        Of `transformed_kernel`.

    padding : {"same", "valid"}
        "same" is a maximum of its own for an odd last row or column.

    Returns
    -------
    maxima : ndarray of shape (new_height, new_width, n, filters)
    """
    height, width = maps.shape[:2]
    pairs = _in_pairs(maps, padding)
    values = _differences(_differences(pairs, 2, "odd").swapaxes(0, 1), 3, "even")
    *_, tiles_y, tiles_x, n, _ = values.shape
    products = _room("odd", (16, tiles_y * tiles_x, n, kernel.shape[-1]))
    each = values.reshape(16, tiles_y * tiles_x, n, -1).swapaxes(1, 2)
    np.matmul(each, kernel, out=products.swapaxes(1, 2))
    products = products.reshape(4, 4, tiles_y, tiles_x, n, -1)
    results = _sums(_sums(products, "even").swapaxes(0, 1), "odd")
    upper, lower = results[:, :, : height // 2]
    np.maximum(upper, lower, out=upper)
    left, right = results[0, :, :, : width // 2]
    np.maximum(left, right, out=left)
    return results[0, 0]


def _in_pairs(maps, padding):
    """Lay even and odd rows and columns apart, with the zeros that "same" stands for.

    Returns
    -------
    ndarray of shape (2, 2, tiles_y + 1, tiles_x + 1, n, channels)
    """
    before = int(padding == "same")
    # behind the last row one of zeros too, or two; without padding no odd last row
    counts = [side // 2 + before * (1 + side % 2) for side in maps.shape[:2]]
    pairs = _room("pairs", (2, 2, *counts, *maps.shape[2:]))
    pairs.fill(0)
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        # with a row before it, the first one is the second of its pair
        part = maps[y ^ before : 2 * counts[0] : 2, x ^ before : 2 * counts[1] : 2]
        top, left = int(y < before), int(x < before)
        height, width = part.shape[:2]
        pairs[y, x, top : top + height, left : left + width] = part
    return pairs


def _differences(pairs, axis, room):
    """Return four combinations of each two pairs next to each other along an axis.

    The first axis has the firsts and the seconds of the pairs.
    """
    before = (slice(None),) * axis
    near, far = pairs[*before, :-1], pairs[*before, 1:]
    combined = _room(room, (4, *near.shape[1:]))
    np.subtract(near, far, out=combined[::3])
    np.add(near[1], far[0], out=combined[1])
    np.subtract(far[0], near[1], out=combined[2])
    return combined


def _sums(products, room):
    """Return the two results that four products stand for, along the first axis."""
    results = _room(room, (2, *products.shape[1:]))
    np.add(products[1], products[2], out=results[0])
    np.subtract(products[1], products[2], out=results[1])
    results += products[::3]
    return results
