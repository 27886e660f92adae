"""A scikit-learn-compatible convolutional network for handwritten digits.

Public names are imported on first use, so that ``import skdigits`` loads neither
Keras nor TensorFlow. Editors and type checkers see them in the imports below.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from skdigits import _forks  # noqa: F401  sees forks from here on

if TYPE_CHECKING:
    from skdigits import (
        datasets,
        handwriting,
        inspection,
        model_selection,
        preprocessing,
        reading,
        serving,
    )
    from skdigits._classifier import DigitCNN
    from skdigits._pipeline import make_digit_pipeline
    from skdigits.persistence import load, save, to_onnx
    from skdigits.reading import load_pretrained, read_digits

__version__ = "0.1.0"

_MODULE_OF = {
    "DigitCNN": "skdigits._classifier",
    "load": "skdigits.persistence",
    "load_pretrained": "skdigits.reading",
    "make_digit_pipeline": "skdigits._pipeline",
    "read_digits": "skdigits.reading",
    "save": "skdigits.persistence",
    "to_onnx": "skdigits.persistence",
}

__all__ = [
    "DigitCNN",
    "datasets",
    "handwriting",
    "inspection",
    "load",
    "load_pretrained",
    "make_digit_pipeline",
    "model_selection",
    "preprocessing",
    "read_digits",
    "reading",
    "save",
    "serving",
    "to_onnx",
]


def __getattr__(name):
    if name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
    elif name in __all__:
        value = import_module(f"skdigits.{name}")
    else:
        raise AttributeError(f"module 'skdigits' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
