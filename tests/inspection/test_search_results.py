import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skdigits.inspection import SearchResultsDisplay


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300]


@pytest.fixture(scope="module")
def grid_search(data):
    grid = {"n_neighbors": [1, 3, 9], "weights": ["uniform", "distance"]}
    return GridSearchCV(KNeighborsClassifier(), grid, cv=3).fit(*data)


# Each candidate of two rungs: the first is dropped with the better score of the two.
HALVING = {
    "iter": np.array([0, 0, 1]),
    "n_resources": np.array([2, 2, 6]),
    "param_cnn__dropout": np.array([0.0, 0.5, 0.5]),
    "param_cnn__epochs": np.array([2, 2, 6]),
    "mean_test_score": np.array([0.9, 0.8, 0.7]),
    "std_test_score": np.array([0.01, 0.02, 0.03]),
}


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


def test_heat_map_of_two_parameters(grid_search):
    display = SearchResultsDisplay.from_estimator(grid_search)
    assert display.names == ["n_neighbors", "weights"]
    assert display.values == [[1, 3, 9], ["distance", "uniform"]]
    results = pd.DataFrame(grid_search.cv_results_)
    for row in range(3):
        for column in range(2):
            n_neighbors, weights = display.values[0][row], display.values[1][column]
            same = (results["param_n_neighbors"] == n_neighbors) & (
                results["param_weights"] == weights
            )
            ((mean, spread),) = results.loc[
                same, ["mean_test_score", "std_test_score"]
            ].to_numpy()
            assert_allclose(display.mean[row, column], mean)
            assert f"{mean:.3f}\n± {spread:.3f}" == texts(display)[2 * row + column]
    assert display.mean[display.best] == grid_search.best_score_
    (frame,) = display.ax_.patches
    assert (frame.get_y(), frame.get_x()) == display.best
    assert display.ax_.get_ylabel() == "n_neighbors"
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["distance", "uniform"]
    assert display.figure_.axes[1].get_ylabel() == "mean accuracy"


def test_the_best_over_what_is_not_drawn(grid_search):
    display = SearchResultsDisplay.from_estimator(grid_search, params="n_neighbors")
    scores = grid_search.cv_results_["mean_test_score"].reshape(3, 2)
    assert_array_equal(display.mean, scores.max(axis=1))


def test_points_of_one_parameter(data):
    search = GridSearchCV(SVC(), {"C": [0.01, 1, 100]}, cv=2).fit(*data)
    display = SearchResultsDisplay.from_estimator(search)
    assert display.ax_.get_xscale() == "log"
    (bars,) = display.ax_.containers
    assert_array_equal(bars.lines[0].get_ydata(), search.cv_results_["mean_test_score"])
    assert display.best == (search.best_index_,)
    assert display.ax_.get_legend_handles_labels()[1] == ["winner"]


def test_points_of_values_that_are_no_numbers(data):
    grid = {"criterion": ["gini", "entropy"], "max_depth": [4]}
    search = GridSearchCV(DecisionTreeClassifier(), grid, cv=2).fit(*data)
    display = SearchResultsDisplay.from_estimator(search)
    assert display.names == ["criterion"]
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["entropy", "gini"]


def test_successive_halving_shows_how_far_each_came():
    display = SearchResultsDisplay.from_cv_results(
        HALVING, best_index=2, resource_name="epochs"
    )
    assert display.names == ["cnn__dropout"]  # epochs are what was spent
    assert_array_equal(display.mean, [0.9, 0.7])
    assert_array_equal(display.resources, [2, 6])
    assert texts(display) == ["epochs: 2", "epochs: 6"]
    assert display.best == (1,)
    assert display.ax_.get_xlabel() == "dropout"


def test_successive_halving_of_scikit_learn(data):
    grid = {"max_depth": [1, 3, 9], "min_samples_leaf": [1, 4]}
    search = HalvingGridSearchCV(
        DecisionTreeClassifier(random_state=0), grid, cv=2, random_state=0
    ).fit(*data)
    display = SearchResultsDisplay.from_estimator(search)
    assert display.resource_name == "n_samples"
    assert display.resources.max() == search.n_resources_[-1]
    assert display.mean[display.best] == search.best_score_


def test_drawn_candidates_leave_holes(data):
    search = RandomizedSearchCV(
        SVC(),
        {"C": loguniform(0.1, 10), "kernel": ["linear", "rbf"]},
        n_iter=4,
        cv=2,
        random_state=0,
    ).fit(*data)
    display = SearchResultsDisplay.from_estimator(search)
    assert display.mean.shape == (4, 2) and np.isnan(display.mean).sum() == 4
    assert len(texts(display)) == 4


