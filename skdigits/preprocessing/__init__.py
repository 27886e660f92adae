"""Transformers that prepare raw pixels and labels for `skdigits.DigitCNN`."""

from skdigits.preprocessing._label_encoder import OneHotLabelEncoder
from skdigits.preprocessing._reshaper import ImageReshaper
from skdigits.preprocessing._scaler import PixelScaler

__all__ = ["ImageReshaper", "OneHotLabelEncoder", "PixelScaler"]
