"""read_boxes: read what is written in the boxes of a form, given their positions."""

from __future__ import annotations

import csv
import os
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from io import StringIO
from math import isfinite
from typing import Any, overload

from skdigits._files import UnreadableFile, open_regular
from skdigits._validation import check_path, one_line
from skdigits.reading._read import checked_options, read_each, reading_in
from skdigits.reading._reading import Reading

# The columns of a file of boxes, and more bytes than the file of any form has.
SIDES = ("left", "top", "width", "height")
COLUMNS = ("name", *SIDES)
MAX_BYTES = 1_000_000

# A box with a smaller share on the page, and nothing in it, is warned of: it may have
# been measured at another scale.
SHARE_ON_PAGE = 0.5

_REMEDY = (
    "Measure boxes on images of this size, or in fractions of the page, which fit "
    "every size."
)

Box = tuple[float, float, float, float]


@overload
def read_boxes(
    image_or_images: list[Any] | tuple[Any, ...],
    boxes: Mapping[str, Sequence[float]],
    *,
    model: Any = None,
    min_confidence: float | None = None,
    n_jobs: int | None = None,
) -> list[Any]: ...


@overload
def read_boxes(
    image_or_images: Any,
    boxes: Mapping[str, Sequence[float]],
    *,
    model: Any = None,
    min_confidence: float | None = None,
    n_jobs: int | None = None,
) -> dict[str, Reading]: ...


def read_boxes(
    image_or_images: Any,
    boxes: Mapping[str, Sequence[float]],
    *,
    model: Any = None,
    min_confidence: float | None = None,
    n_jobs: int | None = None,
) -> dict[str, Reading] | list[Any]:
    """Read the handwritten digits in each box of a form.

    A digit belongs to the box that contains its centre, so writing may cross the edge
    of a box. What is written or printed outside the boxes is not read. Unlike in
    :func:`~skdigits.read_digits`, a page that lies on its side is not turned.

    Parameters
    ----------
    image_or_images : image, or list or tuple of images
        Filled-in copies of the form, in any format that :func:`~skdigits.read_digits`
        accepts.

    boxes : dict of str to (left, top, width, height)
        The name and the position of each box of the form. Positions are in pixels, or
        in fractions of the width and height of the page if no number is above 1.
        :func:`~skdigits.reading.load_boxes` loads the boxes from a file.

    model : estimator or path, default=None
        As for :func:`~skdigits.read_digits`.

    min_confidence : float in [0, 1], default=None
        As for :func:`~skdigits.read_digits`.

    n_jobs : int, default=None
        As for :func:`~skdigits.read_digits`.

    Returns
    -------
    dict of str to Reading, or list of dict
        The reading of each box, by name; its ``text`` is "" if nothing is written.
        The positions of its digits are in pixels of the page. A list of images gives a
        list; a file with several pages gives a list with one dict for each page.

    Raises
    ------
    FileNotFoundError
        If there is no file at the path of an image or of the model.
    ValueError
        If ``boxes`` is not as described, if a box lies outside the page, or in any case
        in which :func:`~skdigits.read_digits` raises a ValueError.

    Warns
    -----
    UserWarning
        If less than half of a box is on the page and nothing is written in the box.

    See Also
    --------
    skdigits.read_digits : Finds the digits of a whole page.

    Examples
    --------
    A form with two boxes, the second of which is empty:

    >>> import numpy as np
    >>> from skdigits.reading import read_boxes
    >>> form = np.full((100, 200), 230, dtype=np.uint8)
    >>> form[30:60, 40:44] = form[30:60, 60:64] = 40
    >>> boxes = {"age": (10, 10, 90, 80), "size": (110, 10, 80, 80)}
    >>> {name: reading.text for name, reading in read_boxes(form, boxes).items()}
    {'age': '11', 'size': ''}

    The same boxes in fractions of the page:

    >>> boxes = {"age": (0.05, 0.1, 0.45, 0.8), "size": (0.55, 0.1, 0.4, 0.8)}
    >>> read_boxes(form, boxes)["age"]
    Reading('11')
    """
    read = partial(
        _read_boxes_of,
        boxes=_checked(boxes),
        **checked_options(model, min_confidence),
    )
    return read_each(image_or_images, read, n_jobs)


def _read_boxes_of(grey, boxes, **options):
    placed = {name: _in_pixels(name, boxes, grey.shape) for name in boxes}
    readings = {
        name: reading_in(box, grey, **options) for name, (box, _) in placed.items()
    }
    cut = [name for name, (_, share) in placed.items() if share < SHARE_ON_PAGE]
    empty = [name for name in cut if not readings[name].text]
    if empty:
        warnings.warn(
            f"No digit was found in the boxes {one_line(empty)}, of which less than "
            f"half is on the page of {_size(grey.shape)}. {_REMEDY}",
            UserWarning,
            stacklevel=2,
        )
    return readings


