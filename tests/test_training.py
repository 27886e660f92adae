import sys
from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from scipy.special import softmax
from skdigits.training._warp import can_be_warped

from skdigits import DigitCNN, make_digit_pipeline
from skdigits.training._calibration import GLANCE, WRONG, are_read


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return (X[:300] / 16).astype(np.float32), y[:300]


PLAIN = {
    **{"filters": 4, "kernel_size": 3, "dense_units": 128, "dropout": 0.5},
    **{"batch_norm": False, "early_downsampling": False, "padding": "same"},
    **{"epochs": 1, "batch_size": 64, "learning_rate": 0.001, "schedule": "constant"},
    **{"weight_decay": 0.0, "label_smoothing": 0.0, "augment": 0.0},
    **{"validation_split": 0.1, "random_state": 0, "calibration": None},
}


def tiny(**params):
    """A small network, trained without cycle, smoothing, warping and calibration."""
    return DigitCNN(**{**PLAIN, **params})


SPECS = {
    "notebook": {"padding": "valid", "dense_units": 16},
    "fused pooling": {"image_shape": (10, 8), "dense_units": 16},
    "normalized": {"batch_norm": True, "filters": (4, 8, 8), "kernel_size": (3,) * 3},
    "strides": {"batch_norm": True, "early_downsampling": True},
    "odd sides": {"image_shape": (9, 11), "early_downsampling": True},
    "odd sides, pooled": {"image_shape": (9, 11)},
    "unpadded strides": {"padding": "valid", "early_downsampling": True},
    "even kernels": {"kernel_size": (4, 2), "dense_units": 5},
}


def spec_of(**params):
    from skdigits.network import NetworkSpec

    plain = {
        "image_shape": (8, 8),
        "n_classes": 10,
        "filters": (4, 8),
        "kernel_size": (3, 2),
        "dense_units": None,
        "dropout": 0.0,
        "batch_norm": False,
        "padding": "same",
        "early_downsampling": False,
    }
    return NetworkSpec(**{**plain, **params})


def network_of(spec):
    """A Keras model with weights of all signs, the factors gamma among them."""
    from skdigits.training import DigitNetwork

    network, rng = DigitNetwork(spec, 0), np.random.default_rng(0)
    for variable in network.weights:
        value = rng.normal(0, 0.5, variable.shape)
        variable.assign(abs(value) if "variance" in variable.name else value)
    return network


def arrays_of(network):
    """The weights of a Keras model by the names of the spec."""
    return {
        f"{layer.name}/{variable.name}": variable.numpy()
        for layer in network.layers
        for variable in layer.weights
    }


@pytest.mark.parametrize("params", SPECS.values(), ids=SPECS)
class TestOneNetworkInThreeForms:
    """What is compiled to train, and what answers, agree with the Keras model."""

    def images(self, spec):
        shape = (21, *spec.image_shape, 1)
        return np.random.default_rng(1).random(shape, dtype=np.float32)

    def test_answers(self, params):
        from skdigits.network import Answers

        spec = spec_of(**params)
        network, images = network_of(spec), self.images(spec)
        logits = Answers(spec, arrays_of(network))(images)
        expected = np.asarray(network(images))
        assert_allclose(softmax(logits, axis=1), expected, atol=2e-6)

    def test_training(self, params):
        from skdigits.training._layers import Chance, forward

        from skdigits.training._tensorflow import tf

        spec = spec_of(**params)
        network, images = network_of(spec), self.images(spec)
        names = [n for n in arrays_of(network) if "/moving_" not in n]
        with tf.GradientTape() as tape:
            weights = {n: tf.constant(arrays_of(network)[n]) for n in names}
            tape.watch(weights)
            logits, moments = forward(spec, weights, images, Chance(0.0, [0, 0]))
            loss = tf.reduce_sum(tf.nn.softmax(logits)[:, 0])
        gradients = tape.gradient(loss, weights)
        with tf.GradientTape() as tape:
            expected = network(images, training=True)
            loss = tf.reduce_sum(expected[:, 0])
        variables = [variable.value for variable in network.trainable_variables]
        assert_allclose(tf.nn.softmax(logits), expected, atol=2e-6)
        for name, gradient in zip(names, tape.gradient(loss, variables), strict=True):
            assert_allclose(gradients[name], gradient, atol=2e-5, err_msg=name)
        assert len(moments) == (2 * len(spec.filters) if spec.batch_norm else 0)


