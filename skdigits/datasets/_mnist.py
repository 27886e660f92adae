"""fetch_mnist."""

import os
from string import digits
from typing import Any, Literal

from skdigits.datasets._fetch import Source, fetch
from skdigits.datasets._known_files import IdxFile


def _pair(prefix, subset, n, images, labels):
    """Return ``n`` images and their labels, by the SHA-256 of each file."""
    return (
        IdxFile(f"{prefix}-images-idx3-ubyte.gz", (n, 28, 28), images, f"x_{subset}"),
        IdxFile(f"{prefix}-labels-idx1-ubyte.gz", (n,), labels, f"y_{subset}"),
    )


FILES = {
    "train": _pair(
        "train",
        "train",
        60000,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "test": _pair(
        "t10k",
        "test",
        10000,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

DESCR = """MNIST: handwritten digits

70,000 images of handwritten digits, 28 x 28 pixels, bright ink on black, values 0 to
255: 60,000 for training and 10,000 for testing, in the original order.

Y. LeCun, C. Cortes, C. J. C. Burges. "The MNIST database of handwritten digits" (1998).
"""


def fetch_mnist(
    *,
    subset: Literal["train", "test", "all"] = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load MNIST from this machine, or else from the internet.

    These folders are searched: ``data_home``, the folder that the environment variable
    ``SKDIGITS_DATA`` names, the subfolders ``mnist`` of both, and the subfolder
    ``mnist`` of scikit-learn's data home. The four IDX files, plain or gzipped, or
    ``mnist.npz`` are read from there, and checked against their SHA-256. A file that
    fails the check is named in a warning and skipped. Only the files that ``subset``
    needs are read or downloaded, and files are written only to the download folder.

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        "train" is the first 60,000 images, "test" the last 10,000, "all" both.

    data_home : str or path-like, default=None
        The folder that is searched first and receives the downloads. If None,
        downloads go to the subfolder ``mnist`` of scikit-learn's data home.

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
    mnist : sklearn.utils.Bunch
        An object with these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, 784), dtype uint8, or DataFrame
            One row of pixels for each image: bright ink on black, from 0 to 255.
        target : ndarray of shape (n,), dtype int64, or Series
            The digits, 0 to 9.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels, shaped as images; a view of ``data``, unless ``as_frame``.
        frame : DataFrame of shape (n, 785) or None
            ``data`` and ``target`` in one table if ``as_frame``, else None.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The names of the digits.
        DESCR : str
            A description of MNIST.

    Raises
    ------
    OSError
        If the data are not on this machine and cannot be downloaded, or if the
        download folder cannot be written to.
    ValueError
        If a parameter is invalid.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. "Gradient-based learning applied to
    document recognition." Proceedings of the IEEE 86 (1998).

    Examples
    --------
    >>> from skdigits.datasets import fetch_mnist
    >>> X, y = fetch_mnist(subset="test", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (10000, 784)
    """
    return fetch(
        Source("mnist", MIRRORS, FILES, list(digits), DESCR, in_home=True), **locals()
    )
