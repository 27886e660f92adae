"""find_digits: where the digits of a picture are, in reading order."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

from skdigits.handwriting._ink import as_ink, darkness_of, reduced
from skdigits.handwriting._lines import lines_of, numbers_of
from skdigits.handwriting._long_lines import long_lines
from skdigits.handwriting._pieces import connected_pieces, joined, mask_of
from skdigits.handwriting._ruling import ruling_of, with_soft_edge
from skdigits.handwriting._touching import segments_of
from skdigits.handwriting._writing import writing
from skdigits.images import grey_picture

# The longest side of the picture in which digits are looked for; a digit of a full
# sheet is some forty pixels high then.
LONGEST = 1700

# Pictures up to this size may be of the boxes of a form, with dashed lines across it.
SMALL = 640

# Times that lines are looked for, at most.
ROUNDS = 3

# Ink from which on a pixel is of a stroke, if only a faint one.
FAINT = 0.2

# Ink from which on a pixel is as dark as ink can be.
DARK = 0.9

# The strokes around a pixel are looked at within this share of the usual height.
NEARBY = 0.1


class DigitBox(NamedTuple):
    """Where a digit is, in pixels of the picture; its line, and its number in it.

    Parameters
    ----------
    left, top, width, height : int
        The box, in pixels.

    line, number : int
        Its line from the top, and its number from the left in that line; from 0.

    See Also
    --------
    find_digits : Finds them.

    Examples
    --------
    >>> from skdigits.handwriting import DigitBox
    >>> DigitBox(left=10, top=5, width=8, height=20, line=0, number=1).height
    20
    """

    left: int
    top: int
    width: int
    height: int
    line: int
    number: int


@dataclass(frozen=True)
class FoundDigit:
    """What may be a digit.

    Attributes
    ----------
    box : DigitBox
    ink : ndarray of shape (height, width), dtype float32
        Its ink alone, in a reduced picture maybe.
    usual : float
        The usual height of the digits around it, in pixels of ``ink``.
    step : float
        How many pixels of the picture are one of ``ink``.
    """

    box: DigitBox
    ink: np.ndarray
    usual: float
    step: int = 1

    def parts(self):
        """Return the parts that may be digits of their own, if it is several.

        Returns
        -------
        list of Part
            Digits in a row are a path of them from the first cut to the last one.
        """
        return [
            Part(start, stop, self._part(left, top, ink))
            for start, stop, left, top, ink in segments_of(self.ink, self.usual)
        ]

    def _part(self, left, top, ink):
        left, top = self.box.left + self.step * left, self.box.top + self.step * top
        height, width = (self.step * side for side in ink.shape)
        box = DigitBox(left, top, width, height, self.box.line, self.box.number)
        return replace(self, box=box, ink=ink)


class Part(NamedTuple):
    """A part of ink, from one cut to another."""

    start: int
    stop: int
    digit: FoundDigit


def find_digits(image: Any) -> list[DigitBox]:
    """Find the digits of a picture of handwriting.

    Ink is told from paper, the lines of the paper, frames, specks and what lies along
    the edges are taken away, and strokes that are near each other are joined. No
    classifier looks at them: letters and signs are found as digits are.

    Parameters
    ----------
    image : str, path, PIL.Image.Image or array-like
        A file, an image of Pillow, or an array of shape (height, width) or
        (height, width, channels), dark ink on light paper or light on dark.

    Returns
    -------
    list of DigitBox
        Named tuples ``(left, top, width, height, line, number)`` in reading order.
        Lengths are in pixels, after the orientation that a camera notes in a file is
        applied; lines are counted from 0, and numbers, which wider gaps separate, from
        0 in each line. Empty where there is no writing.

    Raises
    ------
    ValueError
        For what is no picture.

    See Also
    --------
    skdigits.read_digits : Also tells which digits they are.

    Examples
    --------
    Two ones above a third one:

    >>> import numpy as np
    >>> from skdigits.handwriting import find_digits
    >>> paper = np.full((120, 80), 230, dtype=np.uint8)
    >>> for top, left in (10, 20), (10, 35), (70, 20):
    ...     paper[top:top + 30, left:left + 4] = 40
    >>> for box in find_digits(paper):
    ...     print(*box)
    20 10 4 30 0 0
    35 10 4 30 0 0
    20 70 4 30 1 0
    """
    return [found.box for found in digits_of(grey_picture(image))]


def digits_of(grey):
    """Return what may be digits, in reading order.

    Parameters
    ----------
    grey : ndarray of shape (height, width)
        Grey levels in [0, 1].

    Returns
    -------
    list of FoundDigit
    """
    small = reduced(grey, LONGEST)
    ink, lines = _without_lines(small)
    labels, pieces = connected_pieces(ink > FAINT)
    groups, usual = writing(labels, pieces, lines)
    if not groups:
        return []
    step = max(grey.shape) // max(small.shape)
    found = [_found(ink, labels, group, usual) for group in groups]
    return [_enlarged(digit, step, grey.shape) for digit in _ordered(found, usual)]


def as_one(digits):
    """Return several digits with their ink as a single one."""
    first, step = digits[0], digits[0].step
    corners = np.array([d.box[:2] for d in digits])
    sides = np.array([d.ink.shape[::-1] for d in digits])
    left, top = corners.min(axis=0)
    corners = (corners - (left, top)) // step
    width, height = (corners + sides).max(axis=0)
    ink = np.zeros((height, width), np.float32)
    for digit, (x, y), (w, h) in zip(digits, corners, sides, strict=True):
        part = ink[y : y + h, x : x + w]
        np.maximum(part, digit.ink, out=part)
    box = DigitBox(
        int(left), int(top), int(width * step), int(height * step), *first.box[4:]
    )
    return replace(first, box=box, ink=ink)


def _without_lines(grey):
    """Return the ink without the lines of the paper and of boxes, and these lines."""
    darkness = darkness_of(grey)
    first = ink = as_ink(darkness)
    lines = np.zeros(ink.shape, bool)
    # what is ink is decided anew without them: there may be fainter ones, but what was
    # dark from the beginning and no line is writing
    for i in range(ROUNDS):
        more = long_lines(ink, FAINT)
        if max(ink.shape) <= SMALL:
            more |= ruling_of(ink > 0.5)
        if i:
            more &= first < DARK
        if not more.any():
            break
        lines |= more
        darkness[with_soft_edge(more, ink > 0.5)] = 0
        ink = as_ink(darkness)
    return ink, lines


def _found(ink, labels, group, usual):
    whole = joined(group)
    box = DigitBox(whole.left, whole.top, whole.width, whole.height, 0, 0)
    return FoundDigit(box, _ink_of(ink, labels, whole, usual), usual)


def _ink_of(ink, labels, piece, usual):
    """Return the ink of ``piece`` in its box, without that of its neighbours."""
    own = mask_of(labels, piece)
    near = ndimage.binary_dilation(own) & (labels[piece.box] == 0)
    alone = np.where(own | near, ink[piece.box], 0)
    # a faint stroke becomes as black as a dark one, where no dark one is near
    size = max(3, round(NEARBY * usual))
    smooth = ndimage.gaussian_filter(np.where(own, alone, 0), size / 6)
    full = ndimage.maximum_filter(smooth, size)
    return np.minimum(alone / np.maximum(full, FAINT), 1).astype(np.float32)


def _ordered(found, usual):
    """Return the digits in reading order, with their lines and numbers."""
    boxes = np.array([digit.box[:4] for digit in found])
    boxes[:, 2:] += boxes[:, :2]
    ordered = []
    for line, members in enumerate(lines_of(boxes, usual)):
        numbers = numbers_of(boxes, members, usual)
        for i, number in zip(members, numbers, strict=True):
            ordered.append(_placed(found[i], line, number))
    return ordered


def _placed(digit, line, number):
    return replace(digit, box=DigitBox(*digit.box[:4], line, number))


def _enlarged(digit, step, shape):
    """Return ``digit`` with its box in pixels of the picture as given."""
    left, top, width, height, line, number = digit.box
    box = DigitBox(
        int(left * step),
        int(top * step),
        int(min(width * step, shape[1] - left * step)),
        int(min(height * step, shape[0] - top * step)),
        line,
        number,
    )
    return replace(digit, box=box, step=step)