def test_learns_as_keras_does(data):
    """The same steps of AdamW from the same weights as Keras' own `fit`."""
    from skdigits.training import AdamW, DigitNetwork, keras

    spec = spec_of(batch_norm=True, dense_units=16)
    images = data[0][:256].reshape(-1, 8, 8, 1)
    targets = np.eye(10, dtype=np.float32)[data[1][:256]]
    weights = np.linspace(0.5, 2, len(images)).astype(np.float32)
    ours, theirs = (DigitNetwork(spec, 0, calibrate=False) for _ in range(2))
    for network in (ours, theirs):
        optimizer = AdamW(0.002, weight_decay=0.5)
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
        network.compile(optimizer, loss, metrics=["accuracy"])
    options = {"sample_weight": weights, "batch_size": 64, "shuffle": False}
    # weights of the validation part count too
    held_out = (images, targets, weights[::-1].copy())
    options |= {"verbose": 0, "epochs": 2, "validation_data": held_out}
    mine = ours.fit(images, targets, **options)
    its = keras.Sequential.fit(theirs, images, targets, **options)
    for name, values in its.history.items():
        assert_allclose(mine.history[name], values, rtol=2e-4, atol=1e-6)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(a, b, atol=2e-4)
    moments = zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True)
    for a, b in moments:
        assert_allclose(a, b, atol=2e-4)


def test_batches_of_different_sizes(data):
    """Steps on batches of 23, 23 and 24 pictures, as Keras takes them one by one."""
    from skdigits.training import AdamW, DigitNetwork, keras

    n, ends = 70, [23, 46, 70]
    spec = spec_of(batch_norm=True)
    images = data[0][:n].reshape(-1, 8, 8, 1)
    targets = np.eye(10, dtype=np.float32)[data[1][:n]]
    ours, theirs = (DigitNetwork(spec, 0, calibrate=False) for _ in range(2))
    for network in (ours, theirs):
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
        network.compile(AdamW(0.01), loss, metrics=["accuracy"])
    options = {"batch_size": 32, "shuffle": False, "verbose": 0}
    history = ours.fit(images, targets, **options).history
    figures = [
        keras.Sequential.train_on_batch(theirs, images[a:b], targets[a:b])
        for a, b in zip([0, *ends], ends, strict=False)
    ]
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(a, b, atol=2e-4)
    # each picture counts once
    loss, accuracy = np.average(figures, axis=0, weights=[23, 23, 24])
    assert_allclose(history["loss"], [loss], rtol=1e-4)
    assert_allclose(history["accuracy"], [accuracy], rtol=1e-6)


def test_one_cycle_rises_for_a_quarter_and_falls_to_zero():
    from skdigits.training._steps import learning_rate

    from skdigits.training._tensorflow import tf

    def rates(length):
        settings = {"learning_rate": 0.1, "cycle_begin": 50.0, "cycle_steps": length}
        settings = {name: tf.constant(value) for name, value in settings.items()}
        steps = range(50, 50 + 40)
        return np.array([learning_rate(settings, tf.constant(n)) for n in steps])

    cycle = rates(40.0)
    assert_allclose(cycle[:10], np.linspace(0.005, 0.095, 10), rtol=1e-5)
    assert_allclose(np.diff(cycle[10:]), -0.1 / 30, rtol=1e-3)
    assert 0 < cycle[-1] < 0.002
    assert_allclose(rates(0.0), 0.1, rtol=1e-6)


class TestWarp:
    def warp(self, images, strength, seed=0):
        from skdigits.training._warp import warp

        from skdigits.training._tensorflow import tf

        return warp(tf.constant(images), tf.constant(strength), [seed, 0]).numpy()

    def test_strength_zero_changes_nothing(self, mnist_like):
        assert_allclose(self.warp(mnist_like, 0.0), mnist_like, atol=1e-5)

    def test_each_picture_is_warped_a_little_in_its_own_way(self, mnist_like):
        warped = self.warp(mnist_like, 1.0)
        places = [ndimage.center_of_mass(image[..., 0]) for image in warped]
        shifts = np.array(places) - 13.5
        assert abs(shifts).max() < 3
        assert shifts.std(axis=0).min() > 0.5
        masses = warped.sum(axis=(1, 2, 3)) / mnist_like.sum(axis=(1, 2, 3))
        assert 0.75 < masses.min() < masses.max() < 1.35
        assert warped.min() >= 0 and warped.max() <= 1

    def test_the_seed_decides(self, mnist_like):
        assert_array_equal(self.warp(mnist_like, 1.0), self.warp(mnist_like, 1.0))
        other = self.warp(mnist_like, 1.0, seed=1)
        assert not np.array_equal(other, self.warp(mnist_like, 1.0))

    @pytest.mark.parametrize("shape", [(20, 40), (40, 20)])
    def test_pictures_that_are_not_square(self, shape):
        """A dot in the middle stays around it; it is shifted by shares of the sides."""
        images = np.zeros((1000, *shape, 1), dtype=np.float32)
        middle = (np.array(shape) - 1) / 2
        low, high = (middle - 1.5).astype(int), (middle + 2.5).astype(int)
        images[:, low[0] : high[0], low[1] : high[1]] = 1
        warped = self.warp(images, 1.0)
        places = [ndimage.center_of_mass(image[..., 0]) for image in warped]
        shifts = (np.array(places) - middle) / shape
        assert_allclose(shifts.mean(axis=0), 0, atol=0.005)
        assert_allclose(shifts.std(axis=0), 1 / 14 / 3**0.5, rtol=0.1)

    @pytest.fixture
    def mnist_like(self):
        images = np.zeros((200, 28, 28, 1), dtype=np.float32)
        images[:, 6:22, 11:17] = 1
        return images

    @pytest.mark.parametrize("image_shape, differs", [((8, 8), True), ((1, 64), False)])
    def test_only_pictures_that_are_large_enough(self, data, image_shape, differs):
        a, b = (
            tiny(augment=augment, image_shape=image_shape)
            .fit(*data)
            .predict_proba(data[0])
            for augment in (0.0, 1.0)
        )
        assert np.array_equal(a, b) != differs


