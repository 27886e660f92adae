"""Reading a folder of pictures with one sub-folder for each class."""

import warnings

import numpy as np

SUFFIXES = (
    ".bmp .gif .jpeg .jpg .pgm .png .tif .tiff .webp".split()
)  # what Pillow decodes without plug-ins

# About the largest photo of a phone; a digit needs a ten-thousandth of it.
MAX_PIXELS = 50_000_000


def read_folder(folder, image_shape=None):
    """Read all pictures below ``folder``.

    Returns
    -------
    images : ndarray of shape (n, height, width), dtype uint8
    labels : list of str
        The name of each picture's sub-folder.
    """
    files = _picture_files(folder)
    images = []
    for path in files:
        images.append(read_picture(path, image_shape))
        if images[-1].shape != images[0].shape:
            first, this = (str(p.relative_to(folder)) for p in (files[0], path))
            raise ValueError(
                f"Got pictures of different sizes ({first} is {_size(images[0])}, "
                f"{this} is {_size(images[-1])}), but expected all of one size. Pass "
                "image_shape=(height, width) to resize them."
            )
    return np.stack(images), [path.parent.name for path in files]


def _picture_files(folder):
    classes = sorted(p for p in folder.iterdir() if p.is_dir() and _is_visible(p))
    if not classes:
        raise ValueError(
            f"Got the folder {str(folder)!r} without sub-folders, but expected one "
            "sub-folder of pictures for each class. Sort the pictures into sub-folders "
            "named after their labels."
        )
    files = {path: sorted(filter(_is_picture, path.iterdir())) for path in classes}
    for path in classes:
        # else the class would be missing in silence, say for want of a decoder
        if not files[path]:
            raise ValueError(
                f"Got the folder {str(path)!r} with no pictures in it, but expected "
                f"files that end in {', '.join(SUFFIXES)}. Add or convert pictures, or "
                "remove the folder."
            )
    return [path for path_of_class in classes for path in files[path_of_class]]


def _is_picture(path):
    is_named_so = path.suffix.lower() in SUFFIXES and _is_visible(path)
    return is_named_so and not path.is_dir()


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


def _size(image):
    return f"{image.shape[0]} x {image.shape[1]}"


def _is_visible(path):
    return not path.name.startswith(".")
