"""skdigits info."""

import json
import platform
import re
from pathlib import Path
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import printable


def info(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model file made by train.",
            show_default="the pretrained model",
        ),
    ] = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
):
    """Show what a model is, how well it performs, its limits, and the versions.

    Examples:
      skdigits info
      skdigits info digits.safetensors --json
    """
    from skdigits.persistence import load_with_card

    path = skdigits.reading.PRETRAINED if model is None else model
    estimator, card = load_with_card(path)
    versions = {"of the file": card.pop("versions"), "installed": _installed()}
    format_version = {"format version": card.pop("format_version")}
    about = {
        "file": str(path),
        "model": _description(estimator) | format_version,
        "card": card or None,
        "versions": versions,
    }
    if model is None:
        about["page network"] = skdigits.handwriting.page_network_card()
    print(json.dumps(about) if as_json else "\n".join(_lines(about)))


def _description(estimator):
    """Return the description of a fitted estimator."""
    steps = getattr(estimator, "steps", [("cnn", estimator)])
    classifier = steps[-1][1]
    arrays = classifier.network_.weights.values()
    return {
        "steps": [f"{name}: {type(step).__name__}" for name, step in steps],
        "height and width": list(classifier.image_shape_),
        "labels": classifier.classes_.tolist(),
        "weights": sum(array.size for array in arrays),
    }


def _installed():
    """Return the versions of Python, of skdigits and of what it needs."""
    from importlib.metadata import requires

    names = ["skdigits"]
    for requirement in requires("skdigits"):
        if "extra ==" not in requirement:
            names.append(re.match(r"[\w.-]+", requirement)[0])
    system = f"{platform.system()} {platform.machine()}"
    installed = {"python": platform.python_version(), "system": system}
    return installed | {name: _version(name) for name in names}


def _version(name):
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _lines(values, indent=""):
    """Return nested names and values as aligned lines of text."""
    width = max(len(_text(name)) for name in values) + 2
    lines = []
    for name, value in values.items():
        start = f"{indent}{_text(name)}"
        if isinstance(value, dict) and value:
            lines += [start, *_lines(value, indent + "  ")]
        elif isinstance(value, list) and any(isinstance(item, str) for item in value):
            lines += [start, *(f"{indent}  - {_text(item)}" for item in value)]
        else:
            lines.append(f"{start:{width + len(indent)}}{_text(value)}")
    return lines


def _text(value):
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    return printable(str(value))
