"""Files of named arrays: which are the pixels and the labels, and what is wrong."""

import numpy as np

from skdigits._validation import one_line, reason_of
from skdigits.datasets._npz import array_names, read_array
from skdigits.datasets._tables import check_labels

# An array above this is not a set of digits that fits in memory several times.
MAX_ARRAY_BYTES = 2**33


def read_npz(path):
    """Read pixels and labels from an npz file.

    Returns
    -------
    pixels : ndarray of shape (n, n_pixels) or (n, height, width)
    labels : list
    """
    (x, pixels), (y, labels) = _load_pair(path)
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "buif":
        raise ValueError(
            f"Got {x} of shape {pixels.shape} and dtype {pixels.dtype}, but expected "
            "numbers of shape (n, n_pixels) or (n, height, width). Convert it."
        )
    if labels.shape != (len(pixels),) or not pixels.size:
        raise ValueError(
            f"Got {x} of shape {pixels.shape} and {y} of shape {labels.shape}, but "
            "expected one label for each picture, and at least one. Match them."
        )
    if pixels.dtype.kind == "f" and not _fit_float32(pixels):
        raise ValueError(
            f"Got {x} with NaN or infinite pixels, but expected finite numbers. Drop "
            "or fill those pictures."
        )
    return pixels, _label_list(path, y, labels)


def _load_pair(path):
    """Return the names and arrays of pixels and of labels."""
    try:
        names = array_names(path)
        for pair in (("x", "y"), ("x_train", "y_train")):
            if set(pair) <= set(names):
                return [
                    (name, read_array(path, name, max_bytes=MAX_ARRAY_BYTES))
                    for name in pair
                ]
    except ValueError as error:
        raise ValueError(
            f"Got {str(path)!r}, which cannot be read ({error}), but expected an npz "
            "file of plain arrays. Save it again with numpy.savez_compressed."
        ) from error
    raise ValueError(
        f"Got {str(path)!r} with the arrays {one_line(names)}, but expected 'x' and "
        "'y', or 'x_train' and 'y_train'. Rename them."
    )


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
    """Say whether float32 can hold all values; NaN and infinity count as none."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(values.astype(np.float32, copy=False)).all())
