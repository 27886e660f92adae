"""What a classifier gets wrong, and what a search found: statistics and displays."""

from skdigits.inspection._class_display import PerClassDisplay
from skdigits.inspection._compare import Comparison
from skdigits.inspection._confusion_display import ConfusionHeatmapDisplay
from skdigits.inspection._grid_display import DigitGridDisplay
from skdigits.inspection._history_display import TrainingHistoryDisplay
from skdigits.inspection._probability_displays import (
    ReliabilityDisplay,
    RiskCoverageDisplay,
)
from skdigits.inspection._report import ErrorReport
from skdigits.inspection._saliency_display import SaliencyDisplay
from skdigits.inspection._search_results import SearchResultsDisplay
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
