"""The page network: finds signs on a page, with their sizes, kinds and ink.

It processes the page at strides of 2, 4, 8, 16 and 32 pixels, and then returns to a
stride of 4. For every fourth pixel, it predicts whether the centre of a sign is there,
for each of the target names of `make_digit_pages`; the logarithms of the sign's width
and height in pixels; and which of the surrounding 4 x 4 pixels are ink [1]_.

.. [1] X. Zhou, D. Wang, P. Krähenbühl. "Objects as points." arXiv:1904.07850 (2019).
"""

import numpy as np
from onnx import numpy_helper

from skdigits.datasets.pages import TARGET_NAMES
from skdigits.handwriting import STRIDE
from skdigits.network import onnx_graph
from skdigits.training import keras, weights_of

# The outputs: heat of each name, two sizes, ink.
N_NAMES, N_INK = len(TARGET_NAMES), STRIDE**2
N_OUTPUTS = N_NAMES + 2 + N_INK

# Filters at each stride.
FILTERS = 16, 48, 96, 128, 128

# The local contrast is that to a window of 11 x 11 cells of 4 x 4 pixels (windows
# around each pixel took longer than all convolutions); the deviation that is noise.
CELL, WINDOW, NOISE = 4, 11, 0.02

NORM_EPSILON, NORM_MOMENTUM = 1e-3, 0.98

# Few pixels are a middle; most are not ink; a sign is some 20 pixels high.
FIRST_BIAS = np.repeat([-4.6, 3.0, -2.0], [N_NAMES, 2, N_INK]).astype(np.float32)


def describe(draw, filters=FILTERS):
    """Describe the network to an interpreter, and return its output.

    Parameters
    ----------
    draw : KerasLayers or OnnxNodes

    filters : sequence of 5 int
        At each stride.
    """
    first, *deeper = filters
    maps, ways = draw.convolution(draw.contrast(), first, 5, 2), []
    for n in deeper:
        maps = draw.convolution(draw.convolution(maps, n, 3, 2), n, 3)
        ways.append((maps, n))
    maps, _ = ways.pop()
    for beside, n in reversed(ways):
        maps = draw.enlarged(draw.convolution(maps, n, 1))
        maps = draw.convolution(draw.sum(maps, beside), n, 3)
    return draw.outputs(draw.convolution(maps, deeper[0], 3))


class KerasLayers:
    """What is described, as layers of Keras; the page has the shape (n, h, w, 1)."""

    def __init__(self):
        self.page = keras.Input((None, None, 1), name="page")
        self.number = 0

    def contrast(self):
        """Return grey levels, and how far each differs from its surroundings."""
        ops, mean = keras.ops, self._mean(self.page)
        variance = self._mean(ops.square(self.page)) - ops.square(mean)
        deviation = ops.sqrt(ops.maximum(variance, 0) + NOISE**2)
        local = (self.page - mean) / deviation / 3
        return keras.layers.Concatenate(dtype="float32")([self.page, local])

    def _mean(self, maps):
        # a variance of numbers of 16 bits would be noise
        kind = {"dtype": "float32"}
        maps = keras.layers.AveragePooling2D(CELL, **kind)(maps)
        maps = keras.layers.AveragePooling2D(WINDOW, 1, "same", **kind)(maps)
        return keras.layers.UpSampling2D(CELL, **kind)(maps)

    def convolution(self, maps, n, side, stride=1):
        """Return a normalized convolution without the negative part."""
        name, self.number = f"convolution_{self.number}", self.number + 1
        layer = keras.layers.Conv2D(
            n, side, strides=stride, padding="same", use_bias=False, name=name
        )
        norm = keras.layers.BatchNormalization(
            momentum=NORM_MOMENTUM, epsilon=NORM_EPSILON, name=f"{name}_norm"
        )
        return keras.layers.ReLU()(norm(layer(maps)))

    def enlarged(self, maps):
        return keras.layers.UpSampling2D(2)(maps)

    def sum(self, maps, others):
        return keras.layers.Add()([maps, others])

    def outputs(self, maps):
        bias = keras.initializers.Constant(FIRST_BIAS)
        layer = keras.layers.Conv2D(
            N_OUTPUTS, 1, bias_initializer=bias, name="outputs", dtype="float32"
        )
        return layer(maps)


