"""Save a fitted classifier or pipeline in one file; reading it runs no code.

Names are imported on first use: `load_network` needs no scikit-learn. `__all__` is for
users; `file_content` and `load_with_card` are for the sub-packages above this one, and
may change with it.
"""

from importlib import import_module

_MODULE_OF = {
    "file_content": "skdigits.persistence._save_load",
    "load": "skdigits.persistence._save_load",
    "load_network": "skdigits.persistence._saved_network",
    "load_with_card": "skdigits.persistence._save_load",
    "read_card": "skdigits.persistence._save_load",
    "save": "skdigits.persistence._save_load",
    "to_onnx": "skdigits.persistence._to_onnx",
}

__all__ = ["load", "load_network", "read_card", "save", "to_onnx"]


def __getattr__(name):
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value
