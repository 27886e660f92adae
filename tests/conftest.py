import os
import sys
from pathlib import Path

# Processes of pytest share the cores, before NumPy and TensorFlow count them.
if n_workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
    threads = max(1, (os.cpu_count() or 1) // n_workers)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))

import matplotlib
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import make_digit_pipeline

matplotlib.use("Agg")

# Other processes import the checkout, too, and the helpers of the tests.
TESTS = Path(__file__).parent
os.environ["PYTHONPATH"] = os.pathsep.join([str(TESTS.parent), str(TESTS)])


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(autouse=True)
def many_compiled_models(monkeypatch):
    """Keep more of them than users have: tests take turns with their shapes."""
    if training := sys.modules.get("skdigits.training._fit"):
        monkeypatch.setattr(training, "MAX_IDLE", 16)


@pytest.fixture(scope="session")
def digits():
    """scikit-learn's digits: X_train, X_test, y_train, y_test, read-only."""
    X, y = load_digits(return_X_y=True)
    parts = train_test_split(X, y, stratify=y, random_state=0)
    for part in parts:
        part.flags.writeable = False
    return parts


@pytest.fixture(scope="session")
def fitted(digits):
    """A small fitted pipeline; tests must not change it."""
    X, _, y, _ = digits
    pipeline = make_digit_pipeline(
        filters=8, epochs=6, batch_size=32, learning_rate=0.005, random_state=0
    )
    return pipeline.fit(X, y)


@pytest.fixture(scope="session")
def mnist():
    """Real MNIST as {"train": Bunch, "test": Bunch}, where it is on this machine."""
    from skdigits.datasets import fetch_mnist

    if "SKDIGITS_DATA" not in os.environ:
        pytest.skip("needs MNIST: set SKDIGITS_DATA to the folder that has it")
    return {
        subset: fetch_mnist(subset=subset, download_if_missing=False)
        for subset in ("train", "test")
    }
