"""Reading files of named arrays: finding and checking the pixels and the labels."""

from contextlib import contextmanager

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import one_line, reason_of
from skdigits.datasets._tables import check_labels
from skdigits.images import grey_image

# An array above this is not a set of digits that fits in memory several times.
MAX_ARRAY_BYTES = 2**33

# MNIST's images are packed to a fifth, black and white as float64 to a hundredth.
_MAX_RATIO = 200
_ALWAYS_SMALL = 2**26

# The names of pixels and labels in small letters, a group's name before its arrays': as
# NumPy's, Keras', scikit-learn's and MATLAB's users, MedMNIST and others write them.
PAIRS = (
    ("x", "y"),
    ("x_train", "y_train"),
    ("images", "labels"),
    ("data", "target"),
    ("data", "labels"),
    ("data", "label"),
    ("image", "label"),
    ("pixels", "labels"),
    ("train_images", "train_labels"),
    ("train_x", "train_y"),
    ("train_data", "train_target"),
)
_TOLD = "'x' and 'y', 'x_train' and 'y_train', 'images' and 'labels', or 'data' and "


def read_pair(module, path):
    """Read pixels and labels from a file of named arrays.

    Parameters
    ----------
    module : module
        Has ``opened``, a context manager from an open file to a dict of functions, each
        of which reads the array of that name; ``MAX_BYTES``, the largest such file;
        and ``KIND``, what it is. For a damaged file anything may be raised.

    path : path

    Returns
    -------
    pixels : ndarray of shape (n, n_pixels) or (n, height, width)
    labels : list
    label_column : None
    """
    expected = f"{module.KIND}. Save it again."
    with reading(path, module.MAX_BYTES, expected) as file:
        with module.opened(file) as arrays:
            pair = [(name, arrays[name]()) for name in _pair_among(arrays)]
    if not pair:
        raise ValueError(
            f"Got {str(path)!r} with the arrays {one_line(sorted(arrays))}, but "
            f"expected {_TOLD}'target'. Rename them."
        )
    return checked_pair(path, *pair)


@contextmanager
def reading(path, max_bytes, expected, read="read", damages=Exception):
    """Open a file, and raise one sentence for whatever its damage causes in the block.

    ``damages`` are the errors that it may cause: any of a dozen for most formats. A
    package that is imported in the block may be missing: few formats need one.
    """
    try:
        with open_regular(path, max_bytes) as file:
            yield file
    except ModuleNotFoundError as error:
        package = error.name.partition(".")[0]
        raise ValueError(
            f"Got {str(path)!r}, but expected {package} to read it. Install it with "
            f"pip install {package}."
        ) from None
    except damages as error:
        raise ValueError(
            f"Got {str(path)!r}, which cannot be {read} ({reason_of(error)}), but "
            f"expected {expected}"
        ) from error


def _pair_among(names):
    """Return the names of pixels and labels, none if they are not there."""
    known = {name.lower().replace("/", "_"): name for name in names}
    pairs = ([known.get(name) for name in pair] for pair in PAIRS)
    return next((pair for pair in pairs if None not in pair), [])


def checked_pair(path, named_pixels, named_labels):
    """Return pixels and labels as in `read_pair`, after checks."""
    (x, pixels), (y, labels) = named_pixels, named_labels
    pixels, labels = _arranged(pixels, labels)
    if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "buif":
        raise ValueError(
            f"Got {x} of shape {pixels.shape} and dtype {pixels.dtype}, but expected "
            "numbers of shape (n, n_pixels) or (n, height, width), or uint8 colours "
            "of shape (n, height, width, 3). Convert it."
        )
    if labels.shape != (len(pixels),) or not pixels.size:
        raise ValueError(
            f"Got {x} of shape {pixels.shape} and {y} of shape {labels.shape}, but "
            "expected one label for each image, and at least one image. Correct one "
            "of them."
        )
    if pixels.dtype.kind == "f" and not _fit_float32(pixels):
        raise ValueError(
            f"Got {x} with NaN or infinite pixels, but expected finite numbers. Drop "
            "those images, or fill in the pixels."
        )
    return pixels, _label_list(path, y, labels), None


def _arranged(pixels, labels):
    """Return images along the first axis, grey if they can be, and labels as a row."""
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    if pixels.ndim > 1 and len(pixels) != labels.size == pixels.shape[-1]:
        # images along the last axis, or as columns, as MATLAB's users have them
        pixels = np.moveaxis(pixels, -1, 0)
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 4 and pixels.shape[3] == 3 and pixels.dtype == np.uint8:
        pixels = _grey(pixels)
    return pixels, labels


def _grey(colours):
    """Return images (n, height, width, 3) of dtype uint8 as grey ones."""
    images = [np.round(255 * grey_image(image)) for image in colours]
    return np.array(images, np.uint8).reshape(colours.shape[:3])


def _label_list(path, name, labels):
    if labels.dtype.kind not in "buifUS":
        raise ValueError(
            f"Got {name} of dtype {labels.dtype}, but expected integers or strings. "
            "Convert it."
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    try:
        labels = labels.tolist()
    # what numpy raises for numbers that stand for no character
    except (SystemError, ValueError) as error:
        raise ValueError(
            f"Got {str(path)!r} with text in {name} that cannot be read "
            f"({reason_of(error)}), but expected Unicode. Save it again."
        ) from error
    check_labels(path, labels, "row")
    return labels


def _fit_float32(values):
    """Return whether float32 can hold all values; NaN and infinity count as none."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(values.astype(np.float32, copy=False)).all())


def largest(packed_bytes):
    """Return how large an array may be that was packed to so many bytes."""
    return min(MAX_ARRAY_BYTES, max(_ALWAYS_SMALL, _MAX_RATIO * packed_bytes))


def check_size(name, n_bytes, limit):
    """Raise an UnreadableFile before what is too large is unpacked."""
    if n_bytes > limit:
        raise UnreadableFile(
            f"{name} of {n_bytes:,} bytes is too large; the limit is {limit:,}"
        )
