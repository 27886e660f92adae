import gc
import math
import random
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from _coloured import TABLES, coloured_digits, make_table, turned_round
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_info

from skdigits import DigitCNN, make_digit_pipeline

pytestmark = pytest.mark.slow

PLAIN = {
    **{"filters": 4, "kernel_size": 3, "dense_units": 128, "dropout": 0.5},
    **{"batch_norm": False, "early_downsampling": False, "padding": "same"},
    **{"epochs": 1, "batch_size": 64, "learning_rate": 0.001, "schedule": "constant"},
    **{"weight_decay": 0.0, "label_smoothing": 0.0, "augment": 0.0},
    **{"validation_split": 0.1, "random_state": 0, "calibration": False},
}
CALIBRATED = {"calibration": True}


def tiny(**params):
    """A small network: no cycle, smoothing, augmentation or calibration."""
    return DigitCNN(**{**PLAIN, **params})


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return (X[:300] / 16).astype(np.float32), y[:300]


def weights_of(classifier):
    return classifier.model_.get_weights()


def assert_same_weights(a, b):
    for x, y in zip(weights_of(a), weights_of(b), strict=True):
        assert_array_equal(x, y)


class TestLearning:
    def test_learns_the_digits(self, digits, fitted):
        _, X, _, y = digits
        assert fitted.score(X, y) > 0.93

    def test_attributes(self, data):
        X, y = data
        clf = tiny(epochs=2).fit(X, y)
        assert_array_equal(clf.classes_, np.arange(10))
        assert clf.n_features_in_ == 64
        assert clf.image_shape_ == (8, 8)
        assert clf.n_iter_ == 2
        assert set(clf.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert all(len(values) == 2 for values in clf.history_.values())
        from scikeras.wrappers import KerasClassifier

        assert isinstance(clf.keras_classifier_, KerasClassifier)
        assert clf.keras_classifier_.model_ is clf.model_

    def test_wrapper_predicts_labels_too(self, data):
        X, y = data
        labels = np.array(list("abcdefghij"))[y]
        clf = tiny(**CALIBRATED).fit(X, labels)
        images = X.reshape(-1, 8, 8, 1)
        assert_array_equal(clf.keras_classifier_.predict(images), clf.predict(X))
        proba = clf.keras_classifier_.predict_proba(images)
        assert_allclose(proba, clf.predict_proba(X), atol=1e-6)

    def test_keras_model_gives_the_same_probabilities(self, data):
        X, y = data
        clf = tiny(batch_norm=True, **CALIBRATED).fit(X, y)
        proba = clf.model_.predict(X.reshape(-1, 8, 8, 1), verbose=0)
        assert_allclose(proba, clf.predict_proba(X), atol=1e-6)

    def test_many_threads_may_predict_at_once(self, data):
        X, y = data
        clf = tiny().fit(X, y)
        expected = clf.predict_proba(X)
        granted = threadpool_info()
        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(clf.predict_proba, [X] * 64):
                assert_array_equal(found, expected)
        assert threadpool_info() == granted

    def test_a_prediction_does_not_depend_on_its_company(self, data):
        X, y = data
        clf = tiny().fit(X, y)
        together = clf.predict_proba(X)
        close = {"rtol": 0, "atol": 1e-6}
        order = np.random.default_rng(0).permutation(len(X))
        assert_allclose(clf.predict_proba(X[order]), together[order], **close)
        for company in (1, 7, 100):
            some = clf.predict_proba(X[:company])
            assert_allclose(some, together[:company], **close)

    def test_memory_stays_flat_over_many_calls(self, data):
        import tracemalloc

        clf = tiny().fit(*data)
        few = data[0][:3]
        traced = []
        tracemalloc.start()
        try:
            for _ in range(6):
                for _ in range(500):
                    clf.predict(few)
                gc.collect()
                traced.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        # what leaks grows each time; the first calls fill free lists, and other threads
        # of the process may take some memory now and then
        assert np.median(np.diff(traced)[1:]) < 10_000

    def test_probabilities(self, data):
        X, y = data
        clf = tiny(**CALIBRATED).fit(X, y)
        proba = clf.predict_proba(X)
        assert proba.dtype == np.float32
        assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
        assert clf.predict_proba(X[:1]).shape == (1, 10)
        assert_allclose(clf.predict_proba(X[:1]), proba[:1], rtol=1e-4)
        logits = clf.decision_function(X)
        assert_array_equal(logits.argmax(axis=1), proba.argmax(axis=1))
        logits = logits / clf.network_.temperature
        assert_allclose(
            np.diff(logits, axis=1), np.diff(np.log(proba), axis=1), atol=1e-3
        )
        assert clf.predict_log_proba(X).dtype == np.float32
        assert_allclose(np.exp(clf.predict_log_proba(X)), proba, atol=1e-6)

    def test_logarithms_are_finite_where_probabilities_are_zero(self, data):
        X, y = data
        clf = tiny(learning_rate=0.1, epochs=5).fit(X, y)
        assert clf.predict_proba(1000 * X).min() == 0
        assert np.isfinite(clf.predict_log_proba(1000 * X)).all()

    def test_two_classes(self, data):
        X, y = data
        clf = tiny(epochs=3).fit(X[y < 2], y[y < 2])
        assert clf.predict_proba(X).shape == (len(X), 2)
        assert clf.decision_function(X).shape == (len(X),)
        assert_array_equal(clf.decision_function(X) > 0, clf.predict(X) == 1)

    def test_sample_weight_and_class_weight_move_the_decision(self, data):
        X, y = data
        heavy = np.where(y == 3, 100.0, 1.0)
        before = heavy.copy()
        clf = tiny(epochs=3, **CALIBRATED)
        by_sample = clone(clf).fit(X, y, sample_weight=heavy)
        by_class = clf.set_params(class_weight={3: 100.0}).fit(X, y)
        assert_same_weights(by_sample, by_class)
        assert (by_class.predict(X) == 3).mean() > 0.5
        assert_array_equal(heavy, before)

    def test_a_fold_may_lack_a_label_that_has_a_weight(self, data):
        X, y = data
        weights = {label: 1.0 + label for label in range(10)}
        fold = y != 7
        clf = tiny(class_weight=weights).fit(X[fold], y[fold])
        del weights[7]
        assert_same_weights(clf, tiny(class_weight=weights).fit(X[fold], y[fold]))

    def test_class_weights_and_sample_weights_are_multiplied(self, data):
        X, y = data
        weights = 2.0 ** (np.arange(len(y)) % 3)  # their products are exact
        both = tiny(class_weight={3: 4.0, 4: 0.25}).fit(X, y, sample_weight=weights)
        product = weights * np.where(y == 3, 4.0, np.where(y == 4, 0.25, 1.0))
        assert_same_weights(both, tiny().fit(X, y, sample_weight=product))

    def test_weights_count_in_the_validation_loss(self, data):
        X, y = data
        still = tiny(learning_rate=1e-12)
        once = clone(still).fit(X, y).history_
        twice = still.fit(X, y, sample_weight=np.full(len(y), 2.0)).history_
        assert_allclose(twice["val_loss"], 2 * np.array(once["val_loss"]), rtol=1e-4)
        assert twice["val_accuracy"] == once["val_accuracy"]

    def test_balanced_class_weight(self, data):
        X, y = data
        rare = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]])
        clf = tiny(class_weight="balanced", validation_split=0).fit(X[rare], y[rare])
        n, counts = len(rare), np.bincount(y[rare])
        by_hand = (n / (2 * counts))[y[rare]]
        other = tiny(validation_split=0).fit(X[rare], y[rare], sample_weight=by_hand)
        assert_same_weights(clf, other)

    @pytest.mark.parametrize("class_weight", [None, "balanced"])
    def test_rows_of_weight_zero_are_left_out(self, data, class_weight):
        X, y = data
        weights = (np.arange(len(y)) % 3 > 0).astype(float)
        kept = weights > 0
        clf = tiny(class_weight=class_weight, **CALIBRATED)
        a = clone(clf).fit(X, y, sample_weight=weights)
        b = clf.fit(X[kept], y[kept])
        assert_same_weights(a, b)


