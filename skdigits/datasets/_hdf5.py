"""Reading untrusted HDF5 files."""

from contextlib import contextmanager

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits.datasets._arrays import check_size, largest
from skdigits.datasets._optional import import_or_say

KIND = "an HDF5 file of arrays"
MAX_BYTES = 2**34


def array_names(path):
    """Return the names of the arrays, a group's before a slash."""
    names = []

    def collect(name, item):
        # a group has no dtype, and what is no Unicode is bytes
        if hasattr(item, "dtype") and isinstance(name, str):
            names.append(name)

    with _opened(path) as file:
        # links to other places, and to other files, are not followed
        file.visititems(collect)
    return sorted(names)


def read_array(path, name):
    """Return one array."""
    with _opened(path) as file:
        dataset = file[name]
        if dataset.is_virtual or dataset.external:
            raise UnreadableFile(f"{name} is stored in other files")
        n_bytes = dataset.size * dataset.dtype.itemsize
        check_size(name, n_bytes, largest(dataset.id.get_storage_size()))
        if import_or_say("h5py", path).check_string_dtype(dataset.dtype):
            return np.array(dataset.asstr()[()].tolist(), dtype=str)
        return np.asarray(dataset[()])


@contextmanager
def _opened(path):
    h5py = import_or_say("h5py", path)
    with open_regular(path, MAX_BYTES) as raw, h5py.File(raw, "r") as file:
        yield file
