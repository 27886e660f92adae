"""Reading npz files that nobody vouches for."""

import zipfile

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import reason_of

KIND = "an npz file of plain arrays"
MAX_BYTES = 2**34

# MNIST's pictures are packed to a fifth, black and white as float64 to a hundredth.
_MAX_RATIO = 200
_ALWAYS_SMALL = 2**26


def read_array(path, name, max_bytes):
    """Read one array of an npz file.

    Nothing is unpickled, and nothing is decompressed that says it is larger than
    ``max_bytes``, or far larger than pictures become.

    Raises
    ------
    UnreadableFile
        If that fails.
    """
    try:
        with open_regular(path, MAX_BYTES) as file, zipfile.ZipFile(file) as archive:
            member = archive.getinfo(f"{name}.npy")
            _check_size(name, member, max_bytes)
            with archive.open(member) as stream:
                array = np.lib.format.read_array(stream, allow_pickle=False)
                # zipfile compares the checksum only at the very end
                if stream.read(1):
                    raise ValueError(f"{name} is longer than its shape says")
                return array
    # zipfile, its decompressors and numpy's header parser raise a dozen types of
    # errors for damaged files, MemoryError for a made-up shape among them
    except Exception as error:
        raise UnreadableFile(reason_of(error)) from error


def _check_size(name, member, max_bytes):
    """Raise a ValueError before what is too large is decompressed."""
    packed_limit = max(_ALWAYS_SMALL, _MAX_RATIO * member.compress_size)
    limit = min(max_bytes, packed_limit)
    if member.file_size > limit:
        raise ValueError(
            f"{name} of {member.file_size:,} bytes is too large, the limit is {limit:,}"
        )


def array_names(path):
    """Return the names of the arrays in an npz file; raises as `read_array`."""
    try:
        with open_regular(path, MAX_BYTES) as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except Exception as error:
        raise UnreadableFile(reason_of(error)) from error
    return sorted(name.removesuffix(".npy") for name in names if name.endswith(".npy"))
