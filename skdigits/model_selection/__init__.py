"""Searches for the parameters of a classifier."""

from skdigits.model_selection._halving import HalvingEpochSearchCV

__all__ = ["HalvingEpochSearchCV"]
