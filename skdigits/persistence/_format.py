"""save and load: a fitted classifier or pipeline in one safetensors file.

The header of the file holds one JSON document: format version, library versions, the
steps with their parameters and learned attributes, and a checksum. The tensors are the
network's weights. Nothing in a file is ever run or followed.
"""

import hashlib
import json
import re
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits import __version__
from skdigits._classifier import DigitCNN
from skdigits._files import replacing
from skdigits._parameters import network_spec, training_recipe, training_settings
from skdigits._validation import (
    as_label_array,
    check_image_shape,
    check_integer,
    check_number,
)
from skdigits.network._answers import FittedNetwork
from skdigits.network._spec import NetworkSpec, weight_shapes
from skdigits.preprocessing import ImageReshaper, PixelScaler

FORMAT_VERSION = 2

# What parameters that version 1 did not know stand for in its files.
_SINCE_VERSION_2 = {
    "early_downsampling": False,
    "schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "augment": 0.0,
}
_TYPES = {cls.__name__: cls for cls in (PixelScaler, ImageReshaper, DigitCNN)}
_LIBRARIES = ("keras", "tensorflow", "scikit-learn", "numpy")

# Far above any network of this package; a file above it is not one of ours.
_MAX_FILE_BYTES = 2**28
_MAX_HEADER_BYTES = 2**22
_MAX_LABEL_CHARACTERS = 2**20


