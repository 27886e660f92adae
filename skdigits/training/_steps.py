"""The steps of training, compiled: forward, backward, Adam, warping the pictures.

Written with TensorFlow's operations and not with Keras' layers, which spend more on
biases and pooling of large maps than on the convolutions.
"""

from dataclasses import replace
from functools import lru_cache, partial
from math import pi, prod

from skdigits.network._spec import (
    NORM_EPSILON,
    NORM_MOMENTUM,
    blocks,
    is_statistic,
    weight_shapes,
)
from skdigits.training._tensorflow import drop_kernels, tf

# Keras' defaults for Adam.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7

# The share of a cycle in which the learning rate rises.
WARM_UP = 0.25

# What augment=1 stands for: degrees, shares of the sides, and a shear.
ROTATION, SHIFT, ZOOM, SHEAR = 10.0, 1 / 14, 0.1, 0.1

# On smaller pictures a shift of a pixel is another picture.
SMALLEST_WARPED = 8


def is_warped(spec, augment):
    """Tell whether the pictures are augmented."""
    return augment > 0 and min(spec.image_shape) >= SMALLEST_WARPED


def compiled_steps(spec, warped):
    """Return the training steps of every network of this shape.

    The share of dropout is no part of the shape, only whether there is any.

    Returns
    -------
    steps : callable
        ``steps(data, order, start, stop, batch_size, settings, seed, state)`` takes the
        rows ``order[start:stop]`` of the three tensors ``data`` in batches and returns
        the sums of loss and hits, and the new state.
    """
    return _compiled_steps(replace(spec, dropout=float(spec.dropout > 0)), warped)


# Few, since each keeps megabytes: a search is done with one shape before the next.
@lru_cache(maxsize=2)
def _compiled_steps(spec, warped):
    drop_kernels()
    kernels = _one_for_kernels(spec)

    def one_step(batch, rate, settings, seed, state):
        images, targets, sample_weight = batch
        step_seed = tf.stack([seed, tf.cast(state["iterations"], tf.int32)])
        if warped:
            images = warp(images, settings["augment"], step_seed)
        smoothing = settings["label_smoothing"]
        wanted = targets * (1.0 - smoothing) + smoothing / spec.n_classes
        with tf.GradientTape() as tape:
            tape.watch(state["weights"])
            weights = _split(state["weights"], spec)
            dropout = settings["dropout"]
            logits, moments = forward(spec, weights, images, dropout, step_seed)
            losses = sample_weight * tf.nn.softmax_cross_entropy_with_logits(
                wanted, logits
            )
            loss = tf.reduce_mean(losses)
        gradient = tape.gradient(loss, state["weights"])
        hits = tf.argmax(logits, axis=1) == tf.argmax(targets, axis=1)
        sums = tf.reduce_sum(losses), tf.reduce_sum(tf.cast(hits, tf.float32))
        decay = rate * settings["weight_decay"] * kernels
        state = adam(rate, decay, gradient, state)
        return sums, moments, state

    @tf.function(input_signature=_signature(spec), autograph=False)
    def steps(data, order, start, stop, batch_size, settings, seed, state):
        def body(position, loss, hits, state):
            rows = order[position : tf.minimum(position + batch_size, stop)]
            batch = [tf.gather(array, rows) for array in data]
            rate = learning_rate(settings, state["iterations"])
            sums, moments, state = one_step(batch, rate, settings, seed, state)
            # a batch counts by its size: a last one of few rows says little
            share = tf.cast(tf.size(rows) / batch_size, tf.float32)
            state["statistics"] = {
                name: value + (moments[name] - value) * (1.0 - NORM_MOMENTUM) * share
                for name, value in state["statistics"].items()
            }
            return position + batch_size, loss + sums[0], hits + sums[1], state

        zero = tf.constant(0.0)
        joined = state | {name: _join(state[name], spec) for name in _OF_WEIGHTS}
        _, loss, hits, joined = tf.while_loop(
            lambda position, *_: position < stop, body, (start, zero, zero, joined)
        )
        split = {name: _split(joined[name], spec) for name in _OF_WEIGHTS}
        return loss, hits, joined | split

    # not the function itself, which counts every network as tracing again, and warns
    return steps.get_concrete_function()


def _signature(spec):
    arrays = {
        name: tf.TensorSpec(shape, tf.float32)
        for name, shape in weight_shapes(spec).items()
    }
    weights = {name: arrays[name] for name in _trained_shapes(spec)}
    statistics = {name: arrays[name] for name in arrays if is_statistic(name)}
    number, scalar = tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.float32)
    data = (
        tf.TensorSpec((None, *spec.image_shape, 1)),
        tf.TensorSpec((None, spec.n_classes)),
        tf.TensorSpec((None,)),
    )
    settings = {
        "learning_rate": scalar,
        "cycle_begin": scalar,
        "cycle_steps": scalar,
        "weight_decay": scalar,
        "label_smoothing": scalar,
        "augment": scalar,
        "dropout": scalar,
    }
    state = {
        "weights": weights,
        "statistics": statistics,
        "first": weights,
        "second": weights,
        "iterations": tf.TensorSpec((), tf.int64),
    }
    order = tf.TensorSpec((None,), tf.int32)
    return data, order, number, number, number, settings, number, state