class TestStratifiedSplit:
    def split(self, codes, fraction):
        from skdigits.training._data import stratified_split

        codes = np.asarray(codes)
        kept, held_out = stratified_split(codes, fraction, np.random.default_rng(0))
        assert sorted([*kept, *held_out]) == list(range(len(codes)))
        return codes[kept], codes[held_out]

    def test_keeps_the_proportions_of_sorted_labels(self):
        kept, held_out = self.split(np.repeat([0, 1, 2], [500, 300, 200]), 0.1)
        assert_array_equal(np.bincount(held_out), [50, 30, 20])
        assert_array_equal(np.bincount(kept), [450, 270, 180])

    def test_every_class_keeps_a_row(self):
        kept, held_out = self.split([0, 1, 2, 3, 3, 3, 3, 3, 3, 3], 0.9)
        assert set(kept) == {0, 1, 2, 3}
        assert len(held_out) == 6

    def test_fewer_held_out_rows_than_classes(self):
        kept, held_out = self.split(np.arange(20) % 10, 0.1)
        assert len(held_out) == 2

    def test_no_row_to_hold_out(self):
        kept, held_out = self.split([0, 1], 0.1)
        assert len(held_out) == 0

    def test_it_is_shuffled(self):
        from skdigits.training._data import stratified_split

        codes = np.repeat([0, 1], 50)
        kept, held_out = stratified_split(codes, 0.2, np.random.default_rng(0))
        assert sorted(held_out) != list(held_out)
        assert set(held_out) != set(range(80, 100))


def test_warping_and_dropout_draw_from_seeds_of_their_own(monkeypatch):
    from skdigits.training._layers import initial_arrays

    from skdigits.network import initial_state
    from skdigits.training import _steps
    from skdigits.training._tensorflow import tf

    seeds = []

    def spying(function):
        def spy(*arguments):
            *_, chance = arguments
            seeds.append(tuple(np.array(getattr(chance, "seed", chance))))
            return function(*arguments)

        return spy

    for name in ("warp", "forward"):
        monkeypatch.setattr(_steps, name, spying(getattr(_steps, name)))
    spec = spec_of(dropout=0.5)
    state = initial_state(spec, initial_arrays(spec, 0))
    state = type(state)(*map(tf.constant, state))
    batch = tf.zeros((2, 8, 8, 1)), tf.zeros((2, 10)), tf.ones(2)
    settings = {"augment": 1.0, "label_smoothing": 0.0, "dropout": tf.constant(0.5)}
    _steps._gradient(spec, warped=True)(batch, settings, tf.constant(3), state)
    later = state._replace(iterations=state.iterations + 1)
    _steps._gradient(spec, warped=True)(batch, settings, tf.constant(3), later)
    assert len(set(seeds)) == 4


def test_each_step_drops_others():
    """One picture has another loss in each step, and the seed decides which."""
    from skdigits.training._layers import initial_arrays
    from skdigits.training._steps import SETTINGS, compiled_steps

    from skdigits.network import State, initial_state
    from skdigits.training._tensorflow import tf

    spec = spec_of(dropout=0.5)
    state = initial_state(spec, initial_arrays(spec, 0))
    images, target = np.ones((1, 8, 8, 1), np.float32), np.eye(10, dtype=np.float32)
    settings = {name: tf.constant(0.5 * (name == "dropout")) for name in SETTINGS}
    data = tuple(map(tf.constant, (images, target[:1], np.ones(1, np.float32))))
    steps = compiled_steps(spec, augment=0)

    def loss_of_step(number):
        at = State(*map(tf.constant, (*state[:-1], np.int64(number))))
        loss, _, _ = steps(data, tf.constant([1]), settings, tf.constant(3), at)
        return float(loss)

    losses = [loss_of_step(number) for number in range(20)]
    assert len(set(losses)) > 15
    assert losses == [loss_of_step(number) for number in range(20)]


