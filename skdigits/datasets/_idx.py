"""Reading IDX files."""

import gzip
import os
from math import prod

import numpy as np

from skdigits._files import UnreadableFile
from skdigits.datasets._arrays import (
    MAX_ARRAY_BYTES,
    check_size,
    checked_pair,
    largest,
    reading,
)

# What the third byte of an IDX file says of its values.
_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path):
    """Read an IDX file of images, and that of labels beside it.

    Returns
    -------
    images : ndarray of shape (n, height, width)
    labels : list
    label_column : None
    """
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    beside = [path.with_name(name.removesuffix(".gz") + end) for end in ("", ".gz")]
    found = next(filter(os.path.isfile, beside), None)
    if found is None:
        raise ValueError(
            f"Got {str(path)!r} without its labels, but expected them in the same "
            f"folder, in {beside[0].name!r}. Put them there."
        )
    pairs = [(file.name, _read_array(file)) for file in (path, found)]
    return checked_pair(path, *pairs)


def _read_array(path):
    with reading(path, MAX_ARRAY_BYTES, "an IDX file. Replace it.") as stream:
        return parse_idx(unzipped(stream), largest(os.stat(path).st_size))


def parse_idx(stream, max_bytes):
    """Return the array of an IDX file; raises an UnreadableFile if it is none."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES:
        raise UnreadableFile("it does not begin like an IDX file")
    dtype, n_axes = np.dtype(_DTYPES[magic[2]]), magic[3]
    sides = stream.read(4 * n_axes)
    if len(sides) < 4 * n_axes:
        raise UnreadableFile("it ends within its header")
    shape = np.frombuffer(sides, ">u4").tolist()
    n_bytes = prod(shape) * dtype.itemsize
    check_size("its array", n_bytes, max_bytes)
    content = stream.read(n_bytes + 1)
    if len(content) != n_bytes:
        raise UnreadableFile(
            f"it does not have the {n_bytes:,} bytes that its header states"
        )
    return np.frombuffer(content, dtype).reshape(shape)


def unzipped(stream):
    """Return what reads the content of a binary file, which may be gzipped."""
    is_gzipped = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return gzip.open(stream) if is_gzipped else stream
