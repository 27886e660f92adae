"""How a fitted network answers: in NumPy, without TensorFlow.

A lone picture takes a fraction of a millisecond this way, and a model answers as soon
as its file is read. Nothing is traced or cached, and any number of threads may ask.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import singledispatch
from math import ceil

import numpy as np

from skdigits.network._convolution import (
    convolution,
    pooled_convolution,
    surrounded,
    transformed_kernel,
)
from skdigits.network._layers import (
    NORM_EPSILON,
    BatchNormalization,
    Bias,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling,
    ReLU,
    with_late_biases,
)
from skdigits.network._spec import layers_of, with_input_shapes
from skdigits.network._threads import one_blas_thread

# Few enough that what one layer hands to the next stays in the processor's cache.
ROWS_PER_CALL = 32

# From here on, threads are worth their start.
MANY_ROWS = 64


class Answers:
    """The function from pictures to logits of one fitted network.

    Parameters
    ----------
    spec : NetworkSpec

    arrays : dict of ndarray
        The weights by the names of `weight_shapes`.
    """

    def __init__(self, spec, arrays):
        self._steps = [
            answer(layer, _arrays_of(layer, arrays))
            for layer in _as_answered(spec)
            if not isinstance(layer, Dropout)
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
        # pictures side by side, in place of the parts of one matrix product, whose
        # threads would wait for each other
        with one_blas_thread() as granted:
            if len(images) < MANY_ROWS or granted == 1:
                return np.concatenate([self._some(part) for part in parts])
            with ThreadPoolExecutor(granted) as pool:
                return np.concatenate(list(pool.map(self._some, parts)))

    def _some(self, images):
        maps = images.transpose(1, 2, 0, 3)
        for step in self._steps:
            maps = step(maps)
        return maps[:, 0]


@dataclass(frozen=True)
class PooledConvolution(Convolution):
    """A convolution of 3 x 3 places and the pooling after it in one."""


@dataclass(frozen=True)
class StridedConvolution(Convolution):
    """A convolution and the pooling after it in one, with strides of two.

    With one channel in, there is little to multiply, and four times as much to write as
    the pooling leaves.
    """


def _as_answered(spec):
    layers = []
    late = with_late_biases(layers_of(spec))
    for layer, shape in with_input_shapes(late, spec.image_shape):
        kind = _pooling_kind(layers, shape) if isinstance(layer, MaxPooling) else None
        if kind:
            layers[-1] = kind(**vars(layers[-1]))
        else:
            layers.append(layer)
    return layers


def _pooling_kind(layers, shape):
    """Return what can pool the output of the last of the layers, of a shape, itself."""
    *before, last = layers
    if not before:
        return None if any(side % 2 for side in shape[:2]) else StridedConvolution
    is_known = isinstance(last, Convolution) and last.kernel_size == 3
    return PooledConvolution if is_known else None


def _arrays_of(layer, arrays):
    start = f"{layer.name}/"
    return {
        name.removeprefix(start): array
        for name, array in arrays.items()
        if name.startswith(start)
    }


@singledispatch
def answer(layer: Layer, arrays):
    """Return the function from the input of a layer to its output.

    It may write into its input, which nobody else has; only what comes first, a
    convolution, must not.
    """
    raise TypeError(f"Got the layer {layer!r}, but expected one that can answer.")


@answer.register
def _(layer: Convolution, arrays):
    kernel = arrays["kernel"]
    return lambda maps: convolution(_padded(maps, layer), kernel, layer.stride)


@answer.register
def _(layer: PooledConvolution, arrays):
    kernel = transformed_kernel(arrays["kernel"])
    return lambda maps: pooled_convolution(maps, kernel, layer.padding)


@answer.register
def _(layer: StridedConvolution, arrays):
    phases = pooled_kernel(arrays["kernel"])
    return lambda maps: _max_of_phases(convolution(_padded(maps, layer), phases, 2))


@answer.register
def _(layer: Bias, arrays):
    bias = arrays["bias"]
    return lambda maps: np.add(maps, bias, out=maps)


@answer.register
def _(layer: MaxPooling, arrays):
    return lambda maps: _pool(maps, layer.padding)


@answer.register
def _(layer: BatchNormalization, arrays):
    gamma, beta, mean, variance = (
        arrays[name] for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + np.float32(NORM_EPSILON))
    shift = beta - mean * scale

    def normalize(maps):
        maps *= scale
        maps += shift
        return maps

    return normalize


@answer.register
def _(layer: ReLU, arrays):
    return lambda maps: np.maximum(maps, 0, out=maps)


@answer.register
def _(layer: Flatten, arrays):
    # products of one picture each in dense layers too: in a product of many the
    # rounding of a row depends on its place
    return lambda maps: maps.transpose(2, 0, 1, 3).reshape(maps.shape[2], 1, -1)


@answer.register
def _(layer: Dense, arrays):
    kernel, bias = arrays["kernel"], arrays["bias"]
    if layer.relu:
        return lambda units: np.maximum(units @ kernel + bias, 0)
    return lambda units: units @ kernel + bias


def _padded(maps, layer):
    """Put the zeros around pictures that padding="same" stands for."""
    if layer.padding == "valid":
        return maps
    return surrounded(
        maps,
        *(
            same_padding(side, layer.kernel_size, layer.stride)
            for side in maps.shape[:2]
        ),
    )


def same_padding(side, size, stride):
    """Return the zeros before and after a side that "same" stands for."""
    total = max((ceil(side / stride) - 1) * stride + size - side, 0)
    return total // 2, total - total // 2


def _pool(maps, padding):
    """Take the maximum of each 2 x 2 places; "same" keeps an odd last row."""
    if padding == "same":
        odd = [(0, side % 2) for side in maps.shape[:2]]
        if any(map(any, odd)):
            maps = np.pad(maps, (*odd, (0, 0), (0, 0)), mode="edge")
    height, width = (side // 2 * 2 for side in maps.shape[:2])
    maps = np.maximum(maps[0:height:2, :width], maps[1:height:2, :width])
    return np.maximum(maps[:, ::2], maps[:, 1::2])


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
