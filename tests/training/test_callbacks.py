"""Every callback of Keras, through DigitCNN, keras_classifier_ and model_.fit."""

import csv
import http.server
import json
import threading
from copy import deepcopy
from functools import cache, partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdigits import DigitCNN

# Keras' variables and NumPy 2 disagree on how to copy
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't acc"),
]

EPOCHS = 4
LOGS = ["loss", "accuracy", "val_loss", "val_accuracy"]


@pytest.fixture(scope="module")
def callbacks():
    from skdigits.training import keras

    return keras.callbacks


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return Arrays((X[:300] / 16).astype(np.float32), y[:300])


def network(**params):
    plain = {"filters": 4, "epochs": EPOCHS, "batch_size": 50, "random_state": 0}
    # what a callback saves in the midst of a training is not calibrated yet
    plain |= {"validation_split": 0.2, "calibration": False}
    return DigitCNN(**{**plain, **params})


@cache
def fitted_network(data, **params):
    return network(**params).fit(*data.arrays)


class Arrays:
    """Images and labels that can be a key."""

    def __init__(self, X, y):
        self.arrays = X, y

    def __iter__(self):
        return iter(self.arrays)

    def __getitem__(self, place):
        return self.arrays[place]


class Run:
    """What a training with a callback left behind, whichever way it went."""

    def __init__(self, history, model, predict):
        self.history, self.model, self.predict = history, model, predict
        self.n_epochs = len(history["loss"])


def by_digit_cnn(callback, data, **params):
    clf = network(callbacks=[callback], **params).fit(*data)
    return Run(clf.history_, clf.model_, clf.predict_proba)


def by_keras_classifier(callback, data, **params):
    X, y = data
    start = fitted_network(data, **{**params, "epochs": 1})
    wrapper = clone(start.keras_classifier_)
    wrapper.set_params(callbacks=[callback], epochs=params.get("epochs", EPOCHS))
    wrapper.fit(X.reshape(-1, 8, 8, 1), y)
    return Run(wrapper.history_, wrapper.model_, _answers(wrapper.model_))


def by_keras_model(callback, data, **params):
    X, y = data
    model = deepcopy(fitted_network(data, **{**params, "epochs": 1})).model_
    history = model.fit(
        X.reshape(-1, 8, 8, 1),
        np.eye(10)[y],
        batch_size=50,
        epochs=params.get("epochs", EPOCHS),
        validation_split=0.2,
        callbacks=[callback],
        verbose=0,
    ).history
    return Run(history, model, _answers(model))


def _answers(model):
    # called, not asked to predict, for which Keras would compile it first
    return lambda X: np.asarray(model(X.reshape(-1, 8, 8, 1)))


@pytest.fixture(params=[by_digit_cnn, by_keras_classifier, by_keras_model])
def train(request):
    return request.param


