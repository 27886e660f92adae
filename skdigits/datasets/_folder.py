"""Reading a folder of images with one subfolder for each class."""

import os
import warnings
from pathlib import Path

from skdigits._validation import one_line, reason_of
from skdigits.images import SUFFIXES

# What people and programs put beside images; anything else that is left out is named.
NOTES = (".csv", ".db", ".ini", ".json", ".md", ".rst", ".txt", ".xml")


def read_folder(folder):
    """Return the image files below ``folder``, and the name of each one's folder."""
    try:
        classes = filter(Path.is_dir, _visible(folder))
        inside = {c: [p for p in _visible(c) if not p.is_dir()] for c in classes}
    except OSError as error:
        raise ValueError(
            f"Got the folder {str(folder)!r}, in which {error.filename!r} cannot be "
            f"read ({reason_of(error)}), but expected a readable one. Change its "
            "permissions or choose another."
        ) from error
    return images_by_class(folder, inside, _visible_files(folder))


def images_by_class(folder, files_of, found):
    """Return the image files in order, and the name of each one's folder.

    Raises a ValueError if there are none, and warns of files that are left out, except
    notes. ``files_of`` has the visible folders in ``folder``, each with its visible
    files, and ``found`` all files.
    """
    if not files_of:
        raise ValueError(
            f"Got the folder {str(folder)!r} without subfolders, but expected one "
            "subfolder of images for each class. Sort the images into subfolders "
            "named after their labels."
        )
    images = []
    for path in sorted(files_of):
        its_images = sorted(filter(is_image_name, files_of[path]))
        # otherwise the class would be missing silently, say for lack of a decoder
        if not its_images:
            raise ValueError(
                f"Got the folder {str(path)!r} with no images in it, but expected "
                f"files that end in {', '.join(SUFFIXES)}. Add or convert images, or "
                "remove the folder."
            )
        images += its_images
    others = sorted(
        path.relative_to(folder).as_posix()
        for path in set(found) - set(images)
        if not path.name.startswith(".") and path.suffix.lower() not in NOTES
    )
    if others:
        n_files = "1 file" if len(others) == 1 else f"{len(others)} files"
        first = one_line(", ".join(others[:5])) + ", and more" * (len(others) > 5)
        warnings.warn(
            f"Ignored {n_files} in {str(folder)!r}, as not in a class folder or not "
            f"images: {first}.",
            stacklevel=5,
        )
    return images, [path.parent.name for path in images]


def _visible_files(folder):
    """Return the files at any depth, but for those of hidden or unreadable folders."""
    found = []
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(path, name) for name in names]
    return found


def is_image_name(name):
    return str(name).strip().lower().endswith(tuple(SUFFIXES))


def _visible(folder):
    return [path for path in folder.iterdir() if not path.name.startswith(".")]
