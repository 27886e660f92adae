"""A new kind of layer is a record, and a case in each interpreter."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose
from skdigits.network._answers import answer
from skdigits.network._layers import Flatten, Layer, ReLU

from skdigits.network import FittedNetwork, NetworkSpec, initial_state, layers_of
from skdigits.network import _spec as spec_module

SPEC = NetworkSpec((8, 8), 10, (4, 8), (3, 3), None, 0.0, True, "same", False)


@dataclass(frozen=True)
class GlobalAverage(Layer):
    """The mean of each feature map."""

    def output_shape(self, shape):
        return (shape[-1],)


@pytest.fixture
def network(monkeypatch):
    """A network with a kind of layer that the package does not have."""
    from skdigits.export._layers import add_layer
    from skdigits.training._layers import keras_layer, train_layer
    from skdigits.training._steps import _compiled_steps

    from skdigits.training import initial_network, keras
    from skdigits.training._tensorflow import tf

    @answer.register
    def _(layer: GlobalAverage, arrays):
        return lambda maps: maps.mean(axis=(0, 1))[:, None]

    @keras_layer.register
    def _(layer: GlobalAverage, seed):
        return keras.layers.GlobalAveragePooling2D(name=layer.name)

    @train_layer.register
    def _(layer: GlobalAverage, weights, maps, chance, moments):
        return tf.reduce_mean(maps, axis=(1, 2))

    @add_layer.register
    def _(layer: GlobalAverage, graph, maps, shape, arrays):
        means = graph.node("GlobalAveragePool", layer.name, maps)
        return graph.node("Flatten", f"{layer.name}/flat", means)

    plain = spec_module.layers_of

    def with_average(spec):
        return [
            GlobalAverage("average") if isinstance(layer, Flatten) else layer
            for layer in plain(spec)
        ]

    of_network = ("network._spec", "network._answers")
    of_training = ("training._layers", "training._model")
    for module in (*of_network, *of_training, "export._graph"):
        monkeypatch.setattr(f"skdigits.{module}.layers_of", with_average)
    _compiled_steps.cache_clear()
    yield initial_network(SPEC, 0)
    _compiled_steps.cache_clear()


def test_it_learns_and_answers_as_keras_and_onnx_do(network, digits):
    from onnxruntime import InferenceSession

    from skdigits._recipe import Recipe
    from skdigits.export._graph import model_of
    from skdigits.preprocessing import OneHotLabelEncoder
    from skdigits.training import Data, keras_model, train

    X, _, y, _ = digits
    images = (X / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    targets = OneHotLabelEncoder().fit_transform(y)
    data = Data(images, targets, np.ones(len(y), dtype=np.float32))
    recipe = Recipe(8, 64, 0.02, "one_cycle", 0.05, 0.1, 0.0)
    trained = train(network, recipe, data)
    assert trained.arrays["logits/kernel"].shape == (8, 10)
    assert trained.history["accuracy"][-1] > 0.8
    logits = trained.answers(images[:50])
    probabilities = keras_model(trained, recipe).predict(images[:50], verbose=0)
    assert_allclose(trained.probabilities(logits), probabilities, atol=1e-5)
    graph = model_of(trained, 1.0, np.arange(10), "float32").SerializeToString()
    _, exported = InferenceSession(graph).run(None, {"X": X[:50].astype("f4") / 16})
    assert_allclose(exported, trained.probabilities(logits), atol=1e-5)


def test_a_layer_without_a_case_is_an_error():
    @dataclass(frozen=True)
    class Unknown(Layer):
        """No interpreter knows it."""

    from skdigits.export._layers import add_layer
    from skdigits.training._layers import keras_layer, train_layer

    for interpret in (answer, keras_layer):
        with pytest.raises(TypeError, match="Got the layer .*Unknown"):
            interpret(Unknown("unknown"), None)
    with pytest.raises(TypeError, match="Got the layer .*Unknown"):
        train_layer(Unknown("unknown"), {}, None, None, {})
    with pytest.raises(TypeError, match="Got the layer .*Unknown"):
        add_layer(Unknown("unknown"), None, "X", (8, 8, 1), {})


def test_names_of_layers_are_those_of_the_weights():
    names = [layer.name for layer in layers_of(SPEC)]
    assert len(set(names)) == len(names)
    assert sum(isinstance(layer, ReLU) for layer in layers_of(SPEC)) == 2


def test_a_state_is_split_into_what_was_joined():
    from skdigits.training._layers import initial_arrays

    arrays = initial_arrays(SPEC, 3)
    network = FittedNetwork(SPEC, initial_state(SPEC, arrays), 3, {"loss": []})
    assert set(network.arrays) == set(arrays)
    for name, array in arrays.items():
        assert_allclose(network.arrays[name], array)