def save(estimator, path):
    """Save a fitted classifier or pipeline in one file.

    Parameters
    ----------
    estimator : DigitCNN or sklearn.pipeline.Pipeline
        Fitted. A pipeline may hold `PixelScaler` and `ImageReshaper` before the
        `DigitCNN`, as `make_digit_pipeline` makes it. Callbacks and a RandomState
        instance as ``random_state`` are not saved.

    path : str or path-like
        The file, by convention with the suffix ``.safetensors``. An existing file is
        replaced in one step: after a failure or a kill it is still the old one.

    Raises
    ------
    ValueError
        If the estimator, or a label or parameter of it, is of a type that the file
        cannot hold.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    FileNotFoundError
        If the folder of ``path`` does not exist.

    See Also
    --------
    load : Read the file back.

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
    from safetensors.numpy import save as to_bytes

    steps = _steps_of(estimator)
    classifier = steps[-1][1]
    for _, step in steps:
        check_is_fitted(step)
    training_settings(classifier)
    training_recipe(classifier)
    arrays = classifier._fitted.arrays
    document = {
        "format_version": FORMAT_VERSION,
        "versions": {"skdigits": __version__}
        | {library: version(library) for library in _LIBRARIES},
        "pipeline": isinstance(estimator, Pipeline),
        "steps": [_describe_step(name, step) for name, step in steps],
    }
    document["sha256"] = _checksum(document, arrays)
    header = json.dumps(document)
    content = to_bytes(arrays, {"skdigits": header})
    if len(content) > _MAX_FILE_BYTES or len(header) > _MAX_HEADER_BYTES // 2:
        raise ValueError(
            f"Got a model of {len(content):,} bytes, {len(header):,} of them without "
            f"the weights, but expected at most {_MAX_FILE_BYTES:,} and "
            f"{_MAX_HEADER_BYTES // 2:,}. Use joblib.dump."
        )
    _check_is_file_name(Path(path))
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def load(path):
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
    path = Path(path)
    with _one_sentence(path):
        document, tensors = _open(path)
        descriptions = _in_terms_of_today(document)
        steps = [_restore_step(description) for description in descriptions]
        classifier = steps[-1][1]
        _check_order(steps)
        spec = _restored_spec(descriptions[-1], classifier)
        arrays = _read_arrays(tensors, spec)
        if document["sha256"] != _checksum(document, arrays):
            raise _Damaged("a content that does not match its checksum")
        if document["format_version"] == 1:
            arrays = _pooled_before_normalization(arrays)
        fitted = descriptions[-1]["fitted"]
        seed = check_integer("seed", fitted["seed"], minimum=0)
        history = _restored_history(fitted["history"])
        classifier._become(FittedNetwork(spec, arrays, seed, history))
    return Pipeline(steps) if document["pipeline"] else classifier


def _in_terms_of_today(document):
    """Return the descriptions of the steps, with what version 1 left unsaid."""
    *others, last = document["steps"]
    if document["format_version"] == 1:
        network = last["fitted"]["network"] | {"early_downsampling": False}
        last = last | {
            "params": _SINCE_VERSION_2 | last["params"],
            "fitted": last["fitted"] | {"network": network},
        }
    return [*others, last]


def _pooled_before_normalization(arrays):
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


def _steps_of(estimator):
    """Return the (name, step) pairs of a pipeline or of a bare classifier."""
    if isinstance(estimator, Pipeline):
        steps = estimator.steps
    else:
        steps = [("cnn", estimator)]
    types = [type(step) for _, step in steps]
    if types[-1] is not DigitCNN or not set(types[:-1]) <= {PixelScaler, ImageReshaper}:
        raise ValueError(
            f"Got {type(estimator).__name__} of {[t.__name__ for t in types]}, but "
            "expected a DigitCNN, or a Pipeline of PixelScaler, ImageReshaper and "
            "DigitCNN. Save search.best_estimator_ for a search; use joblib.dump for "
            "anything else."
        )
    return steps


def _check_order(steps):
    """Refuse steps that `save` would not have written."""
    _steps_of(Pipeline(steps))


def _describe_step(name, step):
    fitted = {"n_features_in": step.n_features_in_}
    if hasattr(step, "feature_names_in_"):
        fitted["feature_names_in"] = step.feature_names_in_.tolist()
    if isinstance(step, PixelScaler):
        fitted["scale"] = step.scale_
    else:
        fitted["image_shape"] = list(step.image_shape_)
    if isinstance(step, DigitCNN):
        network = step._fitted
        fitted |= {
            "classes": _describe_labels(step.classes_),
            "network": asdict(network.spec),
            "seed": network.seed,
            "history": network.history,
        }
    params = {
        key: _plain(key, value) for key, value in step.get_params(deep=False).items()
    }
    return {
        "name": name,
        "type": type(step).__name__,
        "params": params,
        "fitted": fitted,
    }


def _plain(name, value):
    """Return a parameter as JSON can hold it."""
    if name == "callbacks" or isinstance(value, np.random.RandomState):
        return None
    if name == "class_weight" and isinstance(value, dict):
        labels = _describe_labels(as_label_array(value))
        return {**labels, "weights": [float(weight) for weight in value.values()]}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(name, item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(
        f"Got {name}={value!r}, but expected a plain value that a file can hold. Set "
        f"{name} to one, or use joblib.dump."
    )


def _from_plain(name, value):
    if name == "class_weight" and isinstance(value, dict):
        labels = _restored_labels(value).tolist()
        return dict(zip(labels, value["weights"], strict=True))
    return tuple(value) if isinstance(value, list) else value


def _describe_labels(labels):
    values = [getattr(label, "item", lambda label=label: label)() for label in labels]
    plain = all(isinstance(value, bool | int | float | str) for value in values)
    if labels.dtype.kind not in "biufUO" or not plain:
        raise ValueError(
            f"Got labels such as {values[0]!r}, but expected integers, floats, "
            "booleans or strings, which a file can hold. Use joblib.dump for others."
        )
    n_characters = max(len(str(value)) for value in values) * len(values)
    if n_characters > _MAX_LABEL_CHARACTERS:
        raise ValueError(
            f"Got labels of {n_characters:,} characters, but expected at most "
            f"{_MAX_LABEL_CHARACTERS:,}. Shorten them."
        )
    return {"dtype": labels.dtype.str, "values": values}


def _restored_labels(description):
    dtype, values = description["dtype"], description["values"]
    match = re.fullmatch(r"[|<>=]([biufUO])(\d*)", dtype)
    if not match:
        raise _Damaged(f"labels of the dtype {dtype!r}")
    kind, size = match.groups()
    types = {"b": bool, "i": int, "u": int, "f": float, "U": str}
    expected = types.get(kind, bool | int | float | str)
    if not all(isinstance(value, expected) for value in values):
        raise _Damaged(f"labels that are not of the dtype {dtype!r}")
    if len(set(values)) < len(values):
        raise _Damaged("the same label twice")
    if kind == "O":
        return as_label_array(values)
    # not by np.dtype(dtype).itemsize, which overflows
    longest = int(size or 0) if kind == "U" else 1
    if not 0 < longest * len(values) <= _MAX_LABEL_CHARACTERS:
        raise _Damaged("more labels than a classifier has")
    return np.array(values, dtype=dtype)


def _restore_step(description):
    params = {
        name: _from_plain(name, value) for name, value in description["params"].items()
    }
    step = _TYPES[description["type"]](**params)
    fitted = description["fitted"]
    step.n_features_in_ = int(fitted["n_features_in"])
    if "feature_names_in" in fitted:
        step.feature_names_in_ = _restored_names(
            fitted["feature_names_in"], step.n_features_in_
        )
    if isinstance(step, PixelScaler):
        step.scale_ = check_number(
            "scale", fitted["scale"], low=0, high=np.inf, closed="neither"
        )
    else:
        step.image_shape_ = check_image_shape(fitted["image_shape"])
        height, width = step.image_shape_
        if height * width != step.n_features_in_:
            raise _Damaged("pictures of another shape than their number of pixels")
    if isinstance(step, DigitCNN):
        step.classes_ = _restored_labels(fitted["classes"])
    return str(description["name"]), step


def _restored_names(names, n_features):
    if not all(isinstance(name, str) for name in names) or len(names) != n_features:
        raise _Damaged("other names of columns than its number of pixels")
    return as_label_array(names)


def _restored_history(history):
    """Check a dict of lists of numbers, one for each epoch."""
    lengths = {len(values) for values in history.values()}
    numbers = [value for values in history.values() for value in values]
    if len(lengths) != 1 or not all(isinstance(number, float) for number in numbers):
        raise _Damaged("a history that is not one number for each epoch")
    return {"loss": history["loss"], **history}


def _restored_spec(description, classifier):
    """Check the description of the network as if a user had passed it."""
    network = description["fitted"]["network"]
    probe = DigitCNN(
        **{
            name: _from_plain(name, network[name])
            for name in NetworkSpec.__dataclass_fields__
            if name not in ("image_shape", "n_classes")
        }
    )
    probe.image_shape_ = classifier.image_shape_
    probe.classes_ = classifier.classes_
    return network_spec(probe)


def _open(path):
    """Return the JSON document and the tensors, none of them read yet."""
    from safetensors import safe_open

    size = path.stat().st_size
    if size > _MAX_FILE_BYTES:
        raise _Damaged(f"{size} bytes")
    with path.open("rb") as file:
        header_size = int.from_bytes(file.read(8), "little")
    if header_size > _MAX_HEADER_BYTES:
        raise _Damaged(f"a header of {header_size} bytes")
    tensors = safe_open(path, framework="numpy")
    document = json.loads((tensors.metadata() or {})["skdigits"])
    found = document["format_version"]
    if type(found) is not int or not 1 <= found <= FORMAT_VERSION:
        raise _UnknownVersion(
            f"Got {str(path)!r} of format version {found!r}, but expected at most "
            f"{FORMAT_VERSION}. Upgrade skdigits to load it."
        )
    return document, tensors


def _read_arrays(tensors, spec):
    """Read the weights, once their names, shapes and types are those of ``spec``."""
    expected = weight_shapes(spec)
    if set(tensors.keys()) != set(expected):
        raise _Damaged("weights of another network")
    for name, shape in expected.items():
        entry = tensors.get_slice(name)
        if tuple(entry.get_shape()) != shape or entry.get_dtype() != "F32":
            raise _Damaged(f"weights {name!r} of another shape or type")
    arrays = {name: tensors.get_tensor(name) for name in expected}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise _Damaged("weights that are not finite")
    return arrays


def _checksum(document, arrays):
    described = {key: value for key, value in document.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def _check_is_file_name(path):
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"Got path={str(path)!r}, but expected an existing folder. Create "
            f"{str(path.parent)!r} first."
        )
    if path.is_dir():
        raise IsADirectoryError(
            f"Got path={str(path)!r}, which is a folder, but expected the name of a "
            "file. Add one."
        )


class _UnknownVersion(ValueError):
    """Says its own remedy."""


class _Damaged(ValueError):
    """Its message says what the file holds, as the object of a sentence."""


@contextmanager
def _one_sentence(path):
    """Turn whatever a damaged file causes into one ValueError."""
    from safetensors import SafetensorError

    if not path.is_file():
        raise FileNotFoundError(
            f"Got path={str(path)!r}, but expected a file. Save a model there first."
        )
    try:
        yield
    except _UnknownVersion:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        SafetensorError,
        TypeError,
        ValueError,
    ) as error:
        what = str(error) if isinstance(error, _Damaged) else "damaged content"
        raise ValueError(
            f"Got {str(path)!r} with {what}, but expected a file as skdigits.save "
            "makes it. Save the model again."
        ) from error
