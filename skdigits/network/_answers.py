"""How a fitted network answers: in NumPy, without TensorFlow.

A lone picture takes a fraction of a millisecond this way, and a model answers as soon
as its file is read. Nothing is traced or cached, and any number of threads may ask.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.lib.stride_tricks import as_strided
from threadpoolctl import ThreadpoolController

from skdigits.network._spec import (
    NORM_EPSILON,
    NetworkSpec,
    blocks,
    fused_pooling,
    same_padding,
)

# Few enough that what one layer hands to the next stays in the processor's cache.
ROWS_PER_CALL = 32


@dataclass(frozen=True)
class FittedNetwork:
    """All that is left of training: what answers need, and what a file holds.

    Attributes
    ----------
    spec : NetworkSpec

    arrays : dict of ndarray
        The weights by the names of `weight_shapes`.

    seed : int
        What decided the initial weights, and decides the batches to come.

    history : dict of list of float
        The figures of each epoch.
    """

    spec: NetworkSpec
    arrays: dict
    seed: int
    history: dict


# From here on, threads are worth their start.
MANY_ROWS = 256

_taking_all_cores = Lock()


class Answers:
    """The function from pictures to logits of one fitted network.

    Parameters
    ----------
    spec : NetworkSpec

    arrays : dict of ndarray
        The weights by the names of `weight_shapes`.
    """

    def __init__(self, spec, arrays):
        self._fitted = spec, arrays
        self._stages = [
            (_convolution(spec, block, arrays), *_scale_and_shift(block, arrays))
            for block in blocks(spec)
        ]
        names = ("logits",) if spec.dense_units is None else ("dense", "logits")
        self._dense = [
            (arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name in names
        ]

    def __call__(self, images):
        """Return the outputs before the softmax.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, 1), dtype float32

        Returns
        -------
        logits : ndarray of shape (n, n_classes), dtype float32
        """
        starts = range(0, len(images), ROWS_PER_CALL)
        parts = [images[start : start + ROWS_PER_CALL] for start in starts]
        if len(images) < MANY_ROWS:
            return np.concatenate([self._some(part) for part in parts])
        # pictures side by side, in place of the parts of one matrix product; whoever
        # else asks for many waits, since the limit holds for the whole process
        blas = ThreadpoolController().select(user_api="blas")
        with _taking_all_cores:
            granted = max((lib["num_threads"] for lib in blas.info()), default=1)
            with blas.limit(limits=1), ThreadPoolExecutor(granted) as pool:
                return np.concatenate(list(pool.map(self._some, parts)))

    def __reduce__(self):
        return Answers, self._fitted

    def _some(self, maps):
        for convolution, scale, shift in self._stages:
            maps = convolution(maps)
            if scale is not None:
                maps *= scale
            maps += shift
            np.maximum(maps, 0, out=maps)
        # products of one picture each here too: in a product of many the rounding of
        # a row depends on its place
        units = maps.reshape(len(maps), 1, -1)
        for kernel, bias in self._dense[:-1]:
            units = np.maximum(units @ kernel + bias, 0)
        kernel, bias = self._dense[-1]
        return (units @ kernel + bias)[:, 0]


def _scale_and_shift(block, arrays):
    """Return batch normalization as one factor and one addend for each filter."""
    number = block.number
    if f"norm_{number}/gamma" not in arrays:
        return None, arrays[f"conv_{number}/bias"]
    gamma, beta, mean, variance = (
        arrays[f"norm_{number}/{name}"]
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + np.float32(NORM_EPSILON))
    return scale, beta - mean * scale


def _convolution(spec, block, arrays):
    """Return the function that convolves, and pools, for one block."""
    kernel = arrays[f"conv_{block.number}/kernel"]
    size = block.kernel_size

    def padded(maps):
        if spec.padding == "valid":
            return maps
        sides = [same_padding(side, size, block.stride) for side in maps.shape[1:3]]
        return np.pad(maps, ((0, 0), *sides, (0, 0)))

    if fused_pooling(spec, block):
        phases = pooled_kernel(kernel)
        return lambda maps: _max_of_phases(_convolve(padded(maps), phases, stride=2))
    if block.pooled:
        return lambda maps: _pool(_convolve(padded(maps), kernel, 1), spec.padding)
    return lambda maps: _convolve(padded(maps), kernel, block.stride)


def _convolve(maps, kernel, stride):
    """Convolve without padding: for each picture, the product with all its patches."""
    size, _, channels, filters = kernel.shape
    n, height, width, _ = maps.shape
    height, width = ((side - size) // stride + 1 for side in (height, width))
    rows, ys, xs, cs = maps.strides
    patches = as_strided(
        maps,
        (n, height, width, size, size, channels),
        (rows, ys * stride, xs * stride, ys, xs, cs),
        writeable=False,
    )
    flat = patches.reshape(n, height * width, size * size * channels)
    products = flat @ kernel.reshape(-1, filters)
    return products.reshape(n, height, width, filters)


def _pool(maps, padding):
    """Take the maximum of each 2 x 2 places; "same" keeps an odd last row."""
    if padding == "same":
        odd = [(0, side % 2) for side in maps.shape[1:3]]
        if any(map(any, odd)):
            maps = np.pad(maps, ((0, 0), *odd, (0, 0)), mode="edge")
    height, width = (side // 2 * 2 for side in maps.shape[1:3])
    maps = np.maximum(maps[:, 0:height:2, :width], maps[:, 1:height:2, :width])
    return np.maximum(maps[:, :, ::2], maps[:, :, 1::2])


def pooled_kernel(kernel):
    """Return the kernel of stride 2 that computes all four places of a 2 x 2 pooling.

    Its filters are those of ``kernel`` four times, for the upper left, upper right,
    lower left and lower right place.
    """
    size, _, channels, filters = kernel.shape
    phases = np.zeros((size + 1, size + 1, channels, 4, filters), dtype=np.float32)
    for place in range(4):
        y, x = divmod(place, 2)
        phases[y : y + size, x : x + size, :, place] = kernel
    return phases.reshape(size + 1, size + 1, channels, 4 * filters)


def _max_of_phases(maps):
    a, b, c, d = np.split(maps, 4, axis=-1)
    return np.maximum(np.maximum(a, b), np.maximum(c, d))
