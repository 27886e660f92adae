"""Files of published data sets: how to recognise and read them."""

import gzip
import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from skdigits.datasets._arrays import MAX_ARRAY_BYTES
from skdigits.datasets._idx import parse_idx, unzipped
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
        # The name that is downloaded comes first, so a damaged copy beside an intact
        # download is not read again.
        names = [self.download_name, self.name, f"{dotted}.gz", dotted, "mnist.npz"]
        return [folder / name for name in names]

    def read(self, path):
        """Return the array of a file, gzipped or not, or raise a `DamagedFile`.

        It is in a list, as other files hold several.
        """
        if path.suffix == ".npz":
            return [_read_npz(path, self)]
        try:
            with path.open("rb") as stream:
                return [self.check(unzipped(stream).read(self.size + 1))]
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


@dataclass(frozen=True)
class KnownFile:
    """A file that is accepted only as it was published, known by its checksum.

    ``checksum`` is such as "sha256:0123", ``max_bytes`` the size or a little more.
    ``parse`` returns the arrays that an open binary file holds.
    """

    name: str
    max_bytes: int
    checksum: str
    parse: Callable

    @property
    def download_name(self):
        return self.name

    def paths_in(self, folder):
        """Return the paths where this file may be."""
        return [folder / self.name]

    def read(self, path):
        """Return the arrays of a file, or raise a `DamagedFile`."""
        try:
            with path.open("rb") as stream:
                self._check(stream)
                return self.parse(stream)
        except OSError as error:
            raise DamagedFile(f"it cannot be read ({error})") from error

    def _check(self, stream):
        n_bytes = os.fstat(stream.fileno()).st_size
        if n_bytes > self.max_bytes:
            raise DamagedFile(
                f"it has {n_bytes:,} bytes, but the published file has at most "
                f"{self.max_bytes:,}"
            )
        algorithm, _, expected = self.checksum.partition(":")
        digest = hashlib.file_digest(
            stream, lambda: hashlib.new(algorithm, usedforsecurity=False)
        )
        if digest.hexdigest() != expected:
            raise DamagedFile("its checksum is not the published one")
        stream.seek(0)


def gzipped_idx_files(**known):
    """Return the four files of a data set that is published as MNIST is.

    ``known`` has the sizes and the SHA-256 of ``train_images``, ``train_labels``,
    ``test_images`` and ``test_labels``.
    """
    return {
        subset: tuple(
            KnownFile(
                f"{prefix}-{part}-idx{n_axes}-ubyte.gz",
                *known[f"{subset}_{part}"],
                _parse_gzipped_idx,
            )
            for part, n_axes in (("images", 3), ("labels", 1))
        )
        for subset, prefix in (("train", "train"), ("test", "t10k"))
    }


def _parse_gzipped_idx(stream):
    return [parse_idx(unzipped(stream), MAX_ARRAY_BYTES)]


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
