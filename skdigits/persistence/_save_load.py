"""save and load: an estimator becomes JSON and weights, and the reverse."""

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
        A fitted classifier or pipeline, such as that of `make_digit_pipeline`. A
        pipeline may have `HandwritingNormalizer`, `PixelScaler` and `ImageReshaper`
        before the `DigitCNN`. Callbacks, a RandomState instance as ``random_state``,
        and the state of the optimizer are not saved. Of a pipeline, ``memory``,
        ``transform_input`` and ``verbose`` are not saved either, nor is what was chosen
        with `set_output` and with metadata requests such as `set_fit_request`.

    path : str or path-like
        Path of the file, by convention with the suffix ``.safetensors``. An existing
        file is replaced in one step: if saving fails or the process is killed, the old
        file remains. The mode of the file is kept, and a link remains a link.

    card : dict, default=None
        Information about the model: what it was trained on, how well it performs, what
        it cannot do. Keys are text. Values are text, finite numbers, booleans, None, or
        lists and dicts of these. As JSON, the card has at most 65,536 characters. The
        keys "format_version" and "versions" are reserved for `read_card`.

    Raises
    ------
    ValueError
        If the estimator or the card is not as described, or if one of the labels or
        parameters has a type that the file cannot hold.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    OSError
        If the file cannot be written, for example because its folder does not exist or
        the disk is full.

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
    """Return the bytes that `save` writes, or raise its errors except OSErrors."""
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
            f"Got an estimator with {error}, but expected one as fit leaves it, with "
            "steps that accept the same images and have different names without "
            "'__'. Correct it."
        ) from None
    return packed(document, weights)


def load(path: str | os.PathLike[str]) -> DigitCNN | Pipeline:
    """Load a classifier or pipeline that was saved with `save`.

    Loading runs no code from the file. Pickles, in contrast, can run code: load them
    only from people you trust.

    Parameters
    ----------
    path : str or path-like
        Path of a file that was written by `save`.

    Returns
    -------
    estimator : DigitCNN or sklearn.pipeline.Pipeline
        The fitted estimator, which predicts the same probabilities as the saved one.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is truncated, altered, too large or of an unknown format version, or
        if its weights do not fit its network or are not finite. For a pickle, a Keras
        file or an ONNX model, the message says how to load it. Until everything has
        been checked, loading uses memory in proportion to the size of the file, which
        is at most 256 MiB.

    See Also
    --------
    save : Write the file.
    """
    return load_with_card(path)[0]


def read_card(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the model card of a file that was written by `save`.

    The whole file is checked as in `load`.

    Parameters
    ----------
    path : str or path-like
        Path of a file that was written by `save`.

    Returns
    -------
    card : dict
        The entries of the ``card`` that was passed to `save`, if any, and these two:

        format_version : int
            The version of the file format.
        versions : dict of str
            The versions of skdigits and of the libraries with which the file was saved.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `load`.

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
    """Return the results of `load` and `read_card`, but read the file only once."""
    with reading(path) as content:
        return _restored(*content)


def fitted_steps(estimator):
    """Return the (name, step) pairs of a pipeline or of a bare classifier.

    Raises
    ------
    ValueError
        If a step is not from this package, or if the last step is not a DigitCNN.
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
    """Return a fitted estimator, except its weights, in a form that JSON can hold."""
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

    Raise a ValueError if `_describe` would describe no fitted estimator so.
    """
    saved = saved_network(document, weights)
    steps = [_restored_step(description, saved) for description in document["steps"]]
    estimator = Pipeline(steps) if document["pipeline"] else steps[-1][1]
    description = _describe(estimator)
    if not same(description, {name: document[name] for name in description}):
        raise Damaged("missing or unexpected entries")
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
        for name in ("black_", "background_"):
            # None, for a background that fit did not find, is what it has by now
            if learned[name] is not None:
                setattr(step, name, check_number(name, learned[name], low=-np.inf))
    if "feature_names_in_" in learned:
        names = [*map(str, learned["feature_names_in_"])]
        if len(names) != step.n_features_in_:
            raise Damaged("a number of column names other than its number of pixels")
        step.feature_names_in_ = np.array(names, "O")
    return description["name"], step
