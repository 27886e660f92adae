"""Reading labelled pixels from CSV files; `_tables` chooses the column of labels."""

import gzip
import zlib
from contextlib import contextmanager
from io import BytesIO

import numpy as np

from skdigits._files import UnreadableFile
from skdigits.datasets import _tables
from skdigits.datasets._arrays import reading
from skdigits.datasets._folder import is_image_name

# MNIST has 110 MB; in memory, pixels are four times as large as here.
MAX_CSV_BYTES = 2**30

# Far longer than a line of so many cells needs.
MAX_LINE_BYTES = 2**22

# So many cells are read at a time, but at least so many lines: in memory, a table is
# many times as large as its pixels.
PART_CELLS, PART_LINES = 2**22, 256

# A table that names image files has no more than these.
FEW_COLUMNS = 16

# How pandas leaves cells as they are.
_TEXTS = {"dtype": str, "keep_default_na": False}

# What stands for a missing number, and booleans, are no names of columns.
_NO_NAMES = {"", "n/a", "na", "nan", "null", "none", "true", "false"}


def read_csv(path, label_column=None, n_pixels=None):
    """Read labels and pixels from a CSV file, with or without a line of names.

    Instead of pixels there may be the names of image files, from the file's folder.

    Parameters
    ----------
    path : path

    label_column : str or int, default=None
        The name of the column of labels, or its number from 0.

    n_pixels : int, default=None
        Number of pixels of an image, if it is known.

    Returns
    -------
    pixels : ndarray of shape (n, n_pixels), dtype uint8 or float32, or list of Path
    labels : list
    label_column : str or int
        The name of the column of labels, or its number from 0 if they have no names.
    """
    import pandas as pd

    with _opened(path) as file:
        names, columns = _columns(file)
        n_lines = max(PART_LINES, PART_CELLS // len(columns))
        sample = _sample(file, names, len(columns), n_lines)
        files = _column_of_files(sample)
        label_column = _tables.choose_label_column(
            path, label_column, n_pixels, columns, sample, files
        )
        if files is not None:
            table = pd.read_csv(file, nrows=_tables.MAX_LINES + 1, **_TEXTS, **names)
            _tables.check_lines(len(table))
            found = [path.parent / name.strip() for name in table[files]]
            return found, _tables.labels_of(path, table[label_column]), label_column
        labels, pixels = [], []
        # low_memory=False: a word among the numbers of a long file is no warning
        options = {"dtype": {label_column: str}, "low_memory": False, **names}
        with pd.read_csv(file, chunksize=n_lines, **options) as parts:
            for part in parts:
                labels.append(part[label_column])
                _tables.check_lines(sum(map(len, labels)))
                pixels.append(_tables.pixels_of(path, part, label_column))
    labels = _tables.labels_of(path, pd.concat(labels))
    return np.concatenate(pixels), labels, label_column


def _column_of_files(sample):
    """Return the column that has the names of image files, None if there is none."""
    found = (name for name in sample if sample[name].map(is_image_name).all())
    return next(found, None) if len(sample) else None


@contextmanager
def _opened(path):
    """Open a file; say in one sentence what pandas cannot read of it."""
    from pandas.errors import EmptyDataError, ParserError

    # not all errors: some say in a sentence which line or column is wrong
    damages = (EmptyDataError, ParserError, UnreadableFile, UnicodeError)
    damages += (EOFError, gzip.BadGzipFile, zlib.error)
    expected = "lines of a label and pixels. Write it as comma-separated UTF-8."
    with reading(path, MAX_CSV_BYTES, expected, "read as a table", damages) as file:
        yield _unzipped(file) if path.suffix.lower() == ".gz" else file


def _unzipped(file):
    """Return the content of a gzipped file, unless it is too large."""
    with gzip.open(file) as stream:
        content = stream.read(MAX_CSV_BYTES + 1)
    if len(content) > MAX_CSV_BYTES:
        raise UnreadableFile(f"it unpacks to more than {MAX_CSV_BYTES:,} bytes")
    return BytesIO(content)


def _columns(file):
    """Return how pandas reads the names of columns, and those names or numbers."""
    import pandas as pd

    # Both lines, as pandas would use surplus cells of the second as names of rows,
    # which would make a pixel the label.
    two = b"\n".join(_first_lines(file))
    first = pd.read_csv(BytesIO(two), header=None, **_TEXTS)
    if not _are_names(first.iloc[0].tolist()):
        return {"header": None}, first.columns.tolist()
    return {"header": 0}, pd.read_csv(BytesIO(two), nrows=0).columns.tolist()


def _first_lines(file):
    """Return two lines, unless no table of digits has such."""
    head = file.read(MAX_LINE_BYTES + 1)
    file.seek(0)
    lines = head.splitlines()
    if len(head) > MAX_LINE_BYTES and len(lines) < 3:
        raise UnreadableFile(f"it has a line of more than {MAX_LINE_BYTES:,} bytes")
    lines = [line for line in lines if line.strip()][:2]
    n_commas = max((line.count(b",") for line in lines), default=0)
    _tables.check_cells(1 + n_commas, "cells in a line")
    return lines


def _sample(file, names, n_columns, n_lines):
    """Return some lines as text: all columns if they are few, else both ends."""
    import pandas as pd

    ends = [0, n_columns - 1] if n_columns > FEW_COLUMNS else None
    options = {"nrows": n_lines, "usecols": ends, "index_col": False}
    sample = pd.read_csv(file, **options, **_TEXTS, **names)
    file.seek(0)
    return sample


def _are_names(cells):
    """Return whether the cells of a first line are names, not a label and pixels.

    A line with any number after its first cell is one of pixels, so a bad cell in
    it is reported.
    """
    if any(_tables.is_label_name(cell) for cell in cells):
        return True
    if any(is_image_name(cell) for cell in cells):
        return False
    first, *others = map(_is_value, cells)
    # Columns that pandas numbered: no row of pixels counts up.
    counted = [str(number) for number in range(len(cells))]
    if cells == counted and len(cells) > _tables.LEAST_PIXELS:
        return True
    if cells[1:] in (counted[:-1], counted[1:]) and len(cells) > 2:
        return not first
    if cells[:-1] in (counted[:-1], counted[1:]) and len(cells) > 2:
        return not others[-1]
    # "7,x" is more likely a bad pixel than "7" a name
    return not any(others) and not (first and len(others) < 2)


def _is_value(text):
    """Return whether a cell is a label or a pixel rather than a name."""
    try:
        float(text)
    except ValueError:
        return text.strip().lower() in _NO_NAMES
    return True
