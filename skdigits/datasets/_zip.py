"""Reading a ZIP file as the folder of images that it holds."""

import zipfile
from itertools import chain
from pathlib import PureWindowsPath
from posixpath import commonpath, dirname

from skdigits._files import UnreadableFile
from skdigits._validation import one_line
from skdigits.datasets._arrays import check_size, reading
from skdigits.datasets._folder import images_by_class, is_image_name
from skdigits.datasets._image_files import Content

# Packed or not: all images are in memory at the same time.
MAX_BYTES = 2**30

# Other methods unpack a small piece to any size at once.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_zip(path):
    """Return the images of a ZIP file, the name of each one's folder, and None.

    The folders of classes may lie in other folders, as most programs pack them.
    Nothing is written to the disk.

    Returns
    -------
    images : list of Content
    labels : list of str
    label_column : None
    """
    expected = (
        "a ZIP file of images in folders named after their labels. Pack it again, or "
        "pass the unpacked folder."
    )
    with reading(path, MAX_BYTES, expected) as file, zipfile.ZipFile(file) as archive:
        members = _members(archive)
        classes = _classes(path, members)
        chosen = {
            file: members[file.relative_to(path).as_posix()]
            for file in chain.from_iterable(classes.values())
            if is_image_name(file.name)
        }
        check_size("its content", sum(m.file_size for m in chosen.values()), MAX_BYTES)
        contents = {file: _unpacked(archive, m) for file, m in chosen.items()}
    files = [path / name for name in members if not name.endswith("/")]
    found, labels = images_by_class(path, classes, files)
    return [Content(repr(one_line(f)), contents[f]) for f in found], labels, None


def _members(archive):
    """Return the visible members of an archive by their names."""
    members: dict = {}
    for member in archive.infolist():
        # some programs write backslashes, or "./" before each name
        place = PureWindowsPath(member.filename)
        if place.anchor or ".." in place.parts:
            name = one_line(member.filename)
            raise UnreadableFile(f"{name!r} is outside its folder")
        name = place.as_posix() + "/" * member.filename.endswith(("/", "\\"))
        if name in members:
            raise UnreadableFile("it has two files with the same name")
        is_hidden = any(part.startswith(".") for part in place.parts)
        if place.parts and not is_hidden and place.parts[0] != "__MACOSX":
            members[name] = member
    return members


def _classes(path, names):
    """Return the folders of classes, each with the files directly in it."""
    # the folder that holds them all
    top = commonpath({dirname(dirname(n)) for n in names if is_image_name(n)} or {""})
    found: dict = {}
    prefix = f"{top}/" if top else ""
    for name in names:
        *folders, file = name.removeprefix(prefix).split("/")
        if folders and name.startswith(prefix):
            files = found.setdefault(path / top / folders[0], [])
            if file and len(folders) == 1:
                files.append(path / name)
    return found


def _unpacked(archive, member):
    if member.compress_type not in _METHODS:
        raise UnreadableFile(
            f"{one_line(member.filename)!r} is not compressed with deflate"
        )
    with archive.open(member) as stream:
        # zipfile unpacks no more than is asked for, and compares the checksum at the
        # end
        return stream.read(member.file_size + 1)
