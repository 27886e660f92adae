"""Transformers from raw pixels to what `skdigits.DigitCNN` takes."""

from skdigits.preprocessing._reshaper import ImageReshaper
from skdigits.preprocessing._scaler import PixelScaler

__all__ = ["ImageReshaper", "PixelScaler"]
