"""From pictures of handwriting to digits in MNIST's form; knows no classifier."""

from typing import TYPE_CHECKING

from skdigits.handwriting._find import DigitBox, find_digits
from skdigits.handwriting._ink import find_ink
from skdigits.handwriting._ruling import without_ruling

if TYPE_CHECKING:
    from skdigits.handwriting._normalizer import HandwritingNormalizer

__all__ = [
    "DigitBox",
    "HandwritingNormalizer",
    "find_digits",
    "find_ink",
    "without_ruling",
]


def __getattr__(name):
    # on first use, as it needs scikit-learn, which takes longer than to find digits
    if name != "HandwritingNormalizer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from skdigits.handwriting._normalizer import HandwritingNormalizer

    globals()[name] = HandwritingNormalizer
    return HandwritingNormalizer
