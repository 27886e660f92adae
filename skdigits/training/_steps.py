"""The steps of training, compiled: forward, backward, Adam, warping the pictures."""

from dataclasses import replace
from functools import lru_cache
from math import prod

from skdigits.network import (
    State,
    is_kernel,
    statistic_shapes,
    trained_shapes,
)
from skdigits.network._layers import NORM_MOMENTUM
from skdigits.training._layers import Chance, forward
from skdigits.training._tensorflow import drop_kernels, tf
from skdigits.training._warp import is_warped, warp

# Keras' defaults for Adam.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7

# The share of a cycle in which the learning rate rises.
WARM_UP = 0.25

# What the steps take as numbers, so that no other value of them is another function.
SETTINGS = (
    "learning_rate",
    "cycle_begin",
    "cycle_steps",
    "weight_decay",
    "label_smoothing",
    "augment",
    "dropout",
)


def compiled_steps(spec, augment):
    """Return the training steps of every network of this shape.

    The share of dropout is no part of the shape, only whether there is any.

    Returns
    -------
    steps : callable
        ``steps(data, ends, settings, seed, state)`` takes the rows of the three tensors
        ``data`` in batches, of which each ends where the next begins, and returns the
        sums of loss and hits, and the new state.
    """
    shape = replace(spec, dropout=float(spec.dropout > 0))
    return _compiled_steps(shape, is_warped(spec.image_shape, augment))


# Few, since each keeps megabytes: a search is done with one shape before the next.
@lru_cache(maxsize=2)
def _compiled_steps(spec, warped):
    drop_kernels()
    gradient_of = _gradient(spec, warped)
    kernels = _one_for_kernels(spec)

    @tf.function(input_signature=_signature(spec), autograph=False)
    def steps(data, ends, settings, seed, state):
        def body(number, begin, loss, hits, state):
            end = ends[number]
            batch = [array[begin:end] for array in data]
            sums, gradient, moments = gradient_of(batch, settings, seed, state)
            rate = learning_rate(settings, state.iterations)
            decay = rate * settings["weight_decay"] * kernels
            state = _with_moving_averages(adam(rate, decay, gradient, state), moments)
            return number + 1, end, loss + sums[0], hits + sums[1], state

        zero, n_batches = tf.constant(0.0), tf.shape(ends)[0]
        return tf.while_loop(
            lambda number, *_: number < n_batches, body, (0, 0, zero, zero, state)
        )[2:]

    # not the function itself, which counts every network as tracing again, and warns
    return steps.get_concrete_function()


def _gradient(spec, warped):
    """Return the function from a batch to its sums, its gradient and its moments."""

    def gradient_of(batch, settings, seed, state):
        images, targets, sample_weight = batch
        step_seed = tf.stack([seed, tf.cast(state.iterations, tf.int32)])
        if warped:
            images = warp(images, settings["augment"], step_seed)
            # else dropout would draw the very numbers that warped the pictures
            step_seed = tf.random.experimental.stateless_fold_in(step_seed, 1)
        smoothing = settings["label_smoothing"]
        wanted = targets * (1.0 - smoothing) + smoothing / spec.n_classes
        chance = Chance(settings["dropout"], step_seed)
        with tf.GradientTape() as tape:
            tape.watch(state.weights)
            weights = split(state.weights, trained_shapes(spec))
            logits, moments = forward(spec, weights, images, chance)
            losses = sample_weight * tf.nn.softmax_cross_entropy_with_logits(
                wanted, logits
            )
            loss = tf.reduce_mean(losses)
        hits = tf.argmax(logits, axis=1) == tf.argmax(targets, axis=1)
        sums = tf.reduce_sum(losses), tf.reduce_sum(tf.cast(hits, tf.float32))
        seen = [moments[name] for name in statistic_shapes(spec)]
        return sums, tape.gradient(loss, state.weights), seen

    return gradient_of


def _with_moving_averages(state, moments):
    if not moments:
        return state
    *trained, statistics, iterations = state
    change = tf.concat(moments, axis=0) - statistics
    statistics += change * (1.0 - NORM_MOMENTUM)
    return State(*trained, statistics, iterations)


def split(vector, shapes):
    """Return the parts of a vector of a `State` by their names."""
    parts = tf.split(vector, [prod(shape) for shape in shapes.values()])
    return {
        name: tf.reshape(part, shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def _one_for_kernels(spec):
    """Return 1 for each number of a kernel and 0 for the others, as one vector."""
    return tf.concat(
        [
            tf.fill((prod(shape),), 1.0 if is_kernel(name) else 0.0)
            for name, shape in trained_shapes(spec).items()
        ],
        axis=0,
    )


def _signature(spec):
    number, scalar = tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.float32)
    data = (
        tf.TensorSpec((None, *spec.image_shape, 1)),
        tf.TensorSpec((None, spec.n_classes)),
        tf.TensorSpec((None,)),
    )
    weights, statistics = (
        tf.TensorSpec((sum(map(prod, shapes(spec).values())),))
        for shapes in (trained_shapes, statistic_shapes)
    )
    iterations = tf.TensorSpec((), tf.int64)
    state = State(weights, weights, weights, statistics, iterations)
    ends = tf.TensorSpec((None,), tf.int32)
    return data, ends, dict.fromkeys(SETTINGS, scalar), number, state


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
    iterations = state.iterations + 1
    step = tf.cast(iterations, tf.float32)
    corrected = (
        rate * tf.sqrt(1.0 - tf.pow(BETA_2, step)) / (1.0 - tf.pow(BETA_1, step))
    )
    first = state.first + (gradient - state.first) * (1.0 - BETA_1)
    second = state.second + (tf.square(gradient) - state.second) * (1.0 - BETA_2)
    change = first * corrected / (tf.sqrt(second) + EPSILON)
    weights = state.weights - (state.weights * decay + change)
    return State(weights, first, second, state.statistics, iterations)
