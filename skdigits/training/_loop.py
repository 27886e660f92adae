"""The loop over the epochs.

The pictures stay where they are and are shuffled by index. One compiled function, of
`_steps.py`, takes many steps at a call, with the state as its argument, so that every
network of the same shape shares it.
"""

import numpy as np
from scipy.special import softmax

from skdigits.network import Answers, State, arrays_of
from skdigits.training._calibration import find_temperature
from skdigits.training._data import stratified_split
from skdigits.training._progress import NoProgress
from skdigits.training._steps import compiled_steps
from skdigits.training._tensorflow import refuse_forked_process, tf

# Long enough to make the cost of a call vanish, short enough for Ctrl-C, and few enough
# pictures to copy at a time.
STEPS_PER_CALL = 64

# Pictures of a validation part that are answered at a time.
_ROWS_PER_ANSWER = 4096


def run_epochs(
    spec, seed, state, recipe, data, *, epoch, hooks, validation=None, progress=None
):
    """Train from a state on, for the epochs that the recipe asks for.

    Parameters
    ----------
    spec : NetworkSpec

    seed : int
        Decides the validation part, the order of the pictures, warping and dropout.

    state : State

    recipe : Recipe

    data : Data

    epoch : int
        Number of epochs that led to ``state``.

    hooks : NoHooks or KerasHooks

    validation : Data, default=None
        None holds out the share that the recipe names.

    progress : EpochLines, default=None

    Returns
    -------
    state : State
        Of the best epoch, if the recipe stops early.

    temperature : float
        What makes the probabilities come true; 1 if the recipe does not calibrate.

    history : dict of list of float

    Raises
    ------
    ValueError
        If the loss, or an answer, is not a finite number.
    """
    refuse_forked_process()
    progress = progress or NoProgress()
    rows, held_out = _parts(data, recipe, seed)
    if validation is None:
        validation = data
    else:
        held_out = np.arange(len(validation))
    ends = _ends_of_batches(len(rows), recipe.batch_size)
    steps = len(ends)
    hooks.announce(recipe.end, steps)
    state = State(*map(tf.convert_to_tensor, state))
    state = hooks(state, "on_train_begin")
    first = hooks.first_epoch(epoch)
    settings = _settings(spec, recipe, steps, first, int(state.iterations))
    take_steps = compiled_steps(spec, recipe.augment)
    figures, logs, best = [], {}, _Best(recipe.patience)
    for epoch in range(first, recipe.stop):
        progress.begin(epoch, recipe.end, len(rows))
        state = hooks(state, "on_epoch_begin", epoch)
        order = _order(rows, recipe, seed, epoch)
        state, logs = _one_epoch(
            take_steps, state, data, order, ends, settings, seed, hooks, progress
        )
        if len(held_out):
            state, measured = _validate(
                spec, state, validation, held_out, recipe.label_smoothing, hooks
            )
            logs |= {f"val_{name}": value for name, value in measured.items()}
        answers = Answers(spec, arrays_of(spec, state))
        _check_finite(logs, answers, data, epoch, hooks.learning_rate)
        progress.end(logs)
        state = hooks(state, "on_epoch_end", epoch, logs)
        figures.append(hooks.figures(logs))
        if best.is_reached(state, logs) or hooks.stop_training:
            break
    state = hooks(best.state or state, "on_train_end", dict(logs))
    state = State(*(np.asarray(part) for part in state))
    if not np.isfinite(state.weights).all():
        raise ValueError(
            "Got weights that are not finite from a callback, but expected numbers. "
            "Take it out."
        )
    temperature = 1.0
    if recipe.calibrate:
        answers = Answers(spec, arrays_of(spec, state))
        temperature = find_temperature(answers, data, rows, seed)
    return state, temperature, _history(figures)


def _settings(spec, recipe, steps, first, iterations):
    """Return the numbers that all steps take; ``iterations`` led to ``first``."""
    return {
        "cycle_begin": iterations - steps * (first - recipe.begin),
        "cycle_steps": steps * recipe.epochs * (recipe.schedule == "one_cycle"),
        "weight_decay": recipe.weight_decay,
        "label_smoothing": recipe.label_smoothing,
        "augment": recipe.augment,
        "dropout": spec.dropout,
    }


def _validate(spec, state, data, rows, label_smoothing, hooks):
    """Return the state, and loss and accuracy of what callbacks make of it for this."""
    state = hooks(state, "on_test_begin")
    state = hooks(state, "on_test_batch_begin", 0)
    answers = Answers(spec, arrays_of(spec, state))
    measured = _evaluate(answers, data, rows, label_smoothing)
    state = hooks(state, "on_test_batch_end", 0, dict(measured))
    return hooks(state, "on_test_end", dict(measured)), measured


