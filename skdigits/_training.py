"""How a network learns.

The pictures stay in memory as one tensor and are shuffled by index; one compiled
function takes many steps at a call, with the weights as its arguments, so that every
network of the same shape shares it. Keras' callbacks see the model as usual.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import softmax

from skdigits._backend import keras, tf
from skdigits._network import stateless_network
from skdigits._prediction import predict_logits, values_of

# Long enough to make the cost of a call vanish, short enough for Ctrl-C.
STEPS_PER_CALL = 64

_ENDS = ("begin", "end")

# Keras' defaults for Adam.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


@dataclass(frozen=True)
class Batchable:
    """Pictures (n, height, width, 1), one-hot targets (n, n_classes), weights (n,)."""

    images: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def __len__(self):
        return len(self.images)

    def take(self, rows):
        return Batchable(self.images[rows], self.targets[rows], self.weights[rows])


def train(
    network,
    spec,
    data,
    *,
    batch_size,
    epochs,
    initial_epoch,
    validation_split,
    seed,
    callbacks,
    patience,
    progress,
):
    """Train ``network`` in place and return its history, a dict of lists.

    Without a callback that looks at single batches, ``STEPS_PER_CALL`` batches are
    taken in one call. With ``patience`` training stops after so many epochs without
    improvement, and goes back to the best weights.
    """
    callbacks = [*_check_callbacks(callbacks), *_early_stopping(patience)]
    training, validation = data, None
    if validation_split:
        kept, held_out = stratified_split(
            data.targets.argmax(axis=1), validation_split, np.random.default_rng(seed)
        )
        if len(held_out):
            training, validation = data.take(kept), data.take(held_out)
    loop = keras.callbacks.CallbackList(
        callbacks,
        model=network,
        epochs=initial_epoch + epochs,
        steps=-(-len(training) // batch_size),
        verbose=0,
    )
    run_epoch = _EpochRunner(network, spec, training, batch_size, loop, callbacks)
    history = {}
    network.stop_training = False
    loop.on_train_begin()
    for epoch in range(initial_epoch, initial_epoch + epochs):
        progress.begin(epoch, initial_epoch + epochs, len(training))
        loop.on_epoch_begin(epoch)
        order = np.random.default_rng([seed, epoch]).permutation(len(training))
        logs = run_epoch(order.astype(np.int32), progress.advance)
        if validation is not None:
            logs |= _evaluate(network, spec, validation)
        with np.errstate(invalid="ignore", over="ignore"):
            probe = softmax(predict_logits(network, spec, training.images[:16]))
        _check_finite(logs, probe, epoch, network)
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        loop.on_epoch_end(epoch, dict(logs))
        progress.end(logs)
        if network.stop_training:
            break
    loop.on_train_end(dict(logs))
    return history


def _check_callbacks(callbacks):
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                f"Got {callback!r} in callbacks, but expected instances of "
                "keras.callbacks.Callback. Make one of it."
            )
    return callbacks


def _early_stopping(patience):
    if patience is None:
        return []
    return [_BestEpoch(patience=patience, restore_best_weights=True)]


def after_each_epoch(function):
    """Make the callback that calls ``function(epoch, logs)`` after each epoch."""
    return keras.callbacks.LambdaCallback(on_epoch_end=function)


class _BestEpoch(keras.callbacks.EarlyStopping):
    """Watches the validation loss, or the training loss where there is no other."""

    def on_epoch_end(self, epoch, logs=None):
        self.monitor = "val_loss" if "val_loss" in logs else "loss"
        super().on_epoch_end(epoch, logs)


def stratified_split(codes, fraction, rng):
    """Split rows at random into a kept and a held-out part, class by class.

    Each class gives its share, rounded so that the shares add up to ``fraction`` of
    all rows, and keeps at least one row. Unlike scikit-learn's splitters it accepts
    data with fewer held-out rows than classes.

    Returns
    -------
    kept, held_out : ndarray of int
        Row numbers, in random order.
    """
    rows = rng.permutation(len(codes))
    by_class = [rows[codes[rows] == code] for code in np.unique(codes)]
    shares = np.array([fraction * len(members) for members in by_class])
    counts = np.floor(shares).astype(int)
    missing = round(fraction * len(codes)) - counts.sum()
    counts[np.argsort(counts - shares, kind="stable")[:missing]] += 1
    counts = np.minimum(counts, [len(members) - 1 for members in by_class])
    pairs = list(zip(by_class, counts, strict=True))
    held_out = np.concatenate([members[:count] for members, count in pairs])
    kept = np.concatenate([members[count:] for members, count in pairs])
    return rng.permutation(kept), rng.permutation(held_out)


class _EpochRunner:
    """One pass over the training data; keeps the tensors between the passes."""

    def __init__(self, network, spec, data, batch_size, loop, callbacks):
        self.network = network
        self.steps = _compiled_steps(spec)
        self.tensors = tuple(
            tf.convert_to_tensor(array)
            for array in (data.images, data.targets, data.weights)
        )
        self.batch_size = min(batch_size, len(data))
        self.loop = loop
        self.batch_hooks = any(map(_looks_at_batches, callbacks))
        if not network.optimizer.built:
            network.optimizer.build(network.trainable_variables)

    def __call__(self, order, advance):
        rows_per_call = self.batch_size * (1 if self.batch_hooks else STEPS_PER_CALL)
        loss = hits = 0.0
        order_tensor = tf.constant(order)
        for start in range(0, len(order), rows_per_call):
            stop = min(start + rows_per_call, len(order))
            if self.batch_hooks:
                self.loop.on_train_batch_begin(start // rows_per_call)
            call_loss, call_hits = self._call(order_tensor, start, stop)
            loss, hits = loss + call_loss, hits + call_hits
            if self.batch_hooks:
                logs = {"loss": loss / stop, "accuracy": hits / stop}
                self.loop.on_train_batch_end(start // rows_per_call, logs)
            advance(stop - start)
            if self.network.stop_training:
                break
        return {"loss": loss / stop, "accuracy": hits / stop}

    def _call(self, order, start, stop):
        numbers = [tf.constant(number) for number in (start, stop, self.batch_size)]
        learning_rate = tf.cast(self.network.optimizer.learning_rate, tf.float32)
        state = _State.read(self.network)
        loss, hits, state = self.steps(
            self.tensors, order, *numbers, learning_rate, state
        )
        _State.write(self.network, state)
        return float(loss), float(hits)


class _State:
    """What changes in training: weights, other state, Adam's moments and step."""

    @staticmethod
    def variables(network):
        optimizer = network.optimizer
        moments = [
            [v for v in optimizer.variables if v.path.endswith(suffix)]
            for suffix in ("_momentum", "_velocity")
        ]
        return (
            network.trainable_variables,
            network.non_trainable_variables,
            *moments,
            [optimizer.iterations],
        )

    @staticmethod
    def read(network):
        return tuple(values_of(group) for group in _State.variables(network))

    @staticmethod
    def write(network, values):
        for variables, group in zip(_State.variables(network), values, strict=True):
            for variable, value in zip(variables, group, strict=True):
                variable.value.assign(value)


