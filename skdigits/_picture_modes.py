"""From the many kinds of pixels that a picture may have to grey levels of 8 bits."""

import numpy as np


class Unusable(Exception):
    """The rest of an error sentence, right after the picture's path."""


def to_grey(picture):
    """Return a Pillow picture of any mode in mode L, or raise `Unusable`."""
    # Pillow has mode I for 16-bit PGM and, up to some version, PNG
    if picture.mode.startswith("I;16") or (
        picture.mode == "I" and picture.format in ("PPM", "PNG")
    ):
        return _from_16_bits(picture)
    if picture.mode in ("I", "F"):
        raise Unusable(
            f" with pixels of mode {picture.mode!r}, whose white is anywhere, but "
            "expected 8 or 16 bits for each pixel. Convert it."
        )
    if picture.has_transparency_data:
        # not twice, as such pictures may be large
        has_alpha = picture.mode in ("RGBA", "LA")
        return _on_ground(picture if has_alpha else picture.convert("RGBA"))
    return picture.convert("L")


def _from_16_bits(picture):
    from PIL import Image

    # in place and in 16 bits, as such pictures may be large
    values = np.asarray(picture).clip(0, 65535).astype(np.uint16)
    transparent = picture.info.get("transparency")  # the one grey that is
    if transparent is not None:
        values[values == transparent] = 65535
    # rounded; 65535, white in 16 bits, is 257 times 255
    np.minimum(values, 65535 - 128, out=values)
    values += 128
    values //= 257
    return Image.fromarray(values.astype(np.uint8))


def _on_ground(picture):
    """Lay a picture with transparency on white, or on black if it is light itself."""
    from PIL import Image

    grey, alpha = picture.convert("L"), picture.getchannel("A")
    faintest, fullest = alpha.getextrema()
    if faintest == 255:
        return grey
    drawing = alpha.point([255 * (a > fullest / 2) for a in range(256)])
    is_light = _is_light_drawing(grey.histogram(mask=drawing), grey.width * grey.height)
    ground = Image.new("L", grey.size, 0 if is_light else 255)
    return Image.composite(grey, ground, alpha)


def _is_light_drawing(counts, n_pixels):
    """Say whether a drawing could not be seen on white, by the counts of its greys.

    It covers little of its ground, other than paper that was cut out, and next to
    nothing of it is dark.
    """
    covered, dark = sum(counts), sum(counts[:128])
    return covered < 0.5 * n_pixels and dark < 0.01 * covered
