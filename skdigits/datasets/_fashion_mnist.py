"""fetch_fashion_mnist."""

import os
from typing import Any, Literal

from skdigits.datasets._fetch import Source, fetch
from skdigits.datasets._known_files import gzipped_idx_files

DESCR = """Fashion-MNIST: clothes

70,000 images of clothes, 28 x 28 pixels, bright on black, values 0 to 255: 60,000 for
training and 10,000 for testing, in the original order, 7,000 of each of ten classes.

H. Xiao, K. Rasul, R. Vollgraf. "Fashion-MNIST: a novel image dataset for benchmarking
machine learning algorithms" (2017), under the MIT license.
"""

# The sizes and the SHA-256 of the images and labels for training and for tests.
FILES = gzipped_idx_files(
    (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)

FASHION_MNIST = Source(
    "fashion_mnist",
    mirrors=(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
        "data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    files=FILES,
    target_names=[
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
    descr=DESCR,
)


def fetch_fashion_mnist(
    *,
    subset: Literal["train", "test", "all"] = "all",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load Fashion-MNIST: clothes in MNIST format, harder to classify than digits.

    The subfolder ``fashion_mnist`` is searched for in ``data_home``, in the folder
    that the environment variable ``SKDIGITS_DATA`` names, and in scikit-learn's data
    home. The four gzipped IDX files are read from there as published, and checked
    against their SHA-256. A file that fails the check is named in a warning and
    skipped.

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        "train" is the first 60,000 images, "test" the last 10,000, "all" both.

    data_home : str or path-like, default=None
        The folder whose subfolder ``fashion_mnist`` is searched first and receives the
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
    fashion : sklearn.utils.Bunch
        An object with these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, 784), dtype uint8, or DataFrame
            One row of pixels for each image: bright on black, from 0 to 255.
        target : ndarray of shape (n,), dtype int64, or Series
            The classes, 0 to 9.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels, shaped as images; a view of ``data``, unless ``as_frame``.
        frame : DataFrame of shape (n, 785) or None
            ``data`` and ``target`` in one table if ``as_frame``, else None.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The names of the classes: ``target_names[t]`` is the name of class ``t``.
        DESCR : str
            A description of Fashion-MNIST.

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
    H. Xiao, K. Rasul, R. Vollgraf. "Fashion-MNIST: a novel image dataset for
    benchmarking machine learning algorithms." arXiv:1708.07747 (2017).

    Examples
    --------
    >>> from skdigits.datasets import fetch_fashion_mnist
    >>> X, y = fetch_fashion_mnist(subset="test", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (10000, 784)
    """
    return fetch(FASHION_MNIST, **locals())
