"""What a file holds besides weights, as JSON: values, labels, model cards."""

import json
import re
from math import isfinite

import numpy as np

from skdigits._validation import as_label_array, one_line
from skdigits.persistence._safetensors import Damaged

_MAX_DEPTH = 5
_MAX_CARD = 2**16
_MAX_LABELS = 2**20


def same(one, other):
    """Return whether two values are the same in JSON; NaN equals NaN, 1 is not 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def plain(name, value, depth=_MAX_DEPTH):
    """Return a value in a form that JSON can hold.

    Parameters
    ----------
    name : str
        Name of the value in an error message.

    value : object
        Text, a number, a boolean, None, a NumPy scalar, or lists, tuples, arrays and
        dicts of them, the latter with text as keys.

    depth : int, default=5
        How deeply the value may be nested.

    Raises
    ------
    ValueError
        If the value is or contains anything else, such as NaN, or is nested more
        deeply.
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    if depth and isinstance(value, list | tuple):
        items = enumerate(value)
        return [plain(f"{name}[{i}]", item, depth - 1) for i, item in items]
    if depth and isinstance(value, dict) and all(isinstance(k, str) for k in value):
        items = value.items()
        return {k: plain(f"{name}[{k!r}]", item, depth - 1) for k, item in items}
    raise ValueError(
        f"Got {name}={one_line(repr(value))}, but expected text, a finite number, a "
        "boolean, None, or lists and dicts of these, as a file can hold nothing "
        "else. Convert it."
    )


def plain_card(card):
    """Return a copy of a model card, a dict of at most 65,536 characters in JSON.

    Raises
    ------
    ValueError
        If it is not a dict, is longer, or contains values that `plain` rejects.
    """
    if not isinstance(card, dict):
        raise ValueError(
            f"Got card={card!r}, but expected a dict. Pass a dict of names and values."
        )
    card = plain("card", card)
    n_characters = len(json.dumps(card))
    if n_characters > _MAX_CARD:
        raise ValueError(
            f"Got a model card of {n_characters:,} characters, but expected at most "
            f"{_MAX_CARD:,}. Shorten it."
        )
    return card


def plain_labels(labels):
    """Return labels with their dtype as JSON can hold them, or raise a ValueError."""
    values = [plain("the label", label, depth=0) for label in labels]
    return {"dtype": labels.dtype.str, "values": values}


def restored_labels(description):
    """Return the labels that `plain_labels` described, or raise a ValueError."""
    dtype, values = description["dtype"], description["values"]
    # of nothing else may NumPy make a dtype, let alone an array
    match = re.fullmatch(r"\|O|[|<>=](?:[biuf]\d|U([1-9]\d*))", dtype)
    if not match:
        raise Damaged(f"labels of the dtype {dtype!r}")
    n_characters = int(match[1] or 0) * len(values)
    if n_characters > _MAX_LABELS:
        raise Damaged(f"labels of {n_characters:,} characters, above {_MAX_LABELS:,}")
    labels = as_label_array(values) if dtype == "|O" else np.array(values, dtype)
    if len(set(values)) < len(values) or not same(plain_labels(labels), description):
        raise Damaged(f"labels that are repeated or not of the dtype {dtype!r}")
    return labels
