"""Downloading MNIST's files."""

import http.client
import time
from urllib.request import urlopen

from skdigits._files import replacing
from skdigits._validation import reason_of
from skdigits.datasets._idx import DamagedFile, parse_gzip

TIMEOUT_SECONDS = 20


def download(file, folder, mirrors, n_retries, delay):
    """Download ``file`` to ``folder`` and return its array.

    Every mirror is tried in ``n_retries + 1`` rounds with ``delay`` seconds between
    them. The content is checked before anything is written.

    Raises
    ------
    OSError
        If no mirror has a sound copy, or ``folder`` cannot be written.
    """
    failures = {}
    for round_ in range(n_retries + 1):
        if round_:
            time.sleep(delay)
        for mirror in mirrors:
            try:
                content = _get(f"{mirror}{file.name}.gz", limit=file.size + 2**16)
                array = parse_gzip(content, file)
            except (DamagedFile, OSError, http.client.HTTPException) as error:
                failures[mirror] = str(error) or type(error).__name__
                continue
            _store(folder, f"{file.name}.gz", content)
            return array
    reasons = "; ".join(f"{mirror}: {reason}" for mirror, reason in failures.items())
    raise OSError(
        f"Got no sound copy of {file.name} from any mirror ({reasons}), but expected "
        "one. Connect to the internet, or name the folder that has it by data_home or "
        "by the environment variable SKDIGITS_DATA."
    )


def _get(url, *, limit):
    with urlopen(url, timeout=TIMEOUT_SECONDS) as response:
        return response.read(limit)


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