@lru_cache(maxsize=32)
def _compiled_steps(spec):
    """Compile the training steps of every network of this shape."""
    network = stateless_network(spec)

    def one_step(images, targets, sample_weight, learning_rate, state):
        weights, others, first, second, (iterations,) = state
        with tf.GradientTape() as tape:
            tape.watch(weights)
            logits, others = network.logits(weights, others, images, training=True)
            losses = sample_weight * tf.nn.softmax_cross_entropy_with_logits(
                targets, logits
            )
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, weights)
        weights, first, second = _adam(
            learning_rate, iterations + 1, weights, gradients, first, second
        )
        hits = tf.argmax(logits, axis=1) == tf.argmax(targets, axis=1)
        sums = tf.reduce_sum(losses), tf.reduce_sum(tf.cast(hits, tf.float32))
        return sums, (weights, others, first, second, (iterations + 1,))

    signature = _steps_signature(network, spec.n_classes)

    @tf.function(input_signature=signature, autograph=False)
    def steps(data, order, start, stop, batch_size, learning_rate, state):
        def body(position, loss, hits, state):
            rows = order[position : tf.minimum(position + batch_size, stop)]
            batch = [tf.gather(array, rows) for array in data]
            sums, state = one_step(*batch, learning_rate, state)
            return position + batch_size, loss + sums[0], hits + sums[1], state

        zero = tf.constant(0.0)
        _, loss, hits, state = tf.while_loop(
            lambda position, *_: position < stop, body, (start, zero, zero, state)
        )
        return loss, hits, state

    # not the function itself, which counts every network as tracing again, and warns
    return steps.get_concrete_function()


