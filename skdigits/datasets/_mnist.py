"""fetch_mnist."""

import os
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np

from skdigits._validation import (
    check_bool,
    check_choice,
    check_integer,
    check_number,
    check_path,
)
from skdigits.datasets._bunch import make_bunch
from skdigits.datasets._download import download
from skdigits.datasets._idx import DamagedFile, IdxFile

FILES = {
    "train": (
        IdxFile(
            "train-images-idx3-ubyte",
            (60000, 28, 28),
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            npz_key="x_train",
        ),
        IdxFile(
            "train-labels-idx1-ubyte",
            (60000,),
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            npz_key="y_train",
        ),
    ),
    "test": (
        IdxFile(
            "t10k-images-idx3-ubyte",
            (10000, 28, 28),
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            npz_key="x_test",
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte",
            (10000,),
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            npz_key="y_test",
        ),
    ),
}

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

DESCR = """MNIST: handwritten digits

70,000 pictures of handwritten digits, 28 x 28 pixels, ink bright on black, values 0 to
255; 60,000 for training and 10,000 for tests, in the original order.

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
    """Load MNIST, from this machine or else from the internet.

    The places looked at are ``data_home``, the folder named by the environment
    variable ``SKDIGITS_DATA`` and its sub-folder ``mnist``, and the sub-folder
    ``mnist`` of scikit-learn's data home. There the four IDX files are read, plain or
    gzipped, or ``mnist.npz``. The content is checked against its SHA-256; a file that
    fails is named in a warning and left out. Only the files that ``subset`` needs are
    read or downloaded, and files are written nowhere but to the download folder.

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        "train" are the first 60,000 pictures, "test" the last 10,000, "all" both.

    data_home : str or path-like, default=None
        A folder to look in first, and to download to. None downloads to the sub-folder
        ``mnist`` of scikit-learn's data home.

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
    mnist : sklearn.utils.Bunch
        With these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, 784), dtype uint8, or DataFrame
            A row of pixels for each picture, ink bright on black, 0 to 255.
        target : ndarray of shape (n,), dtype int64, or Series
            The digits, 0 to 9.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels as pictures; a view of ``data``, unless ``as_frame``.
        frame : DataFrame of shape (n, 785) or None
            ``data`` and ``target``, only if ``as_frame``.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The names of the digits.
        DESCR : str
            What MNIST is.

    Raises
    ------
    OSError
        If the data are neither on this machine nor can be downloaded, or if the
        download folder cannot be written.
    ValueError
        If a parameter is not as described.

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
    check_choice("subset", subset, ("all", "train", "test"))
    n_retries = check_integer("n_retries", n_retries, minimum=0)
    delay = check_number("delay", delay, low=0, high=3600)
    may_download = check_bool("download_if_missing", download_if_missing)
    return_X_y = check_bool("return_X_y", return_X_y)
    as_frame = check_bool("as_frame", as_frame)
    if data_home is not None:
        data_home = check_path("data_home", data_home)
    folder = data_home or _cache_folder()
    places = _places(data_home)
    parts = []
    for name in ("train", "test") if subset == "all" else (subset,):
        for file in FILES[name]:
            array = _find(file, places)
            if array is None and not may_download:
                raise _missing(file, places)
            if array is None:
                array = download(file, folder, MIRRORS, n_retries, delay)
            parts.append(array)
    images, labels = np.concatenate(parts[::2]), np.concatenate(parts[1::2])
    return make_bunch(
        images,
        labels.astype(np.int64),
        DESCR=DESCR,
        target_names=[str(digit) for digit in range(10)],
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _cache_folder():
    # not get_data_home(), which creates the folder
    home = os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
    return Path(home).expanduser() / "mnist"


def _places(data_home):
    """Return the folders to look in, in order."""
    places = []
    if data_home is not None:
        places.append(data_home)
    if named := os.environ.get("SKDIGITS_DATA"):
        folder = Path(named).expanduser()
        places += [folder, folder / "mnist"]
    # the same folder may be named twice, and would be warned about twice
    return list(dict.fromkeys([*places, _cache_folder()]))


def _find(file, places):
    """Return the first sound copy of ``file``, None if there is none."""
    for place in places:
        for path in file.paths_in(place):
            if not os.path.isfile(path):  # Path.is_file raises where access is denied
                continue
            try:
                return file.read(path)
            except DamagedFile as error:
                warnings.warn(
                    f"{path} is left out: {error}.", UserWarning, stacklevel=3
                )
    return None


def _missing(file, places):
    looked = ", ".join(str(place) for place in places)
    return OSError(
        f"Got no sound copy of {file.name} in {looked}, but expected one there. Pass "
        "download_if_missing=True, or name the folder that has it by data_home or by "
        "the environment variable SKDIGITS_DATA."
    )
