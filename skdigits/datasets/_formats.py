"""File formats of labelled images: one reader for each file-name suffix."""

from functools import partial

from skdigits.datasets import _hdf5, _mat, _npz
from skdigits.datasets._arrays import read_pair
from skdigits.datasets._csv import read_csv
from skdigits.datasets._idx import read_idx
from skdigits.datasets._parquet import read_parquet
from skdigits.datasets._zip import read_zip

# A reader accepts a path, and a reader of tables also the label column and the number
# of pixels. It returns images, (n, n_pixels), (n, height, width) or a list of image
# files, a list of labels, and the name of the label column, None if there is none.
TABLES = {".csv": read_csv, ".csv.gz": read_csv, ".parquet": read_parquet}
FORMATS = TABLES | {
    ".zip": read_zip,
    ".npz": partial(read_pair, _npz),
    ".mat": partial(read_pair, _mat),
    ".h5": partial(read_pair, _hdf5),
    ".hdf5": partial(read_pair, _hdf5),
    "idx3-ubyte": read_idx,
    "idx3-ubyte.gz": read_idx,
}


def format_of(path):
    """Return the key in `FORMATS` that the name of a file ends in, None without one."""
    return next((end for end in FORMATS if path.name.lower().endswith(end)), None)
