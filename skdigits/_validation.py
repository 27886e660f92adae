"""Checks that several modules share, and their error sentences.

Every sentence follows one grammar: what was got, what was expected, the remedy.
scikit-learn is imported where it is used, as that takes longer than reading an image.
"""

import os
from contextlib import contextmanager, suppress
from math import isqrt, prod
from numbers import Integral, Number, Real
from pathlib import Path

import numpy as np

# An image of a digit has at least this many pixels on a side; flat rows shorter than
# its square cannot be an image, so they are small tables.
SMALLEST_SIDE = 8

# No network is trained on larger images.
MAX_PIXELS = 2**24

# The channels of a colour image.
COLOURS = 3

# Far above the cores of a machine.
MAX_JOBS = 1024

# What a sentence quotes from elsewhere, such as a damaged file, is cut to this.
MAX_MESSAGE = 500


def check_integer(name, value, *, minimum=1):
    """Return ``value`` as an int, or raise a ValueError if it is not one."""
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or value < minimum:
        raise ValueError(
            f"Got {name}={value!r}, but expected an integer of at least {minimum}."
        )
    return int(value)


def check_number(name, value, *, low=0, high=np.inf, closed="both"):
    """Return ``value`` as a float between ``low`` and ``high``, or raise a ValueError.

    ``closed`` is "both", "left" or "neither", as in pandas' intervals.
    """
    left = closed != "neither"
    right = closed == "both" and high < np.inf
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    inside = is_number and (
        (low <= value if left else low < value)
        and (value <= high if right else value < high)
    )
    if not inside or not np.isfinite(value):
        interval = f"{'[' if left else '('}{low:g}, {high:g}{']' if right else ')'}"
        raise ValueError(f"Got {name}={value!r}, but expected a number in {interval}.")
    return float(value)


