"""The file: one JSON document and the weights, as safetensors keeps them.

The document holds the format version, the versions of the libraries, the steps with
their parameters and learned attributes, the network without its weights, the model card
and a checksum. Nothing in a file is ever run or followed.
"""

import hashlib
import json
import os
from contextlib import contextmanager

from safetensors.numpy import load_file
from safetensors.numpy import save as as_bytes

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import check_path, one_line

FORMAT_VERSION = 1

# Far above any network of this package; a file above it is not one of ours.
_MAX_FILE_BYTES = 2**28
_MAX_HEADER_BYTES = 2**22

_FROM_KERAS = "Load it with keras.models.load_model."
_FROM_PICKLE = "Load it with joblib.load, if you trust who made it."

# How the files of others begin, what they are, and what to do with them.
_OTHERS = (
    (b"\x89HDF", "an HDF5 file, as Keras makes them", _FROM_KERAS),
    (b"PK\x03\x04", "a ZIP archive, as .keras files are", _FROM_KERAS),
    (b"\x80", "a pickle", _FROM_PICKLE),
    (b"\x1f\x8b\x08", "a file compressed by gzip, as joblib makes them", _FROM_PICKLE),
    (b"\x08", "an ONNX model", "Run it with ONNX Runtime."),
    (b"\x93NUMPY", "a NumPy array", "Load it with numpy.load."),
)
# Those of joblib that are compressed, and old pickles, begin with anything.
_PICKLES = (".joblib", ".pickle", ".pkl")

_NAMES = "card classes format_version network pipeline sha256 steps versions".split()


_SAVE_AGAIN = "Save the model again."
_UPGRADE = f"Upgrade skdigits to load it; this one reads version {FORMAT_VERSION}."


class Damaged(ValueError):
    """An error whose message names what the file has, as the object of a sentence."""

    def __init__(self, found, remedy=_SAVE_AGAIN):
        super().__init__(found)
        self.remedy = remedy


def packed(document, weights):
    """Return a document and weights as the bytes of a file, with a checksum of both."""
    document = document | {"format_version": FORMAT_VERSION}
    header = json.dumps(document | {"sha256": checksum(document, weights)})
    content = as_bytes(weights, {"skdigits": header})
    # the header is text in JSON once more, which escapes characters of it
    if len(content) > _MAX_FILE_BYTES or len(header) > _MAX_HEADER_BYTES // 2:
        raise ValueError(
            f"Got a model of {len(content):,} bytes, {len(header):,} of them without "
            f"the weights, but expected at most {_MAX_FILE_BYTES:,} and "
            f"{_MAX_HEADER_BYTES // 2:,}. Use joblib.dump."
        )
    return content


@contextmanager
def reading(path):
    """Yield the document and the weights of a file whose checksum is right.

    Any error that a damaged file causes in the block becomes one ValueError.
    """
    path = check_path("path", path)
    # not the method of Path, which raises if a name is too long
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"Got path={one_line(path)!r}, but expected an existing file. Save a "
            "model there first."
        )
    try:
        yield _unpacked(path)
    except Exception as error:
        is_known = isinstance(error, Damaged | UnreadableFile)
        found = one_line(error) if is_known else "damaged content"
        raise ValueError(
            f"Got {str(path)!r} ({found}), but expected a file made by "
            f"skdigits.save. {getattr(error, 'remedy', _SAVE_AGAIN)}"
        ) from error


def _unpacked(path):
    with open_regular(path, _MAX_FILE_BYTES) as file:
        start = file.read(9)
        _check_kind(start, path)
        n_bytes = int.from_bytes(start[:8], "little")
        if n_bytes > _MAX_HEADER_BYTES:
            raise Damaged(f"a header of {n_bytes} bytes")
        header = _parsed(start[8:] + file.read(max(n_bytes - 1, 0)))
    if "skdigits" not in header.get("__metadata__", {}):
        raise Damaged("a safetensors file of another program")
    document = _parsed(header["__metadata__"]["skdigits"])
    if document["format_version"] != FORMAT_VERSION:
        raise Damaged(f"format version {document['format_version']}", _UPGRADE)
    weights = load_file(path)
    if sorted(document) != _NAMES:
        raise Damaged("missing or unexpected entries")
    if document["sha256"] != checksum(document, weights):
        raise Damaged("content that does not match its checksum")
    return document, weights


def _check_kind(start, path):
    """Raise if the first nine bytes are not of safetensors; name the kind if possible.

    Safetensors begin with the length of the header, whose last bytes are zero, so the
    first byte alone may be that of another kind.
    """
    if start[8:] == b"{":
        return
    for first, found, remedy in _OTHERS:
        if start.startswith(first) and (len(first) > 1 or any(start[3:8])):
            raise Damaged(found, remedy)
    if path.suffix.lower() in _PICKLES:
        raise Damaged("probably a pickle", _FROM_PICKLE)
    raise Damaged("not a model file of skdigits" if start else "an empty file")


def _parsed(text):
    """Parse JSON more strictly than the standard library does by default."""
    return json.loads(text, object_pairs_hook=_as_dict)


def _as_dict(pairs):
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Damaged("the same name twice")
    return values


def checksum(document, weights):
    """Return the SHA-256 of a document, without its own checksum, and of weights."""
    described = {key: value for key, value in document.items() if key != "sha256"}
    parts = [json.dumps(described, sort_keys=True).encode()]
    parts += [weights[name].tobytes() for name in sorted(weights)]
    return hashlib.sha256(b"".join(parts)).hexdigest()