class TestInput:
    @pytest.mark.parametrize(
        "shape", [(-1, 64), (-1, 8, 8), (-1, 8, 8, 1)], ids=["flat", "3d", "4d"]
    )
    @pytest.mark.parametrize("convert", [np.asarray, np.ndarray.tolist], ids=str)
    def test_layouts_are_the_same(self, data, shape, convert):
        X, y = data
        reference = tiny(**CALIBRATED).fit(X, y)
        clf = tiny(**CALIBRATED).fit(convert(X.reshape(shape)), y.tolist())
        assert_same_weights(clf, reference)
        assert_array_equal(clf.predict(convert(X.reshape(shape))), reference.predict(X))

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, float])
    def test_any_numeric_dtype_in_fit_and_another_in_predict(self, data, dtype):
        X, y = data
        clf = tiny().fit(X.round().astype(dtype), y)
        expected = tiny().fit(X.round(), y).predict_proba(X)
        assert_array_equal(clf.predict_proba(X.astype(np.float64)), expected)

    @pytest.mark.parametrize("kind", TABLES)
    def test_tables(self, data, kind):
        X, y = data
        table = make_table(kind, X)
        clf = tiny().fit(table, pd.Series(y))
        assert clf.feature_names_in_.tolist() == [f"pixel{i}" for i in range(64)]
        plain = tiny().fit(X, y)
        assert_same_weights(clf, plain)
        assert_array_equal(clf.predict_proba(table), plain.predict_proba(X))
        assert clf.score(table, y) == plain.score(X, y)
        reordered = turned_round(table)
        for call in (clf.predict, lambda X: clf.partial_fit(X, y)):
            with pytest.raises(ValueError, match="in the same order"):
                call(reordered)
        with pytest.raises(ValueError, match="in the same order"):
            tiny().fit(table, y, X_val=reordered, y_val=y)

    @pytest.mark.parametrize("kind", TABLES)
    def test_tables_through_a_pipeline(self, digits, kind):
        X, X_test, y, _ = digits
        pipeline = make_digit_pipeline(filters=4, epochs=1, random_state=0)
        pipeline.fit(make_table(kind, X), y)
        assert pipeline.feature_names_in_.tolist() == [f"pixel{i}" for i in range(64)]
        table = make_table(kind, X_test)
        assert_array_equal(pipeline.predict_proba(table), pipeline_proba(X, y, X_test))
        with pytest.raises(ValueError, match="in the same order"):
            pipeline.predict(turned_round(table))

    def test_image_shapes(self, data):
        X, y = data
        clf = tiny(image_shape=(4, 16)).fit(X, y)
        assert clf.image_shape_ == (4, 16)
        assert tiny().fit(X.reshape(-1, 16, 4), y).image_shape_ == (16, 4)
        with pytest.raises(ValueError, match=r"shape \(8, 8\)"):
            clf.predict(X.reshape(-1, 8, 8))

    @pytest.mark.parametrize("augment", [0.0, 1.0])
    def test_images_with_three_channels(self, augment):
        X, y = coloured_digits()
        X = X / np.float32(255)
        clf = tiny(epochs=15, learning_rate=0.005, augment=augment).fit(X, y)
        assert clf.image_shape_ == (8, 8, 3)
        assert clf.n_features_in_ == 192
        assert clf.score(X, y) > 0.7
        proba = clf.predict_proba(X)
        alone = clf.predict_proba(X[4:5])
        assert_allclose(alone, proba[4:5], rtol=0, atol=1e-6)
        assert_allclose(clf.model_.predict(X, verbose=0), proba, atol=1e-6)
        assert_allclose(clf.keras_classifier_.predict_proba(X), proba, atol=1e-6)

    def test_flat_rows_of_three_channels(self):
        X, y = coloured_digits()
        rows = X.reshape(len(X), -1)
        reference = tiny(**CALIBRATED).fit(X, y)
        clf = tiny(image_shape=(8, 8, 3), **CALIBRATED).fit(rows, y)
        assert clf.image_shape_ == (8, 8, 3)
        assert_same_weights(clf, reference)
        for images in (X, rows, rows.tolist()):
            assert_array_equal(clf.predict(images), reference.predict(X))

    def test_channels_count(self, data):
        """A colour image of one hue is not taken for a grey one, nor the other way."""
        X, y = coloured_digits()
        colour, grey = tiny().fit(X, y), tiny().fit(*data)
        with pytest.raises(
            ValueError, match="64 features, but DigitCNN is expecting 1"
        ):
            colour.predict(X[..., 0])
        with pytest.raises(
            ValueError, match="192 features, but DigitCNN is expecting 6"
        ):
            grey.predict(X)
        with pytest.raises(
            ValueError, match=r"shape \(24, 8\) and image_shape=\(8, 8, 3"
        ):
            colour.predict(X.reshape(-1, 24, 8))
        with pytest.raises(ValueError, match="move the channels to the last axis"):
            colour.predict(np.moveaxis(X, -1, 1))

    def test_input_is_not_changed(self, digits):
        X, X_test, y, _ = digits  # read-only arrays: a write would raise
        weights = np.ones(len(y))
        weights.flags.writeable = False
        clf = tiny(class_weight="balanced").fit(X, y, sample_weight=weights)
        clf.predict_proba(X_test)


