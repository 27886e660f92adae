"""From pictures of handwriting to digits in MNIST's form; knows no classifier."""

from skdigits.handwriting._find import DigitBox, find_digits
from skdigits.handwriting._normalizer import HandwritingNormalizer

__all__ = ["DigitBox", "HandwritingNormalizer", "find_digits"]
