"""Statistics and displays for the errors of classifiers and the results of searches."""

from skdigits.inspection._compare import Comparison
from skdigits.inspection._numbers import percent as percent
from skdigits.inspection._page._error_report import ErrorReport
from skdigits.inspection._page._page_files import report_writers as report_writers
from skdigits.inspection._plot._confusion import ConfusionHeatmapDisplay
from skdigits.inspection._plot._grid import DigitGridDisplay
from skdigits.inspection._plot._history import TrainingHistoryDisplay
from skdigits.inspection._plot._per_class import PerClassDisplay
from skdigits.inspection._plot._probabilities import (
    ReliabilityDisplay,
    RiskCoverageDisplay,
)
from skdigits.inspection._plot._saliency_display import SaliencyDisplay
from skdigits.inspection._plot._search_results import SearchResultsDisplay
from skdigits.inspection._seeds import SeedRepetition, repeat_over_seeds
from skdigits.inspection._suspicious import suspicious_labels

__all__ = [
    "Comparison",
    "ConfusionHeatmapDisplay",
    "DigitGridDisplay",
    "ErrorReport",
    "PerClassDisplay",
    "ReliabilityDisplay",
    "RiskCoverageDisplay",
    "SaliencyDisplay",
    "SearchResultsDisplay",
    "SeedRepetition",
    "TrainingHistoryDisplay",
    "repeat_over_seeds",
    "suspicious_labels",
]
