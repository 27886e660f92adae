"""model_ and keras_classifier_ are what they say, and learn what DigitCNN learns."""

import pickle
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdigits import DigitCNN
from skdigits.preprocessing import OneHotLabelEncoder

# Keras' variables and NumPy 2 disagree on how to copy
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't acc"),
]

RECIPES = {
    "default": {},
    "validation": {"validation_split": 0.2, "early_stopping": 1, "epochs": 5},
    "dropout": {"dropout": 0.3, "dense_units": 8, "batch_norm": False},
    "classic": {"schedule": "constant", "weight_decay": 0.0, "label_smoothing": 0.0},
    "balanced": {"class_weight": "balanced"},
    "weighted": {"class_weight": {3: 2.0, 4: 0.5}},
}


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return (X[:300] / 16).astype(np.float32), y[:300]


@pytest.fixture(scope="module")
def images(data):
    return data[0].reshape(-1, 8, 8, 1)


@pytest.fixture(scope="module")
def targets(data):
    return OneHotLabelEncoder().fit_transform(data[1])


def network(**params):
    plain = {"filters": 4, "epochs": 2, "batch_size": 64, "random_state": 0}
    return DigitCNN(**{**plain, **params})


@pytest.fixture(scope="module")
def fitted_once(data):
    return network().fit(*data)


@pytest.fixture
def clf(fitted_once):
    """A fitted network that the test may change."""
    return deepcopy(fitted_once)


def assert_same_state(a, b):
    for mine, its in zip(a.get_weights(), b.get_weights(), strict=True):
        assert_array_equal(mine, its)
    for mine, its in zip(a.optimizer.variables, b.optimizer.variables, strict=True):
        assert_array_equal(mine, its)


