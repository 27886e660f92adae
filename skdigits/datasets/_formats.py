"""Which file holds images with labels in which format: one reader for each suffix."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from skdigits.datasets import _hdf5, _mat, _npz
from skdigits.datasets._arrays import read_pair
from skdigits.datasets._csv import read_csv
from skdigits.datasets._idx import read_idx
from skdigits.datasets._parquet import read_parquet
from skdigits.datasets._zip import read_zip


@dataclass(frozen=True)
class Format:
    """How files of a format are read.

    ``read`` takes a path, and of a table the label column and the number of pixels as
    well. It returns images, (n, n_pixels), (n, height, width) or a list of image
    files, a list of labels, and the name of the label column, None where there is none.
    """

    read: Callable
    is_table: bool = False


_CSV = Format(read_csv, is_table=True)
_HDF5 = Format(partial(read_pair, _hdf5))
_IDX = Format(read_idx)

FORMATS = {
    ".csv": _CSV,
    ".csv.gz": _CSV,
    ".zip": Format(read_zip),
    ".parquet": Format(read_parquet, is_table=True),
    ".npz": Format(partial(read_pair, _npz)),
    ".mat": Format(partial(read_pair, _mat)),
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    "idx3-ubyte": _IDX,
    "idx3-ubyte.gz": _IDX,
}


def format_of(path):
    """Return the `Format` of a file by the end of its name, None if it has none."""
    name = path.name.lower()
    return next((FORMATS[end] for end in FORMATS if name.endswith(end)), None)