def test_each_epoch_has_an_order_of_its_own():
    from skdigits.training._loop import _order

    from skdigits._recipe import Recipe

    recipe, rows = Recipe(2, 32, 0.01, "constant", 0.0, 0.0, 0.0), np.arange(100)
    orders = [tuple(_order(rows, recipe, 3, epoch)) for epoch in range(3)]
    assert len(set(orders)) == 3
    assert all(sorted(order) == rows.tolist() for order in orders)
    assert orders[1] == tuple(_order(rows, recipe, 3, 1))


def test_layers_start_differently():
    """Layers of one shape have weights of their own, which the seed decides."""
    from skdigits.training._layers import initial_arrays, layer_seeds

    spec = spec_of(filters=(4, 4, 4), kernel_size=(3, 3, 3), dropout=0.5)
    arrays = initial_arrays(spec, 0)
    assert not np.array_equal(arrays["conv_2/kernel"], arrays["conv_3/kernel"])
    seeds = layer_seeds(spec, 0)
    assert "dropout" in seeds and len(set(seeds.values())) == len(seeds)
    for name, values in initial_arrays(spec, 0).items():
        assert_array_equal(values, arrays[name])
    other = initial_arrays(spec, 1)
    assert not np.array_equal(arrays["conv_2/kernel"], other["conv_2/kernel"])


