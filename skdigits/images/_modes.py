"""From the many kinds of pixels that a picture may have to grey levels of 8 bits."""

from functools import partial

import numpy as np

# Converted at the same time.
_STRIP_PIXELS = 2**20


class Unusable(Exception):
    """The rest of an error sentence, right after the picture's path."""


def to_grey(picture):
    """Return a Pillow picture of any mode as grey values, or raise `Unusable`.

    Returns
    -------
    grey : ndarray of shape (height, width), dtype uint8
    """
    convert = _conversion(picture)
    grey = np.empty((picture.height, picture.width), np.uint8)
    for rows, strip in _strips(picture):
        grey[rows] = convert(strip)
    return grey


def _strips(picture):
    """Yield a few rows at a time: a large picture is not in memory several times."""
    n_rows = max(1, _STRIP_PIXELS // picture.width)
    for top in range(0, picture.height, n_rows):
        rows = slice(top, min(top + n_rows, picture.height))
        whole = n_rows >= picture.height
        box = (0, rows.start, picture.width, rows.stop)
        yield rows, picture if whole else picture.crop(box)


def _conversion(picture):
    """Return what makes grey values of a part of a picture."""
    # Pillow has mode I for 16-bit PGM and, up to some version, PNG
    if picture.mode.startswith("I;16") or (
        picture.mode == "I" and picture.format in ("PPM", "PNG")
    ):
        return partial(_from_16_bits, transparent=picture.info.get("transparency"))
    if picture.mode in ("I", "F"):
        raise Unusable(
            f" with pixels of mode {picture.mode!r}, whose white is anywhere, but "
            "expected 8 or 16 bits for each pixel. Convert it."
        )
    if picture.has_transparency_data:
        return partial(_on_ground, ground=_ground_of(picture))
    return lambda strip: strip.convert("L")


def _from_16_bits(strip, transparent):
    values = np.asarray(strip).clip(0, 65535).astype(np.uint16)
    if transparent is not None:  # the one grey that is
        values[values == transparent] = 65535
    # rounded; 65535, white in 16 bits, is 257 times 255
    return (np.minimum(values, 65535 - 128) + np.uint16(128)) // np.uint16(257)


def _on_ground(strip, ground):
    """Lay a part of a picture with transparency on paper of a grey."""
    from PIL import Image

    grey, alpha = _grey_and_alpha(strip)
    return Image.composite(grey, Image.new("L", grey.size, ground), alpha)


def _ground_of(picture):
    """Return white, or black if what is drawn is light itself."""
    fullest = max(
        _grey_and_alpha(strip)[1].getextrema()[1] for _, strip in _strips(picture)
    )
    opaque = [255 * (a > fullest / 2) for a in range(256)]
    counts = np.zeros(256, dtype=int)
    for _, strip in _strips(picture):
        grey, alpha = _grey_and_alpha(strip)
        counts += grey.histogram(mask=alpha.point(opaque))
    return 0 if _is_light_drawing(counts, picture.width * picture.height) else 255


def _grey_and_alpha(strip):
    if strip.mode not in ("RGBA", "LA"):
        strip = strip.convert("RGBA")
    return strip.convert("L"), strip.getchannel("A")


def _is_light_drawing(counts, n_pixels):
    """Say whether a drawing could not be seen on white, by the counts of its greys.

    It covers little of its ground, other than paper that was cut out, and next to
    nothing of it is dark.
    """
    covered, dark = counts.sum(), counts[:128].sum()
    return covered < 0.5 * n_pixels and dark < 0.01 * covered
