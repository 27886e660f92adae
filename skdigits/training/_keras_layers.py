"""The records of a network as Keras layers: the first of the two interpreters.

Numbers that a search varies are TensorFlow variables, so that networks of one shape
share a compiled model. They are not Keras variables, which would count as parameters.
"""

from functools import singledispatch
from math import pi

import numpy as np

from skdigits.network import layers_of, records, weight_shapes
from skdigits.training._tensorflow import keras, tf

# Lets Keras load a class from a file that was saved with `model_.save`.
registered = keras.saving.register_keras_serializable("skdigits")

# Whatever the user has set for all of Keras.
_FLOAT = {"dtype": "float32"}
_PLAIN = {"data_format": "channels_last", **_FLOAT}

# What augment=1 stands for: degrees, shares of the sides, and a shear.
ROTATION, SHIFT, ZOOM, SHEAR = 10.0, 1 / 14, 0.1, 0.1

# In smaller images a shift of a pixel makes another image.
SMALLEST_AUGMENTED = 8


def can_be_augmented(image_shape):
    """Return whether images are large enough to be augmented."""
    return min(image_shape[:2]) >= SMALLEST_AUGMENTED


def number_of(variable):
    """Return the number that a float32 variable was set to, as originally written."""
    return float(str(variable.numpy()))


def keras_layers(spec, seed, *, augment=0.0, temperature=1.0):
    """Return the Keras layers from images to probabilities, each with its own seed."""
    seeds = layer_seeds(spec, seed)
    layers = [keras.Input(spec.input_shape, dtype="float32")]
    if augment and can_be_augmented(spec.image_shape):
        options = {"name": "augmentation", **_FLOAT}
        layers.append(RandomAffine(augment, seeds["augmentation"], **options))
    layers += [keras_layer(layer, seeds.get(layer.name)) for layer in layers_of(spec)]
    return [*layers, Softmax(temperature, name="probabilities", **_FLOAT)]


def layer_seeds(spec, seed):
    """Return a seed for each layer that draws numbers, by name."""
    names = [layer.name for layer in layers_of(spec)]
    seeds = np.random.SeedSequence(seed).generate_state(len(names) + 1)
    return dict(zip([*names, "augmentation"], seeds.tolist(), strict=True))


def initial_weights(spec, seed):
    """Return the initial weights of the layers for a seed, by name."""
    seeds, weights = layer_seeds(spec, seed), {}
    for name, shape in weight_shapes(spec).items():
        layer, _, kind = name.partition("/")
        if kind == "kernel":
            glorot = keras.initializers.GlorotUniform(seed=seeds[layer])
            weights[name] = np.asarray(glorot(shape, dtype="float32"))
        else:
            is_factor = kind in ("gamma", "moving_variance")
            weights[name] = np.full(shape, float(is_factor), dtype=np.float32)
    return weights


@singledispatch
def keras_layer(layer: records.Layer, seed):
    """Return the Keras layer of the same name.

    A layer without a seed draws one from Python's global random state.
    """
    raise TypeError(f"Got the layer {layer!r}, but expected one that Keras has.")


@keras_layer.register
def _(layer: records.Convolution, seed):
    return keras.layers.Conv2D(
        layer.filters,
        layer.kernel_size,
        strides=layer.stride,
        padding=layer.padding,
        use_bias=False,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        name=layer.name,
        **_PLAIN,
    )


@keras_layer.register
def _(layer: records.Bias, seed):
    return Bias(name=layer.name, **_FLOAT)


@keras_layer.register
def _(layer: records.MaxPooling, seed):
    return keras.layers.MaxPooling2D(padding=layer.padding, name=layer.name, **_PLAIN)


@keras_layer.register
def _(layer: records.BatchNormalization, seed):
    return FusedBatchNormalization(
        momentum=records.NORM_MOMENTUM,
        epsilon=records.NORM_EPSILON,
        name=layer.name,
        **_FLOAT,
    )


@keras_layer.register
def _(layer: records.ReLU, seed):
    return keras.layers.ReLU(name=layer.name, **_FLOAT)


