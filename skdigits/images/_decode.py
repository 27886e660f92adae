"""Reading one picture file safely through Pillow: the one place where it is done.

Whoever made a file may have damaged it, or may mean harm. It is read by the decoders
of the formats named here and no others (Pillow also knows some that start programs),
only below the limits, and anything wrong with it is one sentence.
"""

import logging
import os
import re
import warnings
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import one_line, reason_of
from skdigits.images._counted_reads import CountedReads
from skdigits.images._modes import Unusable, to_grey

SUFFIXES = (
    ".bmp .gif .jpeg .jpg .pgm .png .tif .tiff .webp".split()
)  # what Pillow decodes without plug-ins

# About the largest photo of a phone; a digit needs a ten-thousandth of it. Decoding
# so many pixels takes up to 0.3 GB, and up to 0.7 GB of a WebP.
MAX_PIXELS = 50_000_000
MAX_BYTES = 100_000_000

# What Pillow logs of a damaged file would else be printed; it still reaches whoever
# has set up logging.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# A progressive JPEG is decoded once for each of its scans; ten are usual, and a file of
# thousands would keep a machine busy for hours.
_MAX_SCANS = 100
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_SCAN, _END = b"\xda", b"\xd9"

# Lower limits on pixels: those written as words are read in Python, a million in a
# second; the decoder of WebP takes 16 bytes for each.
_MAX_WORDS = 5_000_000
_MAX_WEBP_PIXELS = 40_000_000

# How the EXIF orientations 2 to 8 turn upright: transposed first, then rows and columns
# turned round.
_UPRIGHT = {
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, 1, -1),
    7: (True, -1, -1),
    8: (True, -1, 1),
}


def read_picture(path):
    """Read one picture file as grey values.

    Parameters
    ----------
    path : str or path-like
        A BMP, GIF, JPEG, PGM, PNG, TIFF or WebP file. Photos are turned upright, of an
        animation the first picture is taken.

    Returns
    -------
    grey : ndarray of shape (height, width), dtype uint8
        As `grey_of_image` makes them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a regular file, above `MAX_BYTES` or `MAX_PIXELS`, or cannot be
        decoded. The message is one line that begins with the path.
    """
    path = Path(path)
    with _one_sentence(one_line(repr(str(path)))):
        # not by its name, by which Pillow would map it into memory: it misreads TIFF
        # files that are turned then, and dies if the file becomes shorter
        with open_regular(path, MAX_BYTES) as file:
            return _read(file)


def read_content(content):
    """Read the content of one picture file as grey values.

    Parameters
    ----------
    content : bytes
        As of a file for `read_picture`.

    Returns
    -------
    grey : ndarray of shape (height, width), dtype uint8

    Raises
    ------
    ValueError
        As `read_picture`, for a picture without a name.
    """
    with _one_sentence("a picture"):
        _check_size(len(content))
        return _read(BytesIO(content))


@contextmanager
def _one_sentence(name):
    """Turn whatever goes wrong with a picture into one sentence."""
    from PIL import Image

    with warnings.catch_warnings():
        # whatever is not as it should be, but can be read all the same
        warnings.simplefilter("ignore")
        try:
            yield
        except Unusable as error:
            raise ValueError(f"Got {name}{error}") from None
        except FileNotFoundError:
            raise FileNotFoundError(
                f"Got {name}, but expected a picture file. Check the path."
            ) from None
        except UnreadableFile as error:
            raise ValueError(
                f"Got {name}, which cannot be read ({error}), but expected a picture. "
                "Remove or replace it."
            ) from error
        except Image.DecompressionBombError:
            raise ValueError(
                f"Got {name}{_too_large('far more', MAX_PIXELS)}"
            ) from None
        # Pillow's decoders raise all sorts of errors for damaged files
        except Exception as error:
            raise ValueError(
                f"Got {name}, which cannot be decoded ({_reason(error)}), but "
                "expected a picture. Remove or replace it."
            ) from error


