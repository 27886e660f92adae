"""Tables with a label and pixels in each line: choosing columns, reading values."""

from contextlib import suppress
from math import isqrt
from numbers import Number

import numpy as np

from skdigits._files import UnreadableFile
from skdigits._validation import one_line

# A label and 256 x 256 pixels; each column costs as much as a thousand numbers.
MAX_CELLS = 2**16 + 1

# Far more than there are in any set of digits.
MAX_LINES = 5_000_000

# As long as the name of a folder; each label takes as much memory as the longest.
MAX_LABEL = 255

# Names of the column of labels, in any case.
LABEL_NAMES = ("label", "target", "class", "digit", "y")

# The share of the most frequent value that labels seldom have, and the pixels in the
# corners of images mostly do.
MOST_OF_A_LABEL = 0.5

# So many columns, if it is a square number, are the pixels of an image.
LEAST_PIXELS = 16

# Of a cell or a name that is quoted in an error.
_MAX_TOLD = 60


def check_lines(n_lines):
    """Raise an UnreadableFile if there are too many lines."""
    if n_lines > MAX_LINES:
        raise UnreadableFile(f"it has more than {MAX_LINES:,} lines")


def check_cells(n_cells, what):
    """Raise an UnreadableFile before a line of too many cells is taken apart."""
    if n_cells > MAX_CELLS:
        raise UnreadableFile(f"it has {n_cells:,} {what}; the limit is {MAX_CELLS:,}")


def choose_label_column(path, wanted, n_pixels, columns, ends, images=None):
    """Return the name of the column of labels.

    Parameters
    ----------
    path : path
        For errors.
    wanted : str, int or None
        What the user passed: a name, or a number from 0.
    n_pixels : int or None
        Number of pixels of an image, if it is known.
    columns : list of str or int
    ends : DataFrame
        Some lines, of which the first and the last column are looked at, as text.
    images : str, int or None
        The name of the column of images, None if the others have pixels.
    """
    if wanted is not None:
        return _wanted_column(path, wanted, columns, images)
    others = [name for name in columns if name != images]
    named = [name for name in others if is_label_name(name)]
    if len(named) > 1:
        raise ValueError(
            f"Got {str(path)!r} with the columns {one_line(named)}, but expected a "
            "column of labels. Pass label_column."
        )
    if named:
        return named[0]
    if images is None:
        return _guessed_column(path, n_pixels, columns, ends)
    if len(others) != 1:
        raise ValueError(
            f"Got {str(path)!r} with the columns {one_line(columns)}, but expected a "
            f"column of labels besides {images!r}. Pass label_column."
        )
    return others[0]


def _wanted_column(path, wanted, columns, images):
    if wanted not in columns and wanted not in range(len(columns)):
        raise ValueError(
            f"Got label_column={wanted!r}, but expected one of the columns of "
            f"{str(path)!r}, {one_line(columns, 200)}."
        )
    column = wanted if wanted in columns else columns[wanted]
    if column == images:
        raise ValueError(
            f"Got label_column={wanted!r}, which holds the images of {str(path)!r}, "
            "but expected a column of labels. Pass another."
        )
    return column


def _guessed_column(path, n_pixels, columns, ends):
    n = len(columns)
    if n >= LEAST_PIXELS and isqrt(n) ** 2 == n and n_pixels in (None, n):
        raise ValueError(
            f"Got {str(path)!r} with {n} columns, none of them named "
            f"{', '.join(LABEL_NAMES[:-1])} or {LABEL_NAMES[-1]}: those are the pixels "
            "of an image without a label. Add a column of labels, or pass label_column."
        )
    shares = [_share_of_most_frequent(ends.iloc[:, i].astype(str)) for i in (0, -1)]
    is_last = shares[1] < MOST_OF_A_LABEL <= shares[0]
    return columns[-1 if is_last else 0]


def _share_of_most_frequent(values):
    """Return that of the most frequent value; 1 if no label is such a number."""
    fractions = values.str.contains(r"\.0*[1-9]", na=False)
    return 1.0 if fractions.any() else values.value_counts(normalize=True).max()


def is_label_name(name):
    return str(name).strip().lower() in LABEL_NAMES


def pixels_of(path, table, label_column):
    """Return the pixels of some lines of a table, or name the first bad cell.

    The index of the table counts the lines from 0.
    """
    pixels = table.drop(columns=label_column)
    if is_label_name(label_column) and pixels.columns[:1].tolist() == ["Unnamed: 0"]:
        # the row numbers that pandas writes unless told otherwise
        pixels = pixels.iloc[:, 1:]
    if pixels.shape[1] == 0:
        raise ValueError(
            f"Got {str(path)!r} with one column, but expected a label and pixels in "
            "each line. Separate them by commas."
        )
    if all(isinstance(d, np.dtype) and d.kind in "ui" for d in pixels.dtypes):
        return as_pixels(pixels.to_numpy())
    numbers = _as_float32(pixels)
    wrong = np.argwhere(~np.isfinite(numbers))
    if len(wrong):
        line, column = wrong[0].tolist()
        value = one_line(pixels.iloc[line, column], _MAX_TOLD)
        name = pixels.columns.tolist()[column]
        name = one_line(name, _MAX_TOLD) if isinstance(name, str) else name
        raise ValueError(
            f"Got {str(path)!r} with {value!r} in column {name!r} of data line "
            f"{pixels.index[line] + 1}, but expected a number for each pixel. Fill it "
            "in or drop the line."
        )
    return as_pixels(numbers)


def _as_float32(table):
    """Return the cells as numbers, NaN or infinite if they are not numbers."""
    import pandas as pd

    texts = [name for name in table if table[name].dtype.kind not in "uifb"]
    if texts:
        table = table.copy()
        table[texts] = table[texts].map(str).apply(pd.to_numeric, errors="coerce")
    with np.errstate(over="ignore"):
        return table.to_numpy(np.float64, na_value=np.nan).astype(np.float32)


def as_pixels(values):
    """Return whole numbers in 0..255 as uint8, anything else as float32."""
    whole = values.dtype.kind in "bui" or (values == np.round(values)).all()
    if whole and values.size and values.min() >= 0 and values.max() <= 255:
        return values.astype(np.uint8, copy=False)
    return values.astype(np.float32, copy=False)


def labels_of(path, labels):
    """Return a column of labels as a list, text as numbers if all of it is numeric.

    There has to be at least one.
    """
    import pandas as pd

    if not len(labels):
        raise ValueError(
            f"Got {str(path)!r} without a line of data, but expected a label and "
            "pixels in each line. Add images."
        )
    # dates would become numbers
    with suppress(TypeError, ValueError):
        labels = labels if labels.dtype.kind in "mM" else pd.to_numeric(labels)
    labels = labels.astype(object).where(labels.notna(), None).tolist()
    check_labels(path, labels, "data line")
    return labels


def check_labels(path, labels, unit):
    for number, label in enumerate(labels, start=1):
        if not isinstance(label, str | Number | None):
            raise ValueError(
                f"Got {str(path)!r} with the label {one_line(repr(label), _MAX_TOLD)} "
                f"in {unit} {number}, but expected a number or text. Convert it."
            )
        # NaN is not itself
        if label is None or label != label or not str(label).strip():
            raise ValueError(
                f"Got {str(path)!r} with no label in {unit} {number}, but expected a "
                f"label for each image. Fill it in or drop the {unit}."
            )
        if len(str(label)) > MAX_LABEL:
            raise ValueError(
                f"Got {str(path)!r} with a label of {len(str(label)):,} characters in "
                f"{unit} {number}, but expected at most {MAX_LABEL}. Shorten it."
            )
