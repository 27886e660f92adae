"""Reading a folder of pictures with one sub-folder for each class."""

import numpy as np

from skdigits._validation import reason_of
from skdigits.datasets._mnist_format import read_in_form
from skdigits.images import SUFFIXES, read_picture

# More than a million pictures of MNIST's size.
MAX_PIXELS_IN_ALL = 2**30


def read_folder(folder, image_shape=None, normalize=False):
    """Read all pictures below ``folder``.

    Returns
    -------
    images : ndarray of shape (n, height, width), dtype uint8
    labels : list of str
        The name of each picture's sub-folder.
    normalized : bool
        Whether the pictures were brought into MNIST's form.
    """
    try:
        files = _picture_files(folder)
    except OSError as error:
        raise ValueError(
            f"Got the folder {str(folder)!r}, in which {error.filename!r} cannot be "
            f"read ({reason_of(error)}), but expected one that you may read. Change "
            "its permissions or choose another."
        ) from error
    labels = [path.parent.name for path in files]
    if normalize:
        images, normalized = read_in_form(files, image_shape, normalize)
    else:
        images, normalized = _of_one_size(folder, files, image_shape), False
    return images, labels, normalized


def _of_one_size(folder, files, image_shape):
    images = []
    for path in files:
        images.append(_resized(read_picture(path), image_shape))
        if len(images) == 1:
            _check_total(folder, len(files), images[0])
        if images[-1].shape != images[0].shape:
            first, this = (str(p.relative_to(folder)) for p in (files[0], path))
            raise ValueError(
                f"Got pictures of different sizes ({first} is {_size(images[0])}, "
                f"{this} is {_size(images[-1])}), but expected all of one size. Pass "
                "normalize=True to bring digits into MNIST's form, or "
                "image_shape=(height, width) to resize pictures."
            )
    return np.stack(images)


def _check_total(folder, n, first):
    """Raise a ValueError before all are read where they would not fit in memory."""
    if n * first.size > MAX_PIXELS_IN_ALL:
        raise ValueError(
            f"Got the folder {str(folder)!r} with {n:,} pictures of {_size(first)} "
            f"pixels, but expected at most {MAX_PIXELS_IN_ALL:,} pixels in all. Pass "
            "normalize=True to bring digits into MNIST's form, or a smaller "
            "image_shape=(height, width)."
        )


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


def _resized(image, image_shape):
    from PIL import Image

    if image_shape in (None, image.shape):
        return image
    height, width = image_shape
    picture = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _size(image):
    return f"{image.shape[0]} x {image.shape[1]}"


def _is_visible(path):
    return not path.name.startswith(".")
