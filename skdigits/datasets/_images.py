"""load_digit_images."""

from pathlib import Path

import numpy as np

from skdigits._validation import as_label_array, check_image_shape, resolve_image_shape
from skdigits.datasets._bunch import make_bunch
from skdigits.datasets._folder import read_folder
from skdigits.datasets._tables import read_csv, read_npz


def load_digit_images(path, *, image_shape=None, return_X_y=False, as_frame=False):
    """Load labelled pictures of your own.

    Parameters
    ----------
    path : str or path-like
        One of:

        - a folder with one sub-folder for each class, named after it, that holds the
          pictures (PNG, JPEG, BMP, GIF, TIFF, WebP or PGM); colours become grey,
          transparent pixels white;
        - a CSV file with the label in the column ``label``, or in the first column if
          there is none of that name, and a column for each pixel;
        - an ``.npz`` file with the arrays ``x`` and ``y``, or ``x_train`` and
          ``y_train``.

    image_shape : tuple of int (height, width), default=None
        Size in pixels. Pictures of a folder are resized to it; None wants all of one
        size. Rows of a table are folded to it; None folds them to squares.

    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        Return ``data`` and ``target`` as a pandas DataFrame and Series.

    Returns
    -------
    digits : sklearn.utils.Bunch
        data : ndarray of shape (n, height * width), or DataFrame
            uint8, or float32 if a table has other values than integers in 0..255.
        target : ndarray of shape (n,), or Series
            int64 if all labels are integers, else strings.
        images : ndarray of shape (n, height, width)
        frame : DataFrame of shape (n, height * width + 1), only if ``as_frame``
        feature_names : list of str
        target_names : list of str
        DESCR : str

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If the content is not as described.

    Examples
    --------
    >>> import os, tempfile
    >>> from skdigits.datasets import load_digit_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "digits.csv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("label,a,b,c,d\\n7,0,255,0,255\\n1,0,0,255,255\\n")
    ...     digits = load_digit_images(path)
    >>> digits.images.shape, digits.target.tolist()
    ((2, 2, 2), [7, 1])
    """
    path = Path(path).expanduser()
    if image_shape is not None:
        image_shape = check_image_shape(image_shape)
    if path.is_dir():
        images, labels = read_folder(path, image_shape)
    elif path.is_file():
        rows, labels = _table_reader(path)(path)
        images = _fold(rows, image_shape)
    else:
        raise FileNotFoundError(
            f"Got path={str(path)!r}, but expected a folder, a CSV file or an .npz "
            "file. Check the path."
        )
    target = _as_target(labels)
    return make_bunch(
        images,
        target,
        descr=f"{len(images)} pictures of {path}",
        target_names=[str(label) for label in np.unique(target)],
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _table_reader(path):
    readers = {".csv": read_csv, ".npz": read_npz}
    if path.suffix.lower() not in readers:
        raise ValueError(
            f"Got the file {str(path)!r}, but expected a folder, or a file that ends "
            "in .csv or .npz. Convert it."
        )
    return readers[path.suffix.lower()]


def _fold(rows, image_shape):
    """Fold pixels (n, n_pixels) or (n, height, width) to (n, height, width)."""
    if rows.ndim == 3 and image_shape is None:
        return _as_pixels(rows)
    rows = rows.reshape(len(rows), -1)
    shape = resolve_image_shape(rows.shape[1], image_shape=image_shape)
    return _as_pixels(rows).reshape(-1, *shape)


def _as_pixels(values):
    """Return whole numbers in 0..255 as uint8, anything else as float32."""
    whole = values.dtype.kind in "bui" or (values == np.round(values)).all()
    if whole and values.min() >= 0 and values.max() <= 255:
        return values.astype(np.uint8)
    return values.astype(np.float32)


def _as_target(labels):
    """Return labels as int64 where all are integers, else as strings."""
    try:
        numbers = np.array([int(label) for label in labels], dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        numbers = None
    if numbers is not None and all(
        str(label).strip().lstrip("+") == str(number) or label == number
        for label, number in zip(labels, numbers.tolist(), strict=True)
    ):
        return numbers
    return np.array([str(label) for label in as_label_array(labels)])
