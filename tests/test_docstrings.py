"""What the docstrings say is true: their examples run, their defaults are right."""

import dataclasses
import doctest
import inspect
import pkgutil
import re
from importlib import import_module

import numpy as np
import pytest
from numpydoc.validate import validate

import skdigits

MODULES = [
    info.name
    for info in pkgutil.walk_packages(skdigits.__path__, "skdigits.")
    if not info.name.endswith("__main__")
]
ROOMS = [skdigits] + [
    import_module(f"skdigits.{name}")
    for name in (
        "datasets",
        "handwriting",
        "inspection",
        "model_selection",
        "persistence",
        "preprocessing",
        "reading",
        "serving",
    )
]
PATHS = {
    name: f"{module.__name__}.{name}"
    for module in ROOMS
    for name in module.__all__
    if callable(getattr(module, name))
}
PUBLIC = {
    name: getattr(import_module(path.rpartition(".")[0]), name)
    for name, path in PATHS.items()
}

# What numpydoc asks for and we do not: a longer text, See Also and an example in each
# method, and no name before the type of what is returned.
NOT_ASKED = {"ES01", "SA01", "EX01", "RT02"}

# What is still to be written.
MISSING = {
    "skdigits.persistence.load": {"PR07"},
    "skdigits.persistence.load_network": {"PR07", "RT03"},
    "skdigits.persistence.read_card": {"PR07"},
}


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    result = doctest.testmod(import_module(name))
    assert result.failed == 0


def test_options_are_keywords():
    """All but the first few, which are in the order of their names in scikit-learn."""
    positional = {"classifier", "cv", "model", "n_samples"}
    for name, function in PUBLIC.items():
        if isinstance(function, type):
            continue
        kinds = inspect.signature(function).parameters.values()
        assert not [p for p in kinds if p.kind is p.POSITIONAL_ONLY], name
        optional = {
            p.name
            for p in kinds
            if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty
        }
        assert optional <= positional, name


def test_records_are_constants():
    """But for the candidates of a search, which learn."""
    for name in MODULES:
        for record in vars(import_module(name)).values():
            ours = getattr(record, "__module__", None) == name
            if ours and dataclasses.is_dataclass(record):
                constant = record.__dataclass_params__.frozen
                assert constant or record.__name__ == "Candidate", record


def test_public_objects_have_examples():
    without = [name for name, value in PUBLIC.items() if ">>>" not in value.__doc__]
    assert without == ["load", "load_network"]  # the example is that of save


@pytest.mark.parametrize("name", PUBLIC)
def test_documented_defaults_are_those_of_the_signature(name):
    documented = dict(
        re.findall(
            r"^ *(\w+) : .*default=(.+)$", PUBLIC[name].__doc__, flags=re.MULTILINE
        )
    )
    signature = {
        parameter.name: parameter.default
        for parameter in inspect.signature(PUBLIC[name]).parameters.values()
        if parameter.default is not parameter.empty
    }
    names = {"np": np}
    assert {key: eval(text, names) for key, text in documented.items()} == signature


@pytest.mark.parametrize("name", PUBLIC)
def test_every_parameter_is_documented(name):
    lines = re.findall(
        r"^ *\**(\w[\w, ]*) : ", PUBLIC[name].__doc__, flags=re.MULTILINE
    )
    described = {word for line in lines for word in line.split(", ")}
    assert set(inspect.signature(PUBLIC[name]).parameters) <= described


def members_of(path, value):
    """Return the path of a public name, and of what of it is ours."""
    yield path
    if inspect.isclass(value):
        for name, member in inspect.getmembers(value):
            module = str(getattr(member, "__module__", ""))
            if not name.startswith("_") and module.startswith("skdigits"):
                yield f"{path}.{name}"


@pytest.mark.parametrize("name", PUBLIC)
def test_docstrings_are_complete(name):
    for path in members_of(PATHS[name], PUBLIC[name]):
        asked = [e for e in validate(path)["errors"] if e[0] not in NOT_ASKED]
        assert {code for code, _ in asked} <= MISSING.get(path, set()), asked


def functions_of(value):
    """Return a public function, or those of a public class that are ours."""
    if inspect.isclass(value):
        members = [
            inspect.getattr_static(value, name)
            for name in dir(value)
            if name == "__init__" or not name.startswith("_")
        ]
    else:
        members = [value]
    for member in members:
        # of properties, cached properties, class methods, and what is decorated
        for attribute in ("fget", "func", "__func__", "__wrapped__"):
            member = getattr(member, attribute, member)
        if inspect.isfunction(member) and member.__module__.startswith("skdigits"):
            yield member


@pytest.mark.parametrize("name", PUBLIC)
def test_signatures_are_annotated(name):
    for function in functions_of(PUBLIC[name]):
        named = {*inspect.signature(function).parameters, "return"} - {"self", "cls"}
        assert named == set(function.__annotations__), function