@pytest.mark.parametrize("n, batch_size", [(1, 32), (33, 32), (898, 32), (7, 2**40)])
def test_batches_are_equally_large(n, batch_size):
    from skdigits.training._loop import _ends_of_batches

    ends = _ends_of_batches(n, batch_size)
    sizes = np.diff(ends, prepend=0)
    assert sizes.sum() == n and len(sizes) == -(-n // batch_size)
    assert sizes.max() <= batch_size and sizes.max() - sizes.min() <= 1


def test_two_pictures_left_over_spoil_nothing(digits):
    """Two pictures as a batch of their own have one mean, and are its opposites."""
    X, X_test, y, y_test = digits
    pipeline = make_digit_pipeline(epochs=20, random_state=0).fit(X[:258], y[:258])
    assert pipeline.score(X_test, y_test) > 0.9


def test_validation_loss_is_that_of_keras(data):
    """With the smoothing of the labels, as the loss of the training has it."""
    clf = tiny(label_smoothing=0.3, validation_split=0.2, epochs=2).fit(*data)
    assert clf.history_["val_loss"][-1] > 0.3 * np.log(10)


def test_validation_part_sees_every_class_of_sorted_data(data):
    """Keras would hold out the last rows, all of the last class."""
    X, y = data
    order = np.argsort(y)
    clf = tiny(epochs=20, batch_size=16, validation_split=0.2, learning_rate=0.01)
    clf.fit(X[order], y[order])
    assert clf.history_["val_accuracy"][-1] > 0.8


def test_without_a_validation_part(data):
    clf = tiny(validation_split=0).fit(*data)
    assert set(clf.history_) == {"loss", "accuracy"}


class TestEarlyStopping:
    def test_goes_back_to_the_best_weights(self, data):
        clf = tiny(epochs=60, early_stopping=2, learning_rate=0.03, batch_size=16)
        clf.fit(*data)
        losses = clf.history_["val_loss"]
        assert clf.n_iter_ == len(losses) < 60
        assert len(losses) - 1 - int(np.argmin(losses)) == 2
        shorter = tiny(
            epochs=int(np.argmin(losses)) + 1, learning_rate=0.03, batch_size=16
        ).fit(*data)
        for a, b in zip(
            clf.model_.get_weights(), shorter.model_.get_weights(), strict=True
        ):
            assert_array_equal(a, b)
        # the moments of the optimizer and its number of steps too
        assert_array_equal(clf.network_.state.first, shorter.network_.state.first)
        assert clf.network_.state.iterations == shorter.network_.state.iterations

    def test_true_waits_for_five_epochs(self, data):
        params = {"epochs": 60, "learning_rate": 0.05, "batch_size": 16}
        clf = tiny(early_stopping=True, **params).fit(*data)
        assert clf.n_iter_ == int(np.argmin(clf.history_["val_loss"])) + 1 + 5 < 60

    def test_also_where_the_epochs_run_out(self, data):
        quick = {"learning_rate": 0.05, "batch_size": 16, "calibration": "temperature"}
        clf = tiny(epochs=4, early_stopping=50, **quick).fit(*data)
        best = int(np.argmin(clf.history_["val_loss"])) + 1
        shorter = tiny(epochs=best, **quick).fit(*data)
        assert_array_equal(clf.predict_proba(data[0]), shorter.predict_proba(data[0]))

    def test_watches_the_training_loss_without_a_validation_part(self, data):
        clf = tiny(epochs=3, early_stopping=True, validation_split=0).fit(*data)
        assert clf.n_iter_ == 3


class TestGoingOn:
    def test_partial_fit_goes_on_for_an_epoch(self, data):
        X, y = data
        clf = tiny(learning_rate=0.005)
        for _ in range(8):
            clf.partial_fit(X, y, classes=np.arange(10))
        assert clf.n_iter_ == 8
        assert clf.fit(X, y).partial_fit(X, y).history_["val_loss"][1:] == [
            pytest.approx(np.nan, nan_ok=True)
        ]
        clf = tiny(learning_rate=0.005)
        for _ in range(8):
            clf.partial_fit(X, y, classes=np.arange(10))
        assert set(clf.history_) == {"loss", "accuracy"}
        assert clf.history_["loss"][-1] < 0.7 * clf.history_["loss"][0]

    def test_partial_fit_equals_fit_without_validation(self, data):
        a = tiny(epochs=3, validation_split=0, calibration="temperature").fit(*data)
        b = tiny(calibration="temperature")
        for _ in range(3):
            b.partial_fit(*data, classes=np.arange(10))
        assert_array_equal(a.predict_proba(data[0]), b.predict_proba(data[0]))

    def test_partial_fit_knows_classes_that_come_later(self, data):
        X, y = data
        clf = tiny().partial_fit(X[y < 5], y[y < 5], classes=np.arange(10))
        clf.partial_fit(X[y == 7], y[y == 7])
        assert_array_equal(clf.classes_, np.arange(10))

    @pytest.mark.parametrize(
        "first, second, message",
        [
            (None, None, "Got classes=None in the first call of partial_fit"),
            (range(5), None, "Got y with the unknown label 6"),
            (range(10), range(9), "expected those of the first call"),
            ([0], None, "expected at least 2 classes"),
        ],
    )
    def test_partial_fit_errors(self, data, first, second, message):
        X, y = data
        few = X[y < 5], y[y < 5]
        clf = tiny()
        with pytest.raises(ValueError, match=message):
            clf.partial_fit(*few, classes=first if first is None else list(first))
            clf.partial_fit(
                X[y == 6], y[y == 6], classes=second if second is None else list(second)
            )

    def test_partial_fit_does_not_balance_a_part(self, data):
        with pytest.raises(ValueError, match="class_weight='balanced' in partial_fit"):
            tiny(class_weight="balanced").partial_fit(*data, classes=np.arange(10))

    def test_warm_start_of_another_shape(self, data):
        clf = tiny(warm_start=True).fit(*data).set_params(image_shape=(4, 16))
        with pytest.raises(ValueError, match="Fit with warm_start=False to start"):
            clf.fit(*data)

    def test_warm_start(self, data):
        a = tiny(epochs=2, calibration="temperature").fit(*data)
        b = tiny(warm_start=True, calibration="temperature").fit(*data).fit(*data)
        assert b.n_iter_ == 2
        assert_array_equal(a.predict_proba(data[0]), b.predict_proba(data[0]))
        with pytest.raises(ValueError, match="Fit with warm_start=False"):
            b.set_params(filters=8).fit(*data)
        assert a.set_params(epochs=1).fit(*data).n_iter_ == 1

    def test_pauses_end_in_time(self, data):
        clf = tiny(epochs=3, pause_after=2).fit(*data)
        message = "Got pause_after=2 and epochs=3 after 2 epochs, but expected a later"
        with pytest.raises(ValueError, match=message):
            clf.fit(*data)
        for other in ({"early_stopping": True}, {"callbacks": [print]}):
            with pytest.raises(ValueError, match="expected neither: a pause would ma"):
                tiny(pause_after=1, **other).fit(*data)
        assert clf.set_params(pause_after=9).fit(*data).n_iter_ == 3
        assert clf.set_params(pause_after=None).fit(*data).n_iter_ == 3

    def test_warm_start_takes_a_new_learning_rate(self, data):
        clf = tiny(warm_start=True).fit(*data)
        clf.set_params(learning_rate=0.01).fit(*data)
        assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.01)


