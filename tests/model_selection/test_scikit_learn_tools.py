"""Every tool of scikit-learn takes the classifier; most fail with plain scikeras."""

import copy
import pickle

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import sklearn
from _coloured import coloured_digits, make_table, turned_round
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import ConfusionMatrixDisplay, get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    check_cv,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)

from skdigits import DigitCNN, make_digit_pipeline

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return X[:400], y[:400]


def quick(**params):
    defaults = {"filters": 8, "epochs": 4, "learning_rate": 0.01, "batch_size": 32}
    defaults |= {"random_state": 0, "calibration": False}
    return make_digit_pipeline(**{**defaults, **params})


def test_is_a_classifier_whose_folds_are_stratified(data):
    X, y = data
    assert is_classifier(DigitCNN()) and is_classifier(make_digit_pipeline())
    cv = check_cv(3, y, classifier=is_classifier(make_digit_pipeline()))
    assert isinstance(cv, StratifiedKFold)
    order = np.argsort(y)  # unstratified folds of sorted labels would score 0
    scores = cross_val_score(quick(), X[order], y[order], cv=3)
    assert scores.shape == (3,) and scores.min() > 0.4


def test_clone_and_parameters(fitted):
    twin = clone(fitted)
    assert twin.get_params()["cnn__filters"] == 8
    assert not hasattr(twin[-1], "keras_classifier_")
    twin.set_params(cnn__filters=(4, 8), cnn__dropout=0.1, reshape__image_shape=(8, 8))
    assert twin[-1].filters == (4, 8)
    with pytest.raises(ValueError, match="Invalid parameter 'units'"):
        twin.set_params(cnn__units=3)


@pytest.mark.parametrize(
    "copied",
    [lambda e, _: pickle.loads(pickle.dumps(e)), lambda e, _: copy.deepcopy(e)]
    + [lambda e, path: joblib.load(joblib.dump(e, path / "pipeline.joblib")[0])],
    ids=["pickle", "deepcopy", "joblib"],
)
def test_copies_predict_and_learn_on(fitted, digits, tmp_path, copied):
    X, X_test, y, _ = digits
    again = copied(fitted, tmp_path)
    assert_array_equal(again.predict_proba(X_test), fitted.predict_proba(X_test))
    again[-1].partial_fit(again[:-1].transform(X), y)
    assert again[-1].n_iter_ == fitted[-1].n_iter_ + 1
    assert not np.array_equal(again.predict_proba(X_test), fitted.predict_proba(X_test))


def test_copies_go_on_exactly_as_the_original(data):
    X, y = data
    original = quick(warm_start=True, calibration=True).fit(X, y)
    twin = pickle.loads(pickle.dumps(original))
    assert_array_equal(
        twin.fit(X, y).predict_proba(X), original.fit(X, y).predict_proba(X)
    )


def test_html_and_text_representation(fitted):
    assert "DigitCNN" in fitted._repr_html_()
    assert repr(DigitCNN(filters=8)) == "DigitCNN(filters=8)"


def test_voting(data):
    X, y = data
    members = [("a", quick(random_state=1)), ("b", quick(random_state=2))]
    voting = VotingClassifier(members, voting="soft").fit(X, y)
    mean = np.mean([m.predict_proba(X) for m in voting.estimators_], axis=0)
    assert_array_equal(voting.predict(X), mean.argmax(axis=1))


def test_bagging(data):
    X, y = data
    bagging = BaggingClassifier(quick(), n_estimators=2, random_state=0).fit(X, y)
    assert bagging.score(X, y) > 0.7


def test_calibration_of_a_fitted_pipeline(fitted, digits):
    _, X, _, y = digits
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted)).fit(X, y)
    assert calibrated.predict_proba(X).shape == (len(X), 10)
    assert calibrated.score(X, y) > 0.9


def test_confusion_matrix_display(fitted, digits):
    _, X, _, y = digits
    display = ConfusionMatrixDisplay.from_estimator(fitted, X, y)
    assert display.confusion_matrix.sum() == len(y)
    assert display.confusion_matrix.trace() == (fitted.predict(X) == y).sum()
    plt.close(display.figure_)


def test_cross_val_predict_and_many_scores(data):
    X, y = data
    proba = cross_val_predict(quick(), X, y, cv=2, method="predict_proba")
    assert proba.shape == (len(X), 10)
    scoring = ["accuracy", "neg_log_loss", "roc_auc_ovr"]
    scores = cross_validate(quick(), X, y, cv=2, scoring=scoring)
    assert all(np.isfinite(scores[f"test_{name}"]).all() for name in scoring)


