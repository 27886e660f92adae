"""fetch_usps."""

import bz2
import os
from functools import partial
from string import digits
from typing import Any, Literal

import numpy as np

from skdigits.datasets._fetch import Source, fetch
from skdigits.datasets._known_files import DamagedFile, KnownFile

SIDE = 16

# About 7 MB and 2 MB.
_MAX_BYTES = 2**24

DESCR = """USPS: handwritten digits from envelopes

9,298 images of digits from the zip codes of letters, scanned by the U.S. Postal
Service, 16 x 16 pixels, bright ink on black, values 0 to 255 here and -1 to 1 as
published: 7,291 for training and 2,007 for testing, in the original order.

J. J. Hull. "A database for handwritten text recognition research." IEEE Transactions
on Pattern Analysis and Machine Intelligence 16 (1994).
"""


def fetch_usps(
    *,
    subset: Literal["train", "test", "all"] = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load USPS: digits from envelopes, by writers other than those of MNIST.

    The subfolder ``usps`` is searched for in ``data_home``, in the folder that the
    environment variable ``SKDIGITS_DATA`` names, and in scikit-learn's data home.
    The files ``usps.bz2`` and ``usps.t.bz2`` are read from there, as published by the
    authors of LIBSVM. Each is checked against its MD5 (no published SHA-256 is known)
    and its number of images. A file that fails the check is named in a warning and
    skipped.

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        "train" is the first 7,291 images, "test" the last 2,007, "all" both.

    data_home : str or path-like, default=None
        The folder whose subfolder ``usps`` is searched first and receives the
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
    usps : sklearn.utils.Bunch
        An object with these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, 256), dtype uint8, or DataFrame
            One row of pixels for each image: bright ink on black, from 0 to 255.
        target : ndarray of shape (n,), dtype int64, or Series
            The digits, 0 to 9.
        images : ndarray of shape (n, 16, 16), dtype uint8
            The same pixels, shaped as images; a view of ``data``, unless ``as_frame``.
        frame : DataFrame of shape (n, 257) or None
            ``data`` and ``target`` in one table if ``as_frame``, else None.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The names of the classes: ``target_names[t]`` is the name of class ``t``.
        DESCR : str
            A description of USPS.

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
    J. J. Hull. "A database for handwritten text recognition research." IEEE
    Transactions on Pattern Analysis and Machine Intelligence 16 (1994).

    Examples
    --------
    >>> from skdigits.datasets import fetch_usps
    >>> X, y = fetch_usps(subset="test", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (2007, 256)
    """
    return fetch(USPS, **locals())


def _arrays(n_images, stream):
    """Return the images and labels of a file in LIBSVM's format."""
    from sklearn.datasets import load_svmlight_file

    # the checksum has been compared: whatever has it is in that format
    with bz2.open(stream) as text:
        pixels, labels = load_svmlight_file(text, n_features=SIDE * SIDE)
    if len(labels) != n_images:
        raise DamagedFile(f"it has {len(labels):,} images instead of {n_images:,}")
    # -1 is the paper, 1 the ink
    images = np.round((pixels.toarray() + 1) * 127.5).astype(np.uint8)
    return [images.reshape(-1, SIDE, SIDE), labels - 1]


def _files(name, md5, n_images):
    return (KnownFile(name, _MAX_BYTES, f"md5:{md5}", partial(_arrays, n_images)),)


USPS = Source(
    "usps",
    mirrors=("https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",),
    files={
        "train": _files("usps.bz2", "ec16c51db3855ca6c91edd34d0e9b197", 7291),
        "test": _files("usps.t.bz2", "8ea070ee2aca1ac39742fdd1ef5ed118", 2007),
    },
    target_names=list(digits),
    descr=DESCR,
)
