"""Reading one image file safely with Pillow; no other module decodes users' images.

A file may be damaged, or made to do harm. It is therefore read only by the decoders of
the formats listed here (Pillow has others, some of which start programs), and only if
it is within the limits. Any problem with it is reported in one sentence.
"""

import logging
import os
import re
import warnings
from contextlib import contextmanager, nullcontext
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import one_line, reason_of
from skdigits.images._counted_reads import CountedReads
from skdigits.images._modes import Unusable, to_grey

# What is decoded; HEIC and PDF with their extras only, which the error names.
SUFFIXES = ".avif .bmp .gif .heic .heif .jpeg .jpg .pgm .png .tif .tiff .webp".split()
DOCUMENTS = [".pdf"]

# About the largest photo of a phone; a digit needs a ten-thousandth of it. Decoding
# so many pixels takes up to 0.3 GB, and for a WebP up to 0.7 GB.
MAX_PIXELS = 50_000_000
MAX_BYTES = 100_000_000

# What Pillow logs of a damaged file would otherwise be printed; it still reaches
# whoever has set up logging.
logging.getLogger("PIL").addHandler(logging.NullHandler())

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# A document is read up to so many pages, each at so many pixels an inch.
MAX_PAGES, DOTS_PER_INCH = 1000, 150

# How PDF and HEIC begin, the latter after four bytes.
_PDF, _HEIC = b"%PDF-", re.compile(rb"ftyp(hei[cmsx]|hev[cm]|mif1)")

# A progressive JPEG is decoded once for each of its scans; ten are usual, and a file of
# thousands would keep a machine busy for hours.
_MAX_SCANS = 100
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_SCAN, _END = b"\xda", b"\xd9"

# Lower limits on pixels: those written as words are read in Python, a million in a
# second; the decoder of WebP takes 16 bytes for each.
_MAX_WORDS = 5_000_000
_MAX_WEBP_PIXELS = 40_000_000


def read_image(source, name=None):
    """Read one image as grey values.

    Parameters
    ----------
    source : str, path-like, bytes or binary file
        An AVIF, BMP, GIF, HEIC, JPEG, PGM, PNG, TIFF or WebP file, or a PDF of one
        page. Photos are turned upright. Of an animation, the first image is read.

    name : str, default=None
        The name of the image in error messages. None means its path, or "an image".

    Returns
    -------
    grey : ndarray of shape (height, width), dtype uint8
        Grey values as returned by `grey_of_image`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the source is not a regular file, exceeds `MAX_BYTES` or `MAX_PIXELS`, or
        cannot be decoded. The message is one line that contains the name.
    """
    with _one_sentence(name or _name_of(source)):
        pages = _pages_in(source)
        grey = next(pages)
        if next(pages, None) is not None:
            raise Unusable(
                " of several pages, but expected one. Pass it to read_digits, which "
                "reads all of them, or save one page of it."
            )
        return grey


def read_pages(source):
    """Read the pages of a file one after the other, as grey values.

    Parameters
    ----------
    source : str, path-like, bytes or binary file
        An image file as for `read_image`, a TIFF file of several pages, or a PDF.

    Yields
    ------
    grey : ndarray of shape (height, width), dtype uint8
        A page of a PDF has `DOTS_PER_INCH`.

    Raises
    ------
    ValueError
        As `read_image`, and for more than `MAX_PAGES`.
    """
    name = _name_of(source)
    pages = _pages_in(source)
    while True:
        # not around all of them: warnings of others, between two, are not to be lost
        with _one_sentence(name):
            page = next(pages, None)
        if page is None:
            return
        yield page


def _name_of(source):
    is_path = isinstance(source, str | os.PathLike)
    return one_line(repr(os.fspath(source))) if is_path else "an image"


def _pages_in(source):
    if isinstance(source, str | os.PathLike):
        if os.fspath(source).startswith(("http:/", "https:/")):
            raise Unusable(
                ", which is a URL, but expected an image file. Download it first."
            )
        # not by its name, by which Pillow would map it into memory: it misreads TIFF
        # files that are turned then, and dies if the file becomes shorter
        with open_regular(Path(source), MAX_BYTES) as file:
            yield from _pages_of(file)
    else:
        yield from _pages_of(_as_file(source))


def _as_file(source):
    # one byte more than the limit says that there are more
    content = source.read(MAX_BYTES + 1) if hasattr(source, "read") else source
    if not isinstance(content, bytes | bytearray):
        raise Unusable(
            f" that returns {type(content).__name__}, but expected bytes. Open the "
            'file with mode="rb".'
        )
    if len(content) > MAX_BYTES:
        raise Unusable(
            f" of {len(content):,} bytes, but expected at most {MAX_BYTES:,}, the "
            "limit for safe decoding. Make it smaller."
        )
    return BytesIO(content)


@contextmanager
def _one_sentence(name):
    """Turn whatever goes wrong with an image into one sentence."""
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
                f"Got {name}, which does not exist, but expected an image file. Check "
                "the path."
            ) from None
        except Image.DecompressionBombError:
            raise ValueError(
                f"Got {name}{_too_large('far more', MAX_PIXELS)}"
            ) from None
        # Pillow's decoders raise all sorts of errors for damaged files
        except Exception as error:
            done = "read" if isinstance(error, UnreadableFile) else "decoded"
            raise ValueError(
                f"Got {name}, which cannot be {done} ({_reason(error)}), but expected "
                "an image. Remove or replace it."
            ) from error