def check_bool(name, value):
    """Return ``value`` as a bool, or raise a ValueError if it is not one."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"Got {name}={value!r}, but expected True or False.")
    return bool(value)


def check_path(name, path):
    """Return ``path`` as a Path, without ``~``, or raise a ValueError if it is none."""
    if not isinstance(path, str | os.PathLike):
        raise ValueError(
            f"Got {name}={one_line(repr(path))}, but expected a path. Pass a str or a "
            "pathlib.Path."
        )
    # not the method of Path, which raises if nobody has the name
    return Path(os.path.expanduser(path))


def check_n_jobs(n_jobs):
    """Raise a ValueError unless ``n_jobs`` counts processes as joblib does."""
    if n_jobs is None:
        return
    is_integer = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if not is_integer or not n_jobs or abs(n_jobs) > MAX_JOBS:
        raise ValueError(
            f"Got n_jobs={one_line(repr(n_jobs), 60)}, but expected a number of "
            f"processes, at most {MAX_JOBS:,}, or -1 for one per core."
        )


def check_choice(name, value, choices):
    """Return ``value`` if it is one of ``choices``, else raise a ValueError."""
    if not isinstance(value, str) or value not in choices:
        *most, last = (repr(choice) for choice in choices)
        expected = f"{', '.join(most)} or {last}" if most else last
        raise ValueError(f"Got {name}={value!r}, but expected {expected}.")
    return value


def check_image_shape(image_shape):
    """Return (height, width), or (height, width, 3), or raise a ValueError."""
    try:
        shape = tuple(check_integer("side", side) for side in image_shape)
    except (TypeError, ValueError):
        shape = ()
    shape = shape[:2] if shape[2:] == (1,) else shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (COLOURS,)):
        raise ValueError(
            f"Got image_shape={image_shape!r}, but expected positive integers: "
            "(height, width), or (height, width, 3) for colour images."
        )
    if prod(shape) > MAX_PIXELS:
        raise ValueError(
            f"Got image_shape={image_shape!r}, but expected at most {MAX_PIXELS:,} "
            "pixels. Make it smaller."
        )
    return shape


def reason_of(error):
    """Return the reason of an error, as one line of bounded length."""
    text = isinstance(error, OSError) and error.strerror
    return one_line(text or error) or type(error).__name__


def one_line(text, limit=MAX_MESSAGE):
    """Return a text as one line; if it is longer than ``limit``, only both ends."""
    text = " ".join(str(text).split())
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} [...] {text[-half:]}"


def flatten_images(X):
    """Return images as rows of pixels.

    Parameters
    ----------
    X : array-like of shape (n, n_pixels), (n, height, width) or \
            (n, height, width, channels)

    Returns
    -------
    X : of shape (n, n_pixels)
        The input itself if it was flat already; a table of polars or pyarrow as one of
        pandas, whose column names every version of scikit-learn accepts.
    image_shape : tuple of int or None
        (height, width), or (height, width, 3), None for flat input.
    """
    if hasattr(X, "columns") and hasattr(X, "shape"):
        if not hasattr(X, "iloc"):
            import pandas as pd

            names = getattr(X, "column_names", X.columns)
            X = pd.DataFrame(np.asarray(X), columns=names)
        return X, None
    if not hasattr(X, "ndim"):
        X = _as_array(X)
    if X.ndim < 3:
        return X, None
    shape = X.shape[1:]
    if X.ndim == 3 or (X.ndim == 4 and shape[2] in (1, COLOURS)):
        # reshape(-1) cannot guess the length of an empty array
        image_shape = shape[:2] if shape[2:] == (1,) else shape
        rows = X if hasattr(X, "toarray") else np.asarray(X)
        return rows.reshape((X.shape[0], prod(shape))), image_shape
    is_channels_first = X.ndim == 4 and shape[0] in (1, COLOURS)
    remedy = "move the channels to the last axis" if is_channels_first else "convert it"
    raise ValueError(
        f"Got X of shape {X.shape}, but expected (n, n_pixels), (n, height, width) or "
        f"(n, height, width, channels) with 1 or 3 channels: {remedy}."
    )


def _as_array(X):
    """Return images as an array, or raise a ValueError that says why they are none."""
    array = None
    try:
        array = np.asarray(X)
    except ValueError:
        if isinstance(X, list | tuple):
            raise ValueError(
                "Got images or rows of different sizes in X, but expected one size "
                "for all. Resize them first."
            ) from None
    if isinstance(X, str | os.PathLike):
        raise ValueError(
            f"Got X={one_line(repr(X))}, but expected an array of images. Use "
            "skdigits.read_digits to read a photo, and load_digit_images to load a "
            "data set."
        )
    # generators and datasets of TensorFlow become an object
    if array is None or (array.shape == () and hasattr(X, "__iter__")):
        raise ValueError(
            f"Got X of type {type(X).__name__}, but expected an array of images. "
            "Pass its parts to partial_fit one by one, as the user guide shows on "
            "its page about large data."
        )
    return array


def resolve_image_shape(n_features, image_shape=None, native_shape=None):
    """Return how rows of ``n_features`` pixels fold into images.

    ``image_shape`` is the parameter of that name, ``native_shape`` that of the input.
    Without either, rows are square images of one channel. Rows of fewer than 64
    features that are not square are one-row images: too small for a digit, they are
    small tables.
    """
    if isinstance(image_shape, tuple) and image_shape == native_shape:
        return native_shape
    if image_shape is not None:
        expected = check_image_shape(image_shape)
        if prod(expected) != n_features or native_shape not in (None, expected):
            got = f"shape {native_shape}" if native_shape else f"{n_features} pixels"
            raise ValueError(
                f"Got images of {got} and image_shape={image_shape!r}, but expected "
                f"{prod(expected)} pixels as {' x '.join(map(str, expected))}. Pass "
                "the image_shape of your images."
            )
        return expected
    if native_shape is not None:
        return native_shape
    side = isqrt(n_features)
    if side * side == n_features:
        return side, side
    if n_features < SMALLEST_SIDE**2:
        return 1, n_features
    raise ValueError(
        f"Got X with {n_features} features, but expected a square number of pixels "
        "such as 784 = 28 x 28. Pass image_shape=(height, width), or (height, width, "
        "3) for colour images."
    )


def fold_images(rows, image_shape, native_shape=None):
    """Return rows as images (n, height, width, channels), or raise a ValueError."""
    resolve_image_shape(rows.shape[1], image_shape, native_shape)
    return rows.reshape(-1, *(*image_shape, 1)[:3])


def validate_pixels(estimator, X, *, y="no_validation", reset, dtype="numeric"):
    """Return images as checked rows, with checked labels if there are any.

    Sets or checks ``n_features_in_``, the number of values of an image, and
    ``feature_names_in_`` on ``estimator``, as scikit-learn does.

    Returns
    -------
    X : ndarray of shape (n, n_pixels)
    y : ndarray of shape (n,), only if ``y`` was passed
    native_shape : tuple of int or None
        The shape of the images, None for flat input.
    """
    from sklearn.utils.validation import validate_data

    flat, native_shape = flatten_images(X)
    if not isinstance(y, str):
        check_one_label_each(y)
        labels = np.asarray(y)
        # before the conversion of scikit-learn, which fails at pandas.NA
        if labels.ndim and labels.dtype.kind in "OmM":
            check_labels(labels.ravel())
    if not reset:
        _check_several(X, flat, estimator.n_features_in_)
    checked = validate_data(estimator, flat, y, reset=reset, dtype=dtype)
    if isinstance(y, str) and y == "no_validation":
        return checked, native_shape
    return *checked, native_shape


def _check_several(X, flat, n_pixels):
    """Raise a ValueError if X, flat as given, is one image of the right size."""
    shape = np.shape(flat)
    if prod(shape) == n_pixels and shape[1:] != (n_pixels,):
        raise one_image_error(X)


def one_image_error(X):
    """Return the ValueError for X that is one image."""
    remedy = "[X]" if isinstance(X, list | tuple) else "X[None]"
    if hasattr(X, "to_frame"):
        remedy = "X.to_frame().T"
    return ValueError(
        f"Got X of shape {np.shape(X)}, but expected several images along the first "
        f"axis. Reshape your data: pass {remedy} for one image."
    )


def pixels_for_fitted(estimator, X, *, dtype="numeric"):
    """Return images as checked rows for an estimator that is fitted.

    For one image, scikit-learn's checks take longer than a prediction, so they are
    skipped if they would find nothing.

    Returns
    -------
    X : ndarray of shape (n, n_pixels)
    native_shape : tuple of int or None
        The shape of the images, None for flat input.
    """
    flat, native_shape = flatten_images(X)
    if _are_fine(estimator, flat):
        wanted = flat.dtype if dtype == "numeric" else dtype
        return flat.astype(wanted, copy=False), native_shape
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    return validate_pixels(estimator, X, reset=False, dtype=dtype)


def _are_fine(estimator, X):
    """Return whether X needs no checks: finite numbers of the right shape."""
    known = vars(estimator)
    if type(X) is not np.ndarray or X.ndim != 2 or not len(X):
        return False
    if X.shape[1] != known.get("n_features_in_") or "feature_names_in_" in known:
        return False
    if X.dtype == np.float32:
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(X.sum()))
    return X.dtype == np.uint8


def flatten_for_inverse(estimator, X):
    """Return the input of ``inverse_transform`` as checked rows.

    Returns
    -------
    X : ndarray of shape (n, n_pixels)
    native_shape : tuple of int or None
    """
    from sklearn.utils.validation import check_array, check_is_fitted

    check_is_fitted(estimator)
    X, native_shape = flatten_images(X)
    X = check_array(X, input_name="X")
    if X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"Got X with {X.shape[1]} features, but expected "
            f"{estimator.n_features_in_}, as in fit. Pass images of that size."
        )
    return X, native_shape


def as_labels(y, name="y", remedy=None):
    """Return labels, also a list of tuples, as a checked array of shape (n,)."""
    from sklearn.utils.validation import column_or_1d

    if isinstance(y, list) and any(isinstance(label, tuple) for label in y):
        y = as_label_array(y)
    check_one_label_each(y, name, remedy)
    y = column_or_1d(y)
    check_labels(y)
    return y


def check_one_label_each(y, name="y", remedy=None):
    """Raise a ValueError for one-hot rows or probabilities in place of labels."""
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # for lists of different lengths, which are rejected later
        return
    if len(shape) == 2 and shape[1] > 1:
        array = name if hasattr(y, "argmax") else f"np.asarray({name})"
        remedy = remedy or f"Pass {array}.argmax(axis=1) for one-hot rows."
        raise ValueError(
            f"Got {name} of shape {shape}, but expected one label for each image. "
            f"{remedy}"
        )


def check_labels(y):
    """Raise a ValueError unless ``y``, of shape (n,), can be class labels."""
    if y.dtype.kind not in "OmM":
        from sklearn.utils.multiclass import check_classification_targets

        check_classification_targets(y)
        return
    try:
        labels = set(y)
    except TypeError:
        raise ValueError(
            "Got y with labels that cannot be hashed, such as lists, but expected "
            "one hashable label for each image. Convert them to strings or tuples."
        ) from None
    if any(map(_is_missing, labels)):
        raise ValueError(
            "Got y with missing labels, but expected one label for each image. "
            "Drop those rows."
        )


def _is_missing(label):
    """Return whether a label is None, NaN, NaT or pandas.NA."""
    try:
        return label is None or bool(label != label)
    except TypeError:  # only pandas.NA has no answer
        return True


def check_known_kinds(y, classes):
    """Raise a ValueError if no class is of the kind of a label: text, number, other."""

    def kind(label):
        return isinstance(label, str), isinstance(label, Number)

    known = {kind(label) for label in classes.tolist()}
    for label in dict.fromkeys(y.tolist()):
        if kind(label) not in known:
            raise ValueError(
                f"Got y with the label {label!r}, but expected labels of the same kind "
                f"as in fit, such as {classes.tolist()[0]!r}. Convert them."
            )


def encode_labels(y, classes=None, name="y", remedy="Fit again on all labels."):
    """Return the distinct labels of ``y`` and the index of each row's label in them.

    Parameters
    ----------
    y : ndarray of shape (n,)
    classes : ndarray of shape (n_classes,), default=None
        The labels to encode to; those of ``y`` if None: sorted if they have an
        order, otherwise as they first appear.
    name, remedy : str
        What an error calls ``y``, and what it says to do about an unknown label.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    codes : ndarray of shape (n,), dtype int64
    """
    if classes is None and y.dtype.kind != "O":
        classes, codes = np.unique(y, return_inverse=True)
        return classes, codes.astype(np.int64)
    if classes is None:
        # not numpy.unique, which treats equal labels as different ones if sorting does
        # not bring them together, as with sets
        labels = dict.fromkeys(y.tolist())
        with suppress(TypeError):
            labels = sorted(labels)
        classes = as_label_array(labels)
    index = {label: code for code, label in enumerate(classes.tolist())}
    unknown = [label for label in dict.fromkeys(y.tolist()) if label not in index]
    if unknown:
        raise ValueError(
            f"Got {name} with the unknown label {unknown[0]!r}, but expected only "
            f"{list(index)}. {remedy}"
        )
    return classes, np.array([index[label] for label in y.tolist()], dtype=np.int64)


def one_hot(codes, n_classes):
    """Return rows with 1 at the place of each code, as float32."""
    return np.eye(n_classes, dtype=np.float32)[codes]


def as_label_array(labels):
    """Return any labels, tuples too, as a one-dimensional array of objects."""
    return np.fromiter(labels, dtype=object)


@contextmanager
def unchanged_on_failure(estimator):
    """Restore the attributes of an estimator if the block fails or is interrupted."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
