"""Reading labelled pixels from CSV and npz files."""

from functools import partial
from math import isqrt

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import one_line, reason_of
from skdigits.datasets._npz import array_names, read_array

# An array above this is not a set of digits that fits in memory several times.
MAX_ARRAY_BYTES = 2**33

# MNIST has 110 MB; in memory, pixels are four times as large as here.
MAX_CSV_BYTES = 2**30

# A label and 256 x 256 pixels; each column costs as much as a thousand numbers.
MAX_CELLS = 2**16 + 1

# What is read at a time: so many cells, but at least so many lines.
PART_CELLS, PART_LINES = 2**22, 256

# Far more than there are in any set of digits, and than a line of so many cells needs.
MAX_LINES = 5_000_000
MAX_LINE_BYTES = 2**22

# As long as the name of a folder; each label takes as much memory as the longest.
MAX_LABEL = 255

# Names of the column of labels, in any case.
LABEL_NAMES = ("label", "target", "class", "digit", "y")

# The share of the most frequent value that labels seldom have, and the pixels in the
# corners of images mostly do.
MOST_OF_A_LABEL = 0.5

# So many columns, if it is a square number, are the pixels of an image.
LEAST_PIXELS = 16

# What stands for a missing number, and booleans, are no names of columns.
_NO_NAMES = {"", "n/a", "na", "nan", "null", "none", "true", "false"}

# Of a cell or a name that is told in an error.
_MAX_TOLD = 60


def read_csv(path, label_column=None, n_pixels=None):
    """Read labels and pixels from a CSV file, with or without a line of names.

    Parameters
    ----------
    path : path

    label_column : str or int, default=None
        The name of the column of labels, or its number from 0.

    n_pixels : int, default=None
        Of an image, where that is known.

    Returns
    -------
    pixels : ndarray of shape (n, n_pixels), dtype uint8 or float32
    labels : list
    label_column : str or int
        The name of the column of labels, or its number from 0 where there are none.
    """
    labels, pixels, n_lines = [], [], 0
    choose = partial(_label_column, path, label_column, n_pixels)
    # a part at a time: in memory, a table is many times as large as its pixels
    for label_column, table in _parts_of_table(path, choose):
        labels.append(table[label_column])
        part = table.drop(columns=label_column)
        if _is_label_name(label_column) and part.columns[:1].tolist() == ["Unnamed: 0"]:
            # the row numbers that pandas writes unless told otherwise
            part = part.iloc[:, 1:]
        pixels.append(as_pixels(_to_numbers(path, part, n_lines)))
        n_lines += len(part)
    labels = _typed(labels)
    _check_labels(path, labels, "data line")
    pixels = np.concatenate(pixels)
    if pixels.shape[1] == 0:
        raise ValueError(
            f"Got {str(path)!r} with one column, but expected a label and pixels in "
            "each line. Separate them by commas."
        )
    return pixels, labels, label_column


def _typed(parts):
    """Return labels that were read as text as numbers, if all are."""
    import pandas as pd

    labels = pd.concat(parts)
    try:
        return pd.to_numeric(labels).tolist()
    except ValueError:
        return labels.tolist()


def as_pixels(values):
    """Return whole numbers in 0..255 as uint8, anything else as float32."""
    whole = values.dtype.kind in "bui" or (values == np.round(values)).all()
    if whole and values.size and values.min() >= 0 and values.max() <= 255:
        return values.astype(np.uint8, copy=False)
    return values.astype(np.float32, copy=False)


def _parts_of_table(path, choose):
    """Yield the name of the column of labels, and tables of some lines each."""
    import pandas as pd

    try:
        with open_regular(path, MAX_CSV_BYTES) as file:
            _check_lines(file)
            for label_column, table in _parts_of_file(file, choose):
                _check_table(path, table)
                yield label_column, table
    except (
        UnreadableFile,
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        UnicodeError,
    ) as error:
        raise ValueError(
            f"Got {str(path)!r}, which cannot be read as a table "
            f"({reason_of(error)}), but expected lines of a label and pixels. Write "
            "it as comma-separated UTF-8."
        ) from error


def _parts_of_file(file, choose):
    import pandas as pd

    first = pd.read_csv(file, header=None, nrows=1, dtype=str, keep_default_na=False)
    file.seek(0)
    header = 0 if _are_names(first.iloc[0].tolist()) else None
    columns = first.columns
    if header == 0:
        columns = pd.read_csv(file, nrows=0).columns
        file.seek(0)
    n_lines = max(PART_LINES, PART_CELLS // len(columns))
    few = {"nrows": n_lines, "usecols": sorted({0, len(columns) - 1})}
    texts = {"dtype": str, "keep_default_na": False, "index_col": False}
    ends = pd.read_csv(file, header=header, **few, **texts)
    file.seek(0)
    label_column = choose(columns.tolist(), ends)
    # low_memory=False: a word among the numbers of a long file is no warning
    options = {"header": header, "dtype": {label_column: str}, "low_memory": False}
    with pd.read_csv(file, chunksize=n_lines, **options) as parts:
        for table in parts:
            yield label_column, table


def _check_table(path, table):
    import pandas as pd

    if table.empty:
        raise ValueError(
            f"Got {str(path)!r} without a line of data, but expected a label and "
            "pixels in each line. Add pictures."
        )
    # pandas takes surplus cells as row names, which would make a pixel the label
    if not isinstance(table.index, pd.RangeIndex):
        raise ValueError(
            f"Got {str(path)!r} with more cells in its lines of data than in its first "
            "line, but expected the same number. Remove the surplus."
        )


def _check_lines(file):
    """Raise an `UnreadableFile` before what no table of digits has is taken apart."""
    for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b"")):
        if number >= MAX_LINES:
            raise UnreadableFile(f"it has more than {MAX_LINES:,} lines")
        if len(line) > MAX_LINE_BYTES:
            raise UnreadableFile(f"it has a line of more than {MAX_LINE_BYTES:,} bytes")
        # lines may also end as those of old Macs
        n_cells = 1 + max(part.count(b",") for part in line.split(b"\r"))
        if n_cells > MAX_CELLS:
            raise UnreadableFile(
                f"it has {n_cells:,} cells in a line, the limit is {MAX_CELLS:,}"
            )
        if line.count(b'"') % 2:
            raise UnreadableFile("it has a cell of several lines")
    file.seek(0)


