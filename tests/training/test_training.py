import gc
import weakref
from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from scipy.special import softmax

from skdigits import DigitCNN, make_digit_pipeline
from skdigits.training._calibration import GLANCE, WRONG, are_read
from skdigits.training._keras_layers import can_be_augmented

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return (X[:300] / 16).astype(np.float32), y[:300]


PLAIN = {
    **{"filters": 4, "kernel_size": 3, "dense_units": 128, "dropout": 0.5},
    **{"batch_norm": False, "early_downsampling": False, "padding": "same"},
    **{"epochs": 1, "batch_size": 64, "learning_rate": 0.001, "schedule": "constant"},
    **{"weight_decay": 0.0, "label_smoothing": 0.0, "augment": 0.0},
    **{"validation_split": 0.1, "random_state": 0, "calibration": False},
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
    network, rng = compiled(spec), np.random.default_rng(0)
    for variable in network.weights:
        value = rng.normal(0, 0.5, variable.shape)
        variable.assign(abs(value) if "variance" in variable.name else value)
    return network


def compiled(spec, optimizer=None, **options):
    """The Keras model of a spec, which learns from images as they are."""
    from skdigits.training import AdamW, SmoothedCrossentropy, build_model

    options = {"loss": SmoothedCrossentropy(0.1), "metrics": ["accuracy"], **options}
    return build_model(spec, 0, optimizer=optimizer or AdamW(0.002, 0.5), **options)


def arrays_of(network):
    """The weights of a Keras model by the names of the spec."""
    return {
        f"{layer.name}/{variable.name}": variable.numpy()
        for layer in network.layers
        for variable in layer.weights
    }


@pytest.mark.parametrize("params", SPECS.values(), ids=SPECS)
class TestOneNetworkInTwoForms:
    """What predicts agrees with the Keras model, and that with Keras' own layers."""

    def images(self, spec):
        shape = (21, *spec.image_shape, 1)
        return np.random.default_rng(1).random(shape, dtype=np.float32)

    def test_predictions(self, params):
        from skdigits.network import FittedNetwork

        spec = spec_of(**params)
        network, images = network_of(spec), self.images(spec)
        fitted = FittedNetwork(spec, arrays_of(network), 0, {"loss": [1.0]})
        expected = np.asarray(network(images))
        found = fitted.probabilities(fitted.logits(images))
        assert_allclose(found, expected, atol=2e-6)

    def test_gradients_are_those_of_keras_own_normalization(self, params):
        from skdigits.training import keras
        from skdigits.training._tensorflow import tf

        spec = spec_of(**params)
        network, images = network_of(spec), self.images(spec)

        def plain(layer):
            config = layer.get_config()
            if "FusedBatchNormalization" not in type(layer).__name__:
                return type(layer).from_config(config)
            return keras.layers.BatchNormalization.from_config(config)

        twin = keras.Sequential(
            [keras.Input((*spec.image_shape, 1)), *map(plain, network.layers)]
        )
        twin.set_weights(network.get_weights())
        gradients = []
        for model in (network, twin):
            with tf.GradientTape() as tape:
                predicted = model(images, training=True)
                loss = tf.reduce_sum(predicted[:, 0])
            variables = [variable.value for variable in model.trainable_variables]
            gradients.append([predicted, *tape.gradient(loss, variables)])
        for mine, its in zip(*gradients, strict=True):
            assert_allclose(mine, its, atol=2e-5)
        # the variance beyond 21 images is a little more than that within
        for mine, its in zip(network.get_weights(), twin.get_weights(), strict=True):
            assert_allclose(mine, its, rtol=0.03, atol=1e-5)


def test_learns_as_keras_does(data):
    """The same steps of AdamW from the same weights as Keras takes them."""
    import keras

    spec = spec_of(dense_units=16)
    images = data[0][:256].reshape(-1, 8, 8, 1)
    targets = np.eye(10, dtype=np.float32)[data[1][:256]]
    weights = np.linspace(0.5, 2, len(images)).astype(np.float32)
    adamw = keras.optimizers.AdamW(0.002, weight_decay=0.5)
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    ours, theirs = compiled(spec), compiled(spec, adamw, loss=smoothed)
    others = [v for v in theirs.trainable_variables if v.name != "kernel"]
    adamw.built = False
    adamw.exclude_from_weight_decay(var_list=others)
    adamw.built = True
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
    """Steps on batches of 23, 23 and 24 images, as Keras takes them one by one."""
    import keras

    n, ends = 70, [23, 46, 70]
    spec = spec_of(batch_norm=True)
    images = data[0][:n].reshape(-1, 8, 8, 1)
    targets = np.eye(10, dtype=np.float32)[data[1][:n]]
    ours, theirs = (compiled(spec) for _ in range(2))
    options = {"batch_size": 32, "shuffle": False, "verbose": 0}
    history = ours.fit(images, targets, **options).history
    figures = [
        keras.Sequential.train_on_batch(theirs, images[a:b], targets[a:b])
        for a, b in zip([0, *ends], ends, strict=False)
    ]
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(a, b, atol=2e-4)
    # each image counts once
    loss, accuracy = np.average(figures, axis=0, weights=[23, 23, 24])
    assert_allclose(history["loss"], [loss], rtol=1e-4)
    assert_allclose(history["accuracy"], [accuracy], rtol=1e-6)


def test_one_cycle_rises_for_a_quarter_and_falls_to_zero():
    from skdigits.training import AdamW

    def rates(schedule):
        optimizer = AdamW(0.1, schedule=schedule)
        optimizer.start_cycle(begin=50, length=40)
        return np.array([0.1 * optimizer.cycle(step) for step in range(50, 90)])

    cycle = rates("one_cycle")
    assert_allclose(cycle[:10], np.linspace(0.005, 0.095, 10), rtol=1e-5)
    assert_allclose(np.diff(cycle[10:]), -0.1 / 30, rtol=1e-3)
    assert 0 < cycle[-1] < 0.002
    assert_allclose(rates("constant"), 0.1, rtol=1e-6)


class TestAugmentation:
    def augment(self, images, strength, seed=0):
        from skdigits.training._keras_layers import random_affine
        from skdigits.training._tensorflow import tf

        return random_affine(tf.constant(images), strength, [seed, 0]).numpy()

    def test_strength_zero_changes_nothing(self, mnist_like):
        assert_allclose(self.augment(mnist_like, 0.0), mnist_like, atol=1e-5)

    def test_each_image_is_augmented_a_little_in_its_own_way(self, mnist_like):
        augmented = self.augment(mnist_like, 1.0)
        places = [ndimage.center_of_mass(image[..., 0]) for image in augmented]
        shifts = np.array(places) - 13.5
        assert abs(shifts).max() < 3
        assert shifts.std(axis=0).min() > 0.5
        masses = augmented.sum(axis=(1, 2, 3)) / mnist_like.sum(axis=(1, 2, 3))
        assert 0.75 < masses.min() < masses.max() < 1.35
        assert augmented.min() >= 0 and augmented.max() <= 1

    def test_the_seed_decides(self, mnist_like):
        assert_array_equal(self.augment(mnist_like, 1.0), self.augment(mnist_like, 1.0))
        other = self.augment(mnist_like, 1.0, seed=1)
        assert not np.array_equal(other, self.augment(mnist_like, 1.0))

    @pytest.mark.parametrize("shape", [(20, 40), (40, 20)])
    def test_images_that_are_not_square(self, shape):
        """A dot in the middle stays around it; it is shifted by shares of the sides."""
        images = np.zeros((1000, *shape, 1), dtype=np.float32)
        middle = (np.array(shape) - 1) / 2
        low, high = (middle - 1.5).astype(int), (middle + 2.5).astype(int)
        images[:, low[0] : high[0], low[1] : high[1]] = 1
        augmented = self.augment(images, 1.0)
        places = [ndimage.center_of_mass(image[..., 0]) for image in augmented]
        shifts = (np.array(places) - middle) / shape
        assert_allclose(shifts.mean(axis=0), 0, atol=0.005)
        assert_allclose(shifts.std(axis=0), 1 / 14 / 3**0.5, rtol=0.1)

    @pytest.fixture
    def mnist_like(self):
        images = np.zeros((200, 28, 28, 1), dtype=np.float32)
        images[:, 6:22, 11:17] = 1
        return images

    @pytest.mark.parametrize("image_shape, differs", [((8, 8), True), ((1, 64), False)])
    def test_only_images_that_are_large_enough(self, data, image_shape, differs):
        a, b = (
            tiny(augment=augment, image_shape=image_shape)
            .fit(*data)
            .predict_proba(data[0])
            for augment in (0.0, 1.0)
        )
        assert np.array_equal(a, b) != differs


class TestStratifiedSplit:
    def split(self, codes, fraction):
        from skdigits.training._batches import stratified_split

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

    def test_at_least_one_row_is_held_out(self):
        kept, held_out = self.split([0, 1, 1, 2], 0.01)
        assert held_out.tolist() == [1]

    def test_no_row_to_hold_out(self):
        kept, held_out = self.split([0, 1], 0.1)
        assert len(held_out) == 0

    def test_it_is_shuffled(self):
        from skdigits.training._batches import stratified_split

        codes = np.repeat([0, 1], 50)
        kept, held_out = stratified_split(codes, 0.2, np.random.default_rng(0))
        assert sorted(held_out) != list(held_out)
        assert set(held_out) != set(range(80, 100))


def test_what_is_random_has_seeds_of_its_own_in_each_epoch_and_layer():
    """And draws again in each step, what the seed decides."""
    from skdigits.training import keras

    spec = spec_of(dropout=0.5)
    images, targets = np.ones((8, 8, 8, 1)), np.eye(10)[:8]

    class Note(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            for layer in self.model.layers:
                if hasattr(layer, "seed_generator"):
                    state = layer.seed_generator.state.numpy()
                    seeds.append((layer.name, *state.tolist()))

    runs = []
    for _ in range(2):
        seeds = []
        model = compiled(spec, augment=1.0)
        model.fit(images, targets, 2, epochs=3, callbacks=[Note()], verbose=0)
        runs.append(seeds)
    assert runs[0] == runs[1]
    assert {name for name, *_ in seeds} == {"augmentation", "dropout"}
    # three epochs of four steps, two layers
    assert len(set(seeds)) == len({tuple(state) for _, *state in seeds}) == 3 * 4 * 2


def test_each_step_drops_others():
    """One image has another loss in each step, and the seed decides which."""
    spec = spec_of(dropout=0.5)

    def losses():
        from skdigits.training import keras

        model = compiled(spec, keras.optimizers.SGD(0.0))
        history = model.fit(
            np.ones((1, 8, 8, 1)), np.eye(10)[:1], epochs=20, verbose=0
        ).history
        return history["loss"]

    assert len(set(losses())) > 15
    assert losses() == losses()


def test_each_epoch_has_an_order_of_its_own():
    from skdigits.training._batches import Batches, Data

    images = np.arange(100, dtype=np.float32).reshape(-1, 1, 1, 1)
    data = Data(images, np.zeros((100, 2), np.float32), np.ones(100, np.float32))
    batches, orders = Batches((1, 1, 1), 2), []
    for epoch in (0, 1, 2, 1):
        batches.epoch = epoch
        with batches.of(data, 32, seed=3, one_by_one=False):
            ((first, *_),) = batches.dataset.take(1)
        orders.append(tuple(first.numpy().ravel()))
    assert len(set(orders)) == 3 and orders[1] == orders[3]
    assert all(sorted(order) == list(range(100)) for order in orders)


def test_layers_start_differently():
    """Layers of one shape have weights of their own, which the seed decides."""
    from skdigits.training._keras_layers import initial_weights, layer_seeds

    spec = spec_of(filters=(4, 4, 4), kernel_size=(3, 3, 3), dropout=0.5)
    arrays = initial_weights(spec, 0)
    assert not np.array_equal(arrays["conv_2/kernel"], arrays["conv_3/kernel"])
    seeds = layer_seeds(spec, 0)
    assert "dropout" in seeds and len(set(seeds.values())) == len(seeds)
    for name, values in initial_weights(spec, 0).items():
        assert_array_equal(values, arrays[name])
    other = initial_weights(spec, 1)
    assert not np.array_equal(arrays["conv_2/kernel"], other["conv_2/kernel"])


@pytest.mark.parametrize("n, batch_size", [(1, 32), (33, 32), (898, 32), (7, 2**40)])
@pytest.mark.parametrize("one_by_one", [True, False])
def test_batches_are_equally_large(n, batch_size, one_by_one):
    from skdigits.training._batches import Batches, Data

    data = Data(np.zeros((n, 1, 1, 1), "f4"), np.zeros((n, 2), "f4"), np.ones(n, "f4"))
    batches = Batches((1, 1, 1), 2)
    with batches.of(data, batch_size, 0, one_by_one):
        calls = list(batches.dataset.take(batches.n_calls))
    ends = [call[-1].numpy() for call in calls]
    sizes = np.concatenate([np.diff(some, prepend=0) for some in ends])
    assert sizes.sum() == n and len(sizes) == -(-n // batch_size)
    assert sizes.max() <= batch_size and sizes.max() - sizes.min() <= 1
    assert not one_by_one or len(calls) == len(sizes)


def test_two_images_left_over_spoil_nothing(digits):
    """Two images as a batch of their own have one mean, and are its opposites."""
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

    def test_true_waits_for_five_epochs(self, data):
        params = {"epochs": 60, "learning_rate": 0.05, "batch_size": 16}
        clf = tiny(early_stopping=True, **params).fit(*data)
        assert clf.n_iter_ == int(np.argmin(clf.history_["val_loss"])) + 1 + 5 < 60

    def test_also_where_the_epochs_run_out(self, data):
        quick = {"learning_rate": 0.05, "batch_size": 16, "calibration": True}
        clf = tiny(epochs=4, early_stopping=50, **quick).fit(*data)
        best = int(np.argmin(clf.history_["val_loss"])) + 1
        shorter = tiny(epochs=best, **quick).fit(*data)
        assert_array_equal(clf.predict_proba(data[0]), shorter.predict_proba(data[0]))

    def test_a_tiny_validation_part_is_watched_too(self, data):
        params = {"epochs": 40, "learning_rate": 0.05, "batch_size": 16}
        clf = tiny(early_stopping=2, validation_split=1e-4, **params).fit(*data)
        assert clf.n_iter_ == int(np.argmin(clf.history_["val_loss"])) + 1 + 2 < 40

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
        a = tiny(epochs=3, validation_split=0, calibration=True).fit(*data)
        b = tiny(calibration=True)
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
            (None, None, "Got classes=None in the first call to partial_fit"),
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
        a = tiny(epochs=2, calibration=True).fit(*data)
        b = tiny(warm_start=True, calibration=True).fit(*data).fit(*data)
        assert b.n_iter_ == 2
        assert_array_equal(a.predict_proba(data[0]), b.predict_proba(data[0]))
        with pytest.raises(ValueError, match="Fit with warm_start=False"):
            b.set_params(filters=8).fit(*data)
        assert a.set_params(epochs=1).fit(*data).n_iter_ == 1

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
        calibrated = {"validation_split": 0, "calibration": True}
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
        tiny(epochs=3, verbose=2).fit(*data)
        lines = capsys.readouterr().out.splitlines()
        assert lines[::2] == ["Epoch 1/3", "Epoch 2/3", "Epoch 3/3"]
        assert all("val_accuracy" in line for line in lines[1::2])
        assert all(line.startswith("5/5") for line in lines[1::2])

    def test_a_bar(self, data, capsys):
        tiny(epochs=1, verbose=1).fit(*data)
        assert "5/5" in capsys.readouterr().out

    def test_quiet_by_default(self, data, capfd):
        tiny(epochs=1).fit(*data)
        assert capfd.readouterr() == ("", "")


class TestCompiledModels:
    """Networks of one shape share a compiled model, and nothing else."""

    OTHERS = {
        **{"learning_rate": 0.01, "weight_decay": 0.1, "label_smoothing": 0.3},
        **{"dropout": 0.2, "batch_size": 7, "epochs": 2, "random_state": 1},
        **{"schedule": "one_cycle", "calibration": True, "validation_split": 0.0},
    }

    def test_are_shared(self, data):
        from skdigits.training import _fit

        tiny(dropout=0.5).fit(*data)
        before = list(_fit._idle.values())[-1]
        tiny(**self.OTHERS).fit(*data)
        assert list(_fit._idle.values())[-1] is before

    @pytest.mark.parametrize("augment", [0.0, 1.0])
    def test_keep_nothing_of_an_earlier_fit(self, data, augment):
        first = tiny(augment=augment).fit(*data)
        for name, value in self.OTHERS.items():
            tiny(**{"augment": augment and 0.5, name: value}).fit(*data)
        again = tiny(augment=augment).fit(*data)
        assert again.history_ == first.history_
        assert_array_equal(again.predict_proba(data[0]), first.predict_proba(data[0]))

    def test_hold_no_data(self, data):
        X = data[0].reshape(-1, 8, 8, 1).copy()
        held = weakref.ref(X)
        tiny().fit(X, data[1])
        del X
        gc.collect()
        assert held() is None

    def test_have_none_for_those_with_callbacks(self, data):
        from skdigits.training import keras

        class Freeze(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                self.model.get_layer("conv_1").trainable = False

        first = tiny().fit(*data)
        tiny(callbacks=[Freeze()]).fit(*data)
        again = tiny().fit(*data)
        assert_array_equal(again.predict_proba(data[0]), first.predict_proba(data[0]))

    def test_no_global_random_state_is_touched(self, data):
        import random

        from skdigits.training import keras

        keras.utils.set_random_seed(0)
        first, second = (keras.random.uniform((2,)).numpy() for _ in range(2))
        keras.utils.set_random_seed(0)
        assert_array_equal(keras.random.uniform((2,)), first)
        before = random.getstate(), np.random.get_state()[1].tolist()
        tiny(augment=1.0, validation_split=0.2, calibration=True).fit(*data)
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before
        assert_array_equal(keras.random.uniform((2,)), second)


class TestValidationSet:
    """One of the user's own, in place of a part of the training data."""

    @pytest.fixture
    def parts(self, digits):
        X, X_val, y, y_val = digits
        return X[:300] / 16, y[:300], X_val / 16, y_val

    def test_is_measured_after_each_epoch(self, parts):
        X, y, X_val, y_val = parts
        clf = tiny(epochs=3, batch_size=16).fit(X, y, X_val=X_val, y_val=y_val)
        plain = tiny(epochs=3, batch_size=16, validation_split=0).fit(X, y)
        assert clf.history_["loss"] == plain.history_["loss"]
        assert clf.history_["val_accuracy"][-1] == pytest.approx(
            clf.score(X_val, y_val), abs=1e-6
        )

    def test_weights(self, parts):
        X, y, X_val, y_val = parts
        weights = (y_val == 3).astype(float)
        three = y_val == 3
        clf = tiny(calibration=True).fit(
            X, y, X_val=X_val, y_val=y_val, sample_weight_val=7 * weights
        )
        few = tiny(calibration=True).fit(X, y, X_val=X_val[three], y_val=y_val[three])
        assert clf.history_ == few.history_
        assert clf.network_.temperature == few.network_.temperature

    def test_weights_count_as_copies_do(self, parts):
        X, y, X_val, y_val = parts
        twice = np.arange(len(y_val)) % 2 == 0
        clf = tiny(calibration=True).fit(
            X, y, X_val=X_val, y_val=y_val, sample_weight_val=1.0 + twice
        )
        again = tiny(calibration=True).fit(
            X,
            y,
            X_val=np.concatenate([X_val, X_val[twice]]),
            y_val=np.concatenate([y_val, y_val[twice]]),
        )
        assert clf.history_["val_loss"] == pytest.approx(again.history_["val_loss"])
        assert clf.network_.temperature == pytest.approx(
            again.network_.temperature, rel=1e-3
        )

    def test_stops_early_and_calibrates(self, parts):
        X, y, X_val, y_val = parts
        params = {"epochs": 40, "learning_rate": 0.05, "calibration": True}
        clf = tiny(**params, early_stopping=2, batch_size=16)
        clf.fit(X, y, X_val=X_val, y_val=y_val)
        losses = clf.history_["val_loss"]
        assert clf.n_iter_ == int(np.argmin(losses)) + 1 + 2 < 40
        from skdigits.training import best_temperature

        expected = best_temperature(clf.decision_function(X_val), np.eye(10)[y_val])
        assert clf.network_.temperature == pytest.approx(expected, rel=1e-3)

    def test_through_a_pipeline(self, digits):
        from sklearn import config_context
        from sklearn.pipeline import Pipeline

        X, X_val, y, y_val = digits
        with config_context(enable_metadata_routing=True):
            cnn = tiny().set_fit_request(X_val=True, y_val=True)
            steps = make_digit_pipeline(cnn).steps
            pipeline = Pipeline(steps, transform_input=["X_val"])
            pipeline.fit(X[:300], y[:300], X_val=X_val, y_val=y_val)
        assert pipeline[-1].history_["val_accuracy"][-1] == pytest.approx(
            pipeline.score(X_val, y_val), abs=1e-6
        )

    @pytest.mark.parametrize(
        "change, message",
        [
            ({"X_val": None}, "Got y_val alone, but expected both X_val and y_val"),
            (
                {"X_val": None, "y_val": None, "sample_weight_val": np.ones(450)},
                "Got sample_weight_val alone, but expected both X_val and y_val",
            ),
            ({"sample_weight_val": np.full(450, -1.0)}, "Negative values in data"),
            (
                {"sample_weight_val": np.zeros(450)},
                "Sample weights must contain|Got sample weights",
            ),
            ({"y_val": None}, "Got X_val alone, but expected both X_val and y_val"),
            ({"y_val": np.full(450, 11)}, "Got y_val with the unknown label 11"),
            ({"X_val": np.zeros((450, 8, 9))}, "72 features"),
            ({"y_val": np.zeros(3, int)}, "inconsistent numbers of samples"),
        ],
    )
    def test_errors(self, parts, change, message):
        X, y, X_val, y_val = parts
        clf = tiny().fit(X, y)
        before = dict(vars(clf))
        with pytest.raises(ValueError, match=message):
            clf.fit(X, y, **{"X_val": X_val, "y_val": y_val, **change})
        assert vars(clf) == before


def test_logarithms_of_probabilities(data):
    clf = tiny(epochs=3, calibration=True).fit(*data)
    found = clf.predict_log_proba(data[0])
    assert_allclose(found, np.log(clf.predict_proba(data[0])), atol=1e-5)


def test_a_search_over_the_depth(data):
    from sklearn.model_selection import GridSearchCV

    grid = {"filters": [(4,), (4, 4), (4, 4, 8)]}
    clf = DigitCNN(epochs=1, random_state=0, calibration=False)
    search = GridSearchCV(clf, grid, cv=2, error_score="raise").fit(*data)
    assert len(search.cv_results_["params"]) == 3


def test_any_size_of_image(data):
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
    """Networks and trainings that fit the images."""

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
    def test_as_many_steps_as_images_need(self, n, batch_size, epochs):
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
    def test_small_images_keep_every_pixel(self, side, strides):
        from skdigits._parameters import network_spec
        from skdigits.network import layers_of

        spec = network_spec(DigitCNN(), (side, side + 9), 10)
        assert layers_of(spec)[0].stride == strides
        given = network_spec(DigitCNN(early_downsampling=True), (8, 8), 10)
        assert layers_of(given)[0].stride == 2

    def test_better_than_a_support_vector_machine_from_few_images(
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
            tiny(epochs=5, calibration=word).fit(X, y) for word in (False, True)
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
        softmax_layer = model.get_layer("probabilities")
        assert float(softmax_layer.temperature) == pytest.approx(temperature)
        images = fitted_to_700[:-1].transform(X)
        assert_allclose(model.predict(images, verbose=0), expected, atol=5e-6)

    def test_eight_pixels_are_enough_to_warp(self):
        assert can_be_augmented((8, 20)) and can_be_augmented((8, 8))
        assert not can_be_augmented((7, 20)) and not can_be_augmented((20, 7))

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

    def test_images_too_small_to_warp_stay_as_they_are(self, data):
        X, y = data
        clf = tiny(image_shape=(4, 16), calibration=True).fit(X, y)
        assert clf.network_.temperature == 1
        with pytest.raises(ValueError, match="calibration='isotonic', but expected Tr"):
            tiny(calibration="isotonic").fit(X, y)
