"""The graph from raw pixels to labels and probabilities.

Pictures have the shape (n, channels, height, width) in it, as ONNX has them.
"""

import numpy as np
from onnx import TensorProto, checker, helper

from skdigits import __version__
from skdigits.export._layers import Graph, add_layer
from skdigits.network import layers_of
from skdigits.network._spec import with_input_shapes

# Of ONNX 1.10. All operators are as later opsets have them, and more runs it.
OPSET = 15

_TYPES = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}


def model_of(network, scale, labels, dtype):
    """Return the checked model of a network.

    Parameters
    ----------
    network : FittedNetwork

    scale : float
        The pixel that stands for 1.

    labels : ndarray of shape (n_classes,), dtype int64 or object
        Integers or strings.

    dtype : {"uint8", "float32"}
        The type of the pixels.

    Returns
    -------
    onnx.ModelProto
    """
    graph, spec = Graph(), network.spec
    maps = _add_images(graph, spec.image_shape, scale, dtype)
    for layer, shape in with_input_shapes(layers_of(spec), spec.image_shape):
        maps = add_layer(layer, graph, maps, shape, network.arrays)
    _add_answers(graph, maps, labels, network.temperature)
    model = helper.make_model_gen_version(
        helper.make_graph(
            graph.nodes,
            "skdigits",
            [_value("X", _TYPES[dtype], np.prod(spec.image_shape))],
            [
                _value("label", _type_of(labels)),
                _value("probabilities", TensorProto.FLOAT, len(labels)),
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="skdigits",
        producer_version=__version__,
    )
    checker.check_model(model, full_check=True)
    return model


def _add_images(graph, image_shape, scale, dtype):
    pixels = "X"
    if dtype != "float32":
        pixels = graph.node("Cast", "pixels", pixels, to=TensorProto.FLOAT)
    white = graph.constant("scale", np.float32(scale))
    scaled = graph.node("Div", "scaled", pixels, white)
    # 0 stands for as many rows as there are, also for none
    shape = graph.constant("image_shape", np.array([0, 1, *image_shape], np.int64))
    return graph.node("Reshape", "images", scaled, shape)


def _add_answers(graph, logits, labels, temperature):
    codes = graph.node("ArgMax", "codes", logits, axis=1, keepdims=0)
    graph.node("Gather", "label", graph.constant("classes", labels), codes)
    divisor = graph.constant("temperature", np.float32(temperature))
    calibrated = graph.node("Div", "calibrated", logits, divisor)
    graph.node("Softmax", "probabilities", calibrated, axis=1)


def _value(name, elem_type, *sides):
    return helper.make_tensor_value_info(name, elem_type, ["n", *map(int, sides)])


def _type_of(labels):
    return TensorProto.STRING if labels.dtype.kind == "O" else TensorProto.INT64
