"""Labels and names as JSON holds them."""

import re
from math import isfinite

import numpy as np

from skdigits._validation import as_label_array
from skdigits.persistence._safetensors import Damaged

MAX_CHARACTERS = 2**20


def describe_labels(labels):
    """Return labels with their dtype as JSON can hold them."""
    values = [getattr(label, "item", lambda label=label: label)() for label in labels]
    if labels.dtype.kind not in "biufUO" or not all(map(is_plain, values)):
        raise ValueError(
            f"Got labels such as {values[0]!r}, but expected integers, finite "
            "floats, booleans or strings, which a file can hold. Use joblib.dump for "
            "others."
        )
    n_characters = max(len(str(value)) for value in values) * len(values)
    if n_characters > MAX_CHARACTERS:
        raise ValueError(
            f"Got labels of {n_characters:,} characters, but expected at most "
            f"{MAX_CHARACTERS:,}. Shorten them."
        )
    return {"dtype": labels.dtype.str, "values": values}


def is_plain(value):
    """Say whether JSON can hold a value as it is."""
    return isinstance(value, bool | int | str) or (
        isinstance(value, float) and isfinite(value)
    )


def restored_labels(description):
    """Return what `describe_labels` described, or raise `Damaged`."""
    dtype, values = description["dtype"], description["values"]
    match = re.fullmatch(r"[|<>=]([biufUO])(\d*)", dtype)
    if not match:
        raise Damaged(f"labels of the dtype {dtype!r}")
    kind, size = match.groups()
    types = {"b": bool, "i": int, "u": int, "f": float, "U": str}
    expected = types.get(kind, bool | int | float | str)
    if not all(isinstance(value, expected) and is_plain(value) for value in values):
        raise Damaged(f"labels that are not of the dtype {dtype!r}")
    if len(set(values)) < len(values):
        raise Damaged("the same label twice")
    if kind == "O":
        return as_label_array(values)
    # not by np.dtype(dtype).itemsize, which overflows
    longest = int(size or 0) if kind == "U" else 1
    if not 0 < longest * len(values) <= MAX_CHARACTERS:
        raise Damaged("more labels than a classifier has")
    return np.array(values, dtype=dtype)


def restored_names(names, n_features):
    """Check the names of columns."""
    if not all(isinstance(name, str) for name in names) or len(names) != n_features:
        raise Damaged("other names of columns than its number of pixels")
    return as_label_array(names)
