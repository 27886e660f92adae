"""From the picture of one digit to MNIST's form."""

from skdigits.handwriting._ink import as_ink, darkness_of, reduced
from skdigits.handwriting._normalize import mnist_form
from skdigits.handwriting._ruling import (
    digit_pieces,
    frames_of,
    ruling_of,
    with_soft_edge,
)
from skdigits.images import grey_picture

# The longest side of the picture in which a single digit is looked for.
LONGEST = 320

# A single digit is often struck through by a line that is steeper than ruling.
STEEPEST = 0.2


def normalized(picture):
    """Return one picture of a digit in MNIST's form, (28, 28) of dtype uint8."""
    darkness = darkness_of(reduced(grey_picture(picture), LONGEST))
    ink, in_a_box = as_ink(darkness), False
    # a pencil is fainter than a printed frame, and a frame's blurred edge than the
    # frame: what is ink is decided anew
    for _ in range(3):
        mask = ink > 0.5
        lines = ruling_of(mask, STEEPEST)
        lines |= frames_of(mask & ~lines)
        if not lines.any():
            break
        darkness[with_soft_edge(lines, mask)] = 0
        ink, in_a_box = as_ink(darkness), True
    return mnist_form(digit_pieces(ink, in_a_box))
