"""From pictures of handwriting to digits in MNIST's form; knows no classifier."""

from skdigits.handwriting._normalizer import HandwritingNormalizer

__all__ = ["HandwritingNormalizer"]