def pipeline_proba(X, y, X_test):
    pipeline = make_digit_pipeline(filters=4, epochs=1, random_state=0)
    return pipeline.fit(X, y).predict_proba(X_test)


class Shape(Enum):
    ROUND = "round"
    ANGULAR = "angular"


class TestLabels:
    @pytest.mark.parametrize(
        "labels",
        [
            np.array([3, 7], dtype=np.int8),
            np.array([-1, 1]),
            np.array([0.0, 2.0]),
            np.array([False, True]),
            np.array(["even", "odd"]),
            np.array(["even", "odd"], dtype=object),
            np.array(["2026-01-01", "2026-01-02"], dtype="M8[D]"),
        ],
        ids=lambda labels: str(labels.dtype),
    )
    def test_dtype_is_kept(self, data, labels):
        X, y = data
        clf = tiny().fit(X, labels[y % 2])
        assert clf.classes_.dtype == labels.dtype
        assert clf.predict(X).dtype == labels.dtype
        assert set(clf.predict(X)) <= set(labels)
        assert 0 <= clf.score(X, labels[y % 2]) <= 1

    @pytest.mark.parametrize(
        "pair",
        [
            ((0, "a"), (1, "b")),
            ("odd", 2),
            (Shape.ROUND, Shape.ANGULAR),
            (frozenset([0]), frozenset([1])),
        ],
    )
    def test_any_hashable_label(self, data, pair):
        X, y = data
        labels = np.empty(len(y), dtype=object)
        labels[:] = [pair[digit % 2] for digit in y]
        clf = tiny(epochs=5).fit(X, labels)
        assert len(clf.classes_) == 2
        assert set(clf.predict(X)) <= set(pair)
        assert clf.score(X, labels) > 0.6
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            clf.score(X[:5], labels)
        weights = (clf.predict(X) == labels).astype(float)
        assert clf.score(X, labels, sample_weight=weights) == 1

    def test_unknown_labels_count_as_mistakes(self, data):
        X, y = data
        numbers, text = tiny().fit(X, y), tiny().fit(X, pd.Series(y.astype(str)))
        half = np.arange(len(y)) < len(y) / 2
        for clf, kind in (numbers, object), (text, str), (text, object):
            right = clf.predict(X).astype(kind)
            unknown = np.full(len(y), 99).astype("U" if clf is text else int)
            assert clf.score(X, np.where(half, right, unknown.astype(kind))) == 0.5

    def test_a_class_with_one_row_is_learned_from(self, data):
        X, y = data
        y = np.where(np.arange(len(y)) == 0, 99, y)
        assert 99 in tiny().fit(X, y).classes_


