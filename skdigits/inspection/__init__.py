"""What is found out about classifiers and searches, drawn."""

from skdigits.inspection._search_results import SearchResultsDisplay

__all__ = ["SearchResultsDisplay"]