def test_grid_search_over_filters_and_dropout(data):
    X, y = data
    grid = {"cnn__filters": [(2, 2), (8, 16)], "cnn__dropout": [0.1, 0.3]}
    search = GridSearchCV(quick(), grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["cnn__filters"] == (8, 16)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_estimator_.score(X, y) > 0.8
    assert search.predict(X).shape == y.shape


def test_coloured_digits_in_cross_validation_and_in_a_grid():
    X, y = coloured_digits(400)
    scores = cross_val_score(quick(epochs=8), X, y, cv=2, error_score="raise")
    assert scores.mean() > 0.6
    rows = X.reshape(len(X), -1)
    flat = quick(epochs=8, image_shape=(8, 8, 3))
    assert_array_equal(cross_val_score(flat, rows, y, cv=2), scores)
    grid = {"cnn__filters": [(2,), (8, 16)], "reshape__image_shape": [None, (8, 8, 3)]}
    search = GridSearchCV(quick(epochs=8), grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["cnn__filters"] == (8, 16)
    one, two = search.cv_results_["mean_test_score"].reshape(2, 2).T
    assert_array_equal(one, two)
    assert search.best_estimator_[-1].image_shape_ == (8, 8, 3)
    proba = search.predict_proba(X)
    assert_allclose(search.predict_proba(X[7:8]), proba[7:8], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_tables_in_cross_validation_and_in_a_grid(data, kind):
    X, y = data
    table = make_table(kind, X)
    try:
        scores = cross_val_score(quick(), table, y, cv=2, error_score="raise")
    except (TypeError, ValueError) as error:
        # older versions of scikit-learn cannot take rows of these tables
        pytest.skip(str(error))
    assert_array_equal(scores, cross_val_score(quick(), X, y, cv=2))
    search = GridSearchCV(quick(), {"cnn__filters": [4, 8]}, cv=2).fit(table, y)
    assert search.score(table, y) > 0.7
    with pytest.raises(ValueError, match="in the same order"):
        search.predict(turned_round(table))


def test_halving_search_over_epochs(data):
    search = HalvingGridSearchCV(
        quick(),
        {"cnn__filters": [2, 8], "cnn__learning_rate": [0.0001, 0.001, 0.01]},
        resource="cnn__epochs",
        max_resources=6,
        min_resources=1,
        cv=2,
        random_state=0,
        error_score="raise",
    ).fit(*data)
    assert search.n_resources_ == [1, 3]
    assert search.best_params_["cnn__epochs"] == 3
    assert search.best_estimator_[-1].n_iter_ == 3


def test_randomized_search_over_every_step(data):
    X, y = data
    search = RandomizedSearchCV(
        quick(epochs=1),
        {
            "scale__scale": [None, 16],
            "reshape__image_shape": [None, (8, 8), (7, 8)],
            "cnn__kernel_size": [2, 3],
        },
        n_iter=12,
        cv=2,
        scoring=["accuracy", "neg_log_loss"],
        refit="neg_log_loss",
        return_train_score=True,
        error_score=-9.0,
        random_state=0,
    )
    with pytest.warns(FitFailedWarning, match=r"Pass image_shape|expected"):
        search.fit(X, y)
    shapes = search.cv_results_["param_reshape__image_shape"]
    wrong = np.array([shape == (7, 8) for shape in shapes])
    for name in ("mean_test_neg_log_loss", "mean_train_accuracy"):
        assert_array_equal(search.cv_results_[name] == -9.0, wrong)
    assert search.best_params_["reshape__image_shape"] != (7, 8)


def test_learning_curve(data):
    sizes, train, test = learning_curve(
        quick(epochs=8), *data, train_sizes=[40, 200], cv=2, error_score="raise"
    )
    assert sizes.tolist() == [40, 200] and train.shape == test.shape == (2, 2)
    assert test[1].mean() > test[0].mean()


def test_sample_weight_is_routed(data):
    X, y = data
    weights = np.where(y == 3, 100.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = quick()
        pipeline[-1].set_fit_request(sample_weight=True)
        routed = clone(pipeline).fit(X, y, sample_weight=weights)
        scorer = get_scorer("accuracy").set_score_request(sample_weight=True)
        scores = cross_val_score(
            pipeline, X, y, cv=2, scoring=scorer, params={"sample_weight": weights}
        )
    named = quick().fit(X, y, cnn__sample_weight=weights)
    assert_array_equal(routed.predict_proba(X), named.predict_proba(X))
    assert (routed.predict(X) == 3).sum() > (y == 3).sum()
    assert scores.shape == (2,)


def test_set_output(data):
    import pandas as pd

    X, y = data
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(64)])
    pipeline = quick().set_output(transform="pandas").fit(frame, y)
    assert isinstance(pipeline["scale"].transform(frame), pd.DataFrame)
    assert_array_equal(
        pipeline.predict_proba(frame), quick().fit(X, y).predict_proba(X)
    )


def test_scorers(fitted, digits):
    _, X, _, y = digits
    assert get_scorer("accuracy")(fitted, X, y) == fitted.score(X, y)
    assert get_scorer("neg_log_loss")(fitted, X, y) > -0.5
