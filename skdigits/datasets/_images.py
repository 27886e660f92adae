"""load_digit_images."""

import os
import re
from math import isqrt, prod
from typing import Any

import numpy as np

from skdigits._validation import (
    check_bool,
    check_image_shape,
    check_path,
    one_line,
    resolve_image_shape,
)
from skdigits.datasets._bunch import make_bunch
from skdigits.datasets._folder import read_folder
from skdigits.datasets._formats import FORMATS, TABLES, format_of
from skdigits.datasets._image_files import images_of
from skdigits.datasets._mnist_format import MNIST_SHAPE, in_mnist_format, is_like_mnist
from skdigits.datasets._tables import as_pixels

# Each has a name and, in a frame, a column.
MAX_NAMED_PIXELS = 2**20


def load_digit_images(
    path: str | os.PathLike[str],
    *,
    image_shape: tuple[int, int] | None = None,
    normalize: bool = False,
    label_column: str | int | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load your own labelled images.

    Parameters
    ----------
    path : str or path-like
        One of:

        - A folder with one subfolder of images for each class, named after the class.
          Images are PNG, JPEG, BMP, GIF, TIFF, WebP or PGM files, HEIC files (with the
          extra ``heic``), or AVIF files (if Pillow supports them). They are converted
          to 8-bit grey levels; transparent pixels become white, or black if the drawing
          itself is light. Photos are turned upright, and only the first image of an
          animation is read. Other files are named in a warning, unless they are hidden
          or are notes, such as ``.txt`` files.
        - A ``.zip`` file of such a folder; the page of ``skdigits serve`` saves
          corrections in this form. The file may be at most 1 GiB in size, both before
          and after unpacking. Nothing is written to disk.
        - A CSV file, ``.csv`` or ``.csv.gz``, with one column for each pixel and one
          for the labels. The label column is the one named ``label``, ``target``,
          ``class``, ``digit`` or ``y``, in upper or lower case. If there is none, it is
          the first column, or the last one if only the values of the last look like
          labels. The header line is optional. The file may be at most 1 GiB in size,
          with at most 5 million lines and 65,536 pixels in a line.
        - A CSV file of at most 16 columns, one with the names of image files and one
          with the labels. The image files are in the same folder as the CSV file.
        - A ``.parquet`` file with one column for the labels, and either one column for
          each pixel or one column with the contents of image files, as bytes or in the
          format of Hugging Face Datasets. This requires the package pyarrow.
        - An ``.npz``, ``.mat``, ``.h5`` or ``.hdf5`` file with two arrays named ``x``
          and ``y``, ``x_train`` and ``y_train``, ``images`` and ``labels``, or ``data``
          and ``target``, in upper or lower case. The images are along the first or the
          last axis, in grey levels or as uint8 with three colour channels. Other
          arrays, such as ``x_test``, are not read; neither are arrays that unpack to
          far more bytes than images do. ``.mat`` files of version 7.3, ``.h5`` and
          ``.hdf5`` files require the package h5py.
        - An IDX file whose name contains ``images`` and ends in ``idx3-ubyte`` or
          ``idx3-ubyte.gz``. The file of its labels must be in the same folder, with
          ``labels`` and ``idx1-ubyte`` in its name instead.

        Each image may have at most 1,048,576 pixels, unless the images are normalized.

    image_shape : tuple of int (height, width), default=None
        Size of the images in pixels. Image files are resized to it, and rows of a table
        are reshaped to it. If None, all image files must have the same size, rows are
        reshaped to squares, and arrays of shape (n, height, width) keep their shape.

    normalize : bool or "auto", default=False
        If True, bring each image into MNIST format (28 x 28 pixels, uint8, light on
        dark) with :class:`~skdigits.handwriting.HandwritingNormalizer`. Use this for
        photos, scans and drawings of single digits, of any size. "auto" does so unless
        most images are light on dark and all have the same size (that of
        ``image_shape``, if given), with no side above 64 pixels. "auto" never changes
        tables and arrays whose pixels are not all integers from 0 to 255. With True and
        with "auto", ``image_shape`` must be None or (28, 28).

    label_column : str or int, default=None
        For a CSV or Parquet file: the name of the label column, or its number, counted
        from 0.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, return ``data`` as a pandas DataFrame and ``target`` as a Series.

    Returns
    -------
    digits : sklearn.utils.Bunch
        An object with these attributes, or ``(data, target)`` if ``return_X_y``:

        data : ndarray of shape (n, height * width), or DataFrame
            One row of pixels for each image: uint8, or float32 if a table has values
            other than the integers from 0 to 255.
        target : ndarray of shape (n,), or Series
            The labels: int64 if all are integers, else strings. They are also strings
            if two different labels, such as "1" and "01", are the same integer.
        images : ndarray of shape (n, height, width)
            The same pixels, shaped as images.
        frame : DataFrame of shape (n, height * width + 1) or None
            ``data`` and ``target`` in one table if ``as_frame``, else None.
        feature_names : list of str
            The names of the pixels.
        target_names : list of str
            The distinct labels.
        normalized : bool
            Whether the images were brought into MNIST format.
        label_column : str, int or None
            For a CSV or Parquet file: the name of the column that the labels come from,
            or its number, counted from 0, if the columns have no names.
        DESCR : str
            Where the images come from.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If the content is not as described, or a package needed to read it is missing.

    Warns
    -----
    UserWarning
        If no digit is found in an image that is brought into MNIST format, or if
        files in a folder or a ZIP file are skipped.

    Examples
    --------
    From a table:

    >>> import os, tempfile
    >>> from skdigits.datasets import load_digit_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "digits.csv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("label,a,b,c,d\\n7,0,255,0,255\\n1,0,0,255,255\\n")
    ...     digits = load_digit_images(path)
    >>> digits.images.shape, digits.target.tolist()
    ((2, 2, 2), [7, 1])

    From photos of different sizes, here of the digit 1:

    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.mkdir(os.path.join(folder, "1"))
    ...     for side in (40, 90):
    ...         photo = Image.new("L", (side, side), 230)
    ...         photo.paste(40, (side // 2, side // 5, side // 2 + 5, side - side // 5))
    ...         photo.save(os.path.join(folder, "1", f"{side}.jpg"))
    ...     digits = load_digit_images(folder, normalize=True)
    >>> digits.images.shape, digits.target.tolist()
    ((2, 28, 28), [1, 1])
    """
    path = check_path("path", path)
    return_X_y = check_bool("return_X_y", return_X_y)
    as_frame = check_bool("as_frame", as_frame)
    image_shape = _check_image_shape(path, image_shape)
    normalize = _check_normalize(normalize, image_shape)
    found, labels, found_column = _read(path, label_column, image_shape)
    if isinstance(found, list):
        images, normalized = images_of(path, found, image_shape, normalize)
    else:
        images, normalized = _in_form(found, image_shape, normalize)
    _check_size(path, images.shape[1:])
    target = _as_target(labels)
    return make_bunch(
        images,
        target,
        DESCR=f"{len(images)} images from {path}",
        target_names=[str(label) for label in np.unique(target)],
        normalized=normalized,
        label_column=found_column,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _check_image_shape(path, image_shape):
    if image_shape is None:
        return None
    image_shape = check_image_shape(image_shape)
    if len(image_shape) > 2:
        raise ValueError(
            f"Got image_shape={image_shape!r}, but expected (height, width): images "
            "are read as greyscale."
        )
    _check_size(path, image_shape)
    return image_shape


def _check_size(path, image_shape):
    """Raise a ValueError before millions of pixels get their names."""
    height, width = image_shape
    if height * width > MAX_NAMED_PIXELS:
        raise ValueError(
            f"Got {str(path)!r} with images of {height} x {width} pixels, but "
            f"expected at most {MAX_NAMED_PIXELS:,} pixels. Pass normalize=True to "
            "bring digits into MNIST format, or a smaller image_shape=(height, width)."
        )


def _check_normalize(normalize, image_shape):
    if not isinstance(normalize, str) or normalize != "auto":
        normalize = check_bool("normalize", normalize)
    if normalize and image_shape not in (None, MNIST_SHAPE):
        raise ValueError(
            f"Got normalize={normalize!r} and image_shape={image_shape}, but expected "
            "image_shape=(28, 28), MNIST format, or None. Pass one of the two."
        )
    return normalize


def _in_form(rows, image_shape, normalize):
    """Return pixels as images, and whether they were normalized."""
    if not normalize:
        return _fold(rows, image_shape), False
    images = _fold(rows, None)
    # what is not 8 bits has been prepared by somebody
    if normalize == "auto" and (
        images.dtype != np.uint8 or is_like_mnist(images, image_shape)
    ):
        return images, False
    return in_mnist_format([images]), True


def _read(path, label_column, image_shape):
    """Return pixels or image files, labels, and the column of labels, if any."""
    format = format_of(path)
    if label_column is not None and format not in TABLES:
        raise ValueError(
            f"Got label_column={label_column!r} for {one_line(path)!r}, but expected "
            "a CSV or Parquet file. Leave label_column out."
        )
    # not the methods of Path, which raise if a name is too long
    if os.path.isdir(path):
        return *read_folder(path), None
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"Got path={one_line(path)!r}, but expected a folder or a file of images "
            "with labels. Check the path."
        )
    if format is None:
        raise ValueError(
            f"Got the file {str(path)!r}, but expected a folder, or a file that ends "
            f"in {', '.join(FORMATS)}. Convert it."
        )
    options = (label_column, image_shape and prod(image_shape))
    return FORMATS[format](path, *(options if format in TABLES else ()))


def _fold(rows, image_shape):
    """Fold pixels (n, n_pixels) or (n, height, width) to (n, height, width)."""
    native_shape = rows.shape[1:] if rows.ndim == 3 else None
    n_pixels = prod(rows.shape[1:])
    if image_shape is None and native_shape is None and isqrt(n_pixels) ** 2 < n_pixels:
        raise ValueError(
            f"Got rows of {n_pixels} pixels, but expected a square number such as "
            "784 = 28 x 28. Pass image_shape=(height, width)."
        )
    shape = resolve_image_shape(n_pixels, image_shape, native_shape)
    return as_pixels(rows).reshape(-1, *shape)


def _as_target(labels):
    """Return labels as int64 if all are integers, else as strings."""
    numbers = [_as_integer(label) for label in labels]
    # "1" and "01" are two classes
    if None in numbers or len(set(numbers)) < len(set(labels)):
        return np.array([str(label) for label in labels])
    return np.array(numbers, dtype=np.int64)


def _as_integer(label):
    """Return a label as an int that fits in 64 bits, None if it is none."""
    if isinstance(label, str):
        # 18 digits always fit; int() would also accept "1_0" and other alphabets
        return int(label) if re.fullmatch("[+-]?[0-9]{1,18}", label) else None
    fits = -(2**63) <= label < 2**63
    return int(label) if fits and label == int(label) else None
