"""Files of published data sets: how to recognise and read them."""

import hashlib
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from skdigits._validation import reason_of
from skdigits.datasets._arrays import MAX_ARRAY_BYTES, check_size
from skdigits.datasets._idx import parse_idx, unzipped
from skdigits.datasets._npz import read_array


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
    def max_bytes(self):
        """The most that is downloaded: packed, it is smaller than the plain file."""
        return self.size + 2**16

    def paths_in(self, folder):
        """Return the paths where this file may be, best first."""
        plain = self.name.removesuffix(".gz")
        dotted = plain.replace("-idx", ".idx")
        # The name that is downloaded comes first, so a damaged copy beside an intact
        # download is not read again.
        names = [self.name, plain, f"{dotted}.gz", dotted, "mnist.npz"]
        return [folder / name for name in names]

    def read(self, path):
        """Return the array of a file, in a list, or raise a `DamagedFile`."""
        try:
            content = self._content(path)
        # gzip, zipfile and NumPy raise a dozen types of errors for damaged files
        except Exception as error:
            raise DamagedFile(f"it cannot be read ({reason_of(error)})") from error
        if len(content) < self.size:
            raise DamagedFile(f"it has {len(content)} bytes instead of {self.size}")
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise DamagedFile("its SHA-256 is not that of MNIST")
        values = np.frombuffer(content, np.uint8, offset=len(self.header))
        return [values.reshape(self.shape)]

    def _content(self, path):
        """Return what the uncompressed IDX file holds."""
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                n_bytes = archive.getinfo(f"{self.npz_key}.npy").file_size
                check_size(self.npz_key, n_bytes, self.size + 2**12)
                return self.header + read_array(archive, self.npz_key).tobytes()
        with path.open("rb") as stream:
            return unzipped(stream).read(self.size + 1)


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


def gzipped_idx_files(*known):
    """Return the files of a data set that is published in four, as MNIST is.

    ``known`` has the size and the SHA-256 of each: images and labels for training,
    images and labels for tests.
    """
    names = "train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1"
    files = [
        KnownFile(f"{name}-ubyte.gz", n_bytes, f"sha256:{sha256}", _parse_gzipped_idx)
        for name, (n_bytes, sha256) in zip(names.split(), known, strict=True)
    ]
    return {"train": tuple(files[:2]), "test": tuple(files[2:])}


def _parse_gzipped_idx(stream):
    return [parse_idx(unzipped(stream), MAX_ARRAY_BYTES)]
