"""From images of handwriting to digits in MNIST format, without a classifier.

The names in `__all__` are public. The other names are for use by other sub-packages
only, and may change without notice.
"""

from typing import TYPE_CHECKING

from skdigits.handwriting._distinct_signs import (
    distinct_signs_of as distinct_signs_of,
)
from skdigits.handwriting._find import DigitBox, find_digits
from skdigits.handwriting._find import pixels_of as pixels_of
from skdigits.handwriting._find_ink import find_ink
from skdigits.handwriting._levels import MARGIN as MARGIN
from skdigits.handwriting._levels import N_DIGITS as N_DIGITS
from skdigits.handwriting._levels import NUMBER_SIGNS as NUMBER_SIGNS
from skdigits.handwriting._levels import STRIDE as STRIDE
from skdigits.handwriting._levels import page_network_card as page_network_card
from skdigits.handwriting._levels import with_margin as with_margin
from skdigits.handwriting._normalize import SIDE as SIDE
from skdigits.handwriting._normalize import mnist_format as mnist_format
from skdigits.handwriting._normalize import stroke_thickness as stroke_thickness
from skdigits.handwriting._one_digit import normalized as normalized
from skdigits.handwriting._own_ink import own_ink as own_ink
from skdigits.handwriting._page_signs import Signs as Signs
from skdigits.handwriting._page_signs import shared_areas as shared_areas
from skdigits.handwriting._page_signs import signs_of as signs_of
from skdigits.handwriting._reading_order import layout_of as layout_of

if TYPE_CHECKING:
    from skdigits.handwriting._normalizer import HandwritingNormalizer

__all__ = [
    "DigitBox",
    "HandwritingNormalizer",
    "find_digits",
    "find_ink",
]


def __getattr__(name):
    # on first use, as it needs scikit-learn, which takes longer than to find digits
    if name != "HandwritingNormalizer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from skdigits.handwriting._normalizer import HandwritingNormalizer

    globals()[name] = HandwritingNormalizer
    return HandwritingNormalizer