def _steps_signature(network, n_classes):
    rows = tf.TensorSpec((None,), tf.float32)
    number = tf.TensorSpec((), tf.int32)
    state = (
        network.weight_signature,
        network.other_signature,
        network.weight_signature,
        network.weight_signature,
        (tf.TensorSpec((), tf.int64),),
    )
    data = (network.image_signature, tf.TensorSpec((None, n_classes)), rows)
    order = tf.TensorSpec((None,), tf.int32)
    return data, order, number, number, number, tf.TensorSpec(()), state


def _adam(learning_rate, iterations, weights, gradients, first, second):
    """One step of Adam (Kingma & Ba, 2015, algorithm 1), as `keras.optimizers.Adam`.

    Keras' own update changes variables in place; this one returns new values.
    """
    step = tf.cast(iterations, tf.float32)
    rate = (
        learning_rate
        * tf.sqrt(1.0 - tf.pow(BETA_2, step))
        / (1.0 - tf.pow(BETA_1, step))
    )
    first = tuple(
        m + (g - m) * (1.0 - BETA_1) for m, g in zip(first, gradients, strict=True)
    )
    second = tuple(
        v + (tf.square(g) - v) * (1.0 - BETA_2)
        for v, g in zip(second, gradients, strict=True)
    )
    weights = tuple(
        w - m * rate / (tf.sqrt(v) + EPSILON)
        for w, m, v in zip(weights, first, second, strict=True)
    )
    return weights, first, second


def _evaluate(network, spec, data):
    """Return the loss and the accuracy on the validation part."""
    logits = predict_logits(network, spec, data.images)
    with np.errstate(invalid="ignore", over="ignore"):
        log_sum = np.logaddexp.reduce(logits, axis=1)
        losses = data.weights * (log_sum - (logits * data.targets).sum(axis=1))
    hits = logits.argmax(axis=1) == data.targets.argmax(axis=1)
    return {"val_loss": float(losses.mean()), "val_accuracy": float(hits.mean())}


def _looks_at_batches(callback):
    hooks = [f"on_{kind}_{end}" for kind in ("batch", "train_batch") for end in _ENDS]
    return any(
        getattr(getattr(callback, hook), "__func__", None)
        is not getattr(keras.callbacks.Callback, hook)
        for hook in hooks
    )


def _check_finite(logs, probe, epoch, network):
    """Refuse to go on from figures, or from answers to some pictures, like NaN.

    The loss is measured before the last step, which may be the one that overflows.
    """
    wrong = [value for value in (*logs.values(), probe.sum()) if not np.isfinite(value)]
    if wrong:
        learning_rate = float(network.optimizer.learning_rate)
        raise ValueError(
            f"Got a loss of {wrong[0]} in epoch {epoch + 1}, but expected a finite "
            f"number. Lower learning_rate={learning_rate:g}, or scale the pixels to "
            "[0, 1] with PixelScaler."
        )
