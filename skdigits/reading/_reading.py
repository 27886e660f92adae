"""Reading: the digits and signs that were read in an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

UNSURE = "?"


class ReadDigit(NamedTuple):
    """One digit of an image.

    Parameters
    ----------
    digit : int or None
        The predicted digit, or None if it is uncertain.

    confidence : float
        Probability that the most probable digit is correct.

    left, top, width, height : int
        Its box, in pixels of the image.

    line, number : int
        ``line`` is the position of the line, counted from the top; ``number`` is the
        position of the number in that line, counted from the left. Both start at 0.

    See Also
    --------
    Reading : All that was read in an image.

    Examples
    --------
    >>> from skdigits.reading import ReadDigit
    >>> ReadDigit(7, 0.99, left=3, top=4, width=9, height=20, line=0, number=0).digit
    7
    """

    digit: int | None
    confidence: float
    left: int
    top: int
    width: int
    height: int
    line: int
    number: int


class ReadSign(NamedTuple):
    """A sign in a number: a point, comma, minus, slash or colon.

    Parameters
    ----------
    sign : {".", ",", "-", "/", ":"}
        The sign itself.

    confidence : float
        Confidence in the sign, in [0, 1].

    left, top, width, height : int
        Its box, in pixels of the image.

    line, number : int
        The same as those of the digits beside the sign.

    before : int
        The row in ``Reading.digits`` of the digit that follows the sign.

    See Also
    --------
    Reading : All that was read in an image.

    Examples
    --------
    >>> from skdigits.reading import ReadSign
    >>> ReadSign(".", 0.9, 30, 40, 3, 3, line=0, number=0, before=1).sign
    '.'
    """

    sign: str
    confidence: float
    left: int
    top: int
    width: int
    height: int
    line: int
    number: int
    before: int


def as_plain(reading: Reading) -> dict[str, Any]:
    """Return a reading as a dict that can be written as JSON.

    Parameters
    ----------
    reading : Reading
        What was read in an image.

    Returns
    -------
    dict
        A dict with ``text``, ``rotation`` and ``digits``. Each digit is a dict with
        ``digit`` (None if it is uncertain), ``confidence`` (rounded to four decimal
        places), ``box`` (left, top, width and height), ``line`` and ``number``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.reading import ReadDigit, Reading, as_plain
    >>> seven = ReadDigit(7, 0.98765, 10, 20, 30, 40, 0, 0)
    >>> plain = as_plain(Reading(np.ones((90, 60)), [seven]))
    >>> plain["text"], plain["digits"][0]["box"]
    ('7', [10, 20, 30, 40])
    """
    digits = [_plain_digit(box) for box in reading.boxes]
    return {"text": reading.text, "rotation": reading.rotation, "digits": digits}


def _plain_digit(box):
    return {
        "digit": None if box.digit is None else int(box.digit),
        "confidence": round(float(box.confidence), 4),
        "box": [int(side) for side in (box.left, box.top, box.width, box.height)],
        "line": int(box.line),
        "number": int(box.number),
    }


def _table_of(rows, kind, dtypes):
    """Return a DataFrame with the same dtypes whether or not there are rows."""
    import pandas as pd

    table = pd.DataFrame(list(rows), columns=list(kind.__annotations__))
    others = dict.fromkeys(kind.__annotations__, "int64")
    return table.astype(others | {"confidence": "float64"} | dtypes)


class Reading:
    """The digits and signs that `read_digits` found in one image.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        The image as grey levels in [0, 1].

    boxes : sequence of ReadDigit
        The digits in reading order.

    rotation : {0, 90, 180, 270}, default=0
        The angle, in degrees anticlockwise, by which the image was turned to be read.

    forms : sequence of ndarray of shape (28, 28), default=()
        The image of each digit, as passed to the classifier.

    signs : sequence of ReadSign, default=()
        The signs in numbers, in reading order.

    Attributes
    ----------
    text : str
        The text of the image, line by line, with a space between numbers and with the
        signs in them, as in ``3.14``. An uncertain digit is written as ``?``.

    digits : pandas.DataFrame of shape (n_digits, 8)
        The columns are digit (missing if uncertain), confidence, left, top, width,
        height, line and number.

    signs : pandas.DataFrame of shape (n_signs, 9)
        The columns are sign, confidence, left, top, width, height, line, number and
        before, which is the row in ``digits`` of the digit that follows the sign.

    forms : ndarray of shape (n_digits, 28, 28), dtype uint8
        The digits in MNIST format, as passed to the classifier: light on dark, and
        upright even if the image had to be turned.

    See Also
    --------
    skdigits.read_digits : Reads images.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.reading import ReadDigit, Reading
    >>> one = ReadDigit(1, 0.99, left=3, top=4, width=9, height=20, line=0, number=0)
    >>> Reading(np.ones((30, 20)), [one])
    Reading('1')
    """

    def __init__(
        self,
        image: NDArray[Any],
        boxes: Iterable[ReadDigit],
        *,
        rotation: Literal[0, 90, 180, 270] = 0,
        forms: Sequence[NDArray[Any]] = (),
        signs: Iterable[ReadSign] = (),
    ) -> None:
        self.image = image
        self.boxes = tuple(boxes)
        self.rotation = rotation
        self.forms = np.array(forms, np.uint8).reshape(-1, 28, 28)
        self._signs = tuple(signs)

    @property
    def text(self) -> str:
        lines: dict[int, dict[int, str]] = {}
        signs = {sign.before: sign.sign for sign in self._signs}
        for row, box in enumerate(self.boxes):
            numbers = lines.setdefault(box.line, {})
            digit = UNSURE if box.digit is None else str(box.digit)
            digit = signs.get(row, "") + digit
            numbers[box.number] = numbers.get(box.number, "") + digit
        return "\n".join(" ".join(numbers.values()) for numbers in lines.values())

    @property
    def digits(self) -> DataFrame:
        return _table_of(self.boxes, ReadDigit, {"digit": "Int64"})

    @property
    def signs(self) -> DataFrame:
        return _table_of(self._signs, ReadSign, {"sign": str})

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the image with a box around each digit and the predicted digit above it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            The axes to draw on. None means those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes with the drawing.
        """
        import matplotlib.pyplot as plt
        from matplotlib.patches import Rectangle

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        ax.imshow(self.image, cmap="gray", vmin=0, vmax=1)
        ax.set_axis_off()
        for box in self.boxes:
            unsure = box.digit is None
            color = "tab:orange" if unsure else "tab:blue"
            corner = (box.left - 0.5, box.top - 0.5)
            ax.add_patch(
                Rectangle(corner, box.width, box.height, fill=False, ec=color, lw=1.2)
            )
            sign = UNSURE if unsure else f"{box.digit}"
            ax.annotate(sign, corner, (0, 1), textcoords="offset points", color=color)
        return ax

    def __repr__(self):
        return f"Reading({self.text!r})"

    def _repr_html_(self):
        """What a notebook shows: the image as read, its text, and the table to open."""
        from html import escape

        from skdigits.reading._annotated_image import data_uri

        alt = "The image with a box and a prediction for each digit"
        table = self.digits.to_html(index=False, float_format="{:.3f}".format)
        return (
            f'<img src="{data_uri(self)}" alt="{alt}">\n'
            f"<pre>{escape(self.text)}</pre>\n"
            f"<details><summary>{len(self.boxes)} digits</summary>{table}</details>"
        )
