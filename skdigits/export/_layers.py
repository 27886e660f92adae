"""Each kind of layer as nodes of an ONNX graph."""

from functools import singledispatch

import numpy as np
from onnx import helper, numpy_helper

from skdigits.network._answers import same_padding
from skdigits.network._layers import (
    NORM_EPSILON,
    BatchNormalization,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling,
    ReLU,
)


class Graph:
    """Nodes and constants, in the order in which they were added."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def node(self, operator, name, *inputs, **attributes):
        """Add a node, and return the name of its output, which is its own."""
        node = helper.make_node(operator, inputs, [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def constant(self, name, values):
        """Add a constant, and return its name."""
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name


@singledispatch
def add_layer(layer: Layer, graph, maps, shape, arrays):
    """Add the nodes of a layer to a graph, and return the name of their output.

    ``maps`` is the name of its input, ``shape`` that of it as the records have it, and
    ``arrays`` has the weights of all layers by their names.
    """
    raise TypeError(f"Got the layer {layer!r}, but expected one that ONNX has.")


@add_layer.register
def _(layer: Convolution, graph, maps, shape, arrays):
    kernel = arrays[f"{layer.name}/kernel"].transpose(3, 2, 0, 1)
    weights = [graph.constant(f"{layer.name}/kernel", kernel)]
    if layer.use_bias:
        weights += _weights(layer, graph, arrays, "bias")
    (top, bottom), (left, right) = (_padding(layer, side) for side in shape[:2])
    return graph.node(
        "Conv",
        layer.name,
        maps,
        *weights,
        strides=[layer.stride] * 2,
        pads=[top, left, bottom, right],
    )


@add_layer.register
def _(layer: MaxPooling, graph, maps, shape, arrays):
    # what is padded here is less than any value
    odd = [side % 2 if layer.padding == "same" else 0 for side in shape[:2]]
    return graph.node(
        "MaxPool",
        layer.name,
        maps,
        kernel_shape=[2, 2],
        strides=[2, 2],
        pads=[0, 0, *odd],
    )


@add_layer.register
def _(layer: BatchNormalization, graph, maps, shape, arrays):
    # whatever runs the graph joins them to a factor and an addend, as `answer` does
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    weights = _weights(layer, graph, arrays, *names)
    operator = "BatchNormalization"
    return graph.node(operator, layer.name, maps, *weights, epsilon=NORM_EPSILON)


@add_layer.register
def _(layer: ReLU, graph, maps, shape, arrays):
    return graph.node("Relu", layer.name, maps)


@add_layer.register
def _(layer: Flatten, graph, maps, shape, arrays):
    # the weights that follow are in the order (height, width, channels)
    last = graph.node("Transpose", f"{layer.name}/last", maps, perm=[0, 2, 3, 1])
    return graph.node("Flatten", layer.name, last)


@add_layer.register
def _(layer: Dropout, graph, maps, shape, arrays):
    return maps


@add_layer.register
def _(layer: Dense, graph, maps, shape, arrays):
    weights = _weights(layer, graph, arrays, "kernel", "bias")
    sums = graph.node("Gemm", layer.name, maps, *weights)
    return graph.node("Relu", f"{layer.name}/relu", sums) if layer.relu else sums


def _weights(layer, graph, arrays, *names):
    full = [f"{layer.name}/{name}" for name in names]
    return [graph.constant(name, arrays[name]) for name in full]


def _padding(layer, side):
    if layer.padding == "valid":
        return 0, 0
    return same_padding(side, layer.kernel_size, layer.stride)
