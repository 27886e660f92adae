"""Downloading a file with a known checksum from one of its mirrors."""

import time
from contextlib import nullcontext
from functools import partial
from queue import Empty, Queue
from threading import Thread

from skdigits._files import replacing
from skdigits._validation import reason_of
from skdigits.datasets._known_files import DamagedFile

TIMEOUT_SECONDS = 20

# MNIST's largest file, of 47 MB before it is packed to 10, may take eight minutes in
# all, whatever its mirrors do.
SLOWEST_BYTES_PER_SECOND = 100_000

_CHUNK_BYTES = 2**16


def download(file, folder, mirrors, n_retries, delay):
    """Download ``file`` to ``folder`` and return what it holds.

    Every mirror is tried in ``n_retries + 1`` rounds with ``delay`` seconds between
    them. Each try may take half of the time that is left, so a slow mirror leaves
    some to the others. The content is checked before the file gets its name.

    Raises
    ------
    OSError
        If no mirror has an intact copy, or ``folder`` cannot be written.
    """
    failures = {}
    seconds_left = TIMEOUT_SECONDS + file.max_bytes / SLOWEST_BYTES_PER_SECOND
    for round_ in range(n_retries + 1):
        if round_:
            time.sleep(delay)
        for mirror in mirrors:
            start = time.monotonic()
            try:
                return _try(file, folder, mirror, seconds_left / 2)
            except DamagedFile as error:
                failures[mirror] = reason_of(error)
                seconds_left -= time.monotonic() - start
    reasons = "; ".join(f"{mirror}: {reason}" for mirror, reason in failures.items())
    raise OSError(
        f"Got no intact copy of {file.name} from any mirror ({reasons}), but "
        "expected one. Connect to the internet, or pass the folder that has it as "
        "data_home or in the environment variable SKDIGITS_DATA."
    )


def _try(file, folder, mirror, seconds):
    """Return what the copy of one mirror holds, once it is in place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / file.name) as temporary:
            url = mirror + file.name
            _get(url, temporary, max_bytes=file.max_bytes, seconds=seconds)
            return file.read(temporary)
    except OSError as error:
        raise OSError(
            f"Got {str(folder)!r} as the folder for {file.name}, which cannot be "
            f"written ({reason_of(error.__cause__ or error)}), but expected a writable "
            "folder with enough space. Pass another data_home."
        ) from error


def _get(url, path, *, max_bytes, seconds):
    """Write what is at a URL to a file, or raise a `DamagedFile`.

    A thread of its own waits for it, as a server that sends one byte a second, even
    of the head, never lets a socket's timeout expire. It gets an open file, as it
    would otherwise make the file again after it was removed; it ends when it cannot
    write to it any more.
    """
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress

    outcome, console = Queue(), Console(stderr=True)
    columns = (*Progress.get_default_columns(), DownloadColumn())
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task(url.rpartition("/")[2], total=None)
    meter = _Meter(max_bytes, partial(bar.update, task))
    # if stderr is no terminal, rich 13 prints empty lines even for a disabled bar
    shown = bar if console.is_terminal else nullcontext()
    with shown, open(path, "wb") as output:
        Thread(target=_put, args=(outcome, url, output, meter), daemon=True).start()
        try:
            error = outcome.get(timeout=seconds)
        except Empty:
            error = DamagedFile(f"it was not read in {seconds:,.0f} seconds")
    if error is not None:
        raise error


def _put(outcome, url, output, meter):
    import requests
    from pooch import HTTPDownloader

    get = HTTPDownloader(
        meter,
        _CHUNK_BYTES,
        timeout=TIMEOUT_SECONDS,
        # else a server may call a gzipped file a plain one that was packed on the way
        headers={"Accept-Encoding": "identity"},
    )
    try:
        outcome.put(get(url, output, None))
    except requests.ConnectionError:
        # whose own words name sockets and pools
        outcome.put(DamagedFile("it cannot be reached"))
    except (requests.RequestException, ValueError) as error:
        outcome.put(DamagedFile(reason_of(error)))
    except Exception as error:
        outcome.put(error)


class _Meter:
    """What pooch uses as a progress bar; it also stops a large download."""

    def __init__(self, max_bytes, show):
        self.total = 0
        self._n_bytes, self._max_bytes, self._show = 0, max_bytes, show

    def update(self, n_bytes):
        self._n_bytes += n_bytes
        # pooch counts whole chunks
        if self._n_bytes >= self._max_bytes + _CHUNK_BYTES:
            raise DamagedFile(f"it has more than {self._max_bytes:,} bytes")
        self._show(completed=self._n_bytes, total=self.total or None)

    def reset(self):
        self._n_bytes = 0

    def close(self):
        pass
