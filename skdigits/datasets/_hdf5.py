"""Reading untrusted HDF5 files."""

from contextlib import contextmanager
from functools import partial

import numpy as np

from skdigits._files import UnreadableFile
from skdigits.datasets._arrays import check_size, largest

KIND = "an HDF5 file of arrays"
MAX_BYTES = 2**34


@contextmanager
def opened(file):
    """Yield what reads each array, by its name, a group's name before a slash."""
    import h5py

    arrays = {}

    def collect(name, item):
        # a group has no dtype, and what is no Unicode is bytes
        if hasattr(item, "dtype") and isinstance(name, str):
            arrays[name] = partial(_read_array, name, item)

    with h5py.File(file, "r") as groups:
        # links to other places, and to other files, are not followed
        groups.visititems(collect)
        yield arrays


def _read_array(name, dataset):
    import h5py

    if dataset.is_virtual or dataset.external:
        raise UnreadableFile(f"{name} is stored in other files")
    n_bytes = dataset.size * dataset.dtype.itemsize
    check_size(name, n_bytes, largest(dataset.id.get_storage_size()))
    if h5py.check_string_dtype(dataset.dtype):
        return np.array(dataset.asstr()[()].tolist(), dtype=str)
    return np.asarray(dataset[()])
