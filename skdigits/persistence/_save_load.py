"""save and load."""

import os
from importlib.metadata import version
from typing import Any

from sklearn.pipeline import Pipeline

from skdigits import __version__
from skdigits._classifier import DigitCNN
from skdigits._files import replacing
from skdigits._validation import check_path
from skdigits.persistence._plain_values import plain_card
from skdigits.persistence._safetensors import Damaged, one_sentence, packed, unpacked
from skdigits.persistence._saved_network import RESERVED, card_of
from skdigits.persistence._steps import describe, fitted_steps, restored_estimator

_LIBRARIES = ("keras", "tensorflow", "onnxruntime", "scikit-learn", "numpy")


def save(
    estimator: DigitCNN | Pipeline,
    path: str | os.PathLike[str],
    *,
    card: dict[str, Any] | None = None,
) -> None:
    """Save a fitted classifier or pipeline in one file.

    Parameters
    ----------
    estimator : DigitCNN or sklearn.pipeline.Pipeline
        Fitted. A pipeline may hold `HandwritingNormalizer`, `PixelScaler` and
        `ImageReshaper` before the `DigitCNN`, as `make_digit_pipeline` makes it.
        Callbacks and a RandomState instance as ``random_state`` are not saved.

    path : str or path-like
        The file, by convention with the suffix ``.safetensors``. An existing file is
        replaced in one step: after a failure or a kill it is still the old one. Its
        mode is kept, and a link stays a link.

    card : dict, default=None
        What is to be known of the model: on what it was trained, how well it did, what
        it cannot do. Names with text, numbers, booleans, None, and lists and dicts of
        them, of at most 65,536 characters as JSON.

    Raises
    ------
    ValueError
        If the estimator, or a label or parameter of it, or the card is of a type that
        the file cannot hold.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    OSError
        If the file cannot be written: its folder does not exist, say, or has no room.

    See Also
    --------
    load : Read the file back.
    skdigits.persistence.read_card : Read the card only.

    Examples
    --------
    >>> import os, tempfile, skdigits
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = skdigits.make_digit_pipeline(filters=8, epochs=1).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "digits.safetensors")
    ...     skdigits.save(pipeline, path)
    ...     again = skdigits.load(path)
    >>> bool((again.predict(X) == pipeline.predict(X)).all())
    True
    """
    path = check_path("path", path)
    content = file_content(estimator, card=card)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def file_content(estimator, *, card=None):
    """Return the bytes that `save` writes; raises as it does, but for OSErrors."""
    versions = {library: version(library) for library in _LIBRARIES}
    document = describe(estimator) | {
        "versions": {"skdigits": __version__} | versions,
        "card": plain_card({} if card is None else card, RESERVED),
    }
    weights = fitted_steps(estimator)[-1][1].network_.weights
    try:
        restored_estimator(document, weights)
    except Damaged as error:
        raise ValueError(
            f"Got an estimator with {error}, but expected what fit leaves, and steps "
            "for the same images of different names without '__'. Correct it."
        ) from None
    return packed(document, weights)


def load(path: str | os.PathLike[str]) -> DigitCNN | Pipeline:
    """Load what `save` saved.

    Loading runs no code from the file. Pickles do: load those only from people you
    trust.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    estimator : DigitCNN or sklearn.pipeline.Pipeline
        Fitted; it predicts the same probabilities as the one that was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, altered, too large, of an unknown format version, or
        if its weights do not fit its network or are not finite. No more memory is
        used than the file has bytes, at most 256 MiB, before all is checked.

    See Also
    --------
    save : Write the file.
    """
    estimator, _ = _read(path)
    return estimator


def read_card(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what a file of `save` says of its model.

    The whole file is checked as in `load`.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    card : dict
        What was passed to `save` as ``card``, nothing if that was None, and

        format_version : int
            The version of the file's format.
        versions : dict of str
            The versions of skdigits and of the libraries that the model was made with.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load`.

    Examples
    --------
    >>> import os, tempfile, skdigits
    >>> from sklearn.datasets import load_digits
    >>> from skdigits.persistence import read_card
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = skdigits.make_digit_pipeline(filters=8, epochs=1).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "digits.safetensors")
    ...     skdigits.save(pipeline, path, card={"data": "scikit-learn's digits"})
    ...     card = read_card(path)
    >>> card["data"], card["format_version"]
    ("scikit-learn's digits", 1)
    """
    _, card = _read(path)
    return card


def _read(path):
    """Return the estimator in a file and its model card, both checked."""
    path = check_path("path", path)
    with one_sentence(path):
        document, weights = unpacked(path)
        return restored_estimator(document, weights), card_of(document)
