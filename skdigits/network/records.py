"""The kinds of layers: what each holds, and the shape of its output.

Each kind is a record here, and a case in each of two interpreters: `add_layer` converts
it to nodes of an ONNX graph, and `skdigits.training.keras_layer` to the layer that
Keras trains.

Shapes are (height, width, channels), and (units,) after `Flatten`.
"""

from dataclasses import dataclass
from math import ceil, prod

# The moving averages of batch normalization settle within a few dozen steps.
NORM_MOMENTUM = 0.9
NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Layer:
    """A layer without weights that keeps the shape."""

    name: str

    def weight_shapes(self, shape):
        """Return the shape of each array, by name, for input of ``shape``."""
        return {}

    def output_shape(self, shape):
        """Return the shape of the output for input of ``shape``."""
        return shape


@dataclass(frozen=True)
class Convolution(Layer):
    """A convolution with square kernels and no bias; ``padding`` is as in Keras."""

    filters: int
    kernel_size: int
    stride: int
    padding: str

    def weight_shapes(self, shape):
        return {"kernel": (self.kernel_size, self.kernel_size, shape[-1], self.filters)}

    def output_shape(self, shape):
        return (*_sides(self, shape), self.filters)


def _sides(layer, shape):
    """Return height and width of the output of a layer whose kernel moves."""
    lost = layer.kernel_size - 1 if layer.padding == "valid" else 0
    return [ceil((side - lost) / layer.stride) for side in shape[:2]]


@dataclass(frozen=True)
class Bias(Layer):
    """The bias of a convolution, added after pooling, when fewer values are left."""

    def weight_shapes(self, shape):
        return {"bias": (shape[-1],)}


@dataclass(frozen=True)
class MaxPooling(Layer):
    """The maximum of each 2 x 2 block; "same" keeps an odd last row or column."""

    padding: str
    kernel_size: int = 2
    stride: int = 2

    def output_shape(self, shape):
        return (*_sides(self, shape), shape[-1])


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Scale filters to mean 0 and variance 1, then to a learned mean and variance."""

    def weight_shapes(self, shape):
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        return dict.fromkeys(names, (shape[-1],))


@dataclass(frozen=True)
class ReLU(Layer):
    """Negative values become zero."""


@dataclass(frozen=True)
class Flatten(Layer):
    """Feature maps become one row of units."""

    def output_shape(self, shape):
        return (prod(shape),)


@dataclass(frozen=True)
class Dropout(Layer):
    """A share ``rate`` of the units is dropped at random, during training only."""

    rate: float


@dataclass(frozen=True)
class Dense(Layer):
    """A weighted sum for each unit; with ``relu``, negative sums become zero."""

    units: int
    relu: bool = False

    def weight_shapes(self, shape):
        return {"kernel": (shape[0], self.units), "bias": (self.units,)}

    def output_shape(self, shape):
        return (self.units,)