class TestModel:
    def test_tells_the_truth(self, data, images, targets):
        X, y = data
        clf = network(learning_rate=0.01, weight_decay=0.03, label_smoothing=0.2)
        model = clf.fit(X, y).model_
        assert type(model.optimizer).__name__ == "AdamW"
        assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
        assert model.optimizer.weight_decay == 0.03
        assert int(model.optimizer.iterations) == 2 * 5
        assert model.loss.label_smoothing == 0.2
        loss, accuracy = model.evaluate(images, targets, verbose=0)
        assert accuracy == pytest.approx(clf.score(X, y), abs=1e-6)
        wanted = targets * 0.8 + 0.02
        expected = -(wanted * np.log(clf.predict_proba(X))).sum(axis=1).mean()
        assert loss == pytest.approx(expected, rel=1e-5)

    def test_only_kernels_decay(self, clf):
        model = untrained_model(clf)
        for variable in model.trainable_weights:
            variable.assign(variable + 1)
        decaying = [v.name for v in model.trainable_weights if _decays(model, v)]
        assert set(decaying) == {"kernel"}

    def test_no_decay_is_plain_adam(self, data, images, targets):
        """Of the same steps as Keras' own Adam."""
        from skdigits.training import keras

        params = {"weight_decay": 0.0, "schedule": "constant", "augment": 0.0}
        model = network(**params, epochs=1).fit(*data).model_
        assert model.optimizer.weight_decay == 0
        twin = deepcopy(model)
        for one, optimizer in (
            (model, model.optimizer),
            (twin, keras.optimizers.Adam(0.02)),
        ):
            one.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
        for variable in model.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(0 * variable)
        for one in (model, twin):
            one.fit(images, targets, batch_size=64, epochs=2, verbose=0)
        for mine, its in zip(model.get_weights(), twin.get_weights(), strict=True):
            assert_allclose(mine, its, atol=1e-4)

    def test_comes_back_from_keras_own_file(self, clf, data, images, targets, tmp_path):
        clf.model_.save(tmp_path / "x.keras")
        np.save(tmp_path / "images.npy", images)
        np.save(tmp_path / "targets.npy", targets)
        code = (
            "import numpy as np, skdigits.training, keras\n"
            "model = keras.saving.load_model('x.keras')\n"
            "images, targets = np.load('images.npy'), np.load('targets.npy')\n"
            "np.save('found.npy', model.predict(images, verbose=0))\n"
            "model.fit(images, targets, batch_size=64, epochs=3, initial_epoch=2,\n"
            "          verbose=0)\n"
            "np.save('later.npy', model.predict(images, verbose=0))\n"
        )
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
        found = np.load(tmp_path / "found.npy")
        assert_allclose(found, clf.predict_proba(data[0]), atol=1e-6)
        # the optimizer too: it goes on as the model that was saved does
        options = {"batch_size": 64, "epochs": 3, "initial_epoch": 2, "verbose": 0}
        clf.model_.fit(images, targets, **options)
        later = clf.model_.predict(images, verbose=0)
        assert_allclose(np.load(tmp_path / "later.npy"), later, atol=1e-5)

    def test_its_registered_name_stays(self, clf, data):
        """scikeras registers what it pickles by another name."""
        from skdigits.training import DigitNetwork, keras

        wrapper = clf.keras_classifier_
        for again in deepcopy(wrapper), pickle.loads(pickle.dumps(wrapper)):
            assert type(again.model_) is DigitNetwork
            found = again.model_.predict(data[0].reshape(-1, 8, 8, 1), verbose=0)
            assert_allclose(found, clf.predict_proba(data[0]), atol=1e-5)
        assert keras.saving.get_registered_name(DigitNetwork) == "skdigits>DigitNetwork"

    def test_goes_on_in_the_cycle_where_training_paused(self, data, images, targets):
        whole = network(epochs=3).fit(*data)
        paused = network(epochs=3)
        vars(paused)["_pause_after"] = 1
        model = paused.fit(*data).model_
        options = {"batch_size": 64, "initial_epoch": 1, "verbose": 0}
        history = model.fit(images, targets, epochs=3, **options).history
        assert_same_state(model, whole.model_)
        assert history["loss"] == whole.history_["loss"][1:]

    def test_sample_and_class_weights(self, data, images, targets):
        X, y = data
        weights = np.linspace(0.5, 2, len(y))
        by_class = {code: 1.0 + code for code in range(10)}
        clf = network(class_weight=by_class).fit(X, y, sample_weight=weights)
        model = untrained_model(clf)
        options = {"batch_size": 64, "epochs": 2, "verbose": 0}
        options |= {"sample_weight": weights, "class_weight": by_class}
        model.fit(images, targets, **options)
        assert_same_state(model, clf.model_)

    def test_compiled_anew_it_learns_as_keras_says(self, clf, images, targets):
        from skdigits.training import keras

        model = clf.model_
        before = model.get_weights()
        still = keras.optimizers.SGD(0.0)
        model.compile(still, "categorical_crossentropy", metrics=["accuracy"])
        model.fit(images, targets, verbose=0, steps_per_epoch=2, epochs=1)
        for mine, its, weight in zip(
            model.get_weights(), before, model.weights, strict=True
        ):
            assert np.array_equal(mine, its) != ("moving" in weight.name)
        assert model.loss == "categorical_crossentropy"

    @pytest.mark.parametrize(
        "change, message",
        [
            ({"y": np.arange(300)}, r"of shapes \(300, 8, 8, 1\) and \(300,\), but"),
            ({"x": np.zeros((300, 64))}, r"shapes \(300, 64\) and .*OneHotLabelEncod"),
            ({"x": np.zeros((0, 8, 8, 1)), "y": np.zeros((0, 10))}, "but expected arr"),
            ({"batch_size": 0}, "Got batch_size=0, but expected an integer of at le"),
            ({"validation_split": 1.5}, "Got validation_split=1.5, but expected a nu"),
            ({"validation_split": -0.5}, "Got validation_split=-0.5, but expected a"),
            ({"sample_weight": np.ones(3)}, "sample_weight.shape ==|inconsistent"),
            ({"callbacks": [print]}, "in callbacks, but expected instances of keras"),
            (
                {"x": np.zeros((2, 8, 8, 1)), "y": np.eye(10)[:2]}
                | {"validation_split": 0.5},
                "Got validation_split=0.5 of 2 images, but expected at least one image "
                "to hold out",
            ),
        ],
    )
    def test_errors(self, clf, images, targets, change, message):
        with pytest.raises(ValueError, match=message):
            clf.model_.fit(**{"x": images, "y": targets, "verbose": 0, **change})

    def test_other_options_of_keras_are_taken(self, clf, images, targets):
        options = {"validation_freq": 2, "validation_split": 0.2}
        history = clf.model_.fit(images, targets, epochs=2, verbose=0, **options)
        assert len(history.history["val_loss"]) == 1

    def test_datasets_and_generators_are_learned_as_keras_does(
        self, clf, images, targets
    ):
        from skdigits.training._tensorflow import tf

        dataset = tf.data.Dataset.from_tensor_slices((images, targets)).batch(50)
        for x in (dataset, ((x, y) for x, y in dataset)):
            history = clf.model_.fit(x, epochs=1, verbose=0)
            assert len(history.history["loss"]) == 1

    @pytest.mark.parametrize("verbose", [0, 2])
    def test_verbose_zero_is_silent(self, clf, images, targets, verbose, capsys):
        clf.model_.fit(images, targets, epochs=1, verbose=verbose)
        assert bool(capsys.readouterr().out) == bool(verbose)

    def test_weighted_metrics_are_learned_by_keras_itself(self, clf, images, targets):
        model = clf.model_
        model.compile(
            model.optimizer, model.loss, metrics=["accuracy"], weighted_metrics=["mse"]
        )
        history = model.fit(images, targets, epochs=1, verbose=0)
        assert "mse" in history.history

    def test_frozen_or_extended_it_learns_as_keras_does(self, clf, images, targets):
        model = clf.model_
        first = model.get_layer("conv_1")
        first.trainable = False
        kernel, last = first.get_weights()[0], model.layers[-2].get_weights()
        model.compile(model.optimizer, model.loss, metrics=["accuracy"])
        model.fit(images, targets, verbose=0)
        assert_array_equal(first.get_weights()[0], kernel)
        assert not np.array_equal(model.layers[-2].get_weights()[0], last[0])

    def test_whatever_policy_the_user_has_set(self, data):
        from skdigits.training import keras

        stop = keras.callbacks.TerminateOnNaN()
        expected = network(callbacks=[stop]).fit(*data).predict_proba(data[0])
        keras.mixed_precision.set_global_policy("mixed_float16")
        try:
            clf = network(callbacks=[stop]).fit(*data)
            assert_array_equal(clf.predict_proba(data[0]), expected)
            assert clf.model_.count_params() and clf.keras_classifier_
        finally:
            keras.mixed_precision.set_global_policy("float32")

    def test_a_fit_that_fails_changes_nothing(self, clf, images, targets):
        fresh = deepcopy(clf).model_
        with pytest.raises(ValueError, match="Lower learning_rate=0.02, or scale"):
            clf.model_.fit(images * 1e30, targets, verbose=0)
        assert_same_state(clf.model_, fresh)


