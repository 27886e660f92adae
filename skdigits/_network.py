"""The network as a pure function of its hyper-parameters, and the presets."""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, prod

import numpy as np

# What `DigitCNN.from_preset` knows. "notebook" is the Keras classic: two convolutions,
# two poolings, 64 dense units, half of them dropped, Adam for ten epochs. "small" is
# for a few thousand small pictures; five-fold cross-validation on scikit-learn's
# digits chose it.
PRESETS = {
    "notebook": {
        "filters": (32, 64),
        "kernel_size": (5, 2),
        "dense_units": 64,
        "dropout": 0.5,
        "batch_norm": False,
        "padding": "valid",
        "epochs": 10,
        "batch_size": 64,
        "learning_rate": 0.001,
        "validation_split": 0.1,
        "early_stopping": False,
    },
    "small": {
        "filters": (64, 128),
        "kernel_size": 3,
        "dense_units": 128,
        "dropout": 0.5,
        "batch_norm": False,
        "padding": "same",
        "epochs": 40,
        "batch_size": 32,
        "learning_rate": 0.001,
        "validation_split": 0.1,
        "early_stopping": False,
    },
}


# Whatever the user has set for all of Keras.
_PLAIN = {"data_format": "channels_last", "dtype": "float32"}


@dataclass(frozen=True)
class NetworkSpec:
    """All that decides the shape of a network; hashable, so that it can be a key."""

    image_shape: tuple[int, int]
    n_classes: int
    filters: tuple[int, ...]
    kernel_size: tuple[int, ...]
    dense_units: int
    dropout: float
    batch_norm: bool
    padding: str


def feature_map_shape(spec):
    """Return (height, width, channels) before the dense layers.

    Raises a ValueError if unpadded convolutions leave no pixel of a picture.
    """
    height, width = spec.image_shape
    for size in spec.kernel_size:
        if spec.padding == "same":
            height, width = ceil(height / 2), ceil(width / 2)
        else:
            height, width = (height - size + 1) // 2, (width - size + 1) // 2
        if min(height, width) < 1:
            smallest = smallest_side(spec.kernel_size)
            raise ValueError(
                f"Got pictures of {spec.image_shape[0]} x {spec.image_shape[1]} "
                f"pixels, but expected at least {smallest} x {smallest} for "
                f"kernel_size={spec.kernel_size} and padding='valid'. Pass "
                "padding='same' or larger pictures."
            )
    return height, width, spec.filters[-1]


def smallest_side(kernel_size):
    """Return the smallest height and width that unpadded convolutions can take."""
    side = 1
    for size in reversed(kernel_size):
        side = 2 * side + size - 1
    return side


def weight_shapes(spec):
    """Return the shape of each saved array of a network, by name, without building it.

    The seed of the dropout is not among them.
    """
    shapes, channels = {}, 1
    for block, (filters, size) in enumerate(
        zip(spec.filters, spec.kernel_size, strict=True), start=1
    ):
        shapes[f"conv_{block}/kernel"] = (size, size, channels, filters)
        if spec.batch_norm:
            for name in ("gamma", "beta", "moving_mean", "moving_variance"):
                shapes[f"norm_{block}/{name}"] = (filters,)
        else:
            shapes[f"conv_{block}/bias"] = (filters,)
        channels = filters
    flat = prod(feature_map_shape(spec))
    shapes["dense/kernel"] = (flat, spec.dense_units)
    shapes["dense/bias"] = (spec.dense_units,)
    shapes["logits/kernel"] = (spec.dense_units, spec.n_classes)
    shapes["logits/bias"] = (spec.n_classes,)
    return shapes


def build_network(spec, seed):
    """Build the Keras model of ``spec``; ``seed`` decides its weights and dropout.

    Every layer gets a seed of its own: a layer without one draws it from Python's
    global random state.
    """
    from skdigits._backend import keras

    layers = keras.layers
    n_seeds = len(spec.filters) + 3
    seeds = iter(np.random.SeedSequence(seed).generate_state(n_seeds).tolist())

    def glorot():
        return keras.initializers.GlorotUniform(seed=next(seeds))

    network = keras.Sequential(
        [keras.Input((*spec.image_shape, 1), dtype="float32")], name="digit_cnn"
    )
    blocks = zip(spec.filters, spec.kernel_size, strict=True)
    for block, (filters, size) in enumerate(blocks, start=1):
        network.add(
            layers.Conv2D(
                filters,
                size,
                padding=spec.padding,
                **_PLAIN,
                use_bias=not spec.batch_norm,
                kernel_initializer=glorot(),
                name=f"conv_{block}",
            )
        )
        if spec.batch_norm:
            network.add(
                layers.BatchNormalization(name=f"norm_{block}", dtype="float32")
            )
        network.add(layers.ReLU(name=f"relu_{block}", dtype="float32"))
        network.add(
            layers.MaxPooling2D(padding=spec.padding, **_PLAIN, name=f"pool_{block}")
        )
    network.add(layers.Flatten(**_PLAIN, name="flatten"))
    network.add(
        layers.Dense(
            spec.dense_units,
            activation="relu",
            kernel_initializer=glorot(),
            dtype="float32",
            name="dense",
        )
    )
    network.add(
        layers.Dropout(spec.dropout, seed=next(seeds), dtype="float32", name="dropout")
    )
    network.add(
        layers.Dense(
            spec.n_classes, kernel_initializer=glorot(), dtype="float32", name="logits"
        )
    )
    network.add(layers.Softmax(dtype="float32", name="probabilities"))
    return network


class StatelessNetwork:
    """The network of a spec as a function that holds no weights of its own.

    What TensorFlow compiles for it serves every network of the same shape.

    Attributes
    ----------
    weight_signature, other_signature : tuple of tf.TensorSpec
        Of the trainable and of the other variables, in Keras' order.
    image_signature : tf.TensorSpec
        Of any number of pictures.
    """

    def __init__(self, spec):
        from skdigits._backend import keras, tf

        def signature(variables):
            return tuple(tf.TensorSpec(v.shape, v.dtype) for v in variables)

        network = build_network(spec, seed=0)
        self._headless = keras.Model(network.inputs, network.get_layer("logits").output)
        self.weight_signature = signature(network.trainable_variables)
        self.other_signature = signature(network.non_trainable_variables)
        self.image_signature = tf.TensorSpec((None, *spec.image_shape, 1), tf.float32)

    def logits(self, weights, others, images, *, training):
        """Return the outputs before the softmax, and the other variables' values."""
        logits, others = self._headless.stateless_call(
            list(weights), list(others), images, training=training
        )
        return logits, tuple(others)


@lru_cache(maxsize=32)
def stateless_network(spec):
    """Return the one `StatelessNetwork` of ``spec``."""
    return StatelessNetwork(spec)


def named_weights(network):
    """Return the variables of ``network`` by the names of `weight_shapes`."""
    return {
        f"{layer.name}/{variable.name}": variable
        for layer in network.layers
        for variable in layer.weights
    }
