"""From pictures of handwriting to text: a classifier behind the finding of digits."""

from skdigits.reading._pretrained import load_pretrained
from skdigits.reading._read import read_digits
from skdigits.reading._reading import ReadDigit, Reading

__all__ = ["ReadDigit", "Reading", "load_pretrained", "read_digits"]
