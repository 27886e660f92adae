"""Files of older format versions, in terms of today's."""

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np

from skdigits._parameters import training_recipe

# What parameters that version 1 did not know stand for in its files.
_SINCE_VERSION_2 = {
    "early_downsampling": False,
    "schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "augment": 0.0,
}


def steps_in_terms_of_today(document):
    """Return the descriptions of the steps, with what old versions left unsaid."""
    *others, last = document["steps"]
    params, fitted = last["params"], last["fitted"]
    if document["format_version"] < 2:
        params = _SINCE_VERSION_2 | params
        network = fitted["network"] | {"early_downsampling": False}
        fitted = fitted | {"network": network}
    if document["format_version"] < 3:
        params = {"calibration": None, "pause_after": None} | params
        fitted = fitted | {"temperature": 1.0, "recipe": _recipe_of(params)}
    return [*others, last | {"params": params, "fitted": fitted}]


def _recipe_of(params):
    """Return a recipe as a file of today has it."""
    recipe = training_recipe(SimpleNamespace(**params), n_pictures=1)
    return asdict(recipe)


def arrays_in_terms_of_today(document, arrays):
    """Return the weights, which version 1 applied in another order."""
    if document["format_version"] == 1:
        return pooled_before_normalization(arrays)
    return arrays


def pooled_before_normalization(arrays):
    """Convert the weights of version 1, whose networks normalized before pooling.

    The maximum of normalized values is the normalized maximum where the factor gamma
    is not negative; where it is, so are the filter, its mean and gamma turned round.
    """
    arrays = {name: array.copy() for name, array in arrays.items()}
    for name in [name for name in arrays if name.endswith("/gamma")]:
        sign = np.where(arrays[name] < 0, np.float32(-1), np.float32(1))
        number = name.removeprefix("norm_").removesuffix("/gamma")
        for turned in (name, f"norm_{number}/moving_mean", f"conv_{number}/kernel"):
            arrays[turned] *= sign
    return arrays
