"""What the pages say is true: their Python and their commands run, and print that."""

import doctest
import math
import re
import shutil
import textwrap
from inspect import signature
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from pytest import approx
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from typer.testing import CliRunner

from skdigits import DigitCNN
from skdigits._parameters import network_spec
from skdigits._presets import PRESETS
from skdigits.cli._commands import app
from skdigits.network import weight_shapes

# of Keras, when it saves a model
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't acc"),
]

README = Path(__file__).parents[1] / "README.md"
DOCS = README.parent / "docs"
PAGES = sorted(
    path
    for folder in (DOCS, DOCS / "guide", DOCS / "coming_from")
    for path in folder.glob("*.rst")
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
ROUNDED = r"\d+\.\d+|\d{3,}"
PYTHON = re.compile(
    r"^( *)(\.\. not run: .+\n(?:\1   .+\n)*\n\1)?"
    r"\.\. code-block:: python\n\n((?:\1   .*\n|\n)+)",
    re.MULTILINE,
)
CONSOLE = re.compile(r"^\.\. code-block:: console\n\n((?:   .*\n|\n)+)", re.MULTILINE)

# What people type into the search, and the page that should come first. An entry of the
# index that is marked as the main one puts it there.
SEARCHES = {
    "citing": ["citation"],
    "guide/classifier": ["dropout"],
    "guide/data": ["load my own images", "CSV", "MNIST download", "fashion mnist"],
    "guide/exporting": ["ONNX", "export"],
    "guide/large_data": ["memory"],
    "guide/mistakes": [
        "confusion matrix",
        "plot confusion matrix",
        "misclassified images",
        "ROC curve",
    ],
    "guide/predictions": ["confidence threshold", "calibration"],
    "guide/saving": ["save model", "load model", "pickle"],
    "guide/searching": ["grid search", "hyperparameter tuning", "cross validation"],
    "guide/training": [
        "early stopping",
        "learning curve",
        "data augmentation",
        "class imbalance",
        "progress bar",
    ],
    "handwriting": [
        "read photo",
        "several digits",
        "PDF",
        "transfer learning",
        "fine-tune",
    ],
    "installation": ["installation", "GPU", "mixed precision"],
    "performance": ["inference speed"],
    "serving": ["REST API", "docker"],
}


class About(doctest.OutputChecker):
    """Takes decimals, and large numbers, that are off by a tenth.

    Processors round differently, and a network that learned then differs a little.
    """

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        texts = re.split(ROUNDED, " ".join(want.split()))
        texts = [re.escape(text).replace(r"\.\.\.", ".*?") for text in texts]
        found = re.fullmatch(f"({ROUNDED})".join(texts), " ".join(got.split()))
        if found is None:
            return False
        wanted = [float(number) for number in re.findall(ROUNDED, want)]
        return [float(number) for number in found.groups()] == approx(wanted, rel=0.1)


def with_text(*signs):
    return [path for path in PAGES if any(map(path.read_text().count, signs))]


def few_images(subset="train", return_X_y=True):
    """Stand in for `fetch_mnist`: a few digits of 28 x 28 pixels."""
    X, y = load_digits(return_X_y=True)
    rows = slice(0, 300) if subset == "train" else slice(300, 400)
    images = np.pad(X[rows].reshape(-1, 8, 8), ((0, 0), (3, 3), (3, 3)))
    images = images[:, :14, :14].repeat(2, axis=1).repeat(2, axis=2)
    return np.uint8(255 / 16 * images).reshape(-1, 784), y[rows]


def name_of(path):
    return str(path.relative_to(DOCS).with_suffix(""))


@pytest.fixture(autouse=True)
def in_a_folder_with_the_images(tmp_path, monkeypatch):
    """The folder has what the pages speak of: ``docs/images`` and ``sheet.jpg``."""
    shutil.copytree(DOCS / "images", tmp_path / "docs" / "images")
    shutil.copy(DOCS / "images" / "sheet.jpg", tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", with_text(">>> ", "block:: python"), ids=name_of)
def test_python_runs_and_prints_what_the_page_says(path, monkeypatch):
    """From the top of the page to its end, in one namespace.

    A block that cannot run here stands below a comment, ``.. not run: why``.
    """
    monkeypatch.setattr("skdigits.datasets.fetch_mnist", few_images)
    names = {}
    text, *blocks = PYTHON.split(path.read_text())
    run_prompts(text, names)
    for reason, block, text in zip(
        blocks[1::4], blocks[2::4], blocks[3::4], strict=True
    ):
        if not reason:
            exec(textwrap.dedent(block), names)
        run_prompts(text, names)
    plt.close("all")


def run_prompts(text, names):
    """Run the lines that begin with ``>>>``; compare what they print, keep names."""
    test = doctest.DocTestParser().get_doctest(text, names, "page", None, 0)
    said = []
    runner = doctest.DocTestRunner(About(), verbose=False, optionflags=FLAGS)
    runner.run(test, out=said.append, clear_globs=False)
    assert not runner.failures, "".join(said)
    names |= test.globs


@pytest.mark.parametrize("path", with_text("code-block:: console"), ids=name_of)
def test_commands_print_what_the_page_says(path):
    for block in CONSOLE.findall(path.read_text()):
        command, *expected = (line[3:] for line in block.rstrip().split("\n"))
        arguments = command.removeprefix("$ skdigits ").split()
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        expected = "\n".join(expected) + "\n"
        assert About().check_output(expected, result.output, FLAGS), result.output


def test_readme(capsys):
    text = README.read_text()
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL))
    plt.close("all")
    exec(blocks["python"], {})
    assert textwrap.indent(blocks["python"], "   ") in (DOCS / "index.rst").read_text()
    (figure,) = map(plt.figure, plt.get_fignums())
    assert figure.axes[0].get_xlabel() == "predicted"
    plt.close(figure)
    (printed,) = re.findall(r"It prints `(.*)`", text)
    expected = re.sub("{.*}", "...", printed) + "\n"
    assert About().check_output(expected, capsys.readouterr().out, FLAGS)
    for path in re.findall(r'\]\((\w[^):]*)\)|src="(.*?)"', text):
        assert (README.parent / "".join(path)).exists(), path
    # the last command is the one whose output is shown
    arguments = blocks["sh"].removeprefix("skdigits ").split()
    output = CliRunner().invoke(app, arguments).output
    lines, expected = (re.sub("  [01][.].*", "", t) for t in (output, blocks["text"]))
    assert lines == expected
    assert About().check_output(blocks["text"], output, FLAGS)


