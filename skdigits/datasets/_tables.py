"""Reading labelled pixels from CSV and npz files."""

import zipfile

import numpy as np

# An array above this is not a set of digits that fits in memory several times.
MAX_ARRAY_BYTES = 2**33


def read_csv(path):
    """Read labels and pixels from a CSV file, with or without a line of names.

    Returns
    -------
    pixels : ndarray of shape (n, n_pixels)
    labels : list
    """
    table = _read_table(path)
    label_column = "label" if "label" in table.columns else table.columns[0]
    labels, pixels = table[label_column], table.drop(columns=label_column)
    _check_labels(path, labels)
    if pixels.shape[1] == 0:
        raise ValueError(
            f"Got {str(path)!r} with one column, but expected a label and pixels in "
            "each line. Separate them by commas."
        )
    for column in pixels.columns:
        _check_numbers(path, column, pixels[column])
    return pixels.to_numpy(), labels.tolist()


def _read_table(path):
    import pandas as pd

    try:
        first = pd.read_csv(path, header=None, nrows=1, dtype=str)
        cells = first.iloc[0].tolist()
        has_names = "label" in cells or not _are_numbers(cells[1:])
        table = pd.read_csv(path, header=0 if has_names else None)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as error:
        raise ValueError(
            f"Got {str(path)!r}, which cannot be read as a table "
            f"({str(error).strip()}), but expected lines of a label and pixels. Write "
            "it as comma-separated UTF-8."
        ) from error
    if table.empty:
        raise ValueError(
            f"Got {str(path)!r} without a line of data, but expected a label and "
            "pixels in each line. Add pictures."
        )
    return table


def _are_numbers(texts):
    try:
        [float(text) for text in texts]
    except ValueError:
        return False
    return True


def _check_labels(path, labels):
    missing = np.flatnonzero(labels.isna())
    if len(missing):
        raise ValueError(
            f"Got {str(path)!r} with no label in data line {missing[0] + 1}, but "
            "expected a label for each picture. Fill it in or drop the line."
        )


def _check_numbers(path, column, values):
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    wrong = np.flatnonzero(~np.isfinite(numbers.to_numpy(dtype=float)))
    if len(wrong):
        value = str(values.iloc[wrong[0]])
        raise ValueError(
            f"Got {str(path)!r} with {value!r} in column {column!r} of "
            f"data line {wrong[0] + 1}, but expected a number for each pixel. Fill it "
            "in or drop the line."
        )


def read_npz(path):
    """Read pixels and labels from an npz file.

    Returns
    -------
    pixels : ndarray of shape (n, n_pixels) or (n, height, width)
    labels : list
    """
    arrays = _load_arrays(path)
    for x, y in (("x", "y"), ("x_train", "y_train")):
        if x in arrays and y in arrays:
            break
    else:
        raise ValueError(
            f"Got {str(path)!r} with the arrays {sorted(arrays)}, but expected 'x' and "
            "'y', or 'x_train' and 'y_train'. Rename them."
        )
    pixels, labels = arrays[x], arrays[y]
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "buif":
        raise ValueError(
            f"Got {x} of shape {pixels.shape} and dtype {pixels.dtype}, but expected "
            "numbers of shape (n, n_pixels) or (n, height, width). Convert it."
        )
    if labels.shape != (len(pixels),) or not len(pixels):
        raise ValueError(
            f"Got {x} of shape {pixels.shape} and {y} of shape {labels.shape}, but "
            "expected one label for each picture, and at least one. Match them."
        )
    if not np.isfinite(pixels).all():
        raise ValueError(
            f"Got {x} with NaN or infinite pixels, but expected finite numbers. Drop "
            "or fill those pictures."
        )
    return pixels, labels.tolist()


def _load_arrays(path):
    try:
        with zipfile.ZipFile(path) as archive:
            largest = max((item.file_size for item in archive.infolist()), default=0)
        if largest > MAX_ARRAY_BYTES:
            raise ValueError(f"an array of {largest} bytes is too large")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files if name[0] in "xy"}
    except (EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"Got {str(path)!r}, which cannot be read ({error}), but expected an npz "
            "file of plain arrays. Save it again with numpy.savez_compressed."
        ) from error
