"""Reading labelled pixels, or image files, from Parquet files."""

import os

from skdigits._files import UnreadableFile
from skdigits.datasets import _tables
from skdigits.datasets._arrays import check_size, largest, reading
from skdigits.datasets._image_files import Content

MAX_BYTES = 2**33


def read_parquet(path, label_column=None, n_pixels=None):
    """Read a table of a label and pixels, or of a label and an image, in each line.

    Images are the content of files, as such or, as Hugging Face writes them, in a
    struct with ``bytes``. The parameters are those of `read_csv`.

    Returns
    -------
    pixels : ndarray of shape (n, n_pixels) or list of Content
    labels : list
    label_column : str
    """
    table = _read(path)
    images = next((name for name in table if _has_images(table[name])), None)
    label_column = _tables.choose_label_column(
        path, label_column, n_pixels, table.columns.tolist(), table, images
    )
    if images is None:
        found = _tables.pixels_of(path, table, label_column)
    else:
        found = _contents(path, table[images])
    return found, _tables.labels_of(path, table[label_column]), label_column


def _read(path):
    """Return a file as a DataFrame."""
    expected = (
        "a Parquet file of labels and pixels, or of labels and images. Save it again."
    )
    with reading(path, MAX_BYTES, expected, "read as a table") as file:
        from pyarrow.parquet import ParquetFile

        parquet = ParquetFile(file)
        _check_shape(parquet.metadata.num_rows, parquet.metadata.num_columns, path)
        table = parquet.read().to_pandas()
        table.columns = table.columns.map(str)
        if not table.columns.is_unique or table.columns.empty:
            raise UnreadableFile("it has no columns, or two with the same name")
    # what names the lines is no label
    return table.reset_index(drop=True)


def _check_shape(n_lines, n_columns, path):
    _tables.check_lines(n_lines)
    _tables.check_cells(n_columns, "columns")
    n_bytes = 8 * n_lines * n_columns
    check_size("its table", n_bytes, largest(os.stat(path).st_size))


def _contents(path, column):
    contents = []
    for number, cell in enumerate(column, start=1):
        content = _content_of(cell)
        if content is None:
            raise ValueError(
                f"Got {str(path)!r} with no image in data line {number}, but "
                "expected one in each. Fill it in or drop the line."
            )
        contents.append(Content(f"data line {number} of {str(path)!r}", content))
    return contents


def _has_images(column):
    return column.dtype == object and any(
        _content_of(cell) is not None for cell in column
    )


def _content_of(cell):
    """Return the content of an image file in a cell, None if there is none."""
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    return content if isinstance(content, bytes) else None
