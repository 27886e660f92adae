"""fetch_emnist."""

import os
import zipfile
from functools import partial
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, Literal

import numpy as np

from skdigits._validation import check_choice
from skdigits.datasets._fetch import Source, fetch
from skdigits.datasets._idx import parse_idx, unzipped
from skdigits.datasets._known_files import DamagedFile, KnownFile

MIRRORS = ("https://biometrics.nist.gov/cs_links/EMNIST/",)

ARCHIVE = (
    "gzip.zip",
    561_753_746,
    "sha256:fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
)

# The largest array, of 697,932 images, has 547 MB.
_MAX_BYTES = 2**30

# Small letters that look like their capitals share one class with them.
_MERGED = digits + ascii_uppercase + "abdefghnqrt"
NAMES = {
    "digits": digits,
    "letters": ascii_lowercase,
    "balanced": _MERGED,
    "bymerge": _MERGED,
    "byclass": digits + ascii_uppercase + ascii_lowercase,
    "mnist": digits,
}

DESCR = """EMNIST: handwritten digits and letters

Images of handwritten digits and letters from NIST's Special Database 19, 28 x 28
pixels, bright ink on black, values 0 to 255, prepared in the same way as MNIST. They
were published transposed; here they are upright.

G. Cohen, S. Afshar, J. Tapson, A. van Schaik. "EMNIST: an extension of MNIST to
handwritten letters" (2017).
"""


def fetch_emnist(
    *,
    split: Literal[
        "digits", "letters", "balanced", "bymerge", "byclass", "mnist"
    ] = "digits",
    subset: Literal["train", "test", "all"] = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load EMNIST: many more handwritten digits than MNIST, or handwritten letters.

    In the published files, the images are transposed; here they are upright, like those
    of MNIST.

    The subfolder ``emnist`` is searched for in ``data_home``, in the folder that the
    environment variable ``SKDIGITS_DATA`` names, and in scikit-learn's data home.
    The archive ``gzip.zip`` (562 MB) is read from there as published, and checked
    against its SHA-256. A file that fails the check is named in a warning and skipped.

    Parameters
    ----------
    split : {"digits", "letters", "balanced", "bymerge", "byclass", "mnist"}, \
            default="digits"
        The part of EMNIST to load:

        - "digits": digits, the same number of each;
        - "letters": letters, with one class for both cases of a letter;
        - "balanced": digits and letters in 47 classes of equal size;
        - "bymerge": the same 47 classes, of unequal size;
        - "byclass": the images of "bymerge" in 62 classes, with upper and lower case
          always separate;
        - "mnist": as many digits as in MNIST, but different images.

    subset : {"all", "train", "test"}, default="all"
        "train" is the training set, "test" the test set, "all" both, in this order.

    data_home : str or path-like, default=None
        The folder whose subfolder ``emnist`` is searched first and receives the
        downloads. If None, downloads go to the same subfolder of scikit-learn's data
        home.

    download_if_missing : bool, default=True
        If False, raise an OSError when the data are not on this machine.

    n_retries : int, default=3
        Number of times to try all mirrors again after a failure.

    delay : float, default=1.0
        Seconds between retries.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, return ``data`` as a pandas DataFrame and ``target`` as a Series.

    Returns
    -------
    emnist : sklearn.utils.Bunch
        An object with these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, 784), dtype uint8, or DataFrame
            One row of pixels for each image: bright ink on black, from 0 to 255.
        target : ndarray of shape (n,), dtype int64, or Series
            The classes, counted from 0; EMNIST itself counts letters from 1.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels, shaped as images; a view of ``data``, unless ``as_frame``.
        frame : DataFrame of shape (n, 785) or None
            ``data`` and ``target`` in one table if ``as_frame``, else None.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The names of the classes: ``target_names[t]`` is the name of class ``t``.
        DESCR : str
            A description of EMNIST.

    Raises
    ------
    OSError
        If the data are not on this machine and cannot be downloaded, or if the
        download folder cannot be written to.
    ValueError
        If a parameter is invalid.

    See Also
    --------
    fetch_mnist : Handwritten digits.

    References
    ----------
    G. Cohen, S. Afshar, J. Tapson, A. van Schaik. "EMNIST: an extension of MNIST to
    handwritten letters." arXiv:1702.05373 (2017).

    Examples
    --------
    >>> from skdigits.datasets import fetch_emnist
    >>> X, y = fetch_emnist(subset="test", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (40000, 784)
    """
    options = locals()
    split = check_choice("split", options.pop("split"), NAMES)
    subsets = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
    files = {
        name: (KnownFile(*ARCHIVE, partial(_arrays, split, parts)),)
        for name, parts in subsets.items()
    }
    source = Source("emnist", MIRRORS, files, list(NAMES[split]), DESCR)
    return fetch(source, **options)


def _arrays(split, subsets, stream):
    """Return images and labels, in turn, of each subset in the archive."""
    arrays = []
    try:
        with zipfile.ZipFile(stream) as archive:
            for subset in subsets:
                name = f"gzip/emnist-{split}-{subset}"
                images = _member(archive, f"{name}-images-idx3-ubyte.gz")
                labels = _member(archive, f"{name}-labels-idx1-ubyte.gz")
                upright = np.ascontiguousarray(images.swapaxes(1, 2))
                arrays += [upright, labels - int(split == "letters")]
    except (KeyError, zipfile.BadZipFile) as error:
        raise DamagedFile(f"it is not the archive of EMNIST ({error})") from error
    return arrays


def _member(archive, name):
    with archive.open(name) as packed:
        return parse_idx(unzipped(packed), _MAX_BYTES)