class TestCallbacks:
    def test_keras_callbacks_are_copied_and_called(self, data):
        from sklearn.base import clone

        from skdigits.training import keras

        epochs = []
        stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=9)
        log = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: epochs.append((epoch, set(logs)))
        )
        clf = clone(tiny(epochs=5, callbacks=[stop, log]))
        clf.fit(*data)
        names = {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert epochs == [(0, names), (1, names)]
        assert clf.n_iter_ == 2
        clf.fit(*data)
        assert clf.n_iter_ == 2
        assert stop.model is None

    def test_what_a_callback_remembers_is_forgotten_by_the_next_fit(self, data):
        from skdigits.training import keras

        class Counting(keras.callbacks.Callback):
            def __init__(self):
                super().__init__()
                self.epochs = []

            def on_epoch_end(self, epoch, logs=None):
                self.epochs.append(epoch)
                ends.append(len(self.epochs))

        ends, counting = [], Counting()
        clf = tiny(epochs=2, callbacks=[counting]).fit(*data)
        clf.fit(*data)
        assert ends == [1, 2, 1, 2]
        assert counting.epochs == [] and clf.callbacks == [counting]

    def test_batches_are_shown_to_those_who_look(self, data):
        from skdigits.training import keras

        seen = []
        watch = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: seen.append(batch)
        )
        calibrated = {"validation_split": 0, "calibration": "temperature"}
        a = tiny(**calibrated, callbacks=[watch]).fit(*data)
        assert seen == [0, 1, 2, 3, 4]
        b = tiny(**calibrated).fit(*data)
        assert_array_equal(a.predict_proba(data[0]), b.predict_proba(data[0]))

    def test_learning_rate_of_a_callback_is_used(self, data):
        from skdigits.training import keras

        class Freeze(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                self.model.optimizer.learning_rate = 0.0

        still = Freeze()
        frozen = tiny(callbacks=[still]).fit(*data)
        longer = tiny(callbacks=[still], epochs=3).fit(*data)
        assert_array_equal(frozen.predict_proba(data[0]), longer.predict_proba(data[0]))

    def test_survive_pickle(self, data):
        import pickle

        from skdigits.training import keras

        clf = tiny(callbacks=[keras.callbacks.EarlyStopping(patience=3)]).fit(*data)
        again = pickle.loads(pickle.dumps(clf))
        assert again.callbacks[0].patience == 3
        again.fit(*data)
        log = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
        clf.set_params(callbacks=[log]).fit(*data).set_params(callbacks=None)
        assert pickle.loads(pickle.dumps(clf)).keras_classifier_.callbacks is None

    def test_figures_that_callbacks_add(self, data):
        from skdigits.training import keras

        class Sometimes(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                logs.pop("loss")
                logs["note"] = "words are no figures"
                if epoch == 1:
                    logs["temper"] = 2.0

        history = tiny(epochs=3, callbacks=[Sometimes()]).fit(*data).history_
        assert set(history) == {*tiny().fit(*data).history_, "temper"}
        assert_array_equal(history["temper"], [np.nan, 2.0, np.nan])
        assert len(history["loss"]) == 3

    def test_weights_that_a_callback_spoils(self, data):
        from skdigits.training import keras

        class Spoil(keras.callbacks.Callback):
            def on_train_end(self, logs=None):
                kernel = self.model.get_layer("logits").kernel
                kernel.assign(kernel * np.nan)

        with pytest.raises(ValueError, match="weights that are not finite from a cal"):
            tiny(callbacks=[Spoil()]).fit(*data)


class TestProgress:
    def test_a_line_for_each_epoch(self, data, capsys):
        tiny(epochs=3, verbose=1).fit(*data)
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]
        assert all("val_accuracy" in line for line in lines)

    def test_the_bar_of_a_terminal_ends_as_the_same_line(self):
        import io

        from rich.console import Console
        from skdigits.training._progress import EpochLines

        out = io.StringIO()
        lines = EpochLines(Console(file=out, force_terminal=True, width=100))
        lines.begin(0, 2, 100)
        lines.advance(50)
        lines.end({"loss": 0.5})
        assert "Epoch 1/2" in out.getvalue().splitlines()[-1]
        assert "loss 0.5000" in out.getvalue().splitlines()[-1]

    def test_the_bar_of_a_notebook_becomes_the_same_line(self, monkeypatch):
        from types import SimpleNamespace

        from rich.console import Console

        from skdigits.training import _progress

        shown = []

        def show(what, **display_id):
            shown.append(what._repr_mimebundle_([], [])["text/plain"])
            return SimpleNamespace(update=show)

        ipython = SimpleNamespace(display=show)
        monkeypatch.setitem(sys.modules, "IPython.display", ipython)
        monkeypatch.setattr(_progress, "REDRAWN_EVERY", 0)
        lines = _progress.EpochLines(Console(force_jupyter=True))
        lines.begin(0, 2, 100)
        lines.advance(50)
        lines.end({"loss": 0.5})
        start, half, end = shown
        assert start.startswith("Epoch 1/2") and "  0 %" in start
        assert half.startswith("Epoch 1/2") and " 50 %" in half
        assert end.startswith("Epoch 1/2") and end.endswith("  loss 0.5000\n")


def test_networks_of_one_shape_share_their_compiled_functions(data):
    from skdigits.training._steps import _compiled_steps

    tiny(dropout=0.5).fit(*data)
    before = _compiled_steps.cache_info()
    others = {"random_state": 1, "learning_rate": 0.01, "batch_size": 7, "epochs": 2}
    tiny(dropout=0.2, **others).fit(*data)
    after = _compiled_steps.cache_info()
    assert after.misses == before.misses


def test_any_size_of_picture(data):
    X, y = data
    for side in (1, 2, 3, 5, 12):
        images = np.resize(X, (len(X), side, side + 1))
        assert tiny().fit(images, y).image_shape_ == (side, side + 1)


def test_pipeline_on_raw_pixels(digits):
    X, y = digits[0][:400], digits[2][:400]
    for rows in (X, X.reshape(-1, 8, 8), (X * 15.9375).astype(np.uint8)):
        pipeline = make_digit_pipeline(
            filters=8, epochs=8, learning_rate=0.01, batch_size=32, random_state=0
        )
        assert pipeline.fit(rows, y).score(rows, y) > 0.9


class TestAuto:
    """Networks and trainings that fit the pictures."""

    @pytest.mark.parametrize(
        "n, batch_size, epochs",
        [
            (1, 32, 1500),
            (50, 32, 750),
            (1_000, 32, 47),
            (4_999, 32, 10),
            (5_000, 128, 38),
            (10_000, 128, 19),
            (60_000, 128, 10),
            (1_000_000, 128, 10),
        ],
    )
    def test_as_many_steps_as_pictures_need(self, n, batch_size, epochs):
        from skdigits._parameters import training_recipe

        recipe = training_recipe(DigitCNN(), n)
        assert (recipe.batch_size, recipe.epochs) == (batch_size, epochs)
        given = training_recipe(DigitCNN(epochs=3, batch_size=7), n)
        assert (given.batch_size, given.epochs) == (7, 3)

    def test_fit_and_partial_fit(self, data, fitted_to_700):
        clf = deepcopy(fitted_to_700[-1])
        assert clf.n_iter_ == 69
        assert clf.partial_fit(*data).n_iter_ == 70
        assert clf.keras_classifier_.epochs == 150  # as many as those 300 would take

    def test_early_stopping_ends_it(self, data):
        clf = DigitCNN(filters=4, early_stopping=1, validation_split=0.3)
        assert clf.fit(*data).n_iter_ < 150

    @pytest.mark.parametrize("side, strides", [(15, 1), (16, 2), (28, 2)])
    def test_small_pictures_keep_every_pixel(self, side, strides):
        from skdigits._parameters import network_spec
        from skdigits.network import layers_of

        spec = network_spec(DigitCNN(), (side, side + 9), 10)
        assert layers_of(spec)[0].stride == strides
        given = network_spec(DigitCNN(early_downsampling=True), (8, 8), 10)
        assert layers_of(given)[0].stride == 2

    def test_better_than_a_support_vector_machine_from_few_pictures(
        self, digits, fitted_to_700
    ):
        from sklearn.svm import SVC

        X, X_test, y, y_test = digits
        machine = SVC().fit(X[:700], y[:700])
        assert fitted_to_700.score(X_test, y_test) > machine.score(X_test, y_test) > 0.8


@pytest.fixture(scope="module")
def fitted_to_700(digits):
    """The default, which takes seconds; tests must not change it."""
    X, _, y, _ = digits
    return make_digit_pipeline(random_state=0).fit(X[:700], y[:700])


class TestCalibration:
    def report(self, estimator, digits):
        from skdigits.inspection import ErrorReport

        X = np.concatenate([digits[0][700:], digits[1]])
        y = np.concatenate([digits[2][700:], digits[3]])
        return ErrorReport.from_estimator(estimator, X, y)

    def test_probabilities_come_true(self, digits, fitted_to_700):
        after = self.report(fitted_to_700, digits)
        X = np.concatenate([digits[0][700:], digits[1]])
        outputs = softmax(fitted_to_700.decision_function(X), axis=1)
        y_true = after.labels[after.true]
        before = type(after).from_predictions(y_true, y_proba=outputs)
        assert after.calibration_error() < 0.015 < 0.05 < before.calibration_error()
        assert after.accuracy == before.accuracy

    def test_nothing_but_probabilities_changes(self, data):
        X, y = data
        plain, calibrated = (
            tiny(epochs=5, calibration=word).fit(X, y) for word in (None, "temperature")
        )
        assert calibrated.network_.temperature != plain.network_.temperature == 1
        outputs = plain.decision_function(X)
        assert_array_equal(calibrated.decision_function(X), outputs)
        assert_allclose(plain.predict_proba(X), softmax(outputs, axis=1), atol=1e-6)
        assert_array_equal(calibrated.predict(X), plain.predict(X))
        assert calibrated.history_ == plain.history_

    @pytest.mark.parametrize(
        "params",
        [{"class_weight": "balanced"}, {"label_smoothing": 0.0}, {"augment": 0.0}],
        ids=str,
    )
    def test_however_it_was_trained(self, digits, params):
        clf = DigitCNN(random_state=0, epochs=20, **params)
        pipeline = make_digit_pipeline(clf).fit(digits[0][:700], digits[2][:700])
        assert self.report(pipeline, digits).calibration_error() < 0.02

    def test_after_going_on(self, digits, fitted_to_700):
        pipeline = deepcopy(fitted_to_700)
        X = pipeline[:-1].transform(digits[0][:700])
        for part in (slice(0, 350), slice(350, 700)):
            pipeline[-1].set_params(learning_rate=0.002)
            pipeline[-1].partial_fit(X[part], digits[2][:700][part])
        assert self.report(pipeline, digits).calibration_error() < 0.02

    def test_wrong_labels_make_it_modest(self, digits, fitted_to_700):
        X, y = digits[0][:700], digits[2][:700].copy()
        y[::5] = np.random.default_rng(0).integers(0, 10, len(y[::5]))
        pipeline = make_digit_pipeline(epochs=20, random_state=0).fit(X, y)
        report = self.report(pipeline, digits)
        confidence = report.y_proba.max(axis=1).mean()
        assert confidence < report.accuracy + 0.02
        assert pipeline[-1].network_.temperature > (
            fitted_to_700[-1].network_.temperature
        )

    def test_kept_in_files_pickles_and_the_keras_model(
        self, digits, fitted_to_700, tmp_path
    ):
        import pickle

        import skdigits

        X, expected = digits[1], fitted_to_700.predict_proba(digits[1])
        temperature = fitted_to_700[-1].network_.temperature
        assert 0.2 < temperature < 0.9
        skdigits.save(fitted_to_700, tmp_path / "model")
        for again in (
            skdigits.load(tmp_path / "model"),
            pickle.loads(pickle.dumps(fitted_to_700)),
        ):
            assert_array_equal(again.predict_proba(X), expected)
        model = fitted_to_700[-1].model_
        assert model.temperature == pytest.approx(temperature)
        images = fitted_to_700[:-1].transform(X)
        assert_allclose(model.predict(images, verbose=0), expected, atol=5e-6)

    def test_eight_pixels_are_enough_to_warp(self):
        assert can_be_warped((8, 20)) and can_be_warped((8, 8))
        assert not can_be_warped((7, 20)) and not can_be_warped((20, 7))

    @pytest.mark.parametrize("n_wrong", [0, WRONG, WRONG + 1])
    @pytest.mark.parametrize("place", [0, GLANCE - 1, GLANCE + 5])
    def test_a_few_wrong_ones_are_read_all_the_same(self, n_wrong, place):
        targets = np.tile(np.eye(2, dtype=np.float32)[0], (GLANCE + 60, 1))
        logits = targets.copy()
        logits[place : place + n_wrong] = [0, 1]
        asked = []
        found = are_read(lambda part: asked.append(len(part)) or part, logits, targets)
        assert found == (n_wrong <= WRONG)
        # no further than needed
        early = place + n_wrong <= GLANCE and not found
        assert asked == ([GLANCE] if early else [GLANCE, 60])

    def test_pictures_too_small_to_warp_stay_as_they_are(self, data):
        X, y = data
        clf = tiny(image_shape=(4, 16), calibration="temperature").fit(X, y)
        assert clf.network_.temperature == 1
        with pytest.raises(ValueError, match="calibration='isotonic', but expected No"):
            tiny(calibration="isotonic").fit(X, y)
