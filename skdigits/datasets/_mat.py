"""Reading untrusted MATLAB files.

This module does not use scipy.io.loadmat, which trusts the types that a file declares:
one damaged byte in them crashes the whole process.
"""

import os
import struct
import zlib
from contextlib import contextmanager
from functools import partial
from math import prod

import numpy as np

from skdigits._files import UnreadableFile
from skdigits.datasets import _hdf5
from skdigits.datasets._arrays import check_size, largest

KIND = "a MAT file of arrays"

# No array of such a file has more.
MAX_BYTES = 2**32

# From version 7.3 on a MAT file is one of HDF5, after a head of so many bytes.
_HEAD, _HDF5 = 512, b"\x89HDF\r\n\x1a\n"

# The types of elements that are numbers, and of those that have others in them.
_DTYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}
_DTYPES |= {12: "i8", 13: "u8"}
_MATRIX, _COMPRESSED = 14, 15

# Of the flags of an array: its class, those of numbers, and that they are complex.
_CLASS, _NUMBERS, _OPAQUE, _COMPLEX = 0xFF, range(6, 16), 17, 0x800

# More than an array has before its numbers.
_BEGINNING = 2**12


@contextmanager
def opened(file):
    """Yield what reads each array as MATLAB has it, by its name."""
    head = file.read(_HEAD + len(_HDF5))
    if head.startswith(_HDF5) or head.endswith(_HDF5):
        with _hdf5.opened(file) as arrays:
            # MATLAB counts axes from the other end
            yield {name: lambda read=read: read().T for name, read in arrays.items()}
    else:
        names = _arrays_in(file, _BEGINNING)
        yield {name: partial(_read_array, file, name) for name in names}


def _read_array(file, name):
    limit = largest(os.fstat(file.fileno()).st_size)
    shape, dtype, _ = _arrays_in(file, _BEGINNING)[name]
    if dtype is None:
        raise UnreadableFile(f"{name} is not an array of real numbers")
    check_size(name, prod(shape) * dtype.itemsize, limit)
    _, _, content = _arrays_in(file, limit + _BEGINNING)[name]
    return np.frombuffer(content, dtype).reshape(shape, order="F")


def _arrays_in(file, max_bytes):
    """Return shape, dtype and content of each array, unpacked to so many bytes.

    The dtype is None if there are no real numbers.
    """
    file.seek(0)
    content = memoryview(file.read())
    order = {b"IM": "<", b"MI": ">"}.get(bytes(content[126:128]))
    if order is None:
        raise UnreadableFile("it is not a MAT file of version 5 or later")
    found = {}
    for kind, element in _elements(content[128:], order):
        if kind == _COMPRESSED:
            unpacked = zlib.decompressobj().decompress(element, max_bytes)
            kind, element = next(_elements(memoryview(unpacked), order))
        if kind == _MATRIX:
            (_, flags), *elements = _elements(element, order)
            (flags,) = struct.unpack(f"{order}I", flags[:4])
            if flags & _CLASS == _OPAQUE:
                continue
            (_, sides), (_, name), *numbers = elements
            shape = np.frombuffer(sides, f"{order}i4").tolist()
            kind, content = numbers[0] if numbers else (None, b"")
            is_real = flags & _CLASS in _NUMBERS and not flags & _COMPLEX
            dtype = np.dtype(order + _DTYPES[kind]) if is_real else None
            found[bytes(name).decode()] = shape, dtype, content
    return found


def _elements(content, order):
    """Yield the type and the content of the elements in a part of a file."""
    place = 0
    while place + 8 <= len(content):
        kind, n_bytes = struct.unpack_from(f"{order}II", content, place)
        first = place + 8
        if kind >> 16:
            # a few bytes stand in the place of their number
            kind, n_bytes, first = kind & 0xFFFF, kind >> 16, place + 4
        yield kind, content[first : first + n_bytes]
        place = first + n_bytes
        if kind != _COMPRESSED:
            place += -place % 8
