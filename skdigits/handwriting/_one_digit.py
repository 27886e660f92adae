"""Bringing the image of one digit into MNIST format."""

import numpy as np
from scipy import ndimage

from skdigits.handwriting._distinct_signs import distinct_signs_of
from skdigits.handwriting._levels import N_DIGITS
from skdigits.handwriting._normalize import BOX, SIDE, mnist_format
from skdigits.handwriting._own_ink import own_ink
from skdigits.images import grey_image

# A sign of more heat than this is the digit; else it is the surest sign of any kind.
A_DIGIT = 0.3

# How far from the middle of an image in MNIST format the centre of mass may be, in
# pixels.
OFF_CENTRE = 1.0


def normalized(image):
    """Return an image of one digit in MNIST format, (28, 28) of dtype uint8."""
    grey = grey_image(image)
    if _is_normalized(grey):
        return mnist_format(grey)
    signs = distinct_signs_of(grey)
    if not len(signs):
        return np.zeros((SIDE, SIDE), np.uint8)
    as_digits = signs.heat[:, :N_DIGITS].max(axis=1)
    heat = as_digits if as_digits.max() > A_DIGIT else signs.heat.max(axis=1)
    # a speck may be as sure as the digit
    ink, _ = own_ink(signs, int(np.argmax(heat * np.sqrt(signs.heights))))
    return mnist_format(ink)


def _is_normalized(grey):
    """Return whether an image is in MNIST format already, light on dark."""
    if grey.shape != (SIDE, SIDE) or not grey.any():
        return False
    rows, columns = (np.flatnonzero(grey.any(axis)) for axis in (1, 0))
    fits = max(np.ptp(rows), np.ptp(columns)) + 1 == BOX
    centre = ndimage.center_of_mass(grey)
    return fits and np.abs(np.subtract(centre, (SIDE - 1) / 2)).max() <= OFF_CENTRE