def test_none_is_forgotten(callbacks):
    """A callback that Keras adds must be added here."""
    assert {name for name in dir(callbacks) if name[0].isupper()} == {
        *("BackupAndRestore", "CSVLogger", "Callback", "CallbackList", "EarlyStopping"),
        *("History", "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint"),
        *("OrbaxCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "RemoteMonitor"),
        *("SwapEMAWeights", "TensorBoard", "TerminateOnNaN"),
    }


@cache
def stopped_after_two(train, data):
    """The number of epochs and the answers without going back to better weights."""
    from skdigits.training import keras

    run = train(keras.callbacks.EarlyStopping("loss", patience=0, min_delta=9), data)
    return run.n_epochs, run.predict(data[0])


@pytest.mark.parametrize(
    "monitor, restore", [*((monitor, True) for monitor in LOGS), ("val_loss", False)]
)
def test_early_stopping(train, callbacks, data, monitor, restore):
    stop = callbacks.EarlyStopping(
        monitor, patience=1, min_delta=9, restore_best_weights=restore
    )
    run = train(stop, data)
    assert run.n_epochs == 2
    n_epochs, answers = stopped_after_two(train, data)
    # no epoch is better by 9, so the first one stays the best
    same = np.allclose(run.predict(data[0]), answers, atol=1e-6)
    assert n_epochs == 2 and not same == restore


@pytest.mark.parametrize("monitor", ["loss", "val_accuracy"])
def test_model_checkpoint_writes_the_best_whole_model(
    train, callbacks, data, monitor, tmp_path
):
    from skdigits.training import keras

    path = tmp_path / "{epoch}.keras"
    run = train(callbacks.ModelCheckpoint(path, monitor, save_best_only=True), data)
    better = np.less if "loss" in monitor else np.greater
    best = [
        epoch
        for epoch, value in enumerate(run.history[monitor], start=1)
        if all(better(value, run.history[monitor][: epoch - 1]))
    ]
    assert sorted(int(file.stem) for file in tmp_path.iterdir()) == best
    if best[-1] == EPOCHS:
        model = keras.saving.load_model(tmp_path / f"{EPOCHS}.keras")
        assert_allclose(_answers(model)(data[0]), run.predict(data[0]), atol=1e-6)
        for mine, its in zip(
            model.optimizer.variables, run.model.optimizer.variables, strict=True
        ):
            assert_array_equal(mine, its)


def test_model_checkpoint_writes_the_weights_of_that_epoch(
    train, callbacks, data, tmp_path
):
    path = tmp_path / "{epoch}.weights.h5"
    train(callbacks.ModelCheckpoint(path, save_weights_only=True), data)
    stop = callbacks.EarlyStopping("loss", patience=1, min_delta=9)
    two = train(stop, data)
    expected = two.predict(data[0])
    two.model.load_weights(tmp_path / "4.weights.h5")
    assert not np.allclose(_answers(two.model)(data[0]), expected, atol=1e-3)
    two.model.load_weights(tmp_path / "2.weights.h5")
    assert_allclose(_answers(two.model)(data[0]), expected, atol=1e-6)


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_reduce_lr_on_plateau(train, callbacks, data, monitor):
    reduce = callbacks.ReduceLROnPlateau(monitor, factor=0.1, patience=1, min_delta=9)
    run = train(reduce, data)
    assert_allclose(run.history["learning_rate"], [0.02, 0.02, 0.002, 0.0002], 1e-5)


def test_a_learning_rate_of_zero_ends_all_learning(train, callbacks, data):
    freeze = callbacks.LearningRateScheduler(lambda epoch: 0.02 if epoch < 2 else 0.0)
    frozen = train(freeze, data, schedule="constant")
    stop = callbacks.EarlyStopping("loss", patience=1, min_delta=9)
    assert_allclose(frozen.history["learning_rate"], [0.02, 0.02, 0, 0], 1e-5)
    two = train(stop, data, schedule="constant")
    for mine, its in zip(frozen.model.weights, two.model.weights, strict=True):
        if "moving" not in mine.name:
            assert_array_equal(mine, its)


def test_csv_logger(train, callbacks, data, tmp_path):
    run = train(callbacks.CSVLogger(tmp_path / "log.csv"), data)
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    for name in LOGS:
        assert_allclose([float(row[name]) for row in rows], run.history[name])


def test_terminate_on_nan(train, callbacks, data):
    seen = []

    class Watch(callbacks.TerminateOnNaN):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)
            super().on_train_batch_end(batch, logs)

    with pytest.raises(ValueError, match="Got a loss of (nan|inf) in epoch 1"):
        train(Watch(), data, learning_rate=1e30)
    # the images make five batches
    assert len(seen) < 5


def test_backup_and_restore(train, callbacks, data, tmp_path):
    class Interrupt(callbacks.BackupAndRestore):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if epoch == 1:
                raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError, match="the power failed"):
        train(Interrupt(tmp_path / "backup"), data)
    rest = train(callbacks.BackupAndRestore(tmp_path / "backup"), data)
    assert rest.n_epochs == EPOCHS - 2
    whole = train(callbacks.LambdaCallback(), data)
    assert_allclose(rest.history["loss"], whole.history["loss"][2:], rtol=1e-5)
    assert_allclose(rest.predict(data[0]), whole.predict(data[0]), atol=1e-5)


def test_tensor_board(train, callbacks, data, tmp_path):
    run = train(callbacks.TensorBoard(tmp_path, histogram_freq=1), data)
    assert run.n_epochs == EPOCHS
    for part in ("train", "validation"):
        events = list((tmp_path / part).glob("events.*"))
        assert b"epoch_loss" in events[0].read_bytes()


def test_progbar_logger(train, callbacks, data, capsys):
    bar = callbacks.ProgbarLogger()
    if train is by_digit_cnn:
        train(bar, data)
        assert "Epoch" not in capsys.readouterr().out  # verbose=0 prints nothing
        return
    X, y = data
    model = network().fit(X, y).model_
    options = {"callbacks": [bar], "epochs": 2, "batch_size": 50, "verbose": 2}
    model.fit(X.reshape(-1, 8, 8, 1), np.eye(10)[y], **options)
    out = capsys.readouterr().out
    assert "Epoch 2/2\n6/6 - " in out and "accuracy: " in out


