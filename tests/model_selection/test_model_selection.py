import os
import pickle
import subprocess
import sys
import time
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ParameterSampler,
    StratifiedKFold,
    cross_val_score,
)

from skdigits import DigitCNN, make_digit_pipeline
from skdigits.model_selection import HalvingEpochSearchCV
from skdigits.model_selection._rungs import make_candidates, make_splits, rung_stops

pytestmark = pytest.mark.slow


class Callback:
    """Stands for one of Keras', of which the search wants none."""


GRID = {"cnn__filters": [2, 8], "cnn__dropout": [0.1, 0.2, 0.3]}

# Networks of one shape, which are compiled once.
RATES = {"cnn__learning_rate": [0.005, 0.01, 0.02]}


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300]


def quick(**params):
    defaults = {"filters": 8, "epochs": 5, "batch_size": 32, "random_state": 0}
    defaults |= {"calibration": False}
    return make_digit_pipeline(**{**defaults, **params})


@pytest.fixture(scope="module")
def search(data):
    cv = StratifiedKFold(2, shuffle=True)  # other folds at every call of split
    pipeline = quick(calibration=True)
    return HalvingEpochSearchCV(pipeline, GRID, factor=2, cv=cv).fit(*data)


def rows_of_rung(search, rung):
    return np.flatnonzero(search.cv_results_["iter"] == rung)


def test_half_of_the_candidates_go_on_for_twice_the_epochs(search):
    results = search.cv_results_
    assert search.n_candidates_.tolist() == [6, 3, 2]
    assert search.n_resources_.tolist() == [2, 3, 5]
    assert results["n_resources"].tolist() == [2] * 6 + [3] * 3 + [5] * 2
    for rung in (0, 1):
        before, after = (rows_of_rung(search, number) for number in (rung, rung + 1))
        scores = results["mean_test_score"][before]
        names = [results["params"][row] for row in before]
        best = [names[place] for place in np.argsort(-scores, kind="stable")]
        kept = [results["params"][row] for row in after]
        assert all(params in best[: len(kept)] for params in kept)


def test_folds_have_every_class():
    y = np.repeat(range(5), 6)
    X = np.zeros((30, 4))
    for train, test in make_splits(3, X, y, {}):
        assert isinstance(train, list) and len(train) == 20
        assert np.bincount(y[test]).tolist() == [2] * 5


def test_times_are_durations(data):
    start = time.perf_counter()
    search = HalvingEpochSearchCV(quick(epochs=2), {"cnn__dropout": [0.1, 0.2]}, cv=2)
    search.fit(*data)
    assert 0 < search.refit_time_ < time.perf_counter() - start


def test_the_best_of_the_last_rung_wins(search, data):
    last = rows_of_rung(search, 2)
    assert search.best_index_ in last
    assert search.best_score_ == search.cv_results_["mean_test_score"][last].max()
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]
    assert "_pause_after" not in vars(search.best_estimator_["cnn"])
    twin = clone(search.estimator).set_params(**search.best_params_).fit(*data)
    assert_array_equal(search.predict_proba(data[0]), twin.predict_proba(data[0]))


def test_is_a_search_as_scikit_learn_knows_them(search, data):
    X, y = data
    assert is_classifier(search) and search.classes_.tolist() == list(range(10))
    assert search.n_features_in_ == 64 and search.n_splits_ == 2
    assert search.score(X, y) == accuracy_score(y, search.predict(X))
    assert search.refit_time_ > 0 and not search.multimetric_
    again = pickle.loads(pickle.dumps(search))
    assert_array_equal(again.predict(X), search.predict(X))
    assert not hasattr(clone(search), "cv_results_")
    assert "HalvingEpochSearchCV" in search._repr_html_()


def test_survivors_were_trained_as_by_one_fit(data):
    """Their scores are those of a grid search, fold by fold and bit for bit."""
    pipeline = quick(validation_split=0.1, dropout=0.3, calibration=True)
    grid = {"cnn__filters": [4, 8]}
    options = {"cv": 2, "scoring": "neg_log_loss", "refit": False}
    halving = HalvingEpochSearchCV(pipeline, grid, factor=1.5, **options).fit(*data)
    full = GridSearchCV(pipeline, grid, **options).fit(*data)
    assert len(halving.n_resources_) == 2
    row = halving.best_index_
    same = full.cv_results_["params"].index(halving.best_params_)
    for fold in ("split0_test_score", "split1_test_score"):
        assert halving.cv_results_[fold][row] == full.cv_results_[fold][same]
    assert not hasattr(halving, "best_estimator_")


