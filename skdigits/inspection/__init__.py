"""What a classifier gets wrong: statistics, displays, and a page."""

from skdigits.inspection._compare import Comparison
from skdigits.inspection._report import ErrorReport
from skdigits.inspection._seeds import SeedRepetition, repeat_over_seeds
from skdigits.inspection._suspicious import suspicious_labels

__all__ = [
    "Comparison",
    "ErrorReport",
    "SeedRepetition",
    "repeat_over_seeds",
    "suspicious_labels",
]
