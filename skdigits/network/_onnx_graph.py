"""The records of a network as an ONNX graph: the second of the two interpreters.

In the graph, feature maps have the shape (n, channels, height, width), as usual in
ONNX.
"""

from functools import singledispatch
from math import ceil

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from skdigits.network import records
from skdigits.network._spec import with_input_shapes

# Of ONNX 1.10. All operators are as later opsets have them, and more runs it.
OPSET = 15


class Graph:
    """Nodes and constants, in the order in which they were added."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def node(self, operator, name, *inputs, **attributes):
        """Add a node and return the name of the node and of its output."""
        node = helper.make_node(operator, inputs, [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def constant(self, name, values):
        """Add a constant and return its name."""
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def network(self, spec, weights, images):
        """Add all layers and return the name of the logits.

        ``images`` is the name of the input, of shape (n, channels, height, width).
        """
        maps = images
        for layer, shape in with_input_shapes(spec):
            maps = add_layer(layer, self, maps, shape, weights)
        return maps

    def model(self, inputs, outputs):
        """Return the ``onnx.ModelProto``; inputs and outputs are (name, type, shape).

        The first axis of each may have any length n; other axes may have names, too.
        """
        info = helper.make_tensor_value_info
        inputs, outputs = (
            [info(name, kind, ["n", *sides]) for name, kind, sides in values]
            for values in (inputs, outputs)
        )
        graph = helper.make_graph(
            self.nodes, "skdigits", inputs, outputs, self.constants
        )
        return helper.make_model_gen_version(
            graph, opset_imports=[helper.make_opsetid("", OPSET)]
        )


def logits_model(spec, weights):
    """Return the model from images (n, height, width, channels) to logits."""
    graph = Graph()
    images = graph.node("Transpose", "first", "images", perm=[0, 3, 1, 2])
    logits = graph.network(spec, weights, images)
    return graph.model(
        [("images", TensorProto.FLOAT, spec.input_shape)],
        [(logits, TensorProto.FLOAT, (spec.n_classes,))],
    )


@singledispatch
def add_layer(layer: records.Layer, graph, maps, shape, weights):
    """Add the nodes of a layer to a graph and return the name of their output.

    ``maps`` is the name of the input, ``shape`` is its shape as in the records, and
    ``weights`` has the arrays of all layers by name.
    """
    raise TypeError(f"Got the layer {layer!r}, but expected one that ONNX has.")


@add_layer.register
def _(layer: records.Convolution, graph, maps, shape, weights):
    kernel = weights[f"{layer.name}/kernel"].transpose(3, 2, 0, 1)
    (top, bottom), (left, right) = (_padding(layer, side) for side in shape[:2])
    return graph.node(
        "Conv",
        layer.name,
        maps,
        graph.constant(f"{layer.name}/kernel", kernel),
        strides=[layer.stride] * 2,
        pads=[top, left, bottom, right],
    )


@add_layer.register
def _(layer: records.Bias, graph, maps, shape, weights):
    bias = weights[f"{layer.name}/bias"][:, None, None]
    return graph.node(
        "Add", layer.name, maps, graph.constant(f"{layer.name}/bias", bias)
    )


@add_layer.register
def _(layer: records.MaxPooling, graph, maps, shape, weights):
    # padding counts as less than any value
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
def _(layer: records.BatchNormalization, graph, maps, shape, weights):
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    return graph.node(
        "BatchNormalization",
        layer.name,
        maps,
        *_constants(layer, graph, weights, names),
        epsilon=records.NORM_EPSILON,
    )


@add_layer.register
def _(layer: records.ReLU, graph, maps, shape, weights):
    return graph.node("Relu", layer.name, maps)


@add_layer.register
def _(layer: records.Flatten, graph, maps, shape, weights):
    # the weights that follow are in the order (height, width, channels)
    last = graph.node("Transpose", f"{layer.name}/last", maps, perm=[0, 2, 3, 1])
    return graph.node("Flatten", layer.name, last)


@add_layer.register
def _(layer: records.Dropout, graph, maps, shape, weights):
    return maps


@add_layer.register
def _(layer: records.Dense, graph, maps, shape, weights):
    arrays = _constants(layer, graph, weights, ("kernel", "bias"))
    sums = graph.node("Gemm", layer.name, maps, *arrays)
    return graph.node("Relu", f"{layer.name}/relu", sums) if layer.relu else sums


def _constants(layer, graph, weights, names):
    full = [f"{layer.name}/{name}" for name in names]
    return [graph.constant(name, weights[name]) for name in full]


def _padding(layer, side):
    """Return the zeros before and after a side that the padding stands for."""
    if layer.padding == "valid":
        return 0, 0
    total = (ceil(side / layer.stride) - 1) * layer.stride + layer.kernel_size - side
    return max(total, 0) // 2, max(total, 0) - max(total, 0) // 2