def untrained_model(clf):
    """The Keras model that the training of a classifier began with."""
    from skdigits.training import initial_network, keras_model

    fitted = clf.network_
    start = initial_network(fitted.spec, fitted.seed)
    return keras_model(replace(start, recipe=fitted.recipe))


def _decays(model, variable):
    before = variable.numpy()
    still = [0 * weight for weight in model.trainable_weights]
    model.optimizer.apply(still, model.trainable_weights)
    return not np.array_equal(before, variable.numpy())


class TestKerasClassifier:
    @pytest.mark.parametrize("params", RECIPES.values(), ids=RECIPES)
    def test_fit_gives_the_weights_of_digit_cnn(self, data, images, params):
        clf = network(**params).fit(*data)
        wrapper = clone(clf.keras_classifier_)
        assert wrapper.fit(images, data[1]) is wrapper
        assert_same_state(wrapper.model_, clf.model_)
        assert wrapper.history_["loss"] == clf.history_["loss"]
        if params.get("class_weight") != "balanced":
            wrapper.partial_fit(images, data[1])
            clf.partial_fit(*data)
            assert_same_state(wrapper.model_, clf.model_)

    def test_answers(self, data, images):
        X, y = data
        labels = np.array(list("abcdefghij"))[y]
        clf = network().fit(X, labels)
        wrapper = clf.keras_classifier_
        assert_array_equal(wrapper.predict(images), clf.predict(X))
        for dtype in (np.float32, np.float64):
            found = wrapper.predict_proba(images.astype(dtype))
            assert_allclose(found, clf.predict_proba(X), atol=1e-6)
        assert wrapper.predict_proba(images[:1]).shape == (1, 10)
        assert wrapper.score(images, labels) == pytest.approx(clf.score(X, labels))
        assert wrapper.history_ == clf.history_
        again = pickle.loads(pickle.dumps(wrapper))
        assert_allclose(again.predict_proba(images), found, atol=1e-6)

    def test_searches_take_it_for_a_classifier(self, data, images):
        X, y = data
        wrapper = clone(network(epochs=6).fit(X, y).keras_classifier_)
        assert is_classifier(wrapper)
        order = np.argsort(y)  # unstratified folds would miss whole classes
        scores = cross_val_score(wrapper, images[order], y[order], cv=2)
        assert scores.min() > 0.3
        grid = {"model__filters": [4, (4, 8, 8)], "optimizer__learning_rate": [1e-6]}
        search = GridSearchCV(wrapper, grid, cv=2, refit=False).fit(images, y)
        assert search.cv_results_["mean_test_score"].max() < 0.4

    def test_leaves_the_weights_of_the_caller(self, data, images):
        wrapper = clone(network(class_weight={3: 2.0}).fit(*data).keras_classifier_)
        weights = np.ones(len(images), dtype=int)
        wrapper.fit(images, data[1], sample_weight=weights)
        assert_array_equal(weights, 1)

    def test_fit_does_not_calibrate(self, data, images):
        X, y = data
        clf = network(calibration=True).fit(X, y)
        wrapper = clone(clf.keras_classifier_).fit(images, y)
        assert clf.network_.temperature != 1
        assert wrapper.model_.layers[-1].temperature == 1

    @pytest.mark.parametrize("labels", [((0, "a"), (1, "b")), ("odd", 2)])
    def test_labels_that_scikeras_does_not_know(self, data, labels):
        X, y = data
        target = np.empty(len(y), dtype=object)
        target[:] = [labels[digit % 2] for digit in y]
        clf = network().fit(X, target)
        assert clf.model_ is not None
        assert not hasattr(clf, "keras_classifier_")
        with pytest.raises(AttributeError, match="numbers or strings, as scikeras acc"):
            _ = clf.keras_classifier_

    def test_flat_rows_are_refused(self, clf, data):
        wrapper = clone(clf.keras_classifier_)
        with pytest.raises(ValueError, match=r"Got X of shape \(300, 64\), but expec"):
            wrapper.fit(*data)

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_a_fit_that_fails_changes_nothing(self, clf, data, images, method):
        wrapper = clf.keras_classifier_
        model, before = wrapper.model_, wrapper.predict_proba(images)
        with pytest.raises(ValueError, match="Lower learning_rate"):
            getattr(wrapper, method)(images * 1e30, data[1])
        assert wrapper.model_ is model is clf.model_
        assert_array_equal(wrapper.predict_proba(images), before)


