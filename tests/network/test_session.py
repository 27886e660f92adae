"""How networks predict: layers against their definition, threads, forks, memory."""

import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from _networks import drawn, random_classifier
from _processes import run_python
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate
from scipy.special import log_softmax, softmax

from skdigits import DigitCNN
from skdigits.network import FittedNetwork, NetworkSpec

pytestmark = pytest.mark.slow


def spec_of(**params):
    plain = {
        **{"image_shape": (8, 8), "n_classes": 10, "filters": (4, 8)},
        **{"kernel_size": (3, 2), "dense_units": None, "dropout": 0.0},
        **{"batch_norm": False, "padding": "same", "early_downsampling": False},
    }
    return NetworkSpec(**{**plain, **params})


def network_of(spec):
    return FittedNetwork(spec, drawn(spec, np.random.default_rng(0)), 0, {"loss": [0]})


def random(*shape):
    return np.random.default_rng(shape).standard_normal(shape).astype(np.float32)


def convolved(maps, kernel, padding, stride):
    """Convolve (n, height, width, channels) by definition, one by one."""
    if padding == "same":
        sides = maps.shape[1:3]
        totals = [
            max((-(-side // stride) - 1) * stride + len(kernel) - side, 0)
            for side in sides
        ]
        around = [(total // 2, total - total // 2) for total in totals]
        maps = np.pad(maps, ((0, 0), *around, (0, 0)))
    sums = [
        [
            sum(
                correlate(image[:, :, channel], kernel[:, :, channel, one], "valid")
                for channel in range(maps.shape[3])
            )
            for one in range(kernel.shape[3])
        ]
        for image in maps
    ]
    return np.array(sums).transpose(0, 2, 3, 1)[:, ::stride, ::stride]


def pooled(maps, padding):
    """The maximum of 2 x 2 places; "same" keeps an odd last row or column."""
    odd = [side % 2 for side in maps.shape[1:3]]
    if padding == "same":
        around = [(0, number) for number in odd]
        maps = np.pad(maps, ((0, 0), *around, (0, 0)), constant_values=-np.inf)
    n, height, width, channels = maps.shape
    maps = maps[:, : height // 2 * 2, : width // 2 * 2]
    return maps.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def by_definition(spec, weights, images):
    """Return the logits, in the order in which a textbook has the layers."""
    maps = images.astype(np.float64)
    for number in range(1, len(spec.filters) + 1):
        strided = spec.early_downsampling and number == 1
        kernel = weights[f"conv_{number}/kernel"].astype(np.float64)
        maps = convolved(maps, kernel, spec.padding, 2 if strided else 1)
        if not spec.batch_norm:
            maps = np.maximum(maps + weights[f"bias_{number}/bias"], 0)
        if not strided:
            maps = pooled(maps, spec.padding)
        if spec.batch_norm:
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            gamma, beta, mean, variance = (
                weights[f"norm_{number}/{name}"] for name in names
            )
            maps = np.maximum(
                gamma * (maps - mean) / np.sqrt(variance + 1e-3) + beta, 0
            )
    maps = maps.reshape(len(maps), -1)
    if spec.dense_units is not None:
        maps = np.maximum(maps @ weights["dense/kernel"] + weights["dense/bias"], 0)
    return maps @ weights["logits/kernel"] + weights["logits/bias"]


@pytest.mark.parametrize("side", [12, 13, 15])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("early_downsampling", [True, False])
@pytest.mark.parametrize("filters, kernel_size", [((1, 3), 3), ((2, 1), 2), ((3,), 5)])
def test_layers_by_their_definition(
    side, padding, early_downsampling, filters, kernel_size
):
    for channels in ((), (3,)):
        spec = spec_of(
            image_shape=(side, side + 2, *channels),
            n_classes=4,
            filters=filters,
            kernel_size=(kernel_size,) * len(filters),
            batch_norm=side == 13,
            padding=padding,
            early_downsampling=early_downsampling,
        )
        network, images = network_of(spec), random(3, *spec.input_shape)
        expected = by_definition(spec, network.weights, images)
        assert_allclose(network.logits(images), expected, atol=2e-5)


@pytest.mark.parametrize(
    "params",
    [
        {"padding": "valid", "dense_units": 16},
        {"image_shape": (10, 8), "dense_units": 16},
        {"batch_norm": True, "filters": (4, 8, 8), "kernel_size": (3,) * 3},
        {"batch_norm": True, "early_downsampling": True},
        {"image_shape": (9, 11), "early_downsampling": True},
        {"image_shape": (9, 11)},
        {"padding": "valid", "early_downsampling": True},
        {"kernel_size": (4, 2), "dense_units": 5},
        {"image_shape": (9, 8, 3), "batch_norm": True},
    ],
    ids=str,
)
def test_it_agrees_with_the_keras_model(params):
    from skdigits._recipe import Recipe
    from skdigits.training import keras_model

    spec = spec_of(**params)
    network = network_of(spec)
    images = np.random.default_rng(1).random((21, *spec.input_shape), dtype=np.float32)
    recipe = Recipe(1, 32, 0.01, "constant", 0.0, 0.0, 0.0)
    trained = FittedNetwork(spec, network.weights, 0, {"loss": []}, 1.0, recipe)
    expected = np.asarray(keras_model(trained)(images))
    assert_allclose(softmax(network.logits(images), axis=1), expected, atol=2e-6)


@pytest.mark.parametrize("early_downsampling", [True, False])
def test_images_alone_are_predicted_as_among_others(early_downsampling):
    from skdigits.network._session import ROWS_PER_RUN

    spec = spec_of(
        **{"image_shape": (28, 28), "filters": (8, 16, 24), "kernel_size": (5, 3, 3)},
        **{"dense_units": 16, "batch_norm": True},
        early_downsampling=early_downsampling,
    )
    network = network_of(spec)
    images = np.random.default_rng(1).random((300, 28, 28, 1), dtype=np.float32)
    together = network.probabilities(network.logits(images))
    for n in (1, 2, ROWS_PER_RUN, ROWS_PER_RUN + 1):
        alone = network.probabilities(network.logits(images[-n:]))
        assert_allclose(alone, together[-n:], rtol=0, atol=1e-6)


def test_no_image_is_no_prediction():
    network = network_of(spec_of())
    assert network.logits(np.empty((0, 8, 8, 1), np.float32)).shape == (0, 10)


def test_log_probabilities():
    classifier = random_classifier(labels=tuple("abc"))
    X = random(50, classifier.n_features_in_)
    logits = classifier.decision_function(X) / classifier.network_.temperature
    found = classifier.predict_log_proba(X)
    assert found.dtype == np.float32
    assert_allclose(found, log_softmax(logits, axis=1), atol=1e-5)
    assert_allclose(np.exp(found), classifier.predict_proba(X), atol=1e-6)
    # where a probability is too small for a float32, its logarithm is not
    far = classifier.predict_log_proba(1e4 * X)
    assert np.isfinite(far).all() and far.min() < -200
    assert_allclose(
        far, log_softmax(classifier.decision_function(1e4 * X) / 1.7, axis=1), rtol=1e-5
    )


def test_threads_that_share_a_classifier_predict_as_one_does():
    classifier = random_classifier(image_shape=(16, 16))
    parts = [random(n, 256) for n in range(1, 201, 4)]
    twin = pickle.loads(pickle.dumps(classifier))
    expected = [twin.predict_proba(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        # the session is made while all of them wait for it
        found = list(pool.map(classifier.predict_proba, parts * 3))
    for mine, its in zip(found, expected * 3, strict=True):
        assert_array_equal(mine, its)


@pytest.mark.parametrize("granted", ["1", "3", "2,1", ""])
def test_a_session_has_the_threads_that_are_granted(granted, monkeypatch):
    from skdigits.network import _session

    monkeypatch.setenv("OMP_NUM_THREADS", granted)
    network = network_of(spec_of())
    network.logits(random(2, 8, 8, 1))
    (session,) = network._sessions.values()
    expected = {"": _session.n_cores(), "2,1": 2}.get(granted) or int(granted)
    assert session.get_session_options().intra_op_num_threads == expected


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads as Linux does")
def test_a_session_starts_no_other_threads():
    code = """
import os, sys
import numpy as np
from _networks import random_classifier

def n_threads():
    return len(os.listdir("/proc/self/task"))

classifier = random_classifier()
X = np.zeros((300, classifier.n_features_in_), np.float32)
import onnxruntime
before = n_threads()
classifier.predict_proba(X)
print(n_threads() - before)
"""
    for granted in (1, 3):
        status, out, error = run_python(code, OMP_NUM_THREADS=str(granted))
        # the thread that calls is one of them
        assert (status, out) == (0, f"{granted - 1}\n"), error


def test_a_pickle_has_no_session():
    classifier = random_classifier()
    X = random(3, classifier.n_features_in_)
    before = pickle.dumps(classifier)
    expected = classifier.predict_proba(X)
    again = pickle.dumps(classifier)
    assert again == before and b"onnxruntime" not in again
    assert_array_equal(pickle.loads(again).predict_proba(X), expected)


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux does")
def test_memory_of_predictions_is_flat_in_the_number_of_images():
    code = """
import sys
import numpy as np
from _networks import random_classifier

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(x for x in lines if x.startswith("VmHWM")).split()[1]) / 1024

classifier = random_classifier(
    (28, 28), range(10), filters=(16, 32), early_downsampling=False, batch_norm=True
)
images = np.zeros((20_000, 28, 28, 1), np.float32)
images += 0.5  # its pages are there
classifier.network_.logits(images[:200])
before = peak()
assert classifier.network_.logits(images).shape == (20_000, 10)
print(peak() - before)
"""
    status, out, error = run_python(code)
    assert status == 0, error
    # the logits take 0.8 megabytes, the feature maps of all images 1,300
    assert float(out) < 12


def test_images_are_predicted_after_the_main_thread_has_ended():
    code = """
import sys, threading, time
import numpy as np
from _networks import random_classifier

classifier = random_classifier()
X = np.random.default_rng(0).random((200, classifier.n_features_in_))

def later():
    threading.main_thread().join()
    time.sleep(0.2)
    print(classifier.predict_proba(X).shape)

threading.Thread(target=later).start()
"""
    assert run_python(code) == (0, "(200, 3)\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked")
@pytest.mark.parametrize(
    "ends", ["os._exit(0)", "sys.exit(0)", "del classifier; gc.collect(); os._exit(0)"]
)
def test_a_fork_of_a_process_that_has_predicted_predicts_the_same(ends):
    """With a session of its own, since the threads of the other stay behind."""
    code = f"""
import gc, os, sys
import numpy as np
from _networks import random_classifier

classifier = random_classifier()
X = np.random.default_rng(0).random((500, classifier.n_features_in_))
expected = classifier.predict_proba(X)
child = os.fork()
if not child:
    same = np.array_equal(classifier.predict_proba(X), expected)
    print(same, len(classifier.network_._sessions), flush=True)
    {ends}
_, status = os.waitpid(child, 0)
print(status, np.array_equal(classifier.predict_proba(X), expected))
"""
    status, out, error = run_python(code, PYTHONWARNINGS="ignore", OMP_NUM_THREADS="4")
    assert (status, out) == (0, "True 2\n0 True\n"), error


@pytest.mark.parametrize("filters", [(8,), 4, (4, 4, 4)])
def test_the_default_kernel_sizes_suit_any_depth(digits, filters):
    X, _, y, _ = digits
    clf = DigitCNN(filters=filters, epochs=1, random_state=0).fit(X[:200] / 16, y[:200])
    depth = 2 if filters == 4 else len(filters)
    assert clf.network_.spec.kernel_size == (5, 3, 3)[:depth]
    assert clf.predict_proba(X[:2] / 16).shape == (2, 10)
