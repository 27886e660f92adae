"""save and load."""

import os
from importlib.metadata import version
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits import __version__
from skdigits._classifier import DigitCNN
from skdigits._files import replacing
from skdigits._validation import check_bool, check_path
from skdigits.persistence._model_card import card_of, checked_card
from skdigits.persistence._safetensors import (
    Damaged,
    check_same,
    one_sentence,
    open_file,
    packed,
)
from skdigits.persistence._saved_network import check_steps, checked_steps, network_of
from skdigits.persistence._steps import KINDS, describe_step, restored_step

_LIBRARIES = ("keras", "tensorflow", "scikit-learn", "numpy")


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
    content = file_content(estimator, card)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def file_content(estimator, card=None):
    """Return the bytes that `save` writes; raises as it does, but for OSErrors."""
    steps = _steps_of(estimator)
    for _, step in steps:
        check_is_fitted(step)
    document = {
        "versions": {"skdigits": __version__}
        | {library: version(library) for library in _LIBRARIES},
        "pipeline": isinstance(estimator, Pipeline),
        "steps": [describe_step(name, step) for name, step in steps],
    }
    try:
        check_steps(document["steps"])
    except Damaged as error:
        raise ValueError(
            f"Got an estimator with {error}, but expected finite parameters, and "
            "steps for the same pictures of different names without '__'. Correct it."
        ) from None
    if card is not None:
        document["card"] = checked_card(card)
    return packed(document, steps[-1][1].network_.weights)


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
        if its weights do not fit its network or are not finite. Nothing large is read
        before these are checked.

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
    """Return the estimator in a file and its card, both checked."""
    path = check_path("path", path)
    with one_sentence(path):
        document, tensors = open_file(path)
        descriptions = checked_steps(document)
        steps = [restored_step(description) for description in descriptions]
        # refuses what `save` would not have written
        classifier = _steps_of(Pipeline(steps))[-1][1]
        classifier.network_ = network_of(
            document,
            tensors,
            descriptions[-1]["fitted"],
            classifier.image_shape_,
            len(classifier.classes_),
        )
        check_same([describe_step(*step) for step in steps], descriptions)
        card = card_of(document)
        is_pipeline = check_bool("pipeline", document["pipeline"])
        if not is_pipeline and len(steps) > 1:
            raise Damaged("several steps that are no pipeline")
    return Pipeline(steps) if is_pipeline else classifier, card


def _steps_of(estimator):
    """Return the (name, step) pairs of a pipeline or of a bare classifier."""
    if isinstance(estimator, Pipeline):
        steps = estimator.steps
    else:
        steps = [("cnn", estimator)]
    types = [type(step) for _, step in steps]
    known = {kind.type for kind in KINDS.values()}
    if types[-1] is not DigitCNN or not set(types[:-1]) <= known - {DigitCNN}:
        raise ValueError(
            f"Got {type(estimator).__name__} of {[t.__name__ for t in types]}, but "
            "expected a DigitCNN, or a Pipeline of HandwritingNormalizer, PixelScaler, "
            "ImageReshaper and DigitCNN. Save search.best_estimator_ for a search; use "
            "joblib.dump for anything else."
        )
    return steps
