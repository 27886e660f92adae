"""Downloading MNIST's files."""

import http.client
import time
from queue import Empty, Queue
from threading import Thread
from urllib.request import urlopen

from skdigits._files import replacing
from skdigits._validation import reason_of
from skdigits.datasets._idx import DamagedFile, parse_gzip

TIMEOUT_SECONDS = 20

# MNIST's largest file, of 47 MB before it is packed to 10, may take eight minutes in
# all, whatever its mirrors do.
SLOWEST_BYTES_PER_SECOND = 100_000


def download(file, folder, mirrors, n_retries, delay):
    """Download ``file`` to ``folder`` and return its array.

    Every mirror is tried in ``n_retries + 1`` rounds with ``delay`` seconds between
    them. Each try may take half of the time that is left, so that a slow mirror leaves
    some to the others. The content is checked before anything is written.

    Raises
    ------
    OSError
        If no mirror has a sound copy, or ``folder`` cannot be written.
    """
    failures = {}
    limit = file.size + 2**16
    seconds_left = TIMEOUT_SECONDS + limit / SLOWEST_BYTES_PER_SECOND
    for round_ in range(n_retries + 1):
        if round_:
            time.sleep(delay)
        for mirror in mirrors:
            start = time.monotonic()
            try:
                url = f"{mirror}{file.name}.gz"
                content = _get(url, limit=limit, seconds=seconds_left / 2)
                array = parse_gzip(content, file)
            except (DamagedFile, OSError, http.client.HTTPException) as error:
                failures[mirror] = reason_of(error)
                seconds_left -= time.monotonic() - start
                continue
            _store(folder, f"{file.name}.gz", content)
            return array
    reasons = "; ".join(f"{mirror}: {reason}" for mirror, reason in failures.items())
    raise OSError(
        f"Got no sound copy of {file.name} from any mirror ({reasons}), but expected "
        "one. Connect to the internet, or name the folder that has it by data_home or "
        "by the environment variable SKDIGITS_DATA."
    )


def _get(url, *, limit, seconds):
    """Return the first ``limit`` bytes of what is at a URL, read in so many seconds.

    A thread of its own waits for them, as a server that sends one byte a second, even
    of the head, never lets a socket's timeout expire.
    """
    outcome = Queue()
    Thread(target=_put, args=(outcome, url, limit), daemon=True).start()
    try:
        content, error = outcome.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"it was not read in {seconds:,.0f} seconds") from None
    if error is not None:
        raise error
    return content


def _put(outcome, url, limit):
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as response:
            outcome.put((response.read(limit), None))
    except Exception as error:
        outcome.put((None, error))


def _store(folder, name, content):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / name) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise OSError(
            f"Got {str(folder)!r} to keep {name}, which cannot be written "
            f"({reason_of(error.__cause__ or error)}), but expected a folder with "
            "space that you may write to. Pass another data_home."
        ) from error
