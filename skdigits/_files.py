"""Reading untrusted files safely, and writing files whole or not at all."""

import os
import secrets
import stat
from contextlib import ExitStack, contextmanager, suppress
from errno import EDQUOT, ENAMETOOLONG, ENOSPC
from pathlib import Path

from skdigits._validation import one_line, reason_of

try:
    import fcntl
except ImportError:  # Windows: nobody can tell what a killed process left
    fcntl = None  # type: ignore[assignment]

_PREFIX, _SUFFIX = ".skdigits-", ".tmp"

_NO_ROOM = "enough space. Free some, or choose another folder"
_REMEDIES = {
    ENOSPC: _NO_ROOM,
    EDQUOT: _NO_ROOM,
    ENAMETOOLONG: "a shorter name. Change it",
}


class UnreadableFile(ValueError):
    """The message is a clause that says why."""


def open_regular(path, max_bytes):
    """Open a file to read its bytes, once it is known to be one of acceptable size.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UnreadableFile
        If it is not a regular file, has more than ``max_bytes``, or cannot be opened.
    """
    try:
        status = os.stat(path)
        # a pipe would be waited for, and a device may never end
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile("it is not a regular file")
        if status.st_size > max_bytes:
            raise UnreadableFile(
                f"it has {status.st_size:,} bytes; the limit is {max_bytes:,}"
            )
        return open(path, "rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableFile(reason_of(error)) from error


@contextmanager
def replacing(path):
    """Yield a temporary path beside ``path``, whose file takes its place in the end.

    Other processes, and whoever comes after a failure or a kill, see all of the new
    file or all of the old one. A link stays a link, and an old file's mode is kept.

    Raises
    ------
    OSError
        If it cannot be written; the message is one sentence.
    """
    with _in_one_sentence(path), _temporary_beside(path) as (temporary, target):
        yield temporary
        _finish(temporary, target)
        temporary.replace(target)


def write_files(writers, failures=None):
    """Write several files as `replacing` does, and then put all in place.

    Parameters
    ----------
    writers : dict
        Paths, each with a function that writes to a temporary path. They
        are put in place in this order, so the one to look at comes last.

    failures : dict, default=None
        Gets the error of each path that could not be written, while the others are.
        None raises the first one, and changes no file, unless it is its place that
        refuses one.
    """
    with ExitStack() as temporaries:
        written = {}
        for path, write in writers.items():
            with _failing(path, failures):
                temporary, target = temporaries.enter_context(_temporary_beside(path))
                write(temporary)
                _finish(temporary, target)
                written[path] = temporary, target
        for path, (temporary, target) in written.items():
            with _failing(path, failures):
                temporary.replace(target)


@contextmanager
def _failing(path, failures):
    try:
        with _in_one_sentence(path):
            yield
    except Exception as error:
        if failures is None:
            raise
        failures[path] = error


def check_writable(path):
    """Raise an OSError of one sentence now rather than after the work."""
    with _in_one_sentence(path), _temporary_beside(path):
        pass


@contextmanager
def _temporary_beside(path):
    """Yield the path of an empty file, gone in the end, and what it may replace."""
    if "\0" in str(path):
        raise OSError(
            f"Got {str(path)!r}, which is not the name of a file, but expected one. "
            "Change it."
        )
    target = Path(os.path.realpath(path))
    _check_target(path, target)
    _remove_stale_files(target.parent)
    with _locked_file(target.parent) as temporary:
        try:
            if target.exists():
                # nobody else may read what is private while it is written
                _set_mode(temporary, 0o600)
            yield temporary, target
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _in_one_sentence(path):
    try:
        yield
    except OSError as error:
        # else it is a sentence already
        if error.errno is None:
            raise
        expected = _REMEDIES.get(
            error.errno, "a folder that you may write to. Choose another"
        )
        raise type(error)(
            f"Got {one_line(path)!r}, which cannot be written ({reason_of(error)}), "
            f"but expected {expected}."
        ) from error


def _check_target(path, target):
    if target.is_dir():
        raise IsADirectoryError(
            f"Got {str(path)!r}, which is a folder, but expected a file. Add the "
            "name of a file."
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"Got the file {str(path)!r} in a missing folder, but expected an "
            f"existing folder. Create {str(Path(path).parent)!r} first."
        )
    # os.path.exists does not say that a name is too long
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(target.stat().st_mode):
            raise OSError(
                f"Got {str(path)!r}, which is a device or a pipe, but expected a file. "
                "Choose another name."
            )


@contextmanager
def _locked_file(folder):
    """Make a file that is locked for as long as its process lives."""
    while True:
        path = folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        with path.open("xb") as file:
            _lock(file, wait=True)
            if fcntl is None:
                file.close()
            # another process may have removed it as stale before it was locked
            if path.exists():
                yield path
                return


def _remove_stale_files(folder):
    """Remove the temporary files of processes that were killed."""
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        # some file systems lock only what is open to write, and one that was to
        # replace a read-only file is read-only itself
        mode = "rb+" if os.access(path, os.W_OK) else "rb"
        with suppress(OSError), path.open(mode) as file:
            if _lock(file, wait=False):
                path.unlink()


def _lock(file, *, wait):
    """Lock a file and return whether that worked; not all systems have locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _finish(temporary, target):
    """Bring a file to the disk, with the mode of what it will replace."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    if target.exists():
        _set_mode(temporary, stat.S_IMODE(target.stat().st_mode))


def _set_mode(path, mode):
    with suppress(OSError):  # some file systems have none
        path.chmod(mode)