def _in_pixels(name, boxes, shape):
    """Return left, top, width and height of a box, cut off at the edge of the page.

    Also return the share of it that is on the page.
    """
    are_shares = max(map(max, boxes.values())) <= 1
    left, top, width, height = boxes[name]
    if not are_shares and min(width, height) < 1:
        raise ValueError(
            f"Got the box {one_line(repr(name))} of {boxes[name]} among boxes with "
            "numbers above 1, but expected all in pixels, or all as fractions up to 1. "
            "Correct it."
        )
    begins, sides, share = [], [], 1.0
    for n, first, side in zip(shape[::-1], (left, top), (width, height), strict=True):
        scale = n if are_shares else 1
        begins.append(round(scale * first))
        sides.append(min(round(scale * (first + side)), n) - begins[-1])
        share *= sides[-1] / (scale * side)
    if min(sides) <= 0:
        raise ValueError(
            f"Got the box {one_line(repr(name))} of {boxes[name]}, which lies "
            f"outside the page of {_size(shape)}, but expected one on the page. "
            f"{_REMEDY}"
        )
    return (*begins, *sides), share


def _size(shape):
    return f"{shape[1]} x {shape[0]} pixels"


def _checked(boxes):
    """Return boxes as numbers, or raise a ValueError."""
    if not isinstance(boxes, Mapping) or not boxes:
        raise ValueError(
            f"Got boxes={one_line(repr(boxes))}, but expected a dict that maps "
            "one or more names to (left, top, width, height). Pass such a dict."
        )
    return {name: _checked_box(name, box) for name, box in boxes.items()}


def _checked_box(name, box):
    try:
        left, top, width, height = map(float, box)
        good = all(map(isfinite, (left + width, top + height)))
        good = good and min(left, top) >= 0 and min(width, height) > 0
    except (TypeError, ValueError):
        good = False
    if not good:
        raise ValueError(
            f"Got the box {one_line(repr(name))} with {one_line(repr(box))}, but "
            "expected left, top, width and height: the first two at least 0, the "
            "last two above 0. Correct it."
        )
    return left, top, width, height


def load_boxes(path: str | os.PathLike[str]) -> dict[str, Box]:
    """Load the boxes of a form from a CSV file.

    Parameters
    ----------
    path : str or path-like
        A CSV file in UTF-8 with the columns name, left, top, width and height. They are
        separated by commas, or by semicolons, as is usual with a decimal comma.

    Returns
    -------
    dict of str to (left, top, width, height)
        The boxes, as accepted by :func:`~skdigits.reading.read_boxes`, in the order of
        the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.

    ValueError
        If the file cannot be read, if it has other columns, no box or two boxes with
        the same name, or if a position is not a number of at least 0 or a size is not a
        number above 0.

    See Also
    --------
    read_boxes : Reads the digits in these boxes.

    Examples
    --------
    >>> import os, tempfile
    >>> from skdigits.reading import load_boxes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "form.csv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("name,left,top,width,height\\nage,10,10,90,80\\n")
    ...     load_boxes(path)
    {'age': (10.0, 10.0, 90.0, 80.0)}
    """
    path = check_path("path", path)
    try:
        return _boxes_in(path)
    except csv.Error as error:
        raise _unexpected(path, str(error), "a CSV file") from None


def _boxes_in(path):
    text = _text_of(path)
    # spreadsheets use semicolons as separators if the decimal point is a comma
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.DictReader(StringIO(text), delimiter=delimiter, skipinitialspace=True)
    expected = f"the columns {', '.join(COLUMNS)}"
    if sorted(rows.fieldnames or ()) != sorted(COLUMNS):
        raise _unexpected(path, f"the columns {rows.fieldnames}", expected)
    boxes: dict[str, Box] = {}
    for row in rows:
        name = row["name"]
        if not name or name in boxes or None in row:
            found = f"{name!r} as a name in line {rows.line_num}"
            expected = "one box per line, each with a name of its own"
            raise _unexpected(path, found, expected)
        try:
            boxes[name] = _checked_box(name, [_number(row[side]) for side in SIDES])
        except ValueError as error:
            raise ValueError(f"{error} It is in {one_line(path)!r}.") from None
    if not boxes:
        raise _unexpected(path, "no box", "at least one, below " + expected)
    return boxes


def _number(cell):
    return cell and cell.replace(",", ".")


def _text_of(path):
    try:
        with open_regular(path, MAX_BYTES) as file:
            # spreadsheets mark the beginning
            return file.read().decode("utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"Got path={one_line(path)!r}, but expected an existing file of boxes. "
            "Create it first."
        ) from None
    except UnreadableFile as error:
        raise ValueError(
            f"Got {one_line(path)!r}, which cannot be read ({error}), but expected a "
            "CSV file. Choose another one."
        ) from error
    except UnicodeDecodeError:
        raise _unexpected(path, "other bytes", "a CSV file in UTF-8") from None


def _unexpected(path, found, expected):
    return ValueError(
        f"Got {one_line(path)!r} with {one_line(found)}, but expected {expected}. "
        "Correct the file."
    )
