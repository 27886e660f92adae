"""Workers: none hangs, none grows, each takes its share of the cores, in silence.

Whatever might hang runs in a process of its own, with a time-out. The module must be
importable by workers, so it imports TensorFlow nowhere.
"""

import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from textwrap import dedent

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skdigits import make_digit_pipeline
from skdigits.model_selection import HalvingEpochSearchCV

# Only to end a test that hangs.
PATIENCE = 300


# What would limit the threads of a worker whatever joblib grants.
LIMITS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def run_python(code, **variables):
    """Run code in a fresh process; kill it and its workers if it hangs."""
    environment = {key: os.environ[key] for key in os.environ if key not in LIMITS}
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | variables,
        start_new_session=True,
    )
    try:
        out, error = process.communicate(timeout=PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, error


PREAMBLE = """
from sklearn.datasets import load_digits
from skdigits import make_digit_pipeline
from skdigits.model_selection import HalvingEpochSearchCV
from sklearn.model_selection import GridSearchCV
X, y = load_digits(return_X_y=True)
X, y = X[:200], y[:200]
pipeline = make_digit_pipeline(filters=4, epochs=2, random_state=0)
grid = {"cnn__dropout": [0.1, 0.3]}
"""


def test_loky_searches_end_with_the_results_of_one_process_and_print_nothing():
    """After TensorFlow has started in the parent too."""
    code = f"""{PREAMBLE}
import numpy as np
from joblib import Parallel, delayed, cpu_count
alone = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
for search in (GridSearchCV, HalvingEpochSearchCV):
    two = search(pipeline, grid, cv=2, n_jobs=2).fit(X, y)
    proba = two.predict_proba(X)
both = HalvingEpochSearchCV(pipeline, grid, cv=2, n_jobs=2, min_epochs=2).fit(X, y)
for name in ("split0_test_score", "split1_test_score"):
    # on other numbers of threads sums are rounded otherwise
    assert np.allclose(both.cv_results_[name], alone.cv_results_[name], atol=0.05)

def threads():
    from skdigits.training._tensorflow import tf
    threading = tf.config.threading
    return (
        threading.get_intra_op_parallelism_threads(),
        threading.get_inter_op_parallelism_threads(),
    )

share = max(cpu_count() // 2, 1)
granted = Parallel(n_jobs=2)(delayed(threads)() for _ in range(4))
assert set(granted) == {{(share, share)}}, granted
assert threads() == (0, 0)
"""

    assert run_python(code) == (0, "", "")


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({"OMP_NUM_THREADS": "1"}, "1 1"),
        ({"OMP_NUM_THREADS": "64"}, "64 64"),
        ({"OMP_NUM_THREADS": "4,2"}, "4 4"),
        ({"OMP_NUM_THREADS": "nonsense"}, "0 0"),
        ({"OMP_NUM_THREADS": "4", "TF_NUM_INTRAOP_THREADS": "3"}, "0 4"),
    ],
)
def test_threads_follow_what_is_granted(variables, expected, monkeypatch):
    from skdigits.training import _tensorflow

    class Threading:
        intra = inter = 0

        def set_intra_op_parallelism_threads(self, number):
            self.intra = number

        def set_inter_op_parallelism_threads(self, number):
            self.inter = number

    class FakeTensorFlow:
        class config:
            threading = Threading()

    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    _tensorflow._limit_threads(FakeTensorFlow)
    threading = FakeTensorFlow.config.threading
    assert f"{threading.intra} {threading.inter}" == expected


def test_training_after_a_fork_is_refused_and_answers_are_given():
    code = f"""{PREAMBLE}
import multiprocessing
from numpy.testing import assert_array_equal

def fit(_):
    try:
        make_digit_pipeline(epochs=1).fit(X, y)
    except RuntimeError as error:
        return str(error)

def main():
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        assert pool.apply_async(fit, (0,)).get() is None, "TensorFlow starts there"
    pipeline.fit(X, y)
    with context.Pool(1) as pool:
        print(pool.apply_async(fit, (0,)).get())
        answers = pool.apply_async(pipeline.predict_proba, (X,)).get()
    assert_array_equal(answers, pipeline.predict_proba(X))

main()
"""
    status, out, error = run_python(code, PYTHONWARNINGS="ignore")
    assert status == 0, error
    assert out == (
        "Got a process that was forked after TensorFlow had started, in which training "
        "would hang, but expected one that starts TensorFlow itself. Use joblib's "
        "backend 'loky', or multiprocessing's start method 'spawn'.\n"
    )


def test_memory_stays_flat_when_shapes_of_networks_take_turns():
    """Three are one more than are kept compiled: each fit compiles."""
    code = f"""{PREAMBLE}
import gc, psutil
megabytes = []
for number in range(24):
    pipeline.set_params(cnn__filters=8 + number % 3).fit(X, y)
    gc.collect()
    megabytes.append(psutil.Process().memory_info().rss / 2**20)
print(megabytes[-1] - megabytes[7])
"""
    status, out, error = run_python(code)
    assert status == 0, error
    assert float(out) < 1.7, out


def test_pickles_are_small(fitted):
    assert len(pickle.dumps(make_digit_pipeline())) < 3_000
    classifier = fitted[-1]
    assert classifier.model_ is not None
    size = sum(array.nbytes for array in classifier.network_.arrays.values())
    # the weights, and Adam's two moments of each
    assert 3 * size < len(pickle.dumps(classifier)) < 3 * size + 20_000


def test_threads_train_side_by_side(digits):
    X, _, y, _ = digits
    pipeline = make_digit_pipeline(filters=4, epochs=2, random_state=0)
    grid = {"cnn__dropout": [0.0, 0.3]}
    alone = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    with parallel_config(backend="threading", n_jobs=2):
        together = HalvingEpochSearchCV(pipeline, grid, cv=2, min_epochs=2).fit(X, y)
    assert_array_equal(
        together.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )


@pytest.fixture(scope="module")
def cluster():
    """A client of two worker processes."""
    distributed = pytest.importorskip("distributed")
    local = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    )
    with distributed.Client(local) as client:
        yield client
    with suppress(TimeoutError):  # a worker that is just starting again
        local.close()


@pytest.mark.parametrize("kind", [GridSearchCV, HalvingEpochSearchCV])
def test_dask_completes_the_table_although_a_worker_is_killed(
    cluster, digits, tmp_path, kind
):
    X, y = (np.array(part[:300]) for part in (digits[0], digits[2]))
    pipeline = make_digit_pipeline(filters=4, epochs=2, random_state=0)
    grid = {"cnn__batch_size": [16, 32, 64]}
    cv = [
        (train.tolist(), test.tolist())
        for train, test in StratifiedKFold(2).split(X, y)
    ]

    def accuracy_of_a_mortal(estimator, X, y):
        for number in range(4):
            with suppress(FileExistsError):
                (tmp_path / str(number)).touch(exist_ok=False)
                if number == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                break
        return estimator.score(X, y)

    cluster.wait_for_workers(2, timeout=PATIENCE)
    with parallel_config(backend="dask", scatter=[X, y]):
        search = kind(pipeline, grid, cv=cv, scoring=accuracy_of_a_mortal).fit(X, y)
    assert (tmp_path / "3").exists()
    alone = kind(pipeline, grid, cv=cv).fit(X, y)
    for name in ("split0_test_score", "split1_test_score"):
        scores = search.cv_results_[name]
        assert_allclose(scores, alone.cv_results_[name], atol=0.05)
