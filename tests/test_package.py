import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import skdigits

pytestmark = pytest.mark.slow

NO_DEEP_LEARNING = "assert not {'keras', 'tensorflow', 'scikeras'} & set(sys.modules)"


def run_python(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, **options
    )


@pytest.mark.parametrize(
    "code",
    [
        "import skdigits",
        "from skdigits import DigitCNN, make_digit_pipeline; make_digit_pipeline()",
        "from skdigits.datasets import fetch_mnist, load_digit_images; "
        "assert not {'pooch', 'requests'} & set(sys.modules)",
        "from skdigits.inspection import ErrorReport, ConfusionHeatmapDisplay; "
        "assert not {'matplotlib', 'seaborn'} & set(sys.modules)",
        "from skdigits.preprocessing import ImageReshaper, PixelScaler",
        "from skdigits.inspection import SearchResultsDisplay",
        "from skdigits.model_selection import HalvingEpochSearchCV",
        "from typer.testing import CliRunner; from skdigits.cli._commands import app; "
        "assert 'train' in CliRunner().invoke(app, ['--help']).output; "
        "assert 'numpy' not in sys.modules",
    ],
)
def test_import_loads_neither_keras_nor_tensorflow(code):
    result = run_python(f"import sys; {code}; {NO_DEEP_LEARNING}")
    assert result.returncode == 0, result.stderr


def test_arrows_in_inspection_point_one_way():
    """From the page to the displays to the report, imports inside functions too."""
    room = Path(skdigits.__file__).parent / "inspection"
    below = {
        room: ("inspection._plot", "inspection._page", "matplotlib", "seaborn"),
        room / "_plot": ("inspection._page",),
    }
    for folder, forbidden in below.items():
        for path in set(folder.glob("*.py")) - {room / "__init__.py"}:
            assert not [name for name in forbidden if name in path.read_text()], path


def test_public_names_resolve():
    for name in skdigits.__all__:
        assert getattr(skdigits, name) is not None
    assert set(skdigits.__all__) <= set(dir(skdigits))


def test_editors_see_every_public_name():
    """Those under TYPE_CHECKING are the ones that are found on first use."""
    tree = ast.parse(Path(skdigits.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for imported in block.body for alias in imported.names}
    assert seen == set(skdigits.__all__)
    assert Path(skdigits.__file__).with_name("py.typed").exists()


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'DigitSVM'"):
        skdigits.DigitSVM  # noqa: B018


def test_version_is_that_of_the_distribution():
    assert skdigits.__version__ == version("skdigits")


def test_many_networks_in_one_process_print_nothing_at_all():
    """TensorFlow writes log lines past sys.stderr, so only a process can tell."""
    code = (
        "from sklearn.datasets import load_digits\n"
        "from skdigits import make_digit_pipeline\n"
        "X, y = load_digits(return_X_y=True)\n"
        "for filters in range(1, 10):\n"
        "    pipeline = make_digit_pipeline(filters=filters, epochs=1)\n"
        "    pipeline.fit(X[:99], y[:99]).predict_proba(X)\n"
    )
    result = run_python(code)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_signals_amid_tensorflows_import_are_put_off_and_print_nothing():
    code = """
import os, signal, sys

# a shell starts what runs in the background with this signal ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, lambda *_: print("terminated", not is_amid))
is_amid = True

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        global is_amid
        if name == "tensorflow.python":
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            is_amid = False

sys.meta_path.insert(0, Interrupt())
try:
    import skdigits.training
except KeyboardInterrupt:
    print("interrupted")
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
from skdigits.training._tensorflow import tf
print(int(tf.constant(3)))
"""
    result = run_python(code)
    assert (result.stdout, result.stderr) == ("terminated True\ninterrupted\n3\n", "")
