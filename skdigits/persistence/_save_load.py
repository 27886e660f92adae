"""save and load: an estimator becomes JSON and weights, and they become one again."""

import os
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits import __version__
from skdigits._classifier import DigitCNN
from skdigits._files import replacing
from skdigits._parameters import check_parameters
from skdigits._validation import check_n_jobs, check_number, check_path
from skdigits.handwriting import HandwritingNormalizer
from skdigits.persistence._plain_values import plain, plain_card, plain_labels, same
from skdigits.persistence._safetensors import Damaged, packed, reading
from skdigits.persistence._saved_network import describe_network, saved_network
from skdigits.preprocessing import ImageReshaper, PixelScaler

_LIBRARIES = ("keras", "tensorflow", "onnxruntime", "scikit-learn", "numpy")

_BEFORE = (HandwritingNormalizer, PixelScaler, ImageReshaper)
_TYPES = {kind.__name__: kind for kind in (*_BEFORE, DigitCNN)}

_LEARNED = (
    "n_features_in_",
    "feature_names_in_",
    "image_shape_",
    "scale_",
    "black_",
    "background_",
)


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
    document = _describe(estimator) | {
        "versions": {"skdigits": __version__} | versions,
        "card": plain_card({} if card is None else card),
    }
    weights = fitted_steps(estimator)[-1][1].network_.weights
    try:
        _restored(document, weights)
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
        if its weights do not fit its network or are not finite; for a pickle, a file of
        Keras or an ONNX model, with how to load that. No more memory is used than the
        file has bytes, at most 256 MiB, before all is checked.

    See Also
    --------
    save : Write the file.
    """
    return load_with_card(path)[0]


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
    return load_with_card(path)[1]


def load_with_card(path):
    """Return what `load` and `read_card` return, from reading the file once."""
    with reading(path) as content:
        return _restored(*content)


def fitted_steps(estimator):
    """Return the (name, step) pairs of a pipeline or of a bare classifier.

    Raises
    ------
    ValueError
        If there are others than those of this package, or no DigitCNN in the end.
    sklearn.exceptions.NotFittedError
        If a step is not fitted.
    """
    is_pipeline = isinstance(estimator, Pipeline)
    steps = estimator.steps if is_pipeline else [("cnn", estimator)]
    types = [type(step) for _, step in steps]
    if types[-1:] != [DigitCNN] or not set(types[:-1]) <= set(_BEFORE):
        raise ValueError(
            f"Got {type(estimator).__name__} of {[t.__name__ for t in types]}, but "
            "expected a DigitCNN, or a Pipeline of HandwritingNormalizer, PixelScaler, "
            "ImageReshaper and DigitCNN. Pass search.best_estimator_ for a search; use "
            "joblib.dump for anything else."
        )
    for _, step in steps:
        check_is_fitted(step)
    return steps


def _describe(estimator):
    """Return a fitted estimator but for its weights as JSON can hold it.

    Raises
    ------
    ValueError, sklearn.exceptions.NotFittedError
        If it cannot.
    """
    steps = fitted_steps(estimator)
    classifier = steps[-1][1]
    return {
        "pipeline": isinstance(estimator, Pipeline),
        "steps": [_describe_step(name, step) for name, step in steps],
        "classes": plain_labels(classifier.classes_),
        "network": describe_network(classifier.network_),
    }


def _describe_step(name, step):
    params = step.get_params(deep=False).items()
    learned = [name for name in _LEARNED if hasattr(step, name)]
    return {
        "name": name,
        "type": type(step).__name__,
        "params": {name: _plain_param(name, value) for name, value in params},
        "learned": {name: plain(name, getattr(step, name)) for name in learned},
    }


def _plain_param(name, value):
    if name == "callbacks" or isinstance(value, np.random.RandomState):
        return None
    if name == "class_weight" and isinstance(value, dict):
        value = list(value.items())
    return plain(name, value)


def _restored(document, weights):
    """Return what `_describe` described, with its weights, and the model card.

    Raises
    ------
    ValueError
        If `_describe` describes no fitted estimator so.
    """
    saved = saved_network(document, weights)
    steps = [_restored_step(description, saved) for description in document["steps"]]
    estimator = Pipeline(steps) if document["pipeline"] else steps[-1][1]
    description = _describe(estimator)
    if not same(description, {name: document[name] for name in description}):
        raise Damaged("other entries than it has to have")
    return estimator, saved.card


def _restored_step(description, saved):
    kind, learned = _TYPES[description["type"]], description["learned"]
    params = description["params"].items()
    params = {name: tuple(v) if isinstance(v, list) else v for name, v in params}
    if isinstance(params.get("class_weight"), tuple):
        params["class_weight"] = dict(params["class_weight"])
    step, blank = kind(**params), np.zeros((1, *saved.image_shape_), dtype=np.uint8)
    if kind is DigitCNN:
        step.network_, step.classes_ = saved.network, saved.classes_
        reshaper = ImageReshaper(step.image_shape).fit(blank)
        step.image_shape_, step.n_features_in_ = reshaper.image_shape_, blank.size
        check_parameters(step, step.image_shape_, step.classes_)
    else:
        # checks parameters, and learns all but what depends on the pixels
        step.fit(blank)
        check_n_jobs(params.get("n_jobs"))
    if kind is PixelScaler:
        step.scale_ = learned["scale_"]
        _restore_looks(step, learned)
    if "feature_names_in_" in learned:
        step.feature_names_in_ = np.array(
            [*map(str, learned["feature_names_in_"])], "O"
        )
        if len(step.feature_names_in_) != step.n_features_in_:
            raise Damaged("other names of columns than its number of pixels")
    return description["name"], step


def _restore_looks(scaler, learned):
    """Set by what a scaler warns; files of earlier versions do not hold it."""
    for name in ("black_", "background_"):
        delattr(scaler, name)
        if name in learned:
            value = learned[name]
            if name == "black_" or value is not None:
                value = check_number(name, value, low=-np.inf)
            setattr(scaler, name, value)
