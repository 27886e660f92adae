"""Reading untrusted npz files."""

import zipfile
from contextlib import contextmanager
from functools import partial

import numpy as np

from skdigits.datasets._arrays import check_size, largest

KIND = "an npz file of plain arrays"
MAX_BYTES = 2**34


@contextmanager
def opened(file):
    """Yield what reads each array, by its name."""
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        names = [name.removesuffix(".npy") for name in names]
        yield {name: partial(read_array, archive, name) for name in names}


def read_array(archive, name):
    """Return one array.

    Nothing is unpickled, and nothing is decompressed that says it is far larger than
    images become. zipfile, its decompressors and numpy's header parser raise a dozen
    types of errors for damaged files, MemoryError for a made-up shape among them.
    """
    member = archive.getinfo(f"{name}.npy")
    check_size(name, member.file_size, largest(member.compress_size))
    with archive.open(member) as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
        # zipfile compares the checksum only at the very end
        if stream.read(1):
            raise ValueError(f"{name} is longer than its shape implies")
        return array
