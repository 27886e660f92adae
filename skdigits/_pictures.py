"""Reading one picture file safely through Pillow: the one place where it is done."""

import warnings

import numpy as np

SUFFIXES = (
    ".bmp .gif .jpeg .jpg .pgm .png .tif .tiff .webp".split()
)  # what Pillow decodes without plug-ins

# About the largest photo of a phone; a digit needs a ten-thousandth of it.
MAX_PIXELS = 50_000_000


def read_picture(path, image_shape=None):
    """Read one picture as grey values, uint8 of shape (height, width)."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as picture:
                _check_size(*picture.size)
                # in place, as a copy forgets its file format
                ImageOps.exif_transpose(picture, in_place=True)
                grey = _to_grey(picture)
        except Image.DecompressionBombError:
            raise _refusal(path, _too_large("far more")) from None
        except _Unusable as error:
            raise _refusal(path, error) from None
        # Pillow's decoders raise all sorts of errors for damaged files
        except Exception as error:
            raise ValueError(
                f"Got {str(path)!r}, which cannot be decoded ({error}), but expected a "
                "picture. Remove or replace it."
            ) from error
    if image_shape is not None and grey.size[::-1] != image_shape:
        height, width = image_shape
        grey = grey.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(grey)


def grey_of_image(image):
    """Return an image of Pillow as grey values, uint8 of shape (height, width)."""
    return np.asarray(_to_grey(image))


def _to_grey(picture):
    from PIL import Image

    # Pillow has mode I for 16-bit PGM and, up to some version, PNG
    if picture.mode.startswith("I;16") or (
        picture.mode == "I" and picture.format in ("PPM", "PNG")
    ):
        return _from_16_bits(picture)
    if picture.mode in ("I", "F"):
        raise _Unusable(
            f"with pixels of mode {picture.mode!r}, whose white is anywhere, but "
            "expected 8 or 16 bits for each pixel. Convert it."
        )
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("L")


def _from_16_bits(picture):
    from PIL import Image

    values = np.asarray(picture, dtype=np.float64)
    transparent = picture.info.get("transparency")  # the one grey that is
    if transparent is not None:
        values = np.where(values == transparent, 65535, values)
    # 65535, white in 16 bits, is 257 times 255
    scaled = np.clip(values / 257, 0, 255).round().astype(np.uint8)
    return Image.fromarray(scaled)


class _Unusable(Exception):
    """The rest of an error sentence after the picture's path."""


def _check_size(width, height):
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width} x {height}")


def _too_large(size):
    return _Unusable(
        f"of {size} pixels, but expected at most {MAX_PIXELS:,} pixels, which can be "
        "decoded safely. Make it smaller."
    )


def _refusal(path, error):
    return ValueError(f"Got {str(path)!r} {error}")