def _are_names(cells):
    """Say whether the cells of a first line are names, not a label and pixels.

    A line with any number after its first cell is one of pixels, so that a bad cell in
    it is told.
    """
    if any(_is_label_name(cell) for cell in cells):
        return True
    first, *others = map(_is_value, cells)
    # Columns that pandas numbered: no row of pixels counts up.
    counted = [str(number) for number in range(len(cells))]
    if cells[1:] in (counted[:-1], counted[1:]) and len(cells) > 2:
        return not first
    if cells[:-1] in (counted[:-1], counted[1:]) and len(cells) > 2:
        return not others[-1]
    # "7,x" is more likely a bad pixel than "7" a name
    return not any(others) and not (first and len(others) < 2)


def _label_column(path, wanted, n_pixels, columns, ends):
    """Return the name or number of the column of labels.

    ``ends`` is a table of the first and the last column, as text.
    """
    if wanted is not None:
        if wanted not in columns and wanted not in range(len(columns)):
            raise ValueError(
                f"Got label_column={wanted!r}, but expected one of the columns of "
                f"{str(path)!r}, {one_line(columns, 200)}."
            )
        return wanted if wanted in columns else columns[wanted]
    named = [name for name in columns if _is_label_name(name)]
    if len(named) > 1:
        raise ValueError(
            f"Got {str(path)!r} with the columns {one_line(named)}, but expected one "
            "of labels. Pass label_column."
        )
    if named:
        return named[0]
    n = len(columns)
    if n >= LEAST_PIXELS and isqrt(n) ** 2 == n and n_pixels in (None, n):
        raise ValueError(
            f"Got {str(path)!r} with {n} columns, none of them named "
            f"{', '.join(LABEL_NAMES[:-1])} or {LABEL_NAMES[-1]}: those are the pixels "
            "of an image without a label. Add a column of labels, or pass label_column."
        )
    shares = [_share_of_most_frequent(ends.iloc[:, i]) for i in (0, -1)]
    is_last = shares[1] < MOST_OF_A_LABEL <= shares[0]
    return columns[-1 if is_last else 0]


def _share_of_most_frequent(values):
    """Return that of the most frequent value; 1 where no label is such a number."""
    fractions = values.str.contains(r"\.0*[1-9]", na=False)
    return 1.0 if fractions.any() else values.value_counts(normalize=True).max()


def _is_label_name(name):
    return str(name).strip().lower() in LABEL_NAMES


def _is_value(text):
    """Say whether a cell is one of a label or a pixel rather than a name."""
    try:
        float(text)
    except ValueError:
        return text.strip().lower() in _NO_NAMES
    return True


def _to_numbers(path, pixels, n_before):
    """Return a table of pixels as an array, or name its first bad cell.

    ``n_before`` is the number of lines in front of the table.
    """
    import pandas as pd

    kinds = {dtype.kind for dtype in pixels.dtypes}
    if kinds <= set("ui"):
        return pixels.to_numpy()
    if kinds <= set("uifb"):
        numbers = pixels.to_numpy(dtype=np.float64)
    else:
        is_text = np.array([dtype.kind not in "uifb" for dtype in pixels.dtypes])
        # whole numbers that are too long even for float64 become infinite as text only
        texts = pixels.loc[:, is_text].to_numpy(dtype=object)
        texts = pd.Series(texts.ravel()).map(str)
        converted = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
        numbers = np.empty(pixels.shape)
        numbers[:, ~is_text] = pixels.loc[:, ~is_text].to_numpy(dtype=np.float64)
        numbers[:, is_text] = converted.reshape(len(pixels), -1)
    wrong = np.argwhere(~_fit_float32(numbers))
    if len(wrong):
        line, column = wrong[0].tolist()
        value = one_line(pixels.iloc[line, column], _MAX_TOLD)
        name = pixels.columns.tolist()[column]
        name = one_line(name, _MAX_TOLD) if isinstance(name, str) else name
        raise ValueError(
            f"Got {str(path)!r} with {value!r} in column {name!r} of data line "
            f"{n_before + line + 1}, but expected a number for each pixel. Fill it in "
            "or drop the line."
        )
    return numbers


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
    if pixels.dtype.kind == "f" and not _fit_float32(pixels).all():
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
    _check_labels(path, labels, "row")
    return labels


def _check_labels(path, labels, unit):
    for number, label in enumerate(labels, start=1):
        if label != label or not str(label).strip():  # NaN is not itself
            raise ValueError(
                f"Got {str(path)!r} with no label in {unit} {number}, but expected a "
                f"label for each picture. Fill it in or drop the {unit}."
            )
        if len(str(label)) > MAX_LABEL:
            raise ValueError(
                f"Got {str(path)!r} with a label of {len(str(label)):,} characters in "
                f"{unit} {number}, but expected at most {MAX_LABEL}. Shorten it."
            )


def _fit_float32(values):
    """Say which values float32 can hold; NaN and infinity count as none."""
    with np.errstate(over="ignore"):
        return np.isfinite(values.astype(np.float32, copy=False))
