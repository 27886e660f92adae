"""The card of a model: what its maker says of it, as plain values of bounded size."""

import json

from skdigits.persistence._plain_values import is_plain
from skdigits.persistence._safetensors import Damaged

MAX_CHARACTERS = 2**16
_MAX_DEPTH = 5

# What `save` itself says.
RESERVED = ("format_version", "versions")


def card_of(document):
    """Return what the document of a file says of its model, checked.

    Raises
    ------
    ValueError
        If `save` would not have written it.
    """
    versions = document["versions"]
    if not all(isinstance(version, str) for version in versions.values()):
        raise Damaged("versions that are no text")
    plain_card(versions)
    card = checked_card(document.get("card", {}))
    return card | {name: document[name] for name in RESERVED}


def checked_card(card):
    """Return a card for `save` as JSON can hold it, or raise a ValueError.

    Parameters
    ----------
    card : dict
        As in `plain_card`, without the names in `RESERVED`.

    Returns
    -------
    dict
        A copy.
    """
    plain = plain_card(card)
    reserved = set(card).intersection(RESERVED)
    if reserved:
        raise ValueError(
            f"Got a card with {min(reserved)!r}, but expected other names, as save "
            "itself says that. Rename it."
        )
    return plain


def plain_card(card):
    """Return a card as JSON can hold it, or raise a ValueError.

    Parameters
    ----------
    card : dict
        Names with text, numbers, booleans, None, and lists, tuples and dicts of them;
        NumPy's scalars become Python's.

    Returns
    -------
    dict
        A copy.
    """
    if not isinstance(card, dict):
        raise ValueError(
            f"Got card={card!r}, but expected a dict. Pass names with what they say."
        )
    plain = _plain("card", card, depth=0)
    n_characters = len(json.dumps(plain))
    if n_characters > MAX_CHARACTERS:
        raise ValueError(
            f"Got a card of {n_characters:,} characters, but expected at most "
            f"{MAX_CHARACTERS:,}. Shorten it."
        )
    return plain


def _plain(name, value, depth):
    value = value.item() if type(value).__module__ == "numpy" else value
    if value is None or is_plain(value):
        return value
    if depth < _MAX_DEPTH and isinstance(value, list | tuple):
        return [_plain(name, item, depth + 1) for item in value]
    if depth < _MAX_DEPTH and isinstance(value, dict) and _has_names(value):
        return {key: _plain(key, item, depth + 1) for key, item in value.items()}
    raise ValueError(
        f"Got a card with {name}={value!r}, but expected text, finite numbers, "
        "booleans, None, and lists and dicts of them. Convert it."
    )


def _has_names(value):
    return all(isinstance(key, str) for key in value)
