"""Reading MNIST's files, never more of them than is expected."""

import gzip
import hashlib
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


def _unzipped(stream):
    is_gzipped = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return gzip.open(stream) if is_gzipped else stream


def _read_npz(path, file):
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
