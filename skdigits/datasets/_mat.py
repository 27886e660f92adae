"""Reading MATLAB's files that nobody vouches for."""

from math import prod

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import reason_of
from skdigits.datasets import _hdf5
from skdigits.datasets._arrays import check_size

KIND = "a MAT file of arrays"
MAX_BYTES = 2**34

# From version 7.3 on a MAT file is one of HDF5, after a head of so many bytes.
_HEAD, _HDF5 = 512, b"\x89HDF\r\n\x1a\n"


def array_names(path):
    """Return the names of the arrays."""
    return _hdf5.array_names(path) if _is_hdf5(path) else sorted(_shapes(path))


def read_array(path, name, max_bytes):
    """Return one array as MATLAB has it, or raise an UnreadableFile."""
    if _is_hdf5(path):
        # MATLAB counts axes from the other end
        return _hdf5.read_array(path, name, max_bytes).T
    from scipy.io import loadmat

    check_size(name, 8 * prod(_shapes(path)[name]), max_bytes)
    loaded = _whatever_goes_wrong(loadmat, path, variable_names=[name])
    return np.asarray(loaded[name])


def _shapes(path):
    from scipy.io import whosmat

    found = _whatever_goes_wrong(whosmat, path)
    return {name: shape for name, shape, _ in found}


def _whatever_goes_wrong(read, path, **options):
    try:
        with open_regular(path, MAX_BYTES) as file:
            return read(file, **options)
    # a damaged file is any of a dozen errors
    except Exception as error:
        raise UnreadableFile(reason_of(error)) from error


def _is_hdf5(path):
    def has_signature(file):
        head = file.read(_HEAD + len(_HDF5))
        return head.startswith(_HDF5) or head.endswith(_HDF5)

    return _whatever_goes_wrong(has_signature, path)