def test_one_of_several_metrics(data):
    grid = {"n_neighbors": [1, 9]}
    scoring = ["accuracy", "neg_log_loss"]
    search = GridSearchCV(
        KNeighborsClassifier(), grid, cv=2, scoring=scoring, refit="neg_log_loss"
    ).fit(*data)
    display = SearchResultsDisplay.from_estimator(search)
    assert display.score_name == "neg_log_loss"
    assert_array_equal(display.mean, search.cv_results_["mean_test_neg_log_loss"])
    display = SearchResultsDisplay.from_estimator(search, metric="accuracy")
    assert display.ax_.get_ylabel() == "mean accuracy"
    with pytest.raises(ValueError, match=r"Got metric='f1', but expected one of \['ac"):
        SearchResultsDisplay.from_estimator(search, metric="f1")


def test_failed_candidates_are_left_out():
    results = HALVING | {"mean_test_score": np.array([0.9, 0.8, np.nan])}
    display = SearchResultsDisplay.from_cv_results(results)
    assert_array_equal(display.mean, [0.9, 0.8])
    assert_array_equal(display.resources, [2, 2])


def test_values_such_as_tuples_and_none():
    results = {
        "param_filters": [16, (8, 8), (8, 8), 16],
        "param_dense_units": [None, 64, None, 64],
        "mean_test_score": [0.1, 0.2, 0.3, 0.4],
        "std_test_score": [0.0, 0.0, 0.0, 0.0],
    }
    display = SearchResultsDisplay.from_cv_results(results)
    assert display.values == [[16, (8, 8)], [None, 64]]
    assert_array_equal(display.mean, [[0.1, 0.4], [0.3, 0.2]])


def test_tuples_are_no_resources_of_successive_halving():
    results = {
        "param_filters": [(8, 8), (8, 16)],
        "mean_test_score": [0.1, 0.2],
        "std_test_score": [0.0, 0.0],
        "iter": [0, 0],
        "n_resources": np.array([8, 8]),
    }
    display = SearchResultsDisplay.from_cv_results(results)
    assert display.values == [[(8, 8), (8, 16)]]


@pytest.mark.parametrize("params", [("C", "gamma", "kernel"), ("nothing",), ()])
def test_parameters_that_cannot_be_drawn(params):
    results = {
        **{f"param_{name}": [1, 2] for name in ("C", "gamma", "kernel")},
        "mean_test_score": [0.1, 0.2],
        "std_test_score": [0.1, 0.2],
    }
    with pytest.raises(ValueError, match="expected one or two of those .* Choose from"):
        SearchResultsDisplay.from_cv_results(results, params=params)
    with pytest.raises(ValueError, match=r"Pass params=\('C', 'kernel'\)"):
        SearchResultsDisplay.from_cv_results(results)


def test_a_search_without_parameters(data):
    search = GridSearchCV(SVC(), {}, cv=2).fit(*data)
    with pytest.raises(ValueError, match=r"Got the parameters \[\] to draw"):
        SearchResultsDisplay.from_estimator(search)


def test_an_unfitted_search():
    search = GridSearchCV(SVC(), {"C": [1]})
    with pytest.raises(NotFittedError):
        SearchResultsDisplay.from_estimator(search)


def test_draws_where_it_is_told(grid_search):
    figure, ax = plt.subplots()
    display = SearchResultsDisplay.from_estimator(
        grid_search, ax=ax, cmap="Blues", values_format=".1%"
    )
    assert display.ax_ is ax and display.figure_ is figure
    assert "%" in texts(display)[0]
    assert display.plot() is display and display.ax_ is not ax


def test_what_is_no_search_is_refused():
    with pytest.raises(ValueError, match="but expected a fitted search, such as"):
        SearchResultsDisplay.from_estimator(SVC())


def test_a_notebook_shows_the_candidates_those_that_went_furthest_first():
    display = SearchResultsDisplay.from_cv_results(
        HALVING, best_index=2, resource_name="epochs"
    )
    html = display._repr_html_()
    assert html.startswith("<p>2 candidates. The winner: dropout=0.5.</p>\n<table")
    cells = re.findall("<t[hd]>(.*?)</t[hd]>", html)
    assert cells[:4] == ["cnn__dropout", "mean score", "spread", "epochs"]
    assert cells[4:8] == ["0.5", "0.700", "0.030", "6"]
    assert cells[8:] == ["0.0", "0.900", "0.010", "2"]


def test_what_a_notebook_shows_of_a_search_is_escaped():
    results = {
        "param_<b>": np.array(["<i>", "x"], dtype=object),
        "mean_test_score": np.array([0.5, 0.4]),
        "std_test_score": np.array([0.0, 0.1]),
    }
    display = SearchResultsDisplay.from_cv_results(results, score_name="<u>")
    html = display._repr_html_()
    assert html.startswith("<p>2 candidates.</p>")
    assert "<th>&lt;b&gt;</th>" in html and "<th>&lt;i&gt;</th>" in html
    assert not any(tag in html for tag in ("<b>", "<i>", "<u>"))
