"""The network as a pure function of its hyper-parameters, and the presets."""

from dataclasses import dataclass
from math import ceil, prod

import numpy as np

# How the presets of before batch normalization train.
_CLASSIC = {
    "batch_norm": False,
    "early_downsampling": False,
    "learning_rate": 0.001,
    "schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "augment": 0.0,
    "validation_split": 0.1,
    "early_stopping": False,
}

# How the others do; every figure was chosen on a validation part of MNIST's training
# pictures. `tests/benchmarks/bench_ablation.py` shows what each is worth.
_MODERN = {
    "kernel_size": (5, 3),
    "dense_units": None,
    "dropout": 0.0,
    "batch_norm": True,
    "early_downsampling": True,
    "padding": "same",
    "batch_size": 128,
    "learning_rate": 0.02,
    "schedule": "one_cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "augment": 1.0,
    "validation_split": 0.0,
    "early_stopping": False,
}

# What `DigitCNN.from_preset` knows. "notebook" is the Keras classic: two convolutions,
# two poolings, 64 dense units, half of them dropped, Adam for ten epochs. "small" is
# for a few thousand small pictures; five-fold cross-validation on scikit-learn's
# digits chose it. "balanced" is what DigitCNN's own defaults are.
PRESETS = {
    "notebook": {
        **_CLASSIC,
        "filters": (32, 64),
        "kernel_size": (5, 2),
        "dense_units": 64,
        "dropout": 0.5,
        "padding": "valid",
        "epochs": 10,
        "batch_size": 64,
    },
    "small": {
        **_CLASSIC,
        "filters": (64, 128),
        "kernel_size": 3,
        "dense_units": 128,
        "dropout": 0.5,
        "padding": "same",
        "epochs": 40,
        "batch_size": 32,
    },
    "fast": {**_MODERN, "filters": (16, 24, 48, 96), "epochs": 1, "augment": 0.0},
    "balanced": {**_MODERN, "filters": (16, 32, 64, 96), "epochs": 10},
    "accurate": {**_MODERN, "filters": (32, 64, 96, 128), "epochs": 20},
}

# The moving averages of batch normalization settle within a few dozen steps.
NORM_MOMENTUM = 0.9
NORM_EPSILON = 1e-3

# Whatever the user has set for all of Keras.
_PLAIN = {"data_format": "channels_last", "dtype": "float32"}


@dataclass(frozen=True)
class NetworkSpec:
    """All that decides the shape of a network; hashable, so that it can be a key."""

    image_shape: tuple[int, int]
    n_classes: int
    filters: tuple[int, ...]
    kernel_size: tuple[int, ...]
    dense_units: int | None
    dropout: float
    batch_norm: bool
    padding: str
    early_downsampling: bool


@dataclass(frozen=True)
class Block:
    """A convolution: its number from 1, sizes, stride, and whether pooling follows."""

    number: int
    channels: int
    filters: int
    kernel_size: int
    stride: int
    pooled: bool


def blocks(spec):
    """Return the `Block` of each convolution; each halves height and width."""
    channels = (1, *spec.filters)
    return [
        Block(
            number,
            channels[number - 1],
            spec.filters[number - 1],
            kernel_size,
            stride=2 if spec.early_downsampling and number == 1 else 1,
            pooled=not (spec.early_downsampling and number == 1),
        )
        for number, kernel_size in enumerate(spec.kernel_size, start=1)
    ]


def feature_map_shape(spec):
    """Return (height, width, channels) before the dense layers.

    Raises a ValueError if unpadded convolutions leave no pixel of a picture.
    """
    height, width = spec.image_shape
    for block in blocks(spec):
        height, width = (halved(side, block, spec.padding) for side in (height, width))
        if min(height, width) < 1:
            smallest = smallest_side(spec)
            raise ValueError(
                f"Got pictures of {spec.image_shape[0]} x {spec.image_shape[1]} "
                f"pixels, but expected at least {smallest} x {smallest} for "
                f"kernel_size={spec.kernel_size} and padding='valid'. Pass "
                "padding='same' or larger pictures."
            )
    return height, width, spec.filters[-1]


def halved(side, block, padding):
    """Return the height or width after a block."""
    if padding == "same":
        return ceil(side / 2)
    if block.pooled:
        return (side - block.kernel_size + 1) // 2
    return (side - block.kernel_size) // 2 + 1


def same_padding(side, size, stride):
    """Return the zeros before and after a side that "same" stands for."""
    total = max((ceil(side / stride) - 1) * stride + size - side, 0)
    return total // 2, total - total // 2