def _read(file):
    from PIL import Image

    file = CountedReads(file)
    with Image.open(file, formats=_FORMATS) as picture:
        return _decoded(picture, file)


def _reason(error):
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return f"it is none of {', '.join(_FORMATS)}"
    return reason_of(error)


def _check_size(n_bytes):
    if n_bytes > MAX_BYTES:
        raise Unusable(
            f" of {n_bytes:,} bytes, but expected at most {MAX_BYTES:,} bytes, "
            "which can be decoded safely. Make it smaller."
        )


def _decoded(picture, file):
    """Return the grey values, upright."""
    _check_pixels(picture)
    if picture.format in ("JPEG", "MPO"):
        if picture.info.get("progressive"):
            _check_scans(_content_of(file))
        # the decoder makes it grey, in less time
        picture.draft("L", picture.size)
    with _silence() if picture.format == "TIFF" else nullcontext():
        picture.load()
    # not before loading, which already turns a TIFF
    return _upright(to_grey(picture), picture.getexif().get(0x0112))


def _content_of(file):
    place = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(place)
    return content


@contextmanager
def _silence():
    """Drop what libtiff writes to the stderr of the process, past Python's."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _check_pixels(picture):
    width, height = picture.size
    if picture.format == "TIFF":
        # its tiles are decoded whole, however small the picture is
        width = max(width, picture.tag_v2.get(322, 0))
        height = max(height, picture.tag_v2.get(323, 0))
    limit = min(MAX_PIXELS, _limit_of_format(picture))
    if width * height > limit:
        raise _too_large(f"{width} x {height}", limit)


def _limit_of_format(picture):
    if picture.format == "WEBP":
        return _MAX_WEBP_PIXELS
    in_words = bool(picture.tile) and picture.tile[0][0] == "ppm_plain"
    return _MAX_WORDS if in_words else MAX_PIXELS


def _too_large(size, limit):
    return Unusable(
        f" of {size} pixels, but expected at most {limit:,} pixels, which can be "
        "decoded safely. Make it smaller."
    )


def _check_scans(content):
    n_scans = _count_scans(content)
    if n_scans > _MAX_SCANS:
        raise Unusable(
            f" of {n_scans:,} scans, but expected at most {_MAX_SCANS}, which can be "
            "decoded in time. Save it again."
        )


def _count_scans(content):
    """Return the number of scans in the content of a JPEG file."""
    n_scans, place = 0, 0
    # what is no marker are coded pixels
    while (marker := _MARKER.search(content, place)) and marker[1] != _END:
        n_scans += marker[1] == _SCAN
        place = marker.end()
        # a thumbnail in a segment has scans of its own
        place += int.from_bytes(content[place : place + 2])
    return n_scans


def _upright(grey, orientation):
    """Turn a picture as the EXIF orientation says, 1 and unknown ones not at all."""
    if orientation not in _UPRIGHT:
        return grey
    transposed, rows, columns = _UPRIGHT[orientation]
    grey = grey.T if transposed else grey
    return np.ascontiguousarray(grey[::rows, ::columns])


def grey_of_image(picture):
    """Return the grey values of a Pillow picture of any mode.

    Transparent pixels are white; they are black where the drawing itself is light, so
    that it can be seen. 16 bits become 8.

    Parameters
    ----------
    picture : PIL.Image.Image

    Returns
    -------
    grey : ndarray of shape (height, width), dtype uint8

    Raises
    ------
    ValueError
        If it cannot be decoded, has no pixel or more than `MAX_PIXELS`, or if its
        pixels are of a mode whose white is anywhere, such as floats.
    """
    with _one_sentence("a picture"):
        width, height = picture.size
        if not width or not height:
            raise Unusable(" without a pixel, but expected some. Remove it.")
        if width * height > MAX_PIXELS:
            raise _too_large(f"{width} x {height}", MAX_PIXELS)
        return to_grey(picture)
