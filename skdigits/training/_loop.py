"""How a network learns.

The pictures stay in memory as one tensor and are shuffled by index. One compiled
function, of `_steps.py`, takes many steps at a call, with the weights as its arguments,
so that every network of the same shape shares it. Keras' callbacks see the model as
usual.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from skdigits.network._answers import Answers
from skdigits.network._spec import arrays_of, is_statistic, named_weights
from skdigits.training._steps import compiled_steps, is_warped
from skdigits.training._tensorflow import keras, tf

# Long enough to make the cost of a call vanish, short enough for Ctrl-C.
STEPS_PER_CALL = 64

_ENDS = ("begin", "end")


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
    recipe,
    moments,
    pause_after=None,
):
    """Train ``network`` in place.

    Without a callback that looks at single batches, ``STEPS_PER_CALL`` batches are
    taken in one call. With ``patience`` training stops after so many epochs without
    improvement, and goes back to the best weights. ``recipe`` holds DigitCNN's
    schedule, weight_decay, label_smoothing and augment, ``moments`` what an earlier
    call returned, or None.

    With ``pause_after`` the call ends after that epoch, in the midst of a cycle of
    ``epochs`` that began with epoch 0, and whose first ``initial_epoch`` epochs an
    earlier call has trained.

    Returns
    -------
    history : dict of list of float

    moments : dict of dict of ndarray
        Adam's "first" and "second" moments of each weight.
    """
    callbacks = [*_check_callbacks(callbacks), *_early_stopping(patience)]
    training, validation = data, None
    if validation_split:
        kept, held_out = stratified_split(
            data.targets.argmax(axis=1), validation_split, np.random.default_rng(seed)
        )
        if len(held_out):
            training, validation = data.take(kept), data.take(held_out)
    steps = -(-len(training) // batch_size)
    done = 0 if pause_after is None else initial_epoch
    last_epoch = initial_epoch - done + epochs
    loop = keras.callbacks.CallbackList(
        callbacks,
        model=network,
        epochs=last_epoch,
        steps=steps,
        verbose=0,
    )
    settings = recipe | {
        "dropout": spec.dropout,
        "cycle_begin": int(network.optimizer.iterations) - steps * done,
        "cycle_steps": steps * epochs if recipe["schedule"] == "one_cycle" else 0,
    }
    del settings["schedule"]
    run_epoch = _EpochRunner(
        network, spec, training, batch_size, seed, settings, loop, moments
    )
    history = {}
    network.stop_training = False
    loop.on_train_begin()
    for epoch in range(initial_epoch, pause_after or last_epoch):
        progress.begin(epoch, last_epoch, len(training))
        loop.on_epoch_begin(epoch)
        order = np.random.default_rng([seed, epoch]).permutation(len(training))
        logs = run_epoch(order.astype(np.int32), progress.advance)
        with np.errstate(invalid="ignore", over="ignore"):
            answers = Answers(spec, arrays_of(network))
            if validation is not None:
                logs |= _evaluate(answers, validation)
            probe = softmax(answers(training.images[:16]))
        _check_finite(logs, probe, epoch, network)
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        loop.on_epoch_end(epoch, dict(logs))
        progress.end(logs)
        if network.stop_training:
            break
    loop.on_train_end(dict(logs))
    return history, tf.nest.map_structure(np.asarray, run_epoch.moments)


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

    def __init__(self, network, spec, data, batch_size, seed, settings, loop, moments):
        self.network = network
        self.steps = compiled_steps(spec, is_warped(spec, settings["augment"]))
        self.tensors = tuple(
            tf.convert_to_tensor(array)
            for array in (data.images, data.targets, data.weights)
        )
        self.batch_size = min(batch_size, len(data))
        self.seed = seed
        self.settings = settings
        self.loop = loop
        self.batch_hooks = any(map(_looks_at_batches, loop.callbacks))
        self.variables = _state_variables(network)
        self.moments = tf.nest.map_structure(
            tf.convert_to_tensor, moments or _zeros(self.variables["weights"])
        )

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
        settings = self.settings | {
            "learning_rate": self.network.optimizer.learning_rate
        }
        loss, hits, state = self.steps(
            self.tensors,
            order,
            *(tf.constant(number) for number in (start, stop, self.batch_size)),
            {name: tf.cast(value, tf.float32) for name, value in settings.items()},
            tf.constant(self.seed, tf.int32),
            self.moments
            | tf.nest.map_structure(
                lambda variable: tf.convert_to_tensor(variable.value), self.variables
            ),
        )
        self.moments = {name: state.pop(name) for name in self.moments}
        tf.nest.map_structure(
            lambda variable, value: variable.value.assign(value), self.variables, state
        )
        return float(loss), float(hits)


def _state_variables(network):
    """Return the variables of ``network`` that change in training."""
    named = named_weights(network)
    return {
        "weights": {name: named[name] for name in named if not is_statistic(name)},
        "statistics": {name: named[name] for name in named if is_statistic(name)},
        "iterations": network.optimizer.iterations,
    }


def _zeros(weights):
    """Return Adam's moments before the first step.

    They are not the optimizer's own variables, whose memory Keras never frees.
    """
    zeros = {name: np.zeros(v.shape, dtype=np.float32) for name, v in weights.items()}
    return {"first": zeros, "second": zeros}


def _evaluate(answers, data):
    """Return the loss and the accuracy on the validation part."""
    logits = answers(data.images)
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
