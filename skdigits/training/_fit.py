"""Training: from a network to one that has learned more."""

from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import replace
from numbers import Real
from threading import Lock

import numpy as np

from skdigits.network import FittedNetwork
from skdigits.training._calibration import best_temperature, find_temperature
from skdigits.training._keras_layers import (
    Dropout,
    RandomAffine,
    can_be_augmented,
    initial_weights,
)
from skdigits.training._keras_model import build_model
from skdigits.training._optimization import AdamW, SmoothedCrossentropy
from skdigits.training._tensorflow import drop_kernels, keras, refuse_forked_process

# Compiled models that wait for the next network of their shape; each holds megabytes.
MAX_IDLE = 2
_idle: OrderedDict = OrderedDict()
_changing_idle = Lock()


def initial_network(spec, seed):
    """Return an untrained `FittedNetwork` for a spec."""
    refuse_forked_process()
    return FittedNetwork(spec, initial_weights(spec, seed), seed, {"loss": []})


def train(
    network, recipe, data, *, validation=None, callbacks=(), pause_after=None, verbose=0
):
    """Return a network after further training by a recipe.

    Parameters
    ----------
    network : FittedNetwork

    recipe : Recipe

    data : Data

    validation : Data, default=None
        Validation data; None holds out the share given in the recipe.

    callbacks : list of keras.callbacks.Callback, default=()

    pause_after : int, default=None
        The epoch, counted from 1, after which training pauses in the middle of its
        cycle, which began with the first epoch. If training continues from there, the
        network learns as it would without the pause.

    verbose : int, default=0
        As in Keras.

    Returns
    -------
    network : FittedNetwork
        A new network, with the history of all epochs.
    """
    network = replace(network, recipe=recipe, temperature=1.0)
    figures = []
    recorder = keras.callbacks.LambdaCallback(
        # callbacks that come later change what they were passed
        on_epoch_end=lambda epoch, logs: figures.append((logs, dict(logs)))
    )
    begin = network.n_epochs if pause_after is None else 0
    end = begin + recipe.epochs
    with _lent_model(network, of_its_own=bool(callbacks)) as model:
        model.fit(
            data.images,
            data.targets,
            sample_weight=data.weights,
            batch_size=recipe.batch_size,
            initial_epoch=network.n_epochs,
            epochs=end if pause_after is None else min(pause_after, end),
            cycle=(begin, end),
            validation_split=recipe.validation_split,
            validation_data=validation and tuple(validation),
            callbacks=[recorder, *callbacks, *early_stopping(recipe, validation)],
            verbose=verbose,
        )
        trained = replace(
            network,
            weights=weights_of(model),
            history=_history(network.history, figures),
            optimizer_state=tuple(v.numpy() for v in model.optimizer.variables),
        )
    if not all(np.isfinite(array).all() for array in trained.weights.values()):
        raise ValueError(
            "Got weights that are not finite from a callback, but expected finite "
            "numbers. Remove that callback."
        )
    return replace(trained, temperature=_temperature(trained, data, validation))


def _temperature(network, data, validation):
    """Return the temperature of a trained network."""
    if not network.recipe.calibrate:
        return 1.0
    if validation is not None:
        images, targets, weights = validation
        return best_temperature(network.logits(images), targets, weights)
    return find_temperature(network, data)


def keras_model(network):
    """Return a Keras model of a `FittedNetwork`, compiled for its recipe."""
    refuse_forked_process()
    recipe = network.recipe
    model = build_model(
        network.spec,
        network.seed,
        optimizer=AdamW(schedule=recipe.schedule),
        loss=SmoothedCrossentropy(),
        metrics=["accuracy"],
        jit_compile=False,
        augment=recipe.augment,
        temperature=network.temperature,
    )
    _load(model, network)
    return model


@contextmanager
def _lent_model(network, of_its_own):
    """Lend a compiled model with the state of a network, which nobody else uses.

    Compiling one takes longer than many a fit, so networks of one shape share it; but
    callbacks, which may change anything in a model, get one of their own.
    """
    if of_its_own:
        yield keras_model(network)
        return
    spec = network.spec
    shape = replace(spec, dropout=float(spec.dropout > 0))
    key = shape, network.recipe.augment > 0 and can_be_augmented(spec.image_shape)
    with _changing_idle:
        model = _idle.pop(key, None)
    if model is None:
        model = keras_model(network)
    else:
        _load(model, network)
    yield model
    with _changing_idle:
        _idle[key] = model
        if len(_idle) > MAX_IDLE:
            _idle.popitem(last=False)
            drop_kernels()


def _load(model, network):
    """Give a model of the same shape the state and the recipe of a network."""
    recipe = network.recipe
    model.seed = network.seed
    model.loss.smoothing.assign(recipe.label_smoothing)
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(network.weights[f"{layer.name}/{variable.name}"])
        if isinstance(layer, RandomAffine):
            layer.strength.assign(recipe.augment)
        if isinstance(layer, Dropout):
            layer.share.assign(network.spec.dropout)
    optimizer, state = model.optimizer, network.optimizer_state
    for number, variable in enumerate(optimizer.variables):
        variable.assign(state[number] if state else np.zeros(variable.shape))
    optimizer.learning_rate = recipe.learning_rate
    optimizer.set_decay(recipe.weight_decay)
    optimizer.schedule = recipe.schedule


def weights_of(model):
    """Return the weights of a Keras model by the names of the layers and weights."""
    return {
        f"{layer.name}/{variable.name}": variable.numpy()
        for layer in model.layers
        for variable in layer.weights
    }


def early_stopping(recipe, validation=None):
    """Return a list with the callback that a recipe requires, or an empty list."""
    if recipe.patience is None:
        return []
    has_validation = validation is not None or recipe.validation_split
    return [
        keras.callbacks.EarlyStopping(
            "val_loss" if has_validation else "loss",
            patience=recipe.patience,
            restore_best_weights=True,
        )
    ]


def _history(past, figures):
    """Return a past history and further epochs, with NaN for those without a figure.

    The figures of an epoch are those after callbacks have changed them, and before.
    """
    epochs = zip(*past.values(), strict=True)
    rows = [dict(zip(past, values, strict=True)) for values in epochs]
    for after, before in figures:
        added = {k: float(v) for k, v in after.items() if isinstance(v, Real)}
        rows.append(added | before)
    names = dict.fromkeys([*past, *(name for row in rows for name in row)])
    return {name: [row.get(name, np.nan) for row in rows] for name in names}
