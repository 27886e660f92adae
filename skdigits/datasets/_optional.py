"""Optional packages, each of which is needed only for some file formats."""

from importlib import import_module


class MissingPackage(ValueError):
    """The message says how to install it."""


def import_or_say(module, path):
    """Return a module, or raise a `MissingPackage`."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise MissingPackage(
            f"Got {str(path)!r} without {package}, but expected {package} to be "
            f"installed to read it. Run pip install {package}."
        ) from None
