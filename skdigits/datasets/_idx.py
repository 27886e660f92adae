"""Reading IDX files, MNIST's among them, never more of them than is expected."""

import gzip
import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from math import prod

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import reason_of
from skdigits.datasets._arrays import MAX_ARRAY_BYTES, check_size, checked_pair
from skdigits.datasets._npz import read_array

# What the third byte of an IDX file says of its values.
_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}

# An array in an npz file has a header of 128 bytes, or a little more.
_NPY_HEADER_BYTES = 4096


class DamagedFile(Exception):
    """The content is not the expected one; the message is a clause that says why."""


@dataclass(frozen=True)
class IdxFile:
    """One of MNIST's files: uint8 values of a known shape and checksum.

    ``sha256`` is that of the uncompressed file; ``npz_key`` is the name of the same
    array in ``mnist.npz``.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str
    npz_key: str

    @property
    def header(self):
        magic = 0x0800 + len(self.shape)  # 0x08 stands for unsigned bytes
        return struct.pack(f">{1 + len(self.shape)}I", magic, *self.shape)

    @property
    def size(self):
        return len(self.header) + prod(self.shape)

    @property
    def download_name(self):
        return f"{self.name}.gz"

    @property
    def max_bytes(self):
        """The most that is downloaded: packed, it is smaller than the plain file."""
        return self.size + 2**16

    def paths_in(self, folder):
        """Return the paths where this file may be, best first."""
        dotted = self.name.replace("-idx", ".idx")
        # The name that is downloaded comes first, so that a damaged copy beside a
        # sound download is not met again.
        names = [self.download_name, self.name, f"{dotted}.gz", dotted, "mnist.npz"]
        return [folder / name for name in names]

    def read(self, path):
        """Return the array of a file, gzipped or not, or raise a `DamagedFile`."""
        if path.suffix == ".npz":
            return _read_npz(path, self)
        try:
            with path.open("rb") as stream:
                return self.check(_unzipped(stream).read(self.size + 1))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DamagedFile(f"it cannot be decompressed ({error})") from error
        except OSError as error:
            raise DamagedFile(f"it cannot be read ({error})") from error

    def check(self, content):
        """Return the array of an uncompressed file, or raise a `DamagedFile`."""
        if len(content) < self.size:
            raise DamagedFile(f"it has {len(content)} bytes instead of {self.size}")
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise DamagedFile("its SHA-256 is not that of MNIST")
        values = np.frombuffer(content, np.uint8, offset=len(self.header))
        return values.reshape(self.shape)


def read_idx(path):
    """Read an IDX file of images, and that of labels beside it.

    Returns
    -------
    images : ndarray of shape (n, height, width)
    labels : list
    label_column : None
    """
    before, _, after = path.name.rpartition("images")
    name = f"{before}labels{after}".replace("idx3", "idx1")
    beside = [path.with_name(name.removesuffix(".gz") + end) for end in ("", ".gz")]
    found = next(filter(os.path.isfile, beside), None)
    if not before and not after or found is None:
        raise ValueError(
            f"Got {str(path)!r} without its labels, but expected them in the same "
            f"folder, in {beside[0].name!r}. Put them there, and pass the file of "
            "images."
        )
    pairs = [(file.name, _read_array(file)) for file in (path, found)]
    return checked_pair(path, *pairs)


def _read_array(path):
    try:
        with open_regular(path, MAX_ARRAY_BYTES) as stream:
            return parse_idx(_unzipped(stream), MAX_ARRAY_BYTES)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(
            f"Got {str(path)!r}, which cannot be read ({reason_of(error)}), but "
            "expected an IDX file. Replace it."
        ) from error


def parse_idx(stream, max_bytes):
    """Return the array of an IDX file; raises an UnreadableFile if it is none."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES:
        raise UnreadableFile("it does not begin as an IDX file")
    dtype, n_axes = np.dtype(_DTYPES[magic[2]]), magic[3]
    sides = stream.read(4 * n_axes)
    if len(sides) < 4 * n_axes:
        raise UnreadableFile("it ends within its header")
    shape = np.frombuffer(sides, ">u4").tolist()
    n_bytes = prod(shape) * dtype.itemsize
    check_size("its array", n_bytes, max_bytes)
    content = stream.read(n_bytes + 1)
    if len(content) != n_bytes:
        raise UnreadableFile(f"it has more or less than the {n_bytes:,} bytes it says")
    return np.frombuffer(content, dtype).reshape(shape)


def _unzipped(stream):
    is_gzipped = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return gzip.open(stream) if is_gzipped else stream


def _read_npz(path, file):
    """Read one array of ``mnist.npz``."""
    limit = file.size + _NPY_HEADER_BYTES
    try:
        array = read_array(path, file.npz_key, limit)
    except ValueError as error:
        raise DamagedFile(f"its {file.npz_key} cannot be read ({error})") from error
    if array.shape != file.shape or array.dtype != np.uint8:
        raise DamagedFile(
            f"its {file.npz_key} is {array.dtype} of shape {array.shape} instead of "
            f"uint8 of shape {file.shape}"
        )
    return file.check(file.header + array.tobytes())
