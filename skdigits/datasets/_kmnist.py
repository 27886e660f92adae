"""fetch_kmnist."""

import os
from typing import Any, Literal

from skdigits.datasets._fetch import Source, fetch
from skdigits.datasets._known_files import gzipped_idx_files

DESCR = """Kuzushiji-MNIST: handwritten Japanese characters

70,000 images of ten hiragana characters in cursive script, 28 x 28 pixels, bright ink
on black, values 0 to 255: 60,000 for training and 10,000 for testing, in the original
order, 7,000 of each.

"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL
and others), doi:10.20676/00000341, under the license CC BY-SA 4.0.
"""

# The sizes and the SHA-256 of the images and labels for training and for tests.
FILES = gzipped_idx_files(
    (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
    (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
    (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
    (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
)

KMNIST = Source(
    "kmnist",
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    files=FILES,
    target_names=["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
    descr=DESCR,
)


def fetch_kmnist(
    *,
    subset: Literal["train", "test", "all"] = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load KMNIST: handwritten Japanese characters in MNIST format.

    The subfolder ``kmnist`` is searched for in ``data_home``, in the folder that
    the environment variable ``SKDIGITS_DATA`` names, and in scikit-learn's data home.
    The four gzipped IDX files are read from there as published, and checked against
    their SHA-256. A file that fails the check is named in a warning and skipped.

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        "train" is the first 60,000 images, "test" the last 10,000, "all" both.

    data_home : str or path-like, default=None
        The folder whose subfolder ``kmnist`` is searched first and receives the
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
    kmnist : sklearn.utils.Bunch
        An object with these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, 784), dtype uint8, or DataFrame
            One row of pixels for each image: bright ink on black, from 0 to 255.
        target : ndarray of shape (n,), dtype int64, or Series
            The classes of the characters, 0 to 9.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels, shaped as images; a view of ``data``, unless ``as_frame``.
        frame : DataFrame of shape (n, 785) or None
            ``data`` and ``target`` in one table if ``as_frame``, else None.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The names of the classes: ``target_names[t]`` is the name of class ``t``.
        DESCR : str
            A description of KMNIST.

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
    T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha. "Deep
    learning for classical Japanese literature." arXiv:1812.01718 (2018).

    Examples
    --------
    >>> from skdigits.datasets import fetch_kmnist
    >>> X, y = fetch_kmnist(subset="test", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (10000, 784)
    """
    return fetch(KMNIST, **locals())
