"""A scikit-learn-compatible convolutional network for handwritten digits.

Public names are imported on first use, so that ``import skdigits`` loads neither
Keras nor TensorFlow.
"""

from importlib import import_module

__version__ = "0.1.0"

_MODULE_OF = {
    "DigitCNN": "skdigits._classifier",
    "load": "skdigits.persistence",
    "load_pretrained": "skdigits.reading",
    "make_digit_pipeline": "skdigits._pipeline",
    "read_digits": "skdigits.reading",
    "save": "skdigits.persistence",
    "to_onnx": "skdigits.export",
}
_SUBPACKAGES = (
    "datasets",
    "handwriting",
    "inspection",
    "model_selection",
    "preprocessing",
    "reading",
    "serving",
)

__all__ = [*_MODULE_OF, *_SUBPACKAGES]


def __getattr__(name):
    if name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
    elif name in _SUBPACKAGES:
        value = import_module(f"skdigits.{name}")
    else:
        raise AttributeError(f"module 'skdigits' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
