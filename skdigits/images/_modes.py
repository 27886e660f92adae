"""Converting images of any pixel mode to 8-bit grey levels."""

from functools import partial

import numpy as np

# Converted at the same time.
_STRIP_PIXELS = 2**20


class Unusable(Exception):
    """The rest of an error sentence, right after the image's path."""


def to_grey(image):
    """Return a Pillow image of any mode as grey values, or raise `Unusable`.

    Returns
    -------
    grey : ndarray of shape (height, width), dtype uint8
    """
    convert = _conversion(image)
    grey = np.empty((image.height, image.width), np.uint8)
    for rows, strip in _strips(image):
        grey[rows] = convert(strip)
    return grey


def _strips(image):
    """Yield a few rows at a time: a large image is not in memory several times."""
    n_rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, n_rows):
        bottom = min(top + n_rows, image.height)
        yield slice(top, bottom), image.crop((0, top, image.width, bottom))


def _conversion(image):
    """Return a function that converts a part of an image to grey values."""
    # Pillow has mode I for 16-bit PGM and, up to some version, PNG
    if image.mode.startswith("I;16") or (
        image.mode == "I" and image.format in ("PPM", "PNG")
    ):
        return partial(_from_16_bits, transparent=image.info.get("transparency"))
    if image.mode in ("I", "F"):
        raise Unusable(
            f" with pixels of mode {image.mode!r}, whose white level is unknown, but "
            "expected 8 or 16 bits per pixel. Convert it."
        )
    if image.has_transparency_data:
        return partial(_on_ground, ground=_ground_of(image))
    return lambda strip: strip.convert("L")


def _from_16_bits(strip, transparent):
    values = np.asarray(strip).clip(0, 65535).astype(np.uint16)
    if transparent is not None:  # the one grey that is
        values[values == transparent] = 65535
    # rounded; 65535, white in 16 bits, is 257 times 255
    return (np.minimum(values, 65535 - 128) + np.uint16(128)) // np.uint16(257)


def _on_ground(strip, ground):
    """Lay a part of an image with transparency on paper of a grey."""
    from PIL import Image

    grey, alpha = _grey_and_alpha(strip)
    return Image.composite(grey, Image.new("L", grey.size, ground), alpha)


def _ground_of(image):
    """Return white, or black if what is drawn is light itself."""
    fullest = max(
        _grey_and_alpha(strip)[1].getextrema()[1] for _, strip in _strips(image)
    )
    opaque = [255 * (a > fullest / 2) for a in range(256)]
    counts = np.zeros(256, dtype=int)
    for _, strip in _strips(image):
        grey, alpha = _grey_and_alpha(strip)
        counts += grey.histogram(mask=alpha.point(opaque))
    return 0 if _is_light_drawing(counts, image.width * image.height) else 255


def _grey_and_alpha(strip):
    if strip.mode not in ("RGBA", "LA"):
        strip = strip.convert("RGBA")
    return strip.convert("L"), strip.getchannel("A")


def _is_light_drawing(counts, n_pixels):
    """Return whether a drawing could not be seen on white, by the counts of its greys.

    It covers little of its ground, other than paper that was cut out, and next to
    nothing of it is dark.
    """
    covered, dark = counts.sum(), counts[:128].sum()
    return covered < 0.5 * n_pixels and dark < 0.01 * covered