def test_lambda_callback_at_every_place(train, callbacks, data):
    seen = []

    def note(name):
        return lambda number, logs: seen.append((name, number))

    names = ["epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end"]
    watch = callbacks.LambdaCallback(
        on_train_begin=lambda logs: seen.append(("train_begin", None)),
        on_train_end=lambda logs: seen.append(("train_end", sorted(logs))),
        **{f"on_{name}": note(name) for name in names},
    )
    train(watch, data, epochs=1)
    batches = [(f"train_batch_{end}", n) for n in range(5) for end in ("begin", "end")]
    assert seen == [
        ("train_begin", None),
        ("epoch_begin", 0),
        *batches,
        ("epoch_end", 0),
        ("train_end", sorted(LOGS)),
    ]


def test_weights_that_a_callback_writes_after_a_batch_count(train, callbacks, data):
    class Zero(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 4:
                kernel = self.model.get_layer("logits").kernel
                kernel.assign(0 * kernel)

    run = train(Zero(), data, epochs=1)
    kernel, bias = run.model.get_layer("logits").get_weights()
    assert not kernel.any()
    probabilities = run.predict(data[0])
    assert_allclose(probabilities, np.broadcast_to(probabilities[0], (300, 10)))


def test_validation_hooks_are_called_around_the_validation(train, callbacks, data):
    class Zero(callbacks.Callback):
        """Measures other weights than are trained, as averages of weights are."""

        def on_test_begin(self, logs=None):
            self.saved = self.model.get_weights()
            self.model.get_layer("logits").kernel.assign(np.zeros((4, 10)))

        def on_test_end(self, logs=None):
            self.model.set_weights(self.saved)

    run = train(Zero(), data, filters=(4, 4, 4), epochs=2)
    plain = train(callbacks.LambdaCallback(), data, filters=(4, 4, 4), epochs=2)
    assert_allclose(run.history["loss"], plain.history["loss"])
    assert not np.allclose(run.history["val_loss"], plain.history["val_loss"])


@pytest.fixture
def server():
    """An address that keeps what is sent to it."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            received.append(json.loads(self.rfile.read(size)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        # it looks whether it is to end as often as that, in seconds
        serve = partial(listening.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", received
        listening.shutdown()


def test_remote_monitor(train, callbacks, data, server):
    root, received = server
    monitor = callbacks.RemoteMonitor(root=root, send_as_json=True)
    run = train(monitor, data)
    assert_allclose([sent["loss"] for sent in received], run.history["loss"])


def test_history(train, callbacks, data):
    run = train(callbacks.History(), data)
    assert set(run.history) == set(LOGS) and run.n_epochs == EPOCHS


def test_swap_ema_weights(callbacks, data):
    from skdigits.training import keras

    X, y = data
    swap = callbacks.SwapEMAWeights(swap_on_epoch=True)
    with pytest.raises(ValueError, match="when `use_ema=True` is set"):
        network(callbacks=[swap]).fit(X, y)
    model = network().fit(X, y).model_
    averaging = keras.optimizers.AdamW(0.01, use_ema=True, ema_momentum=0.9)
    model.compile(averaging, "categorical_crossentropy", metrics=["accuracy"])
    options = {"callbacks": [swap], "epochs": 2, "verbose": 0}
    model.fit(X.reshape(-1, 8, 8, 1), np.eye(10)[y], **options)
    assert model.evaluate(X.reshape(-1, 8, 8, 1), np.eye(10)[y], verbose=0)[1] > 0.5


def test_orbax_checkpoint(train, callbacks, data, tmp_path):
    pytest.importorskip("orbax.checkpoint")
    train(callbacks.OrbaxCheckpoint(tmp_path / "orbax"), data)
    assert any((tmp_path / "orbax").iterdir())


def test_only_callbacks_that_look_at_steps_have_them_one_by_one(callbacks, tmp_path):
    from skdigits.training._conductor import sees_batches

    path = tmp_path / "weights.weights.h5"
    saver = callbacks.ModelCheckpoint(path, save_weights_only=True)
    assert not sees_batches(saver)
    assert not sees_batches(callbacks.ReduceLROnPlateau())
    saver = callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=10)
    assert sees_batches(saver)
    assert sees_batches(callbacks.LambdaCallback(on_train_batch_end=print))
