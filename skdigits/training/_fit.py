"""A training, from a network that knows little to one that knows more."""

import numpy as np

from skdigits.network import FittedNetwork, initial_state
from skdigits.training._hooks import NoHooks
from skdigits.training._layers import initial_arrays
from skdigits.training._loop import run_epochs
from skdigits.training._model import DigitNetwork
from skdigits.training._progress import EpochLines, NoProgress
from skdigits.training._tensorflow import refuse_forked_process


def initial_network(spec, seed):
    """Return the `FittedNetwork` of a spec that has learned nothing yet."""
    refuse_forked_process()
    state = initial_state(spec, initial_arrays(spec, seed))
    return FittedNetwork(spec, state, seed, {"loss": []})


def train(network, recipe, data, callbacks=(), verbose=0):
    """Train on from a network by a recipe.

    Parameters
    ----------
    network : FittedNetwork

    recipe : Recipe

    data : Data

    callbacks : list of keras.callbacks.Callback, default=()
        Only they need a Keras model, which is made for them.

    verbose : int, default=0
        1 prints a line for each epoch.

    Returns
    -------
    network : FittedNetwork
        Another one, with the figures of all epochs.
    """
    hooks = NoHooks(recipe.learning_rate)
    if callbacks:
        hooks = keras_model(network, recipe).hooks(callbacks)
    progress = EpochLines() if verbose else NoProgress()
    try:
        state, temperature, history = run_epochs(
            network.spec,
            network.seed,
            network.state,
            recipe,
            data,
            epoch=network.n_epochs,
            hooks=hooks,
            progress=progress,
        )
    finally:
        progress.close()
    history = _joined(network.history, history)
    return FittedNetwork(network.spec, state, network.seed, history, temperature)


def keras_model(network, recipe=None):
    """Return a Keras model of a `FittedNetwork`, compiled to learn by its recipe."""
    recipe = recipe or network.recipe
    model = DigitNetwork.from_recipe(network.spec, network.seed, recipe)
    model.take_state(network.state)
    model.temperature = network.temperature
    return model


def _joined(past, present):
    """Append one history to another, with NaN where an epoch has no such figure."""
    lengths = [len(history.get("loss", [])) for history in (past, present)]
    return {
        name: [
            value
            for history, length in zip((past, present), lengths, strict=True)
            for value in history.get(name, [np.nan] * length)
        ]
        for name in {**past, **present}
    }