@keras_layer.register
def _(layer: records.Flatten, seed):
    return keras.layers.Flatten(name=layer.name, **_PLAIN)


@keras_layer.register
def _(layer: records.Dropout, seed):
    return Dropout(layer.rate, seed=seed, name=layer.name, **_FLOAT)


@keras_layer.register
def _(layer: records.Dense, seed):
    return keras.layers.Dense(
        layer.units,
        activation="relu" if layer.relu else None,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        name=layer.name,
        **_FLOAT,
    )


@registered
class Bias(keras.layers.Layer):
    """An addend for each channel."""

    def build(self, input_shape):
        self.bias = self.add_weight(
            shape=(input_shape[-1],), initializer="zeros", name="bias"
        )
        super().build(input_shape)

    def call(self, inputs):
        return tf.nn.bias_add(inputs, self.bias)


@registered
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalization, trained by one operation instead of a dozen.

    The moving variance averages unbiased estimates, while Keras averages the variances
    within batches.
    """

    def call(self, inputs, training=None, mask=None):
        if not training or not self.trainable:
            return super().call(inputs, training=False)
        normalized, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=self.moving_mean,
            variance=self.moving_variance,
            epsilon=self.epsilon,
            exponential_avg_factor=1.0 - self.momentum,
            is_training=True,
        )
        self.moving_mean.assign(mean)
        self.moving_variance.assign(variance)
        return normalized


@registered
class Dropout(keras.layers.Dropout):
    """Keras' dropout, whose rate is a variable."""

    def __init__(self, rate, **options):
        super().__init__(rate, **options)
        self.share = tf.Variable(rate, trainable=False, dtype=tf.float32)

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        seed = self.seed_generator.next()
        return tf.nn.experimental.stateless_dropout(
            inputs, self.share, tf.cast(seed, tf.int32), rng_alg="philox"
        )

    def get_config(self):
        return super().get_config() | {"rate": number_of(self.share)}


@registered
class Softmax(keras.layers.Softmax):
    """Keras' softmax of logits, divided by a temperature except during training."""

    def __init__(self, temperature=1.0, **options):
        super().__init__(**options)
        self.temperature = temperature

    def call(self, inputs, mask=None, training=False):
        if not training:
            inputs = inputs / self.temperature
        return super().call(inputs, mask)

    def get_config(self):
        return super().get_config() | {"temperature": self.temperature}


@registered
class RandomAffine(keras.layers.Layer):
    """Rotate, zoom, shear and shift each training image a little, at random.

    Parameters
    ----------
    strength : float, default=1.0
        Strength of the changes, as in the ``augment`` of `skdigits.DigitCNN`.

    seed : int, default=None
        None draws one from Python's global random state.
    """

    def __init__(self, strength=1.0, seed=None, **options):
        super().__init__(**options)
        self.strength = tf.Variable(strength, trainable=False, dtype=tf.float32)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        return random_affine(inputs, self.strength, seed)

    def get_config(self):
        seed = self.seed_generator.get_config()["seed"]
        config = {"strength": number_of(self.strength), "seed": seed}
        return super().get_config() | config


def random_affine(images, strength, seed):
    """Return images that are rotated, zoomed, sheared and shifted at random."""
    height, width = images.shape[1:3]
    draws = tf.random.stateless_uniform(
        (tf.shape(images)[0], 6), seed, minval=-strength, maxval=strength
    )
    turn, shear, high, wide, down, right = tf.unstack(draws, axis=1)
    angle = turn * (ROTATION * pi / 180.0)
    cos, sin, shear = tf.cos(angle), tf.sin(angle), shear * SHEAR
    high, wide = tf.exp(high * ZOOM), tf.exp(wide * ZOOM)
    xx, xy = wide * cos, wide * (cos * shear - sin)
    yx, yy = high * sin, high * (sin * shear + cos)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    from_x = middle_x * (1.0 - xx) - xy * middle_y + right * (SHIFT * width)
    from_y = middle_y * (1.0 - yy) - yx * middle_x + down * (SHIFT * height)
    zero = tf.zeros_like(angle)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([xx, xy, from_x, yx, yy, from_y, zero, zero], axis=1),
        output_shape=(height, width),
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )
