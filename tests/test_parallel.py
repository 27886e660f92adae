"""Workers: none hangs, none grows, each takes its share of the cores, in silence.

Whatever might hang runs in a process of its own, with a time-out. The module must be
importable by workers, so it imports TensorFlow nowhere.
"""

import os
import pickle
import signal
from contextlib import suppress

import numpy as np
import pytest
from _processes import LIMITS, PATIENCE, run_python
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skdigits import make_digit_pipeline
from skdigits.model_selection import HalvingEpochSearchCV

pytestmark = pytest.mark.slow

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
of_grid = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(X, y)
# the second round goes on with networks that other processes may have trained
HalvingEpochSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(X, y).predict_proba(X)
halving = HalvingEpochSearchCV(pipeline, grid, cv=2, n_jobs=2, min_epochs=2).fit(X, y)
for both in (of_grid, halving):
    proba = both.predict_proba(X)
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

        def get_intra_op_parallelism_threads(self):
            return self.intra

        def get_inter_op_parallelism_threads(self):
            return self.inter

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


def test_threads_that_the_user_has_set_are_kept():
    code = """
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(3)
import skdigits.training
threading = tf.config.threading
print(threading.get_intra_op_parallelism_threads())
print(threading.get_inter_op_parallelism_threads())
"""
    # what nobody has set follows what is granted
    status, out, error = run_python(code, **QUIET, OMP_NUM_THREADS="2")
    assert (status, out) == (0, "3\n2\n"), error


QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}

REFUSED = (
    "Got a process that was forked after TensorFlow had started, in which training "
    "would hang, but expected one that starts TensorFlow itself. Use joblib's backend "
    "'loky', or multiprocessing's start method 'spawn'."
)

# Calls each function in a forked process and prints what comes of it.
IN_FORKS = """
import os

def in_fork(function):
    child = os.fork()
    if not child:
        try:
            print(function() is not None, flush=True)
        except Exception as error:
            print(type(error).__name__, error, flush=True)
        os._exit(0)
    return os.waitpid(child, 0)
"""

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked")


@forks
def test_a_fork_trains_where_its_parent_has_not():
    code = f"""{PREAMBLE}{IN_FORKS}
in_fork(lambda: pipeline.fit(X, y))
import tensorflow as tf
import keras
in_fork(lambda: pipeline.fit(X, y))
tf.config.list_physical_devices()
keras.layers.Dense(3)
in_fork(lambda: pipeline.fit(X, y).predict_proba(X))
"""
    assert run_python(code, **QUIET)[:2] == (0, 3 * "True\n")


KERAS_STARTS = "import tensorflow as tf; tf.zeros(3)"


@forks
@pytest.mark.parametrize(
    "before, after, within",
    [
        (KERAS_STARTS, "", ""),
        ("", KERAS_STARTS, ""),
        ("", "import skdigits.training", ""),
        ("", "pipeline.fit(X, y)", ""),
        # only the fork imports the package
        (KERAS_STARTS, None, PREAMBLE),
    ],
    ids=["before", "after", "imported", "fitted", "within"],
)
def test_training_in_a_fork_of_a_process_in_which_tensorflow_runs(
    before, after, within
):
    preamble = "" if after is None else f"{PREAMBLE}\n{after}"
    code = f"""{before}
{preamble}{IN_FORKS}
namespace = {{**globals()}}

def train():
    exec({within!r}, namespace)
    return namespace["pipeline"].fit(namespace["X"], namespace["y"])

in_fork(train)
"""
    status, out, error = run_python(code, **QUIET)
    assert (status, out) == (0, f"RuntimeError {REFUSED}\n"), error


@forks
def test_cross_validation_in_forked_processes_is_refused_with_a_sentence():
    code = f"""{KERAS_STARTS}
{PREAMBLE}
from joblib import parallel_config
from sklearn.model_selection import cross_val_score
with parallel_config(backend="multiprocessing", n_jobs=2):
    try:
        cross_val_score(pipeline, X, y, cv=2, error_score="raise")
    except RuntimeError as error:
        print(error)
"""
    status, out, error = run_python(code, **QUIET, JOBLIB_START_METHOD="fork")
    assert (status, out) == (0, f"{REFUSED}\n"), error


@forks
def test_keras_models_in_a_fork_are_refused_and_predictions_are_made():
    code = f"""{PREAMBLE}{IN_FORKS}
import pickle
import numpy as np
from skdigits.inspection import SaliencyDisplay

clf = pipeline.fit(X, y)[-1]
images = X.reshape(-1, 8, 8, 1) / 16
model, wrapper = clf.model_, clf.keras_classifier_
targets = np.eye(10)[y]
pickled = pickle.dumps(model)
expected = pipeline.predict_proba(X)
for function in (
    lambda: model.predict(images, verbose=0),
    lambda: model(images),
    lambda: model.evaluate(images, targets, verbose=0),
    lambda: model.fit(images, targets, verbose=0),
    lambda: model.train_on_batch(images, targets),
    lambda: wrapper.predict(images),
    lambda: wrapper.fit(images, y),
    lambda: SaliencyDisplay.from_estimator(pipeline, X[0]),
    lambda: pickle.loads(pickle.dumps(clf)).model_,
    lambda: clf.partial_fit(X, y),
    lambda: print(np.array_equal(pipeline.predict_proba(X), expected)),
):
    in_fork(function)
"""
    status, out, error = run_python(code, **QUIET)
    assert status == 0, error
    *refused, same, none = out.splitlines()
    assert set(refused) == {f"RuntimeError {REFUSED}"} and len(refused) == 10
    assert (same, none) == ("True", "False")


def test_memory_stays_flat_when_shapes_of_networks_take_turns():
    """One more than are kept compiled: each fit compiles."""
    code = f"""{PREAMBLE}
import gc, psutil
from skdigits.training._fit import MAX_IDLE
megabytes = []
for number in range(4 * (MAX_IDLE + 1)):
    pipeline.set_params(cnn__filters=8 + number % (MAX_IDLE + 1)).fit(X, y)
    gc.collect()
    megabytes.append(psutil.Process().memory_info().rss / 2**20)
print(megabytes[-1] - megabytes[MAX_IDLE])
"""
    status, out, error = run_python(code)
    assert status == 0, error
    print(out)
    assert float(out) < 1.7, out


def test_pickles_are_small(fitted):
    assert len(pickle.dumps(make_digit_pipeline())) < 3_000
    classifier = fitted[-1]
    assert classifier.model_ is not None
    size = sum(array.nbytes for array in classifier.network_.weights.values())
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


# Other data for each: Dask names scattered data by its hash, and what the first search
# releases late would take the copies of the second one along.
@pytest.mark.parametrize("kind, first", [(GridSearchCV, 0), (HalvingEpochSearchCV, 9)])
def test_dask_completes_the_table_although_a_worker_is_killed(
    cluster, digits, tmp_path, kind, first
):
    X, y = (np.array(part[first : first + 300]) for part in (digits[0], digits[2]))
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