def fused_pooling(spec, block):
    """Tell whether convolution and pooling are best done in one, with stride 2.

    With one channel in, there is little to multiply and much to write: the picture
    before pooling is four times as large as after it.
    """
    sides = spec.image_shape
    if spec.padding == "valid":
        sides = tuple(side - block.kernel_size + 1 for side in sides)
    return block.pooled and block.channels == 1 and not any(side % 2 for side in sides)


def smallest_side(spec):
    """Return the smallest height and width that unpadded convolutions can take."""
    side = 1
    for block in reversed(blocks(spec)):
        if block.pooled:
            side = 2 * side + block.kernel_size - 1
        else:
            side = 2 * (side - 1) + block.kernel_size
    return side


def weight_shapes(spec):
    """Return the shape of each saved array of a network, by name, without building it.

    The seed of the dropout is not among them.
    """
    shapes = {}
    for block in blocks(spec):
        size, number = block.kernel_size, block.number
        kernel = (size, size, block.channels, block.filters)
        shapes[f"conv_{number}/kernel"] = kernel
        if spec.batch_norm:
            for name in ("gamma", "beta", "moving_mean", "moving_variance"):
                shapes[f"norm_{number}/{name}"] = (block.filters,)
        else:
            shapes[f"conv_{number}/bias"] = (block.filters,)
    units = prod(feature_map_shape(spec))
    if spec.dense_units is not None:
        shapes["dense/kernel"] = (units, spec.dense_units)
        shapes["dense/bias"] = (spec.dense_units,)
        units = spec.dense_units
    shapes["logits/kernel"] = (units, spec.n_classes)
    shapes["logits/bias"] = (spec.n_classes,)
    return shapes


def is_statistic(name):
    """Tell the moving averages of batch normalization from the trained weights."""
    return "/moving_" in name


def build_network(spec, seed):
    """Build the Keras model of ``spec``; ``seed`` decides its weights and dropout.

    Every layer gets a seed of its own: a layer without one draws it from Python's
    global random state.
    """
    from skdigits.training._tensorflow import keras

    layers = keras.layers
    n_seeds = len(spec.filters) + 3
    seeds = iter(np.random.SeedSequence(seed).generate_state(n_seeds).tolist())

    def glorot():
        return keras.initializers.GlorotUniform(seed=next(seeds))

    stack = [keras.Input((*spec.image_shape, 1), dtype="float32")]
    for block in blocks(spec):
        number = block.number
        stack.append(
            layers.Conv2D(
                block.filters,
                block.kernel_size,
                strides=block.stride,
                padding=spec.padding,
                **_PLAIN,
                use_bias=not spec.batch_norm,
                kernel_initializer=glorot(),
                name=f"conv_{number}",
            )
        )
        if block.pooled:
            stack.append(
                layers.MaxPooling2D(
                    padding=spec.padding, **_PLAIN, name=f"pool_{number}"
                )
            )
        if spec.batch_norm:
            stack.append(
                layers.BatchNormalization(
                    momentum=NORM_MOMENTUM,
                    epsilon=NORM_EPSILON,
                    dtype="float32",
                    name=f"norm_{number}",
                )
            )
        # after the pooling, where there is less to do: the maximum of what ReLU keeps
        # is what ReLU keeps of the maximum
        stack.append(layers.ReLU(name=f"relu_{number}", dtype="float32"))
    stack.append(layers.Flatten(**_PLAIN, name="flatten"))
    if spec.dense_units is not None:
        stack.append(
            layers.Dense(
                spec.dense_units,
                activation="relu",
                kernel_initializer=glorot(),
                dtype="float32",
                name="dense",
            )
        )
    stack += [
        layers.Dropout(spec.dropout, seed=next(seeds), dtype="float32", name="dropout"),
        layers.Dense(
            spec.n_classes, kernel_initializer=glorot(), dtype="float32", name="logits"
        ),
        layers.Softmax(dtype="float32", name="probabilities"),
    ]
    return keras.Sequential(stack, name="digit_cnn")


def named_weights(network):
    """Return the variables of ``network`` by the names of `weight_shapes`."""
    return {
        f"{layer.name}/{variable.name}": variable
        for layer in network.layers
        for variable in layer.weights
    }


def arrays_of(network):
    """Return copies of the weights of ``network`` by the names of `weight_shapes`."""
    return {name: variable.numpy() for name, variable in named_weights(network).items()}