def _history(figures):
    """Return a list for each figure, with NaN for epochs that do not have it."""
    names = dict.fromkeys(name for epoch in figures for name in epoch)
    return {
        name: [float(epoch.get(name, np.nan)) for epoch in figures] for name in names
    }


def _parts(data, recipe, seed):
    """Return the rows to learn from, and those that are held out."""
    if not recipe.validation_split:
        return np.arange(len(data)), np.arange(0)
    codes = data.targets.argmax(axis=1)
    rng = np.random.default_rng(seed)
    return stratified_split(codes, recipe.validation_split, rng)


def _order(rows, recipe, seed, epoch):
    if not recipe.shuffle:
        return rows
    return rows[np.random.default_rng([seed, epoch]).permutation(len(rows))]


def _ends_of_batches(n, batch_size):
    """Return where each batch of ``n`` rows ends, all of them as large as any.

    A last one of the two rows that are left over, which batch normalization makes
    opposites of each other, would spoil what the others have taught.
    """
    n_batches = -(-n // batch_size)
    return np.arange(1, n_batches + 1) * n // n_batches


def _one_epoch(take_steps, state, data, order, ends, settings, seed, hooks, progress):
    """Take the steps of one pass; return the state, and mean loss and accuracy.

    Without a callback that looks at single batches, many are taken in one call.
    """
    per_call = 1 if hooks.looks_at_batches else STEPS_PER_CALL
    loss, hits, start = 0.0, 0.0, 0
    for first in range(0, len(ends), per_call):
        some = ends[first : first + per_call]
        last, stop = first + len(some) - 1, some[-1]
        rows = order[start:stop]
        state = hooks(state, "on_train_batch_begin", first)
        numbers = settings | {"learning_rate": hooks.learning_rate}
        call_loss, call_hits, state = take_steps(
            tuple(map(tf.constant, data.take(rows))),
            tf.constant(some - start, tf.int32),
            {name: tf.cast(value, tf.float32) for name, value in numbers.items()},
            tf.constant(seed, tf.int32),
            state,
        )
        loss, hits = loss + float(call_loss), hits + float(call_hits)
        logs = {"loss": loss / stop, "accuracy": hits / stop}
        state = hooks(state, "on_train_batch_end", last, logs)
        progress.advance(len(rows))
        start = stop
        if hooks.stop_training:
            break
    return state, dict(logs)


def _evaluate(answers, data, rows, label_smoothing):
    """Return the loss and the accuracy on some rows, as `keras.Model.evaluate` does."""
    loss = hits = 0.0
    for start in range(0, len(rows), _ROWS_PER_ANSWER):
        images, targets, weights = data.take(rows[start : start + _ROWS_PER_ANSWER])
        wanted = targets * (1 - label_smoothing) + label_smoothing / targets.shape[1]
        with np.errstate(invalid="ignore", over="ignore"):
            logits = answers(images)
            log_sum = np.logaddexp.reduce(logits, axis=1)
            losses = weights * (log_sum - (logits * wanted).sum(axis=1))
        loss += float(losses.sum(dtype=np.float64))
        hits += float((logits.argmax(axis=1) == targets.argmax(axis=1)).sum())
    return {"loss": loss / len(rows), "accuracy": hits / len(rows)}


def _check_finite(logs, answers, data, epoch, learning_rate):
    """Refuse to go on from figures, or from answers to some pictures, like NaN.

    The loss is measured before the last step, which may be the one that overflows.
    """
    got = [f"a loss of {value}" for value in logs.values() if not np.isfinite(value)]
    with np.errstate(invalid="ignore", over="ignore"):
        few, *_ = data.take(np.arange(min(len(data), 16)))
        if not np.isfinite(softmax(answers(few))).all():
            got.append("answers that are not finite")
    if got:
        raise ValueError(
            f"Got {got[0]} in epoch {epoch + 1}, but expected finite numbers. Lower "
            f"learning_rate={float(learning_rate):g}, or scale the pixels to [0, 1] "
            "with PixelScaler."
        )


class _Best:
    """The state of the best epoch so far, where training stops early.

    The validation loss tells, or the training loss where there is no other.
    """

    def __init__(self, patience):
        self.patience = patience
        self.loss = np.inf
        self.waited = 0
        self.state = None

    def is_reached(self, state, logs):
        """Look at an epoch; tell whether no better one is to be expected."""
        if self.patience is None:
            return False
        loss = logs.get("val_loss", logs["loss"])
        if loss < self.loss:
            self.loss, self.waited, self.state = loss, 0, state
        else:
            self.waited += 1
        return self.waited >= self.patience