@pytest.mark.parametrize("page", SEARCHES)
def test_search_leads_to_the_page(page):
    text = (DOCS / page).with_suffix(".rst").read_text()
    blocks = re.findall(r"^\.\. index:: ((?:.*\n)+?)\n", text, re.MULTILINE)
    entries = {entry.strip() for entry in ",".join(blocks).split(",")}
    assert {f"! {words}" for words in SEARCHES[page]} <= entries


def test_accuracies_are_those_of_the_performance_page():
    """With their spread; the page has the commands that print them."""
    measured = r"\d+\.\d+ ± \d+\.\d+ %"
    known = set(re.findall(measured, (DOCS / "performance.rst").read_text()))
    for path in [README, *PAGES]:
        assert set(re.findall(measured, path.read_text())) <= known, path


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_the_parameters_that_the_performance_page_says(name):
    page = (DOCS / "performance.rst").read_text()
    (said,) = re.findall(rf'preset ``"{name}"``.* (\d+,\d+)  ', page)
    spec = network_spec(DigitCNN.from_preset(name), (28, 28), 10)
    assert f"{sum(map(math.prod, weight_shapes(spec).values())):,}" == said


@pytest.mark.parametrize("page", ["mlp_classifier", "scikeras", "keras"])
def test_a_page_names_each_parameter_of_the_other_library(page):
    import keras
    from scikeras.wrappers import KerasClassifier

    theirs = {
        "mlp_classifier": [MLPClassifier],
        "scikeras": [KerasClassifier],
        "keras": [
            keras.Model.fit,
            keras.Model.compile,
            keras.callbacks.EarlyStopping,
        ],
    }
    text = (DOCS / "coming_from" / f"{page}.rst").read_text()
    named = re.findall(r"\w+", " ".join(re.findall("``(.+?)``", text)))
    parameters = {name for its in theirs[page] for name in signature(its).parameters}
    assert not parameters - {"self", "x", "y", "kwargs"} - set(named)