@pytest.mark.parametrize(
    "n, options, stops",
    [
        (27, {"factor": 3, "min_epochs": 1}, [1, 2, 4, 10]),  # as in the user guide
        (27, {"factor": 3, "min_epochs": 3}, [3, 4, 10]),
        (27, {"factor": 3, "min_epochs": 99}, [10]),
        (6, {"factor": 2, "min_epochs": 1}, [3, 5, 10]),
        (1, {"factor": 3, "min_epochs": 1}, [10]),
    ],
)
def test_rungs(n, options, stops):
    grid = {"batch_size": range(1, n + 1)}
    candidates = make_candidates(DigitCNN(epochs=10), grid, n_splits=1)
    assert rung_stops(candidates, [(range(9), range(9))], **options) == stops


@pytest.mark.parametrize("schedule", ["one_cycle", "constant"])
def test_a_fit_in_parts_is_the_fit(data, schedule):
    X, y = data
    params = {"filters": 4, "epochs": 4, "schedule": schedule, "random_state": 0}
    whole = DigitCNN(**params, validation_split=0.2).fit(X / 16, y)
    parts = DigitCNN(**params, validation_split=0.2)
    for stop in (1, 3, 4):
        vars(parts)["_pause_after"] = stop
        parts.fit(X / 16, y)
        parts = pickle.loads(pickle.dumps(parts))
        assert parts.n_iter_ == stop
    assert parts.history_ == whole.history_
    for mine, its in zip(
        parts.model_.get_weights(), whole.model_.get_weights(), strict=True
    ):
        assert_array_equal(mine, its)


def test_min_epochs_of_a_whole_fit_is_a_grid_search(data):
    options = {"cv": 2, "return_train_score": True, "error_score": "raise"}
    grid = {"cnn__filters": [1, 8]}
    one = HalvingEpochSearchCV(quick(), grid, min_epochs=9, **options).fit(*data)
    full = GridSearchCV(quick(), grid, **options).fit(*data)
    assert one.n_candidates_.tolist() == [2] and one.n_resources_.tolist() == [5]
    for name in ("mean_test_score", "std_test_score", "mean_train_score"):
        assert_array_equal(one.cv_results_[name], full.cv_results_[name])
    assert set(one.cv_results_) == {*full.cv_results_, "iter", "n_resources"}


def test_drawn_candidates_and_a_bare_classifier(data):
    X, y = data
    drawn = ParameterSampler({"weight_decay": [0, 1], "dropout": [0.1, 0.2]}, 3)
    classifier = DigitCNN(filters=8, epochs=2, random_state=0)
    search = HalvingEpochSearchCV(classifier, drawn, cv=2).fit(X / 16, y)
    assert search.n_candidates_.tolist() == [3, 1]


def test_several_metrics(data):
    scoring = ["accuracy", "neg_log_loss", "roc_auc_ovr"]
    search = HalvingEpochSearchCV(
        quick(epochs=2, calibration=True), RATES, cv=2, scoring=scoring
    )
    with pytest.raises(ValueError, match="refit"):
        search.fit(*data)
    with pytest.raises(ValueError, match="Got refit=False with the metrics accuracy"):
        clone(search).set_params(refit=False).fit(*data)
    search.set_params(refit="neg_log_loss").fit(*data)
    assert search.multimetric_ and set(search.scorer_) == set(scoring)
    losses = search.cv_results_["mean_test_neg_log_loss"]
    assert search.best_score_ == losses[search.best_index_]
    assert np.isfinite(search.cv_results_["mean_test_roc_auc_ovr"]).all()


def test_refit_can_choose(data):
    search = HalvingEpochSearchCV(
        quick(epochs=1), RATES, cv=2, refit=lambda results: 0
    ).fit(*data)
    assert search.best_params_ == {"cnn__learning_rate": 0.005}
    search.set_params(refit=lambda results: 3)
    with pytest.raises(ValueError, match="Got best_index_=3 from refit, but expected "):
        search.fit(*data)
    search.set_params(refit=lambda results: "first")
    with pytest.raises(ValueError, match="Got best_index_='first', but expected an in"):
        search.fit(*data)