def _pages_of(file):
    """Yield the grey values of each page of a file."""
    from PIL import Image, features

    head = file.read(1024)
    file.seek(0)
    if not head:
        raise UnreadableFile("it is empty")
    if _PDF in head:
        yield from _pages_of_pdf(file.read())
    elif _HEIC.match(head, 4):
        yield _of_heic(file)
    else:
        file = CountedReads(file)
        # Pillow supports AVIF from 11.3 on, if the library is installed
        formats = [*_FORMATS, "AVIF"] if features.check("avif") else _FORMATS
        with Image.open(file, formats=formats) as image:
            n_pages = image.n_frames if image.format == "TIFF" else 1
            _check_pages(n_pages)
            for number in range(n_pages):
                image.seek(number)
                # a page of a TIFF may be a smaller copy of another one
                if not number or not image.tag_v2.get(254, 0) & 1:
                    yield _decoded(image, file)


def _pages_of_pdf(content):
    pypdfium2 = _optional("pypdfium2", "a PDF")
    with pypdfium2.PdfDocument(content) as document:
        _check_pages(len(document))
        for page in document:
            size = [max(side, 1) * DOTS_PER_INCH / 72 for side in page.get_size()]
            smaller = min(1, (MAX_PIXELS / 2 / (size[0] * size[1])) ** 0.5)
            bitmap = page.render(scale=smaller * DOTS_PER_INCH / 72, grayscale=True)
            yield bitmap.to_numpy().squeeze().copy()


def _of_heic(file):
    image = _optional("pillow_heif", "a HEIC image").open_heif(file)
    _check_pixels(*image.size, MAX_PIXELS)
    # it is turned while it is decoded
    return to_grey(image.to_pillow())


def _optional(module, what):
    """Return a module that need not be installed."""
    try:
        return import_module(module)
    except ImportError:
        raise Unusable(
            f", which is {what}, but expected {module} to be installed to read it. "
            f"Run pip install {module}."
        ) from None


def _check_pages(n_pages):
    if n_pages > MAX_PAGES:
        raise Unusable(
            f" of {n_pages:,} pages, but expected at most {MAX_PAGES:,}. Split it."
        )


def _reason(error):
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return f"its format is none of {', '.join(_FORMATS)}"
    return reason_of(error)


def _decoded(image, file):
    """Return the grey values, upright."""
    _check_decoded_size(image)
    if image.format in ("JPEG", "MPO"):
        if image.info.get("progressive"):
            file.seek(0)
            _check_scans(file.read())
        # the decoder makes it grey, in less time
        image.draft("L", image.size)
    with _silence() if image.format == "TIFF" else nullcontext():
        image.load()
    return _upright_grey(image)


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


def _check_decoded_size(image):
    width, height = image.size
    if image.format == "TIFF":
        # its tiles are decoded whole, however small the image is
        width = max(width, image.tag_v2.get(322, 0))
        height = max(height, image.tag_v2.get(323, 0))
    _check_pixels(width, height, min(MAX_PIXELS, _limit_of_format(image)))


def _limit_of_format(image):
    if image.format == "WEBP":
        return _MAX_WEBP_PIXELS
    in_words = bool(image.tile) and image.tile[0][0] == "ppm_plain"
    return _MAX_WORDS if in_words else MAX_PIXELS


def _check_pixels(width, height, limit):
    if width * height > limit:
        raise _too_large(f"{width} x {height}", limit)


def _too_large(size, limit):
    return Unusable(
        f" of {size} pixels, but expected at most {limit:,} pixels, the limit for "
        "safe decoding. Make it smaller."
    )


def _check_scans(content):
    """Raise an error if the content of a JPEG file has too many scans."""
    n_scans, place = 0, 0
    # anything but a marker is coded pixels
    while (marker := _MARKER.search(content, place)) and marker[1] != _END:
        n_scans += marker[1] == _SCAN
        place = marker.end()
        # a thumbnail in a segment has scans of its own
        place += int.from_bytes(content[place : place + 2])
    if n_scans > _MAX_SCANS:
        raise Unusable(
            f" of {n_scans:,} scans, but expected at most {_MAX_SCANS}, as more take "
            "too long to decode. Save it again."
        )


def _upright_grey(image):
    """Return the grey values, turned as EXIF says, if it does."""
    # this already turns a TIFF, and removes the orientation
    image.load()
    grey = to_grey(image)
    orientation = image.getexif().get(0x0112)
    if orientation in (None, 1):
        return grey
    from PIL import Image, ImageOps

    # without the other tags, which may be damaged
    upright = Image.fromarray(grey)
    upright.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(upright))


def grey_of_image(image):
    """Return the grey values of a Pillow image of any mode.

    Transparent pixels are white; they are black if the drawing itself is light, so
    that it can be seen. 16 bits become 8. An image with an EXIF orientation is turned
    upright.

    Parameters
    ----------
    image : PIL.Image.Image

    Returns
    -------
    grey : ndarray of shape (height, width), dtype uint8

    Raises
    ------
    ValueError
        If it cannot be decoded, has no pixel or more than `MAX_PIXELS`, or if its
        pixels are of a mode whose white is anywhere, such as floats.
    """
    with _one_sentence("an image"):
        if 0 in image.size:
            raise Unusable(" without pixels, but expected at least one. Remove it.")
        _check_pixels(*image.size, MAX_PIXELS)
        return _upright_grey(image)
