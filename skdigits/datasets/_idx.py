"""Reading MNIST's files, never more of them than is expected."""

import gzip
import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from math import prod

import numpy as np

from skdigits.datasets._npz import read_array

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

    def paths_in(self, folder):
        """Return the paths where this file may be, best first."""
        dotted = self.name.replace("-idx", ".idx")
        # The name that is downloaded comes first, so that a damaged copy beside a
        # sound download is not met again.
        names = [f"{self.name}.gz", self.name, f"{dotted}.gz", dotted, "mnist.npz"]
        return [folder / name for name in names]

    def check(self, content):
        """Return the array of an uncompressed file, or raise a `DamagedFile`."""
        if len(content) < self.size:
            raise DamagedFile(f"it has {len(content)} bytes instead of {self.size}")
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise DamagedFile("its SHA-256 is not that of MNIST")
        values = np.frombuffer(content, np.uint8, offset=len(self.header))
        return values.reshape(self.shape)


def read_idx(path, file):
    """Read a plain or gzipped IDX file."""
    try:
        with path.open("rb") as stream:
            return parse_idx(stream, file, gzipped=path.suffix == ".gz")
    except OSError as error:
        raise DamagedFile(f"it cannot be read ({error})") from error


def parse_idx(stream, file, *, gzipped):
    """Read an IDX file from an open binary stream."""
    try:
        if gzipped:
            with gzip.open(stream) as unzipped:
                return file.check(unzipped.read(file.size + 1))
        return file.check(stream.read(file.size + 1))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedFile(f"it cannot be decompressed ({error})") from error


def parse_gzip(content, file):
    """Read a gzipped IDX file from bytes."""
    return parse_idx(io.BytesIO(content), file, gzipped=True)


def read_npz(path, file):
    """Read one array of ``mnist.npz``."""
    limit = file.size + _NPY_HEADER_BYTES
    try:
        array = read_array(path, file.npz_key, max_bytes=limit)
    except ValueError as error:
        raise DamagedFile(f"its {file.npz_key} cannot be read ({error})") from error
    if array.shape != file.shape or array.dtype != np.uint8:
        raise DamagedFile(
            f"its {file.npz_key} is {array.dtype} of shape {array.shape} instead of "
            f"uint8 of shape {file.shape}"
        )
    return file.check(file.header + array.tobytes())