class OnnxNodes:
    """What is described, as nodes of ONNX with trained weights.

    Parameters
    ----------
    weights : dict of str to ndarray
        As `weights_of` returns them.
    """

    def __init__(self, weights):
        self.graph, self.weights = onnx_graph(), weights
        self.number = 0

    def _node(self, operator, *inputs, **attributes):
        name = f"{operator.lower()}_{len(self.graph.nodes)}"
        return self.graph.node(operator, name, *inputs, **attributes)

    def _constant(self, name, values):
        return self.graph.constant(name, np.asarray(values, np.float32))

    def contrast(self):
        page, mean = "page", self._mean("page")
        square = self._mean(self._node("Mul", page, page))
        variance = self._node("Sub", square, self._node("Mul", mean, mean))
        noise = self._constant("noise", NOISE**2)
        variance = self._node("Add", self._node("Relu", variance), noise)
        local = self._node(
            "Div", self._node("Sub", page, mean), self._node("Sqrt", variance)
        )
        local = self._node("Div", local, self._constant("three", 3))
        return self._node("Concat", page, local, axis=1)

    def _mean(self, maps):
        cell, window = [CELL] * 2, [WINDOW] * 2
        maps = self._node("AveragePool", maps, kernel_shape=cell, strides=cell)
        same = {"kernel_shape": window, "auto_pad": "SAME_UPPER"}
        return self.enlarged(self._node("AveragePool", maps, **same), CELL)

    def convolution(self, maps, n, side, stride=1):
        name, self.number = f"convolution_{self.number}", self.number + 1
        kernel = self.weights[f"{name}/kernel"]
        gamma, beta, mean, variance = (
            self.weights[f"{name}_norm/{part}"]
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        # the normalization is a factor and a bias of the convolution
        factor = gamma / np.sqrt(variance + NORM_EPSILON)
        arrays = (kernel * factor, beta - mean * factor)
        return self._node("Relu", self._convolved(maps, name, *arrays, stride))

    def _convolved(self, maps, name, kernel, bias, stride=1):
        kernel = self._constant(f"{name}/kernel", kernel.transpose(3, 2, 0, 1))
        bias = self._constant(f"{name}/bias", bias)
        same = {"strides": [stride] * 2, "auto_pad": "SAME_UPPER"}
        return self._node("Conv", maps, kernel, bias, **same)

    def enlarged(self, maps, times=2):
        name = f"times_{len(self.graph.nodes)}"
        times = self._constant(name, [1, 1, times, times])
        whole = {"coordinate_transformation_mode": "asymmetric"}
        return self._node("Resize", maps, "", times, nearest_mode="floor", **whole)

    def sum(self, maps, others):
        return self._node("Add", maps, others)

    def outputs(self, maps):
        arrays = self.weights["outputs/kernel"], self.weights["outputs/bias"]
        return self._convolved(maps, "outputs", *arrays)


def page_network(filters=FILTERS):
    """Return the Keras model of the page network.

    It takes pages (n, height, width, 1) in [0, 1], whose sides are multiples of
    32, and gives (n, height / 4, width / 4, `N_OUTPUTS`).
    """
    draw = KerasLayers()
    return keras.Model(draw.page, describe(draw, filters), name="page_network")


def to_onnx(model):
    """Return the ``onnx.ModelProto`` of a trained page network.

    It takes "page", (n, 1, height, width), and gives (n, `N_OUTPUTS`, height / 4, width
    / 4): logits of the names, logarithms of sizes, logits of ink.
    """
    weights = weights_of(model)
    filters = [
        weights[f"convolution_{number}/kernel"].shape[-1] for number in (0, 1, 3, 5, 7)
    ]
    draw = OnnxNodes(weights)
    output = describe(draw, filters)
    sides = [f"{side}{part}" for part in ("", " / 4") for side in ("height", "width")]
    return draw.graph.model(
        [("page", 1, (1, *sides[:2]))], [(output, 1, (N_OUTPUTS, *sides[2:]))]
    )


def constants_of(graph):
    """Return the constants of what `to_onnx` returned, quantized or not, by name."""
    arrays = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer
    }
    for node in graph.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in arrays:
            values, scale, zero = (arrays[name] for name in node.input)
            # the first axis has the filters, and each filter has a scale
            values = ((values.T.astype(np.float32) - zero) * scale).T
            arrays[node.input[0].removesuffix("_quantized")] = values
    return arrays


def from_onnx(graph, pages):
    """Return the Keras model of what `to_onnx` returned, quantized or not.

    In ONNX, the normalization is part of a convolution. The mean and the deviation of
    the feature maps of some pages separate them again.

    Parameters
    ----------
    graph : onnx.ModelProto

    pages : ndarray of shape (n, height, width, 1), dtype float32

    Returns
    -------
    keras.Model
    """
    arrays = constants_of(graph)
    filters = [len(arrays[f"convolution_{number}/bias"]) for number in (0, 1, 3, 5, 7)]
    model = page_network(filters)
    layers = [layer for layer in model.layers if f"{layer.name}/kernel" in arrays]
    for layer in layers:
        kernel = arrays[f"{layer.name}/kernel"].transpose(2, 3, 1, 0)
        bias = arrays[f"{layer.name}/bias"]
        if layer.use_bias:
            layer.set_weights([kernel, bias])
            continue
        layer.set_weights([kernel])
        zeros, ones = np.zeros_like(bias), np.ones_like(bias)
        norm = model.get_layer(f"{layer.name}_norm")
        norm.set_weights([ones, bias, zeros, ones - NORM_EPSILON])
    layers = [layer for layer in layers if not layer.use_bias]
    maps = keras.Model(model.input, [layer.output for layer in layers])
    for layer, values in zip(layers, maps.predict(pages, verbose=0), strict=True):
        norm = model.get_layer(f"{layer.name}_norm")
        _, bias, *_ = norm.get_weights()
        values = values.reshape(-1, len(bias)).astype(np.float32)  # of 16 bits, maybe
        mean, variance = values.mean(axis=0), values.var(axis=0)
        factor = np.sqrt(variance + NORM_EPSILON)
        norm.set_weights([factor, bias + mean, mean, variance])
    return model


def average_with(graph, others):
    """Make the weights of a graph the means of its own and those of others.

    A graph that is named twice counts twice. If a network was trained further from
    those, the mean is more accurate on images that are unlike those it was trained on
    [1]_.

    Parameters
    ----------
    graph : onnx.ModelProto
        Not quantized.

    others : sequence of onnx.ModelProto
        Quantized or not.

    Raises
    ------
    ValueError
        If they have other filters.

    References
    ----------
    .. [1] M. Wortsman et al. "Robust fine-tuning of zero-shot models." CVPR (2022).
    """
    others = [constants_of(other) for other in others]
    for tensor in graph.graph.initializer:
        arrays = [numpy_helper.to_array(tensor), *(o[tensor.name] for o in others)]
        if len({array.shape for array in arrays}) > 1:
            raise ValueError(
                "Got networks with different numbers of filters, of which there is no "
                "mean, but expected the same numbers."
            )
        mean = np.mean(arrays, axis=0, dtype=np.float32)
        tensor.CopyFrom(numpy_helper.from_array(mean, tensor.name))
