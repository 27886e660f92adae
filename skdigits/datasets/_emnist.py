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

# Small letters that look as their capitals have one class with them.
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
pixels, ink bright on black, values 0 to 255, made as MNIST was. Published transposed,
here upright.

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
    """Load EMNIST: many more handwritten digits than MNIST has, or letters.

    The published files have the images transposed; here they are upright, as MNIST's.

    The places looked at are the sub-folders ``emnist`` of ``data_home``, of the
    folder named by the environment variable ``SKDIGITS_DATA`` and of scikit-learn's
    data home. There ``gzip.zip`` is read, which has 562 MB, as it was published, and
    checked against its SHA-256; a file that fails is named in a warning and left out.

    Parameters
    ----------
    split : {"digits", "letters", "balanced", "bymerge", "byclass", "mnist"}, \
            default="digits"
        Which part of EMNIST: "digits" are as many of each; "letters" have one class
        for a letter and its capital; "balanced" and "bymerge" are digits and letters of
        47 classes, the former as many of each, and "byclass" of 62; "mnist" are as many
        digits as MNIST has, but others.

    subset : {"all", "train", "test"}, default="all"
        "train" are the images to learn from, "test" those to test on, "all" both, in
        this order.

    data_home : str or path-like, default=None
        A folder whose sub-folder ``emnist`` to look in first, and to download to.
        None downloads to that sub-folder of scikit-learn's data home.

    download_if_missing : bool, default=True
        If False, raise an OSError where the data are not on this machine.

    n_retries : int, default=3
        Number of further rounds over the mirrors after a failure.

    delay : float, default=1.0
        Seconds between two rounds.

    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        Return ``data`` and ``target`` as a pandas DataFrame and Series.

    Returns
    -------
    emnist : sklearn.utils.Bunch
        With these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, 784), dtype uint8, or DataFrame
            A row of pixels for each image, ink bright on black, 0 to 255.
        target : ndarray of shape (n,), dtype int64, or Series
            The classes, from 0; letters as well, which EMNIST itself counts from 1.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels as images; a view of ``data``, unless ``as_frame``.
        frame : DataFrame of shape (n, 785) or None
            ``data`` and ``target``, only if ``as_frame``.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The names of the classes: that of ``target`` t is ``target_names[t]``.
        DESCR : str
            What EMNIST is.

    Raises
    ------
    OSError
        If the data are neither on this machine nor can be downloaded, or if the
        download folder cannot be written.
    ValueError
        If a parameter is not as described.

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
