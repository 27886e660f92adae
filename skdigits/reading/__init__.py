"""From images of handwriting to text: finding digits, then classifying them.

The names in `__all__` are public. The other names are for use by other sub-packages
only, and may change without notice.
"""

from skdigits.reading._annotated_image import draw_readings as draw_readings
from skdigits.reading._boxes import load_boxes, read_boxes
from skdigits.reading._classifier_of import classifier_of
from skdigits.reading._pretrained import NO_DIGIT as NO_DIGIT
from skdigits.reading._pretrained import PRETRAINED as PRETRAINED
from skdigits.reading._pretrained import load_pretrained
from skdigits.reading._read import check_rotation as check_rotation
from skdigits.reading._read import read_digits
from skdigits.reading._reading import ReadDigit, Reading, ReadSign, as_plain

__all__ = [
    "ReadDigit",
    "ReadSign",
    "Reading",
    "as_plain",
    "classifier_of",
    "load_boxes",
    "load_pretrained",
    "read_boxes",
    "read_digits",
]
