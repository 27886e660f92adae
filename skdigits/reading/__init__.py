"""From pictures of handwriting to text: a classifier behind the finding of digits."""

from skdigits.reading._pretrained import load_pretrained
from skdigits.reading._read import classifier_of, read_digits
from skdigits.reading._reading import ReadDigit, Reading, as_plain

__all__ = [
    "ReadDigit",
    "Reading",
    "as_plain",
    "classifier_of",
    "load_pretrained",
    "read_digits",
]
