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
    classes = sorted(p for p in folder.iterdir() if p.is_dir() and _is_visible(p))
    files = [
        path
        for class_folder in classes
        for path in sorted(class_folder.iterdir())
        if path.suffix.lower() in SUFFIXES and _is_visible(path)
    ]
    if not files:
        raise ValueError(
            f"Got the folder {str(folder)!r} with {len(classes)} sub-folders and no "
            "pictures in them, but expected one sub-folder of pictures for each "
            "class. Sort the pictures into sub-folders named after their labels."
        )
    images = [read_picture(path, image_shape) for path in files]
    for path, image in zip(files, images, strict=True):
        if image.shape != images[0].shape:
            raise ValueError(
                f"Got pictures of different sizes ({files[0].name} is "
                f"{_size(images[0])}, {path.name} is {_size(image)}), but expected all "
                "of one size. Pass image_shape=(height, width) to resize them."
            )
    return np.stack(images), [path.parent.name for path in files]


def read_picture(path, image_shape=None):
    """Read one picture as grey values, uint8 of shape (height, width)."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as picture:
                _check_size(path, *picture.size)
                grey = _to_grey(picture)
        except Image.DecompressionBombError:
            raise _too_large(path, "far more") from None
        except (UnidentifiedImageError, OSError, SyntaxError, EOFError) as error:
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

    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        # 16-bit pictures: white is 65535
        scaled = np.clip(values / 257.0, 0, 255).round().astype(np.uint8)
        return Image.fromarray(scaled)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("L")


def _check_size(path, width, height):
    if width * height > MAX_PIXELS:
        raise _too_large(path, f"{width} x {height}")


def _too_large(path, size):
    return ValueError(
        f"Got {str(path)!r} of {size} pixels, but expected at most {MAX_PIXELS:,} "
        "pixels, which can be decoded safely. Make it smaller."
    )


def _size(image):
    return f"{image.shape[0]} x {image.shape[1]}"


def _is_visible(path):
    return not path.name.startswith(".")
