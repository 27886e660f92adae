"""Reading a folder of images with one sub-folder for each class."""

from skdigits._validation import reason_of
from skdigits.images import SUFFIXES


def read_folder(folder):
    """Return the image files below ``folder``, and the name of each one's folder."""
    try:
        classes = [p for p in folder.iterdir() if p.is_dir() and _is_visible(p)]
        inside = {path: _files_in(path) for path in classes}
    except OSError as error:
        raise ValueError(
            f"Got the folder {str(folder)!r}, in which {error.filename!r} cannot be "
            f"read ({reason_of(error)}), but expected one that you may read. Change "
            "its permissions or choose another."
        ) from error
    files = images_by_class(folder, inside)
    return files, [path.parent.name for path in files]


def images_by_class(folder, files_of):
    """Return the image files in order, or raise a ValueError.

    ``files_of`` has the visible folders in ``folder``, each with its files.
    """
    if not files_of:
        raise ValueError(
            f"Got the folder {str(folder)!r} without sub-folders, but expected one "
            "sub-folder of images for each class. Sort the images into sub-folders "
            "named after their labels."
        )
    files = {
        path: sorted(filter(_is_image, files_of[path])) for path in sorted(files_of)
    }
    for path in files:
        # else the class would be missing in silence, say for want of a decoder
        if not files[path]:
            raise ValueError(
                f"Got the folder {str(path)!r} with no images in it, but expected "
                f"files that end in {', '.join(SUFFIXES)}. Add or convert images, or "
                "remove the folder."
            )
    return [path for its_files in files.values() for path in its_files]


def _files_in(folder):
    return [path for path in folder.iterdir() if not path.is_dir()]


def _is_image(path):
    return is_image_name(path.name) and _is_visible(path)


def is_image_name(name):
    return str(name).strip().lower().endswith(tuple(SUFFIXES))


def _is_visible(path):
    return not path.name.startswith(".")
