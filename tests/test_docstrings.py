"""What the docstrings say is true: their examples run, their defaults are right."""

import doctest
import inspect
import pkgutil
import re
from importlib import import_module

import numpy as np
import pytest

import skdigits
from skdigits import datasets, inspection, model_selection, preprocessing, serving

MODULES = [
    info.name
    for info in pkgutil.walk_packages(skdigits.__path__, "skdigits.")
    if not info.name.endswith("__main__")
]
PUBLIC = {
    name: getattr(module, name)
    for module in (
        skdigits,
        datasets,
        inspection,
        model_selection,
        preprocessing,
        serving,
    )
    for name in module.__all__
    if callable(getattr(module, name))
}


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    result = doctest.testmod(import_module(name))
    assert result.failed == 0


def test_public_objects_have_examples():
    without = [name for name, value in PUBLIC.items() if ">>>" not in value.__doc__]
    assert without == ["load"]  # its example is that of save


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
    described = re.findall(r"^ *\**(\w+) : ", PUBLIC[name].__doc__, flags=re.MULTILINE)
    assert set(inspect.signature(PUBLIC[name]).parameters) <= set(described)