class TestErrors:
    @pytest.mark.parametrize(
        "params, message",
        [
            ({"dropout": 1.5}, r"Got dropout=1.5, but expected a number in \[0, 1\)\."),
            ({"dropout": "half"}, r"Got dropout='half', but expected a number in"),
            ({"dropout": np.nan}, r"Got dropout=nan, but expected a number in"),
            ({"epochs": 0}, r"Got epochs=0, but expected an integer of at least 1"),
            ({"epochs": 2.5}, r"Got epochs=2.5, but expected an integer"),
            ({"epochs": True}, r"Got epochs=True, but expected an integer"),
            ({"batch_size": -1}, r"Got batch_size=-1, but expected an integer"),
            ({"learning_rate": 0}, r"Got learning_rate=0, but expected .*\(0, inf\)"),
            ({"validation_split": 1}, r"Got validation_split=1, but .* \[0, 1\)"),
            (
                {"filters": 10**12},
                "Got a network of .* but expected at most 67,108,864",
            ),
            ({"filters": ()}, r"Got filters=\(\), but expected a positive integer or"),
            ({"filters": (8, 0)}, r"Got filters=\(8, 0\), but expected a positive"),
            ({"filters": "many"}, r"Got filters='many', but expected a positive"),
            ({"kernel_size": ()}, r"Got kernel_size=\(\), but expected a positive int"),
            ({"kernel_size": (3, 0)}, r"Got kernel_size=\(3, 0\), but expected a pos"),
            ({"dense_units": 0}, r"Got dense_units=0, but expected an integer"),
            ({"batch_norm": 1}, r"Got batch_norm=1, but expected True or False"),
            ({"padding": "full"}, r"Got padding='full', but expected 'same' or 'valid"),
            ({"early_stopping": 0}, r"Got early_stopping=0, but expected an integer"),
            ({"callbacks": "log"}, r"Got callbacks='log', but expected a list of Ker"),
            ({"verbose": -1}, r"Got verbose=-1, but expected an integer"),
            ({"class_weight": "even"}, r"Got class_weight='even', but expected a dict"),
            (
                {"class_weight": {3: -1}},
                r"Got class_weight\[3\]=-1, but expected a num",
            ),
            ({"class_weight": {"3": 2}}, r"class_weight with the unknown label '3'"),
            ({"warm_start": "no"}, r"Got warm_start='no', but expected True or False"),
            (
                {"epochs": "all"},
                r"epochs='all', but expected an integer of .* or 'aut",
            ),
            ({"batch_size": "big"}, r"batch_size='big', but expected an integer of "),
            ({"early_downsampling": "x"}, r"='x', but expected True, False or 'auto'"),
            ({"calibration": 3}, r"Got calibration=3, but expected True or False"),
            ({"calibration": "temperature"}, r"='temperature', but expected True or F"),
            ({"callbacks": [print]}, r"in callbacks, but expected instances of keras"),
            ({"image_shape": (7, 9)}, r"64 pixels and image_shape=\(7, 9\)"),
            ({"image_shape": (4, 4, 4)}, r"expected positive integers: \(height, wid"),
            ({"image_shape": (4, 4, 3)}, r"64 pixels .* expected 48 pixels as 4 x 4 x"),
        ],
        ids=lambda value: str(value) if isinstance(value, dict) else "",
    )
    def test_parameters(self, data, params, message):
        with pytest.raises(ValueError, match=message):
            tiny(**params).fit(*data)

    @pytest.mark.parametrize(
        "change, message",
        [
            (
                lambda X, y: (np.where(X == X[0, 2], np.nan, X), y),
                "Input X contains Na",
            ),
            (lambda X, y: (np.where(X == 1, np.inf, X), y), "Input X contains infinit"),
            (lambda X, y: (X, np.zeros(len(y))), "Got y with 1 class .* at least 2 cl"),
            (lambda X, y: (X, y[:-1]), r"inconsistent numbers of samples: \[300, 299"),
            (lambda X, y: (np.hstack([X, X])[:, :126], y), "126 features, but expecte"),
            (lambda X, y: (X.reshape(-1, 1, 8, 8), y), "move the channels to the last"),
            (
                lambda X, y: (X[:, :48].reshape(-1, 3, 4, 4), y),
                "move the channels to t",
            ),
            (lambda X, y: (X.reshape(-1, 4, 4, 4), y), "1 or 3 channels: convert it"),
            (lambda X, y: (X, y + 0.5), "Unknown label type: continuous"),
            (lambda X, y: (X, [None, *y[1:]]), "missing labels|contains NaN|not suppo"),
            (lambda X, y: (X, None), "requires y to be passed, but the target y is No"),
            (
                lambda X, y: (X, np.eye(10)[y]),
                r"Got y of shape \(300, 10\), but expected one label for each image. "
                r"Pass y.argmax\(axis=1\) for one-hot rows.",
            ),
            (
                lambda X, y: (X, pd.DataFrame(np.eye(10)[y])),
                r"Pass np.asarray\(y\).argmax\(axis=1\) for one-hot rows.",
            ),
            (lambda X, y: (X[:0], y[:0]), "0 sample"),
            (
                lambda X, y: (np.full_like(X, "ink", dtype=object), y),
                "could not conver",
            ),
        ],
    )
    def test_data(self, data, change, message):
        X, y = change(*data)
        clf = tiny()
        with pytest.raises((ValueError, TypeError), match=message):
            clf.fit(X, y)
        assert vars(clf) == vars(tiny())

    @pytest.mark.parametrize("file", ["photo.png", Path("photo.png")])
    def test_a_file_is_no_array(self, file):
        message = "Got X=.*photo.png.*, but expected an array .* skdigits.read_digits"
        with pytest.raises(ValueError, match=message):
            DigitCNN().fit(file, [1])

    @pytest.mark.parametrize(
        "parts_of",
        [
            lambda X, y: zip([X], [y], strict=True),
            lambda X, y: (part for part in [(X, y)]),
            lambda X, y: [(X, y)].__iter__(),
        ],
        ids=["zip", "generator", "iterator"],
    )
    def test_data_in_parts(self, data, parts_of):
        message = r"Got X of type \w+, but expected an array of .* parts to partial_fit"
        for estimator in (tiny(), make_digit_pipeline(tiny())):
            for y in ([], [data[1]]):
                with pytest.raises(ValueError, match=message):
                    estimator.fit(parts_of(*data), *y)
        with pytest.raises(ValueError, match="requires y to be passed"):
            tiny().fit(data[0])

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_datasets_of_tensorflow_and_keras(self, data, fitted):
        import keras
        import tensorflow as tf

        class Parts(keras.utils.PyDataset):
            def __len__(self):
                return 2

            def __getitem__(self, index):
                return data

        dataset = tf.data.Dataset.from_tensor_slices(data).batch(10)
        for parts in (dataset, Parts()):
            for call in (tiny().fit, make_digit_pipeline(tiny()).fit, fitted.predict):
                with pytest.raises(ValueError, match="Pass its parts to partial_fit"):
                    call(parts)

    def test_one_image_is_not_taken_for_several(self, data):
        X, y = data
        clf = tiny().fit(X, y)
        for image in (X[0], X[0].reshape(8, 8), X[0].reshape(8, 8, 1)):
            for call in (clf.predict, clf.predict_proba, clf.decision_function):
                with pytest.raises(ValueError, match=r"pass X\[None\] for one image"):
                    call(image)
            assert clf.predict(image[None]).shape == (1,)

    def test_errors_name_the_images_for_validation(self, data):
        X, y = data
        for wrong in (X[:, :49], np.full_like(X, np.nan), X[0]):
            with pytest.raises(ValueError, match="^Got an X_val that cannot be used"):
                tiny().fit(X, y, X_val=wrong, y_val=y)

    def test_one_hot_rows_elsewhere(self, data):
        X, y = data
        rows, clf = np.eye(10)[y], tiny().fit(X, y)
        with pytest.raises(ValueError, match=r"y_val.argmax\(axis=1\) for one-hot"):
            tiny().fit(X, y, X_val=X, y_val=rows)
        for call in (clf.score, clf.partial_fit):
            with pytest.raises(ValueError, match=r"Pass y.argmax\(axis=1\) for one-"):
                call(X, rows)

    def test_sample_weights(self, data):
        X, y = data
        with pytest.raises(ValueError, match="all zero|at least one non-zero"):
            tiny().fit(X, y, sample_weight=np.zeros(len(y)))
        with pytest.raises(ValueError, match="[Nn]egative"):
            tiny().fit(X, y, sample_weight=-np.ones(len(y)))
        with pytest.raises(ValueError, match="1 class among the images of non-zero"):
            tiny().fit(X, y, sample_weight=(y == 3).astype(float))

    @pytest.mark.parametrize("kind", [str, object])
    def test_scores_have_the_same_checks_for_any_labels(self, data, kind):
        X, y = data
        y = y.astype(str).astype(kind)
        clf = tiny().fit(X, y)
        for weights, message in (
            (np.zeros(len(y)), "all zero|at least one non-zero"),
            (np.full(len(y), np.nan), "sample_weight contains NaN"),
            (-np.ones(len(y)), "[Nn]egative"),
            (np.ones((len(y), 1)), "must be 1D"),
            (np.ones(3), "inconsistent numbers of samples"),
        ):
            with pytest.raises(ValueError, match=message):
                clf.score(X, y, sample_weight=weights)
        for missing in None, np.nan:
            with pytest.raises(ValueError, match="Got y with missing labels"):
                clf.score(X, np.array([missing, *y[1:]], dtype=object))

    @pytest.mark.parametrize(
        "labels_of",
        [
            lambda y: pd.Series(y.astype(str), dtype="string").mask(y == 1),
            lambda y: [pd.NA, *y[1:].astype(str)],
            lambda y: pd.Series(y).astype("Int64").astype(object).mask(y == 1, pd.NA),
            lambda y: np.where(y == 1, np.datetime64("NaT"), y.astype("M8[D]")),
            lambda y: pd.Series(pd.to_datetime(y, unit="D")).mask(y == 1),
            lambda y: pd.Series(pd.to_datetime(y, unit="D", utc=True)).mask(y == 1),
            lambda y: pd.Series(pd.to_timedelta(y, unit="D")).mask(y == 1),
        ],
    )
    def test_missing_labels(self, data, labels_of):
        X, y = data
        labels, clf = labels_of(y), tiny().fit(X, y)
        for call in (
            lambda: tiny().fit(X, labels),
            lambda: tiny().partial_fit(X, labels, classes=["0", "1"]),
            lambda: tiny().fit(X, y, X_val=X, y_val=labels),
            lambda: clf.score(X, labels),
        ):
            with pytest.raises(ValueError, match="with missing labels, but expected"):
                call()

    def test_scores_of_another_kind_of_labels(self, data):
        X, y = data
        numbers, text = tiny().fit(X, y), tiny().fit(X, pd.Series(y.astype(str)))
        message = "Got y with the label '.', but expected labels of the same .* as 0."
        for labels in (y.astype(str), pd.Series(y.astype(str)), ["7", *y[1:].tolist()]):
            with pytest.raises(ValueError, match=message):
                numbers.score(X, labels)
        for labels in (y, pd.Series(y), y.astype(object), [(0, 1)] * len(y)):
            with pytest.raises(ValueError, match="of the same kind as in fit, such as"):
                text.score(X, labels)

    def test_too_small_for_unpadded_convolutions(self, data):
        message = r"images of 8 x 8 pixels, but expected at least 10 x 10 .*'same'"
        with pytest.raises(ValueError, match=message):
            DigitCNN.from_preset("notebook").fit(*data)
        ten = np.pad(data[0].reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
        DigitCNN.from_preset("notebook", epochs=1, filters=4).fit(ten, data[1])

    def test_too_small_for_unpadded_strides(self, data):
        """Strides of two pixels need more of them; the sentence has how many."""
        clf = tiny(padding="valid", early_downsampling=True)
        message = r"images of 8 x 8 pixels, but expected at least 9 x 9 .*'same'"
        with pytest.raises(ValueError, match=message):
            clf.fit(*data)
        nine = np.pad(data[0].reshape(-1, 8, 8), ((0, 0), (1, 0), (1, 0)))
        clf.fit(nine, data[1])

    @pytest.mark.filterwarnings("ignore:overflow")
    def test_pixels_beyond_float32(self, data):
        X, y = data
        large = X.astype(np.float64)
        large[3, 5] = 1e39
        fitted = tiny().fit(X, y)
        for call in (lambda: tiny().fit(large, y), lambda: fitted.predict(large)):
            with pytest.raises(ValueError, match="infinity or a value too large for d"):
                call()

    def test_before_fit(self, data):
        for method in ("predict", "predict_log_proba", "decision_function"):
            with pytest.raises(NotFittedError):
                getattr(DigitCNN(), method)(data[0])
        assert not hasattr(DigitCNN(), "model_")

    def test_a_loss_that_is_not_finite(self, data):
        X, y = data
        clf = tiny(learning_rate=1e30, epochs=5)
        with pytest.raises(
            ValueError, match=r"loss of .* in epoch \d.*Lower learning_"
        ):
            clf.fit(X, y)
        assert not hasattr(clf, "keras_classifier_")

    @pytest.mark.parametrize("learning_rate", [1e15, 1e30])
    def test_a_last_step_that_overflows(self, data, learning_rate):
        clf = tiny(batch_size=2**40, learning_rate=learning_rate)
        # the loss was finite, before the step
        message = (
            "Got (a loss of|predictions that are not finite).*Lower learning_rate="
        )
        with pytest.raises(ValueError, match=message):
            clf.fit(*data)
        with pytest.raises(ValueError, match="Lower learning_rate="):
            clf.partial_fit(*data, classes=np.arange(10))
        assert not hasattr(clf, "keras_classifier_")

    def test_the_defaults_are_the_preset_balanced(self):
        params = DigitCNN().get_params()
        assert DigitCNN.from_preset("balanced").get_params() == params

    def test_a_preset_names_what_differs_from_the_defaults(self):
        from skdigits._presets import PRESETS

        defaults = DigitCNN().get_params()
        for name, preset in PRESETS.items():
            assert all(defaults[key] != value for key, value in preset.items()), name

    def test_balanced_is_smaller_than_the_notebook(self):
        from skdigits._parameters import network_spec
        from skdigits.network import weight_shapes

        def n_weights(name):
            clf = DigitCNN.from_preset(name)
            shapes = weight_shapes(network_spec(clf, (28, 28), 10))
            return sum(map(math.prod, shapes.values()))

        assert n_weights("notebook") == 112_202
        assert n_weights("balanced") < 112_202

    def test_unknown_preset(self):
        with pytest.raises(ValueError, match="Got preset='note', but expected 'notebo"):
            DigitCNN.from_preset("note")

    def test_pipeline_of_a_classifier_and_parameters(self):
        with pytest.raises(ValueError, match="classifier and the parameters"):
            make_digit_pipeline(DigitCNN(), epochs=3)


def test_settings_of_keras_do_not_disturb(data):
    from skdigits.training import keras

    reference = tiny().fit(*data)
    floatx, layout = keras.config.floatx(), keras.config.image_data_format()
    try:
        keras.config.set_floatx("float64")
        keras.config.set_image_data_format("channels_first")
        other = tiny(filters=4, dropout=0.51, batch_norm=True).fit(*data)
        same = tiny().fit(*data)
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_image_data_format(layout)
    assert other.predict_proba(data[0]).dtype == np.float32
    assert_same_weights(reference, same)


class TestNothingLeaks:
    def test_global_random_state_is_untouched(self, data):
        import tensorflow as tf
        from tensorflow.python.eager import context
        from tensorflow.python.framework import config

        def state():
            return (
                random.getstate(),
                [str(part) for part in np.random.get_state()],
                context.global_seed(),
                config.is_op_determinism_enabled(),
            )

        tf.random.set_seed(5)
        random.seed(5)
        np.random.seed(5)
        before = state()
        expected = tf.random.uniform((3,)).numpy()
        tf.random.set_seed(5)
        for random_state in (0, None):
            clf = tiny(random_state=random_state, early_stopping=True, **CALIBRATED)
            clf.fit(*data).predict(data[0])
        assert state() == before
        assert_array_equal(tf.random.uniform((3,)).numpy(), expected)

    @pytest.mark.parametrize("batch_norm", [False, True])
    def test_same_seed_same_weights(self, data, batch_norm):
        clf = tiny(batch_norm=batch_norm, epochs=2, **CALIBRATED)
        a, b = (clone(clf).fit(*data) for _ in range(2))
        assert_same_weights(a, b)
        assert a.history_ == b.history_

    def test_seeded_unseeded_seeded(self, data):
        seeded, unseeded = (tiny(random_state=seed, **CALIBRATED) for seed in (3, None))
        first = clone(seeded).fit(*data)
        others = [clone(unseeded).fit(*data) for _ in range(2)]
        assert_same_weights(first, seeded.fit(*data))
        assert not np.array_equal(*(weights_of(other)[0] for other in others))

    def test_random_state_instance(self, data):
        a = tiny(random_state=np.random.RandomState(3)).fit(*data)
        assert_same_weights(a, tiny(random_state=np.random.RandomState(3)).fit(*data))

    @pytest.mark.parametrize("fit", ["fit", "partial_fit"])
    def test_a_failed_fit_changes_nothing(self, data, fit):
        X, y = data
        clf = tiny(**CALIBRATED).fit(X, y)
        before, proba = dict(vars(clf)), clf.predict_proba(X)
        with pytest.raises(ValueError):
            getattr(clf.set_params(learning_rate=-1.0), fit)(X, y)
        assert vars(clf) == before | {"learning_rate": -1.0}
        assert_array_equal(clf.predict_proba(X), proba)

    @pytest.mark.parametrize("warm_start", [False, True])
    def test_an_interrupted_fit_changes_nothing(self, data, warm_start):
        X, y = data
        clf = tiny(warm_start=warm_start, **CALIBRATED).fit(X, y)
        proba, history = clf.predict_proba(X), dict(clf.history_)
        clf.set_params(callbacks=[_interrupt_after_one_epoch()], epochs=3)
        with pytest.raises(KeyboardInterrupt):
            clf.fit(X, y)
        assert_array_equal(clf.predict_proba(X), proba)
        assert clf.history_ == history

    def test_an_interrupted_fit_on_other_classes_changes_nothing(self, data):
        X, y = data
        clf = tiny(**CALIBRATED).fit(X, y)
        proba = clf.predict_proba(X)
        clf.set_params(callbacks=[_interrupt_after_one_epoch()])
        with pytest.raises(KeyboardInterrupt):
            clf.fit(X[:, :49], np.array(list("abc"))[y % 3])
        assert clf.classes_.tolist() == list(range(10))
        assert (clf.image_shape_, clf.n_features_in_) == ((8, 8), 64)
        assert_array_equal(clf.predict_proba(X), proba)
        assert_array_equal(clf.keras_classifier_.classes_, clf.classes_)


def _interrupt_after_one_epoch():
    import keras

    def interrupt(epoch, logs):
        raise KeyboardInterrupt

    return keras.callbacks.LambdaCallback(on_epoch_end=interrupt)


def test_the_error_of_images_of_another_shape_has_both_numbers():
    clf = DigitCNN(image_shape=(8, 10), epochs=1)
    with pytest.raises(ValueError, match="64 pixels .* expected 80 pixels as 8 x 10"):
        clf.fit(np.zeros((4, 64)), [0, 1, 0, 1])