def test_weights_of_the_images_are_split(data):
    X, y = data
    weights = np.where(y < 5, 1.0, 0.0)
    search = HalvingEpochSearchCV(quick(epochs=3), {"cnn__filters": [8]}, cv=2)
    search.fit(X, y, cnn__sample_weight=weights)
    assert search.predict(X).max() < 5


@pytest.mark.parametrize("routing", [False, True])
def test_what_fit_is_passed_goes_where_grid_search_sends_it(data, routing):
    """Weights to the fit and the scorer, groups to the splitter."""
    X, y = data
    params = {"sample_weight": list(1.0 + y), "groups": np.arange(len(y)) // 7}
    with config_context(enable_metadata_routing=routing):
        classifier = DigitCNN(filters=2, epochs=2, random_state=0)
        if routing:
            classifier.set_fit_request(sample_weight=True)
            classifier.set_score_request(sample_weight=True)
        searches = [
            kind(classifier, {"filters": [4]}, cv=GroupKFold(2), refit=False)
            for kind in (HalvingEpochSearchCV, GridSearchCV)
        ]
        one, full = (search.fit(X / 16, y, **params) for search in searches)
    for fold in ("split0_test_score", "split1_test_score"):
        assert_array_equal(one.cv_results_[fold], full.cv_results_[fold])


def test_a_candidate_that_fails_is_dropped(data):
    grid = {"cnn__kernel_size": [3, 99], "cnn__padding": ["valid"]}
    search = HalvingEpochSearchCV(quick(epochs=2), grid, cv=2, factor=2)
    search.set_params(estimator__cnn__filters=(4,), estimator__cnn__kernel_size=3)
    failed = pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 4")
    with failed, pytest.warns(UserWarning, match="non-finite"):
        search.fit(*data)
    assert np.isnan(search.cv_results_["mean_test_score"][1])
    assert search.n_candidates_.tolist() == [2, 1]
    assert search.best_params_["cnn__kernel_size"] == 3
    with pytest.raises(ValueError, match="Got images of 8 x 8 pixels"):
        search.set_params(error_score="raise").fit(*data)


@pytest.mark.parametrize(
    "estimator, options, message",
    [
        (quick(), {"factor": 1}, r"Got factor=1, but expected a number in \(1, inf\)"),
        (quick(), {"min_epochs": 0}, "Got min_epochs=0, but expected an integer of at"),
        (quick(epochs=0), {}, "Got epochs=0, but expected an integer of at least 1"),
        (
            quick(),
            {"param_grid": {"cnn__epochs": [2, 4]}},
            r"Got candidates of \[2, 4\] epochs, but expected the same for all",
        ),
        (
            quick(early_stopping=True),
            {},
            "Got early_stopping=True, but expected False: the search itself stops",
        ),
        (
            quick(callbacks=[Callback()]),
            {},
            "Got callbacks=.*Callback object.*, but expected None: each rung would "
            "restart them. Remove them, or use GridSearchCV.",
        ),
        (
            quick(),
            {"param_grid": {"cnn__callbacks": [None, [Callback()]]}},
            "Got callbacks=.*, but expected None: each rung would restart them",
        ),
        (
            LogisticRegression(),
            {"param_grid": {"C": [1]}},
            "Got an estimator that ends with LogisticRegression, but expected a Digit",
        ),
    ],
)
def test_errors(data, estimator, options, message):
    search = HalvingEpochSearchCV(estimator, **{"param_grid": GRID, "cv": 2, **options})
    with pytest.raises(ValueError, match=message):
        search.fit(*data)
    assert not [name for name in vars(search) if name.endswith("_")]


def test_a_better_score_of_an_earlier_rung_does_not_win(data):
    """A score of few epochs says nothing of one of many."""

    def fewer_epochs_are_better(estimator, X, y):
        return -estimator["cnn"].n_iter_ - estimator["cnn"].learning_rate

    search = HalvingEpochSearchCV(
        quick(epochs=2), RATES, factor=3, cv=2, scoring=fewer_epochs_are_better
    ).fit(*data)
    assert search.n_resources_.tolist() == [1, 2]
    assert search.cv_results_["mean_test_score"].argmax() == 0
    assert search.best_index_ == 3 == len(search.cv_results_["iter"]) - 1
    assert search.best_score_ == pytest.approx(-2.005)


def test_a_second_search_that_is_interrupted_forgets_the_first(data):
    def interrupting_score(estimator, X, y):
        countdown[0] -= 1
        if not countdown[0]:
            raise KeyboardInterrupt
        return estimator.score(X, y)

    countdown = [99]
    search = HalvingEpochSearchCV(
        quick(epochs=1), RATES, cv=2, scoring=interrupting_score
    ).fit(*data)
    before = set(vars(search))
    for call, n_ready in ((5, 2), (1, 0)):
        countdown[0] = call
        with pytest.raises(KeyboardInterrupt):
            search.fit(*data)
        left = {name for name in before & set(vars(search)) if name.endswith("_")}
        assert left == ({"cv_results_"} if n_ready else set())
        if n_ready:
            assert len(search.cv_results_["params"]) == n_ready


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_search_keeps_what_was_ready(data, interrupt):
    calls = []

    def interrupting_score(estimator, X, y):
        calls.append(y)
        if len(calls) == 5:
            raise interrupt
        return estimator.score(X, y)

    search = HalvingEpochSearchCV(
        quick(epochs=1), RATES, cv=2, scoring=interrupting_score
    )
    with pytest.raises(interrupt):
        search.fit(*data)
    assert len(search.cv_results_["params"]) == 2
    assert not hasattr(search, "best_estimator_")


def test_verbose_prints_a_line_for_each_rung(data, capsys):
    search = HalvingEpochSearchCV(quick(epochs=4), RATES, cv=2, verbose=1, refit=False)
    search.fit(*data)
    assert capsys.readouterr().out.splitlines() == [
        "Rung 1 of 2: 3 candidates, to epoch 2 of 4",
        "Rung 2 of 2: 1 candidates, to epoch 4 of 4",
    ]


def test_progress_sees_the_folds_of_each_rung(data):
    seen = []

    class Bar:
        """An iterable that is no iterator, as tqdm's is."""

        def __init__(self, folds, n_folds, title):
            self.folds = folds
            seen.append([title, n_folds, 0])

        def __iter__(self):
            for fold in self.folds:
                yield fold
                seen[-1][-1] += 1

    search = HalvingEpochSearchCV(
        quick(epochs=4), RATES, cv=2, progress=Bar, refit=False
    )
    search.fit(*data)
    assert seen == [
        ["Rung 1 of 2: 3 candidates, to epoch 2 of 4", 6, 6],
        ["Rung 2 of 2: 1 candidates, to epoch 4 of 4", 2, 2],
    ]
    with pytest.raises(ValueError, match="Got progress=1, but expected None or a fun"):
        search.set_params(progress=1).fit(*data)


def test_nested_validation(data):
    search = HalvingEpochSearchCV(quick(epochs=3), RATES, cv=2)
    assert cross_val_score(search, *data, cv=2).mean() > 0.3


class TestMemory:
    @pytest.fixture
    def trainings(self, monkeypatch):
        """Counts them; the one whose number is appended to `stops` is interrupted."""
        train = DigitCNN._train
        counted = SimpleNamespace(count=0, stops=[])

        def counting(*arguments, **options):
            counted.count += 1
            if counted.count in counted.stops:
                raise KeyboardInterrupt
            return train(*arguments, **options)

        monkeypatch.setattr(DigitCNN, "_train", counting)
        return counted

    @pytest.mark.parametrize("stop", [1, 4, 8])
    def test_an_interrupted_search_goes_on(self, data, tmp_path, trainings, stop):
        """At the first fold, in the first rung, or in the second."""
        search = HalvingEpochSearchCV(quick(epochs=4), RATES, cv=2)
        whole = clone(search).fit(*data)
        assert trainings.count == 6 + 2 + 1
        trainings.stops.append(9 + stop)
        search.set_params(memory=tmp_path / "new" / "folder")
        with pytest.raises(KeyboardInterrupt):
            search.fit(*data)
        trainings.count = 0
        resumed = clone(search).fit(*data)
        assert trainings.count == 9 - (stop - 1)
        for name, column in whole.cv_results_.items():
            if not name.endswith("_time"):
                assert_array_equal(resumed.cv_results_[name], column)
        assert resumed.best_params_ == whole.best_params_
        assert resumed.best_score_ == whole.best_score_
        assert_array_equal(resumed.predict_proba(data[0]), whole.predict_proba(data[0]))
        again = clone(search).set_params(refit=False).fit(*data)
        assert trainings.count == 9 - (stop - 1), "all was there"
        for name in ("mean_fit_time", "std_score_time"):
            assert_array_equal(again.cv_results_[name], resumed.cv_results_[name])

    def test_only_new_candidates_are_trained(self, data, tmp_path, trainings):
        """In this process or another, from a `joblib.Memory` or its folder."""
        memory = joblib.Memory(str(tmp_path), verbose=0)
        search = HalvingEpochSearchCV(
            quick(epochs=1), RATES, cv=2, refit=False, memory=memory
        )
        search.set_params(n_jobs=2).fit(*data)
        assert trainings.count == 0, "other processes did it"
        grid = {"cnn__learning_rate": [0.03, *RATES["cnn__learning_rate"]]}
        search.set_params(n_jobs=None, param_grid=grid, memory=tmp_path)
        search.fit(*data)
        assert trainings.count == 2

    @pytest.mark.parametrize(
        "other",
        [
            {"estimator__cnn__random_state": 1},
            {"estimator__scale__scale": 20},
            {"cv": StratifiedKFold(2, shuffle=True, random_state=0)},
            {"scoring": "neg_log_loss"},
            {"return_train_score": True},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_another_search_takes_nothing(self, data, tmp_path, trainings, other):
        search = HalvingEpochSearchCV(
            quick(epochs=1), {"cnn__dropout": [0.1]}, cv=2, refit=False, memory=tmp_path
        )
        search.fit(*data)
        search.set_params(**other).fit(*data)
        assert trainings.count == 4

    def test_other_data_take_nothing(self, data, tmp_path, trainings):
        X, y = data
        search = HalvingEpochSearchCV(
            quick(epochs=1), {"cnn__dropout": [0.1]}, cv=2, refit=False, memory=tmp_path
        )
        search.fit(X, y)
        search.fit(X, np.r_[y[1:], y[:1]])
        search.fit(np.where(X == 16, 15, X), y)
        search.fit(X, y, cnn__sample_weight=1.0 + y)
        assert trainings.count == 8

    def test_what_is_broken_is_trained_again(self, data, tmp_path, trainings):
        search = HalvingEpochSearchCV(
            quick(epochs=1), {"cnn__dropout": [0.1]}, cv=2, memory=tmp_path
        )
        scores = search.fit(*data).cv_results_["mean_test_score"]
        broken, _ = tmp_path.rglob("output.pkl")
        broken.write_bytes(broken.read_bytes()[:99])
        trainings.count = 0
        assert search.fit(*data).cv_results_["mean_test_score"] == scores
        assert trainings.count == 1 + 1

    def test_a_fit_that_failed_is_tried_again(self, data, tmp_path, monkeypatch):
        def failing(*_, **__):
            raise MemoryError

        search = HalvingEpochSearchCV(
            quick(epochs=1), {"cnn__dropout": [0.1]}, cv=2, memory=tmp_path
        )
        with monkeypatch.context() as patch:
            patch.setattr(DigitCNN, "_train", failing)
            with pytest.raises(ValueError, match="All the 2 fits failed"):
                search.fit(*data)
        assert np.isfinite(search.fit(*data).best_score_)

    def test_another_process_recognizes_the_search(self, data):
        code = (
            "from sklearn.datasets import load_digits\n"
            "from skdigits import make_digit_pipeline\n"
            "from skdigits.model_selection._memory import _key\n"
            "X, y = load_digits(return_X_y=True)\n"
            "y = y.astype(str).astype(object)\n"
            "options = {'X': X, 'y': y, 'set': {'a', 'b', 'c'}}\n"
            "print(_key(make_digit_pipeline(), [([0, 1], [2])], options))\n"
        )
        keys = {
            subprocess.run(
                [sys.executable, "-c", code],
                env=os.environ | {"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in "12"
        }
        assert len(keys) == 1 and len(keys.pop()) == 33

    def test_errors(self, data, tmp_path):
        search = HalvingEpochSearchCV(quick(), RATES, cv=2, memory=1)
        with pytest.raises(ValueError, match="Got memory=1, but expected a path"):
            search.fit(*data)
        (tmp_path / "file").touch()
        with pytest.raises(
            OSError, match="Got memory='.*file', which cannot be created"
        ):
            search.set_params(memory=tmp_path / "file").fit(*data)
        search.set_params(memory=tmp_path, scoring=lambda *_: 1.0)
        with pytest.raises(ValueError, match="Got memory with an estimator, dat"):
            search.fit(*data)
        assert not [name for name in vars(search) if name.endswith("_")]