class TestApart:
    """Nothing done to a model changes the classifier, and the other way round."""

    def test_training_the_copies_leaves_the_classifier(
        self, clf, data, images, targets
    ):
        X, y = data
        twin = deepcopy(clf).partial_fit(X, y)
        before, figures = clf.predict_proba(X), dict(clf.history_)
        clf.model_.fit(images, targets, verbose=0)
        clf.keras_classifier_.fit(images, y)
        clf.keras_classifier_.partial_fit(images, y)
        clf.model_.compile("sgd", "mse")
        assert_array_equal(clf.predict_proba(X), before)
        assert clf.history_ == figures
        assert_same_state(clf.partial_fit(X, y).model_, twin.model_)

    def test_a_new_fit_makes_new_copies(self, clf, data):
        model, wrapper = clf.model_, clf.keras_classifier_
        weights = model.get_weights()
        clf.set_params(random_state=1).fit(*data)
        assert clf.model_ is not model and clf.keras_classifier_ is not wrapper
        assert not np.array_equal(clf.model_.get_weights()[0], weights[0])
        assert_array_equal(model.get_weights()[0], weights[0])

    @pytest.mark.parametrize("name", ["model_", "keras_classifier_"])
    def test_parameters_set_after_fit_change_no_fitted_attribute(self, clf, name):
        clf.set_params(learning_rate=-1, callbacks="log", class_weight="even")
        assert hasattr(clf, name)
        assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.02)
