"""The records of a network as an ONNX graph: the second of the two interpreters.

In the graph, feature maps have the shape (n, channels, height, width), as usual in
ONNX.
"""

from functools import singledispatch

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
    kernel = graph.constant(f"{layer.name}/kernel", kernel)
    return graph.node("Conv", layer.name, maps, kernel, **_window(layer, shape))


@add_layer.register
def _(layer: records.Bias, graph, maps, shape, weights):
    bias = weights[f"{layer.name}/bias"][:, None, None]
    bias = graph.constant(f"{layer.name}/bias", bias)
    return graph.node("Add", layer.name, maps, bias)


@add_layer.register
def _(layer: records.MaxPooling, graph, maps, shape, weights):
    # padding counts as less than any value
    return graph.node("MaxPool", layer.name, maps, **_window(layer, shape))


@add_layer.register
def _(layer: records.BatchNormalization, graph, maps, shape, weights):
    arrays = _constants(layer, graph, shape, weights)
    epsilon = records.NORM_EPSILON
    return graph.node("BatchNormalization", layer.name, maps, *arrays, epsilon=epsilon)


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
    arrays = _constants(layer, graph, shape, weights)
    sums = graph.node("Gemm", layer.name, maps, *arrays)
    return graph.node("Relu", f"{layer.name}/relu", sums) if layer.relu else sums


def _constants(layer, graph, shape, weights):
    """Add the arrays of a layer, in the order of `weight_shapes` and of ONNX."""
    names = [f"{layer.name}/{name}" for name in layer.weight_shapes(shape)]
    return [graph.constant(name, weights[name]) for name in names]


def _window(layer, shape):
    """Return the attributes of a node whose kernel moves over the feature maps."""
    pads = [0] * 4
    if layer.padding == "same":
        used = [(side - 1) % layer.stride for side in shape[:2]]
        totals = [max(layer.kernel_size - 1 - number, 0) for number in used]
        pads = [n // 2 for n in totals] + [n - n // 2 for n in totals]
    kernel_shape, strides = [layer.kernel_size] * 2, [layer.stride] * 2
    return {"kernel_shape": kernel_shape, "strides": strides, "pads": pads}