def learning_rate(settings, iterations):
    """Return the rate of a step: constant, or rising and falling along a cycle.

    Linearly up for a quarter of the steps, linearly down to zero for the others (Smith
    & Topin, "Super-convergence", 2018).
    """
    length = settings["cycle_steps"]
    done = tf.cast(iterations, tf.float32) + 0.5 - settings["cycle_begin"]
    place = tf.math.divide_no_nan(done, length)
    factor = tf.minimum(place / WARM_UP, (1.0 - place) / (1.0 - WARM_UP))
    factor = tf.where(length > 0, tf.maximum(factor, 0.0), 1.0)
    return settings["learning_rate"] * factor


def adam(rate, decay, gradient, state):
    """Return the state after one step of Adam, as `keras.optimizers.AdamW` takes it.

    Kingma & Ba (2015), algorithm 1; decay apart from the gradient as Loshchilov &
    Hutter (2019). Keras' own update changes variables in place.
    """
    iterations = state["iterations"] + 1
    step = tf.cast(iterations, tf.float32)
    corrected = (
        rate * tf.sqrt(1.0 - tf.pow(BETA_2, step)) / (1.0 - tf.pow(BETA_1, step))
    )
    weights, first, second = (state[name] for name in _OF_WEIGHTS)
    first += (gradient - first) * (1.0 - BETA_1)
    second += (tf.square(gradient) - second) * (1.0 - BETA_2)
    weights -= weights * decay + first * corrected / (tf.sqrt(second) + EPSILON)
    return state | {
        "weights": weights,
        "first": first,
        "second": second,
        "iterations": iterations,
    }


# What the state holds as one vector in the steps: an operation on each array by itself
# would take longer to start than to run.
_OF_WEIGHTS = ("weights", "first", "second")


def _trained_shapes(spec):
    shapes = weight_shapes(spec)
    return {name: shapes[name] for name in shapes if not is_statistic(name)}


def _join(arrays, spec):
    names = _trained_shapes(spec)
    return tf.concat([tf.reshape(arrays[name], (-1,)) for name in names], axis=0)


def _split(vector, spec):
    shapes = _trained_shapes(spec)
    parts = tf.split(vector, [prod(shape) for shape in shapes.values()])
    return {
        name: tf.reshape(part, shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def _one_for_kernels(spec):
    """Return 1 for each number of a kernel and 0 for the others, as one vector."""
    return tf.concat(
        [
            tf.fill((prod(shape),), 1.0 if name.endswith("/kernel") else 0.0)
            for name, shape in _trained_shapes(spec).items()
        ],
        axis=0,
    )


def forward(spec, weights, images, dropout, seed):
    """Return logits and the moments of each batch normalization, in training."""
    maps, moments = images, {}
    for block in blocks(spec):
        kernel = weights[f"conv_{block.number}/kernel"]
        maps = tf.nn.conv2d(maps, kernel, block.stride, spec.padding.upper())
        if block.pooled:
            maps = tf.nn.max_pool2d(maps, 2, 2, spec.padding.upper())
        if spec.batch_norm:
            maps, moments = _normalized(block, weights, maps, moments)
        else:
            maps = tf.nn.bias_add(maps, weights[f"conv_{block.number}/bias"])
        maps = tf.nn.relu(maps)
    units = tf.reshape(maps, (tf.shape(maps)[0], -1))
    if spec.dense_units is not None:
        units = tf.nn.relu(units @ weights["dense/kernel"] + weights["dense/bias"])
    if spec.dropout:
        units = tf.nn.experimental.stateless_dropout(
            units, dropout, seed=seed, rng_alg="philox"
        )
    return units @ weights["logits/kernel"] + weights["logits/bias"], moments


def _normalized(block, weights, maps, moments):
    """Normalize in one operation; a dozen small ones take longer."""
    name = f"norm_{block.number}"
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
    n_values = tf.cast(tf.size(maps) // block.filters, tf.float32)
    return normalized, moments | {
        f"{name}/moving_mean": mean,
        f"{name}/moving_variance": variance * ((n_values - 1.0) / n_values),
    }


def warp(images, strength, seed):
    """Rotate, zoom, shear and shift each picture a little, as chance will have it."""
    height, width = images.shape[1:3]
    draw = partial(tf.random.stateless_uniform, minval=-strength, maxval=strength)
    turn, shear, high, wide, down, right = tf.unstack(
        draw((tf.shape(images)[0], 6), seed=seed), axis=1
    )
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
