"""Synthetic pages of handwriting, and the strokes that they are made of.

The names in `__all__` are public. The other names are for use by other sub-packages
only, and may change without notice.
"""

from skdigits.datasets.pages._habits import HABITS as HABITS
from skdigits.datasets.pages._habits import WIDTH as WIDTH
from skdigits.datasets.pages._habits import WIDTHS as WIDTHS
from skdigits.datasets.pages._light_and_camera import log_uniform as log_uniform
from skdigits.datasets.pages._make_digit_pages import make_digit_pages
from skdigits.datasets.pages._sheet import TARGET_NAMES as TARGET_NAMES
from skdigits.datasets.pages._signs import CAPITALS as CAPITALS
from skdigits.datasets.pages._signs import DOODLES as DOODLES
from skdigits.datasets.pages._signs import SIGNS as SIGNS
from skdigits.datasets.pages._signs import SMALL as SMALL
from skdigits.datasets.pages._strokes import by_hand as by_hand
from skdigits.datasets.pages._strokes import curve as curve
from skdigits.datasets.pages._strokes import strokes_of as strokes_of

__all__ = ["make_digit_pages"]
