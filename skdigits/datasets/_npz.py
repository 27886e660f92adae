"""Reading npz files that nobody vouches for."""

import zipfile

import numpy as np


def read_array(path, name, *, max_bytes):
    """Read one array of an npz file.

    Nothing is unpickled, and nothing is decompressed that says it is larger than
    ``max_bytes``.

    Raises
    ------
    ValueError
        If that fails; the message is a clause that says why.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(f"{name}.npy")
            if member.file_size > max_bytes:
                raise ValueError(
                    f"{name} of {member.file_size:,} bytes is too large, the limit is "
                    f"{max_bytes:,}"
                )
            with archive.open(member) as stream:
                array = np.lib.format.read_array(stream, allow_pickle=False)
                # zipfile compares the checksum only at the very end
                if stream.read(1):
                    raise ValueError(f"{name} is longer than its shape says")
                return array
    # zipfile, its decompressors and numpy's header parser raise a dozen types of
    # errors for damaged files, MemoryError for a made-up shape among them
    except Exception as error:
        raise ValueError(str(error) or type(error).__name__) from error


def array_names(path):
    """Return the names of the arrays in an npz file; raises as `read_array`."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception as error:
        raise ValueError(str(error) or type(error).__name__) from error
    return sorted(name.removesuffix(".npy") for name in names if name.endswith(".npy"))
