"""A new kind of layer is a record, and a case in each of two interpreters."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdigits.network import NetworkSpec, layers_of, records
from skdigits.network import _spec as spec_module

SPEC = NetworkSpec((8, 8), 10, (4, 8), (3, 3), None, 0.0, True, "same", False)


@dataclass(frozen=True)
class GlobalAverage(records.Layer):
    """The mean of each feature map."""

    def output_shape(self, shape):
        return (shape[-1],)


@pytest.fixture
def network(monkeypatch):
    """A network with a kind of layer that the package does not have."""
    from skdigits.network._onnx_graph import add_layer
    from skdigits.training import _fit, initial_network, keras, keras_layer

    @keras_layer.register
    def _(layer: GlobalAverage, seed):
        return keras.layers.GlobalAveragePooling2D(name=layer.name)

    @add_layer.register
    def _(layer: GlobalAverage, graph, maps, shape, weights):
        means = graph.node("GlobalAveragePool", layer.name, maps)
        return graph.node("Flatten", f"{layer.name}/flat", means)

    plain = spec_module.layers_of

    def with_average(spec):
        is_flatten = [isinstance(layer, records.Flatten) for layer in plain(spec)]
        pairs = zip(plain(spec), is_flatten, strict=True)
        return [GlobalAverage("average") if flat else layer for layer, flat in pairs]

    for module in ("network._spec", "training._keras_layers"):
        monkeypatch.setattr(f"skdigits.{module}.layers_of", with_average)
    _fit._idle.clear()
    yield initial_network(SPEC, 0)
    _fit._idle.clear()


def test_it_learns_and_predicts_as_keras_and_onnx_do(network, digits):
    from onnxruntime import InferenceSession

    from skdigits._recipe import Recipe
    from skdigits.network._onnx_graph import logits_model
    from skdigits.preprocessing import OneHotLabelEncoder
    from skdigits.training import Data, keras_model, train

    X, _, y, _ = digits
    images = (X / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    targets = OneHotLabelEncoder().fit_transform(y)
    data = Data(images, targets, np.ones(len(y), dtype=np.float32))
    recipe = Recipe(8, 64, 0.02, "one_cycle", 0.05, 0.1, 0.0)
    trained = train(network, recipe, data)
    assert trained.weights["logits/kernel"].shape == (8, 10)
    assert trained.history["accuracy"][-1] > 0.8
    logits = trained.logits(images[:50])
    expected = keras_model(trained).predict(images[:50], verbose=0)
    assert_allclose(trained.probabilities(logits), expected, atol=1e-5)
    graph = logits_model(SPEC, trained.weights).SerializeToString()
    (exported,) = InferenceSession(graph).run(None, {"images": images[:50]})
    assert_allclose(exported, logits, atol=1e-5)


def test_a_layer_without_a_case_is_an_error():
    @dataclass(frozen=True)
    class Unknown(records.Layer):
        """No interpreter knows it."""

    from skdigits.network._onnx_graph import add_layer
    from skdigits.training import keras_layer

    with pytest.raises(TypeError, match="Got the layer .*Unknown"):
        keras_layer(Unknown("unknown"), None)
    with pytest.raises(TypeError, match="Got the layer .*Unknown"):
        add_layer(Unknown("unknown"), None, "X", (8, 8, 1), {})


def test_names_of_layers_are_those_of_the_weights():
    names = [layer.name for layer in layers_of(SPEC)]
    assert len(set(names)) == len(names)
    assert sum(isinstance(layer, records.ReLU) for layer in layers_of(SPEC)) == 2


def test_the_bias_is_added_behind_the_pooling_and_changes_nothing():
    """The maximum of sums is the sum of the maximum."""
    from dataclasses import replace

    kinds = [type(layer) for layer in layers_of(replace(SPEC, batch_norm=False))]
    places = [kinds.index(kind) for kind in (records.MaxPooling, records.Bias)]
    assert places == sorted(places)
