"""What the search takes from scikit-learn's private parts is there, in one place.

Nothing is imported here that needs those parts, so that it can be told what is missing.
"""

import ast
from importlib import import_module
from pathlib import Path

import sklearn
from sklearn.model_selection import GridSearchCV

import skdigits

ROOM = Path(skdigits.__file__).parent / "model_selection"
DOOR = ROOM / "_scikit_learn.py"

# The versions that the tests of the search were run on.
RUN_ON = ("1.6.1", "1.7.2", "1.8.0", "1.9.1")


def is_private(dotted_name):
    return any(part.startswith("_") for part in dotted_name.split("."))


def imported_names(path):
    """Yield the module and the name of each import from scikit-learn."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("sklearn"):
            yield from ((node.module, alias.name) for alias in node.names)


def inherited_names(path):
    """Yield the private methods that a class calls as its own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.attr


def has(module, name):
    try:
        return hasattr(import_module(module), name)
    except ImportError:
        return False


def test_the_private_names_are_there():
    names = [f"{m}.{n}" for m, n in imported_names(DOOR) if not has(m, n)]
    methods = [n for n in inherited_names(DOOR) if not hasattr(GridSearchCV, n)]
    assert list(inherited_names(DOOR)), "the test looks at nothing"
    assert not names + methods, (
        f"Got scikit-learn {sklearn.__version__} without {', '.join(names + methods)}, "
        f"but expected what {DOOR.name} is made of, as in {', '.join(RUN_ON)}. Put in "
        "what has taken their place."
    )


def test_no_other_module_of_the_room_takes_private_names():
    for path in set(ROOM.rglob("*.py")) - {DOOR}:
        private = [
            f"{m}.{n}" for m, n in imported_names(path) if is_private(f"{m}.{n}")
        ]
        assert not private, f"{path.name} takes {private}"
