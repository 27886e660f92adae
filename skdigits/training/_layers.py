"""Each kind of layer as Keras has it, and as it is trained.

Trained with TensorFlow's operations and not with Keras' layers, which spend more on
biases and pooling of large maps than on the convolutions.
"""

from functools import singledispatch
from typing import NamedTuple

import numpy as np

from skdigits.network import layers_of, weight_shapes
from skdigits.network._layers import (
    NORM_EPSILON,
    NORM_MOMENTUM,
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
from skdigits.training._tensorflow import keras, tf

# Whatever the user has set for all of Keras.
_FLOAT = {"dtype": "float32"}
_PLAIN = {"data_format": "channels_last", **_FLOAT}


def layer_seeds(spec, seed):
    """Return a seed for each layer in which there is chance, by its name."""
    layers = [
        layer.name
        for layer in layers_of(spec)
        if isinstance(layer, Convolution | Dense | Dropout)
    ]
    seeds = np.random.SeedSequence(seed).generate_state(len(layers))
    return dict(zip(layers, seeds.tolist(), strict=True))


def initial_arrays(spec, seed):
    """Return the weights that the Keras layers of the same seeds begin with."""
    seeds = layer_seeds(spec, seed)
    arrays = {}
    for name, shape in weight_shapes(spec).items():
        layer, _, kind = name.partition("/")
        if kind == "kernel":
            glorot = keras.initializers.GlorotUniform(seed=seeds[layer])
            arrays[name] = np.asarray(glorot(shape, dtype="float32"))
        else:
            is_factor = kind in ("gamma", "moving_variance")
            arrays[name] = np.full(shape, float(is_factor), dtype=np.float32)
    return arrays


@singledispatch
def keras_layer(layer: Layer, seed):
    """Return the Keras layer of the same name, with a seed of its own.

    A layer without one draws it from Python's global random state.
    """
    raise TypeError(f"Got the layer {layer!r}, but expected one that Keras has.")


class Chance(NamedTuple):
    """The share of dropout, and the seed of what is left out in one step."""

    dropout: tf.Tensor
    seed: tf.Tensor


def forward(spec, weights, images, chance):
    """Return logits and the moments of each batch normalization, in training."""
    maps, moments = images, {}
    for layer in with_late_biases(layers_of(spec)):
        maps = train_layer(layer, weights, maps, chance, moments)
    return maps, moments


@singledispatch
def train_layer(layer: Layer, weights, maps, chance, moments):
    """Return the output of a layer in training.

    ``weights`` has those of all layers by their names; a batch normalization adds what
    it saw to ``moments``.
    """
    raise TypeError(f"Got the layer {layer!r}, but expected one that can be trained.")


@keras_layer.register
def _(layer: Convolution, seed):
    return keras.layers.Conv2D(
        layer.filters,
        layer.kernel_size,
        strides=layer.stride,
        padding=layer.padding,
        use_bias=layer.use_bias,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        name=layer.name,
        **_PLAIN,
    )


@train_layer.register
def _(layer: Convolution, weights, maps, chance, moments):
    kernel = weights[f"{layer.name}/kernel"]
    return tf.nn.conv2d(maps, kernel, layer.stride, layer.padding.upper())


@train_layer.register
def _(layer: Bias, weights, maps, chance, moments):
    return tf.nn.bias_add(maps, weights[f"{layer.name}/bias"])


@keras_layer.register
def _(layer: MaxPooling, seed):
    return keras.layers.MaxPooling2D(padding=layer.padding, name=layer.name, **_PLAIN)


@train_layer.register
def _(layer: MaxPooling, weights, maps, chance, moments):
    return tf.nn.max_pool2d(maps, 2, 2, layer.padding.upper())


@keras_layer.register
def _(layer: BatchNormalization, seed):
    return keras.layers.BatchNormalization(
        momentum=NORM_MOMENTUM, epsilon=NORM_EPSILON, name=layer.name, **_FLOAT
    )


@train_layer.register
def _(layer: BatchNormalization, weights, maps, chance, moments):
    """Normalize in one operation; a dozen small ones take longer."""
    name = layer.name
    normalized, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=maps,
        scale=weights[f"{name}/gamma"],
        offset=weights[f"{name}/beta"],
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        epsilon=NORM_EPSILON,
        is_training=True,
    )
    # the operation estimates the variance beyond the batch, Keras keeps that within it
    n_values = tf.cast(tf.size(maps) // maps.shape[-1], tf.float32)
    moments[f"{name}/moving_mean"] = mean
    moments[f"{name}/moving_variance"] = variance * ((n_values - 1.0) / n_values)
    return normalized


@keras_layer.register
def _(layer: ReLU, seed):
    return keras.layers.ReLU(name=layer.name, **_FLOAT)


@train_layer.register
def _(layer: ReLU, weights, maps, chance, moments):
    return tf.nn.relu(maps)


@keras_layer.register
def _(layer: Flatten, seed):
    return keras.layers.Flatten(name=layer.name, **_PLAIN)


@train_layer.register
def _(layer: Flatten, weights, maps, chance, moments):
    return tf.reshape(maps, (tf.shape(maps)[0], -1))


@keras_layer.register
def _(layer: Dropout, seed):
    return keras.layers.Dropout(layer.rate, seed=seed, name=layer.name, **_FLOAT)


@train_layer.register
def _(layer: Dropout, weights, maps, chance, moments):
    if not layer.rate:
        return maps
    return tf.nn.experimental.stateless_dropout(
        maps, chance.dropout, seed=chance.seed, rng_alg="philox"
    )


@keras_layer.register
def _(layer: Dense, seed):
    return keras.layers.Dense(
        layer.units,
        activation="relu" if layer.relu else None,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        name=layer.name,
        **_FLOAT,
    )


@train_layer.register
def _(layer: Dense, weights, maps, chance, moments):
    sums = maps @ weights[f"{layer.name}/kernel"] + weights[f"{layer.name}/bias"]
    return tf.nn.relu(sums) if layer.relu else sums
