"""Reading a folder of images with one sub-folder for each class."""

from skdigits._validation import reason_of
from skdigits.images import SUFFIXES


def read_folder(folder):
    """Return the image files below ``folder``, and the name of each one's folder."""
    try:
        files = _image_files(folder)
    except OSError as error:
        raise ValueError(
            f"Got the folder {str(folder)!r}, in which {error.filename!r} cannot be "
            f"read ({reason_of(error)}), but expected one that you may read. Change "
            "its permissions or choose another."
        ) from error
    return files, [path.parent.name for path in files]


def _image_files(folder):
    classes = sorted(p for p in folder.iterdir() if p.is_dir() and _is_visible(p))
    if not classes:
        raise ValueError(
            f"Got the folder {str(folder)!r} without sub-folders, but expected one "
            "sub-folder of images for each class. Sort the images into sub-folders "
            "named after their labels."
        )
    files = {path: sorted(filter(_is_image, path.iterdir())) for path in classes}
    for path in classes:
        # else the class would be missing in silence, say for want of a decoder
        if not files[path]:
            raise ValueError(
                f"Got the folder {str(path)!r} with no images in it, but expected "
                f"files that end in {', '.join(SUFFIXES)}. Add or convert images, or "
                "remove the folder."
            )
    return [path for path_of_class in classes for path in files[path_of_class]]


def _is_image(path):
    is_named_so = is_image_name(path.name) and _is_visible(path)
    return is_named_so and not path.is_dir()


def is_image_name(name):
    return str(name).strip().lower().endswith(tuple(SUFFIXES))


def _is_visible(path):
    return not path.name.startswith(".")
