"""Files of older format versions, in terms of today's."""

import numpy as np

# What parameters that version 1 did not know stand for in its files.
_SINCE_VERSION_2 = {
    "early_downsampling": False,
    "schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "augment": 0.0,
}


def steps_in_terms_of_today(document):
    """Return the descriptions of the steps, with what version 1 left unsaid."""
    *others, last = document["steps"]
    if document["format_version"] == 1:
        network = last["fitted"]["network"] | {"early_downsampling": False}
        last = last | {
            "params": _SINCE_VERSION_2 | last["params"],
            "fitted": last["fitted"] | {"network": network},
        }
    return [*others, last]


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
