"""Reading HDF5 files that nobody vouches for."""

from contextlib import contextmanager

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import reason_of
from skdigits.datasets._arrays import check_size
from skdigits.datasets._optional import import_or_say

KIND = "an HDF5 file of arrays"
MAX_BYTES = 2**34


def array_names(path):
    """Return the names of the arrays, a group's before a slash."""
    names = []

    def collect(name, item):
        # a group has none
        if hasattr(item, "dtype"):
            names.append(name)

    with _opened(path) as file:
        # links to other places, and to other files, are not followed
        file.visititems(collect)
    return sorted(names)


def read_array(path, name, max_bytes):
    """Return one array, or raise an UnreadableFile."""
    with _opened(path) as file:
        dataset = file[name]
        check_size(name, dataset.size * dataset.dtype.itemsize, max_bytes)
        if import_or_say("h5py", path).check_string_dtype(dataset.dtype):
            return np.array(dataset.asstr()[()].tolist(), dtype=str)
        return np.asarray(dataset[()])


@contextmanager
def _opened(path):
    h5py = import_or_say("h5py", path)
    try:
        with open_regular(path, MAX_BYTES) as raw, h5py.File(raw, "r") as file:
            yield file
    # a damaged file is any of a dozen errors
    except Exception as error:
        raise UnreadableFile(reason_of(error)) from error
