"""The file: one JSON document and the weights, as safetensors keeps them.

The document holds the format version, the versions of the libraries, the steps with
their parameters and learned attributes, and a checksum. Nothing in a file is ever run
or followed.
"""

import hashlib
import json
import os
from contextlib import contextmanager

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import one_line

FORMAT_VERSION = 1

# Far above any network of this package; a file above it is not one of ours.
_MAX_FILE_BYTES = 2**28
_MAX_HEADER_BYTES = 2**22

_NAMES = {"format_version", "pipeline", "sha256", "steps", "versions"}


class Damaged(ValueError):
    """Its message says what the file holds, as the object of a sentence."""


class _UnknownVersion(ValueError):
    """Says its own remedy."""


def packed(document, arrays):
    """Return a document and arrays as the bytes of a file, with a checksum of both."""
    from safetensors.numpy import save as to_bytes

    document = document | {"format_version": FORMAT_VERSION}
    document["sha256"] = checksum(document, arrays)
    header = json.dumps(document)
    content = to_bytes(arrays, {"skdigits": header})
    if len(content) > _MAX_FILE_BYTES or len(header) > _MAX_HEADER_BYTES // 2:
        raise ValueError(
            f"Got a model of {len(content):,} bytes, {len(header):,} of them without "
            f"the weights, but expected at most {_MAX_FILE_BYTES:,} and "
            f"{_MAX_HEADER_BYTES // 2:,}. Use joblib.dump."
        )
    return content


def open_file(path):
    """Return the JSON document and the tensors, none of them read yet."""
    from safetensors import safe_open

    with open_regular(path, _MAX_FILE_BYTES) as file:
        header_size = int.from_bytes(file.read(8), "little")
        if header_size > _MAX_HEADER_BYTES:
            raise Damaged(f"a header of {header_size} bytes")
        _parsed(file.read(header_size))
    tensors = safe_open(path, framework="numpy")
    document = _parsed((tensors.metadata() or {})["skdigits"])
    found = document["format_version"]
    if type(found) is not int or not 1 <= found <= FORMAT_VERSION:
        raise _UnknownVersion(
            f"Got {str(path)!r} of format version {one_line(found)}, but expected at "
            f"most {FORMAT_VERSION}. Upgrade skdigits to load it."
        )
    if set(document) - {"card"} != _NAMES:
        raise Damaged("other entries than it has to have")
    return document, tensors


def _parsed(text):
    """Parse JSON more strictly than the standard library does by default."""
    return json.loads(text, object_pairs_hook=_as_dict)


def _as_dict(pairs):
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Damaged("the same name twice")
    return values


def check_same(described, found):
    """Raise `Damaged` unless a file says of something just what `save` would say."""
    described, found = (
        # a missing figure, NaN, is not itself
        json.loads(json.dumps(values), parse_constant=str)
        for values in (described, found)
    )
    if described != found:
        raise Damaged("other entries than it has to have")


def read_arrays(document, tensors, shapes):
    """Read arrays, once their names, shapes and types are those expected."""
    if set(tensors.keys()) != set(shapes):
        raise Damaged("weights of another network")
    for name, shape in shapes.items():
        entry = tensors.get_slice(name)
        if tuple(entry.get_shape()) != shape or entry.get_dtype() != "F32":
            raise Damaged(f"weights {name!r} of another shape or type")
    arrays = {name: tensors.get_tensor(name) for name in shapes}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise Damaged("weights that are not finite")
    if any((arrays[n] < 0).any() for n in shapes if n.endswith("/moving_variance")):
        raise Damaged("variances below zero")
    if document["sha256"] != checksum(document, arrays):
        raise Damaged("a content that does not match its checksum")
    return arrays


def checksum(document, arrays):
    """Return the SHA-256 of a document, but for its own checksum, and of arrays."""
    described = {key: value for key, value in document.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


@contextmanager
def one_sentence(path):
    """Turn whatever a damaged file causes into one ValueError."""
    from safetensors import SafetensorError

    # not the method of Path, which raises where a name is too long
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"Got path={one_line(path)!r}, but expected a file. Save a model there "
            "first."
        )
    try:
        yield
    except _UnknownVersion:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        SafetensorError,
        TypeError,
        ValueError,
    ) as error:
        what = " with damaged content"
        if isinstance(error, Damaged):
            what = f" with {one_line(error)}"
        if isinstance(error, UnreadableFile):
            what = f", which cannot be read ({error})"
        raise ValueError(
            f"Got {str(path)!r}{what}, but expected a file as skdigits.save makes it. "
            "Save the model again."
        ) from error
