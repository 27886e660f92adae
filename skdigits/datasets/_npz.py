"""Reading untrusted npz files."""

import zipfile

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import reason_of
from skdigits.datasets._arrays import check_size, largest

KIND = "an npz file of plain arrays"
MAX_BYTES = 2**34


def read_array(path, name, max_bytes=None):
    """Read one array of an npz file.

    Nothing is unpickled, and nothing is decompressed that says it is larger than
    ``max_bytes``, or far larger than images become.

    Raises
    ------
    UnreadableFile
        If that fails.
    """
    try:
        with open_regular(path, MAX_BYTES) as file, zipfile.ZipFile(file) as archive:
            member = archive.getinfo(f"{name}.npy")
            limit = min(max_bytes or MAX_BYTES, largest(member.compress_size))
            check_size(name, member.file_size, limit)
            with archive.open(member) as stream:
                array = np.lib.format.read_array(stream, allow_pickle=False)
                # zipfile compares the checksum only at the very end
                if stream.read(1):
                    raise ValueError(f"{name} is longer than its shape implies")
                return array
    # zipfile, its decompressors and numpy's header parser raise a dozen types of
    # errors for damaged files, MemoryError for a made-up shape among them
    except Exception as error:
        raise UnreadableFile(reason_of(error)) from error


def array_names(path):
    """Return the names of the arrays in an npz file."""
    with open_regular(path, MAX_BYTES) as file, zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    return sorted(name.removesuffix(".npy") for name in names if name.endswith(".npy"))
