import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn
from _coloured import TABLES, coloured_digits, make_table
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.fixes import parse_version

from skdigits import load_pretrained, make_digit_pipeline
from skdigits._validation import as_label_array
from skdigits.inspection import (
    ConfusionHeatmapDisplay,
    ErrorReport,
    SeedRepetition,
    TrainingHistoryDisplay,
    repeat_over_seeds,
    suspicious_labels,
)
from skdigits.inspection._numbers import as_text

TRUE = ["a", "a", "a", "a", "b", "b", "b", "c"]
PROBA = np.array(
    [
        [0.9, 0.1, 0.0],
        [0.6, 0.3, 0.1],
        [0.2, 0.7, 0.1],  # a as b
        [0.1, 0.0, 0.9],  # a as c, the surest mistake
        [0.2, 0.8, 0.0],
        [0.5, 0.4, 0.1],  # b as a, the least sure mistake
        [0.0, 1.0, 0.0],
        [0.0, 0.3, 0.7],
    ]
)


@pytest.fixture
def report():
    return ErrorReport.from_predictions(TRUE, y_proba=PROBA)


def test_a_report_is_a_constant(report):
    assert repr(report) == "<ErrorReport: 3 of 8 wrong, 3 classes>"
    with pytest.raises(AttributeError, match="cannot assign"):
        report.images = None
    again = pickle.loads(pickle.dumps(report))
    assert type(again) is ErrorReport
    assert again.to_markdown() == report.to_markdown()


def test_mistakes_most_confident_first(report):
    mistakes = report.mistakes
    assert mistakes.index.tolist() == [3, 2, 5]
    assert mistakes["true"].tolist() == ["a", "a", "b"]
    assert mistakes["predicted"].tolist() == ["c", "b", "a"]
    assert mistakes["probability"].tolist() == [0.9, 0.7, 0.5]
    np.testing.assert_allclose(mistakes["loss"], -np.log([0.1, 0.2, 0.4]))


def test_confusions_most_frequent_first():
    report = ErrorReport.from_predictions(list("aaaabbb"), list("bbcabba"))
    assert report.confusions.to_dict("list") == {
        "true": ["a", "a", "b"],
        "predicted": ["b", "c", "a"],
        "count": [2, 1, 1],
        "rate": [0.5, 0.25, 1 / 3],
    }
    assert report.per_class["most_confused_with"].tolist() == ["b", "a", ""]


def test_ties_are_all_named(report):
    line = report.per_class.loc["a"]
    assert (line["most_confused_with"], line["times"]) == ("b, c", 1)


def test_predictions_go_before_probabilities():
    report = ErrorReport.from_predictions([0, 1], [0, 0], [[0.9, 0.1], [0.2, 0.8]])
    assert report.n_errors == 1
    assert report.mistakes.loc[1, "probability"] == 0.2


def test_without_probabilities():
    report = ErrorReport.from_predictions([1, 2, 2, 1], [1, 1, 2, 2])
    assert report.mistakes.columns.tolist() == ["true", "predicted"]
    assert report.mistakes.index.tolist() == [1, 3]
    assert "No probabilities were passed" in report.summary()
    for get in (
        report.calibration,
        report.calibration_error,
        report.referral,
        lambda: report.risk_coverage,
        lambda: report.class_ranking,
    ):
        with pytest.raises(ValueError, match="Got a report without probabilities"):
            get()


def test_referral(report):
    table = report.referral([0.75, 1.0, 0.0])
    # of the four rows of 0.8 and more three are right, and only the surest row is
    # surer than the surest mistake
    assert table["rows"].tolist() == [4, 7, 0]
    assert table["threshold"].tolist() == [0.8, 1.0, 0.5]
    assert table["accuracy"].tolist() == [0.75, 1.0, 0.625]


@pytest.mark.parametrize("wanted", [[1.2], ["much"]])
def test_referral_takes_shares_only(report, wanted):
    with pytest.raises(ValueError, match=r"but expected a number in \[0, 1\]"):
        report.referral(wanted)


@pytest.mark.parametrize(
    "labels",
    [
        [3, 5, 9],
        ["three", "five", "nine"],
        [True, False, True],
        [("a", 1), ("b", 2), ("c", 3)],
        [1.0, 2.0, 3.0],
    ],
)
def test_any_labels(labels):
    y_true = as_label_array([labels[i] for i in (0, 0, 1, 1, 2, 2)])
    y_pred = as_label_array([labels[i] for i in (0, 1, 1, 1, 2, 0)])
    report = ErrorReport.from_predictions(y_true, y_pred)
    n_labels = len(set(labels))
    assert set(report.per_class.index) == set(labels)
    assert report.confusion_matrix.shape == (n_labels, n_labels)
    assert report.confusion_matrix.sum() == 6
    assert set(report.mistakes["true"]) <= set(labels)
    assert str(labels[0]) in report.to_markdown()
    assert report.to_html()


def test_any_container(report):
    index = list("stuvwxyz")
    other = ErrorReport.from_predictions(
        pd.Series(TRUE, index=index),
        y_proba=pd.DataFrame(PROBA, index=index, columns=list("abc")),
    )
    pd.testing.assert_frame_equal(other.mistakes, report.mistakes)
    pd.testing.assert_frame_equal(other.per_class, report.per_class)
    categories = ErrorReport.from_predictions(
        pd.Series(TRUE, dtype="category"), y_proba=PROBA
    )
    assert categories.n_errors == report.n_errors


def test_labels_that_do_not_occur():
    proba = [[0.9, 0.1, 0, 0], [0.1, 0.9, 0, 0]]
    report = ErrorReport.from_predictions(
        ["a", "b"], y_proba=proba, labels=list("abcd")
    )
    assert report.accuracy == 1
    assert report.per_class.loc["c", ["support", "times"]].tolist() == [0, 0]
    assert report.per_class.loc[["c", "d"], "recall"].isna().all()
    assert "| c | 0 | 0 | - |" in report.to_markdown()
    assert report.recall_tests.index.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "y_true, y_pred, sentence",
    [
        ([1, 1], [1, 1], "There is no|All rows are of one class"),
        ([1, 1], [2, 2], "0 of 2 rows are classified correctly: an accuracy of 0.00 %"),
        ([1, 2], [1, 2], "All classes have the same recall.*No class is taken for"),
        ([1, 2], [2, 1], "1 taken for 2 and 2 taken for 1, once each: 100.00 % of all"),
        (range(5), [1, 2, 3, 4, 0], "No confusion stands out: 5 pairs"),
        ([1], [1], "1 of 1 rows"),
    ],
)
def test_summary_of_degenerate_predictions(y_true, y_pred, sentence):
    report = ErrorReport.from_predictions(list(y_true), y_pred)
    assert pd.Series(report.summary()).str.contains(sentence, regex=True).all()
    assert report.to_html() and report.to_markdown()


def test_summary_never_rounds_to_perfection():
    y_true = np.zeros(100_000, dtype=int)
    y_true[0] = 1
    report = ErrorReport.from_predictions(y_true, np.zeros(100_000, dtype=int))
    assert "an accuracy of 99.999 %" in report.summary()


def test_summary_has_five_sentences_with_probabilities(report):
    assert report.summary() == (
        "5 of 8 rows are classified correctly: an accuracy of 62.50 % (95 % interval "
        "30.57 % to 86.32 %). No class is shown to be harder than all others together "
        "by Fisher's exact test with Holm's correction at 5 % (smallest corrected p = "
        "1); the lowest recall, 50.00 %, is that of a. The most frequent confusions "
        "are a taken for b, a taken for c and b taken for a, once each: 100.00 % of "
        "all mistakes. The mean probability of the predictions is 76.25 %, 13.75 "
        "points above the accuracy, and the expected calibration error over 15 bins is "
        "0.2875. To be right in 80.00 % of the rows that it keeps, the classifier has "
        "to hand 7 of them (87.50 %) to a person: those with a probability below about "
        "1.0000."
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"y_true": [1, 2]}, "Got neither y_pred nor y_proba"),
        ({"y_true": None, "y_pred": [1, 2]}, "should be a 1d array"),
        ({"y_true": [], "y_pred": []}, "Got no rows in y_true"),
        ({"y_true": [1, 2], "y_pred": [1]}, "inconsistent numbers of samples"),
        (
            {"y_true": [1, 2], "y_pred": ["1", "2"]},
            "Got y_true such as 1 and y_pred such as '1', but expected labels of one",
        ),
        ({"y_true": [1, None], "y_pred": [1, 1]}, "missing labels"),
        ({"y_true": [0.5, 1], "y_pred": [1, 1]}, "continuous"),
        (
            {"y_true": [1, 2], "y_proba": [[1, 0, 0], [0, 1, 0]]},
            r"Got y_proba of shape \(2, 3\), but expected a column for each of the 2",
        ),
        ({"y_true": [1, 2], "y_proba": [0.5, 0.4]}, r"Got y_proba of shape \(2,\)"),
        (
            {"y_true": [1, 2], "y_proba": [[3, 1], [0, 1]]},
            "a row that adds up to 1 ± 3, but expected probabilities",
        ),
        ({"y_true": [1, 2], "y_proba": [[np.nan, 1], [0, 1]]}, "contains NaN"),
        (
            {"y_true": [1, 2], "y_pred": [1, 3], "labels": [1, 2]},
            r"Got y_pred with the unknown label 3, but expected only \[1, 2\]",
        ),
        (
            {"y_true": [1, 2], "y_pred": [1, 2], "labels": [1, 2, 2]},
            "but expected each label once",
        ),
        (
            {"y_true": [1, 2], "y_pred": [1, 2], "X": np.zeros((3, 8, 8))},
            "inconsistent numbers of samples",
        ),
        (
            {"y_true": [[0, 1], [1, 0]], "y_pred": [1, 0]},
            r"Got y_true of shape \(2, 2\), .* np.asarray\(y_true\).argmax\(axis=1\)",
        ),
        (
            {"y_true": [1, 0], "y_pred": np.eye(2)},
            r"Got y_pred of shape \(2, 2\), but expected one label for each image. "
            r"Pass probabilities as y_proba, or y_pred.argmax\(axis=1\)",
        ),
        (
            {"y_true": [1, 0], "y_pred": np.array([0.0, 0.25])},
            "Got y_pred with 0.25, but expected labels. Pass probabilities as y_proba,",
        ),
        (
            {"y_true": [1, 0], "y_proba": [1, 0]},
            r"Got y_proba of shape \(2,\), .* Pass what predict_proba returns",
        ),
    ],
)
def test_errors_of_predictions(arguments, message):
    with pytest.raises(ValueError, match=message):
        ErrorReport.from_predictions(**arguments)


@pytest.mark.parametrize("alpha", [0, 1, "some"])
def test_alpha(report, alpha):
    with pytest.raises(
        ValueError, match=rf"Got alpha={alpha!r}, but expected a number"
    ):
        report.hardest(alpha)


def test_from_estimator(fitted, digits):
    _, X, _, y = digits
    report = ErrorReport.from_estimator(fitted, X, y)
    assert report.accuracy == fitted.score(X, y)
    assert report.images.shape == (len(X), 8, 8)
    assert (report.labels == fitted.classes_).all()
    row = report.mistakes.index[0]
    assert report.mistakes.loc[row, "true"] == y[row]
    assert report.mistakes.loc[row, "probability"] == pytest.approx(
        fitted.predict_proba(X[row : row + 1]).max()
    )


def test_images_of_different_sizes_for_the_pretrained_pipeline():
    images = [np.full((60 + 10 * i, 50), 230, np.uint8) for i in range(3)]
    for image in images[:2]:
        image[15:50, 22:27] = 40
    pipeline = load_pretrained()
    for estimator in (pipeline, SimpleNamespace(best_estimator_=pipeline)):
        report = ErrorReport.from_estimator(estimator, images, [1, 7, -1])
        assert report.n_errors == 1 and report.images.shape == (3, 28, 28)
        assert report.mistakes["predicted"].tolist() == [1]


@pytest.mark.parametrize("searched", [False, True])
def test_a_network_predicts_once(fitted, digits, searched):
    _, X, _, y = digits
    asked = []
    ask = FunctionTransformer(lambda X: asked.append(len(X)) or X)
    estimator = Pipeline([("ask", ask), *fitted.steps])
    if searched:
        search = GridSearchCV(estimator, {})
        search.best_estimator_ = estimator
        estimator = search
    report = ErrorReport.from_estimator(estimator, X, y)
    assert asked == [len(X)]
    assert (report.labels[report.predicted] == fitted.predict(X)).all()


def test_predictions_need_not_be_the_most_probable_labels(digits):
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300] % 2
    estimator = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.9, response_method="predict_proba"
    ).fit(X, y)
    report = ErrorReport.from_estimator(estimator, X, y)
    assert (report.predicted == estimator.predict(X)).all()
    assert (report.predicted != report.y_proba.argmax(axis=1)).any()


@pytest.mark.parametrize(
    "estimator, has_probabilities",
    [
        (LogisticRegression(max_iter=1000), True),
        (GridSearchCV(GaussianNB(), {"var_smoothing": [0.1, 1.0]}), True),
        (LinearSVC(), False),
    ],
)
@pytest.mark.parametrize("kind", ["strings", "two classes"])
def test_from_any_classifier(estimator, has_probabilities, kind, digits):
    X, _, y, _ = digits
    X, y = X[:300] / 16, y[:300]
    y = y % 2 if kind == "two classes" else np.array(list("abcdefghij"))[y]
    X, y = pd.DataFrame(X), pd.Series(y)
    estimator.fit(X, y)
    report = ErrorReport.from_estimator(estimator, X, y)
    assert report.accuracy == estimator.score(X, y)
    assert (report.y_proba is not None) is has_probabilities
    assert report.summary().count(". ") >= 4
    assert (report.mistakes["true"] == y.iloc[report.mistakes.index].to_numpy()).all()


def test_rows_that_are_no_images():
    X = np.arange(40).reshape(10, 4)
    classifier = DummyClassifier().fit(X, [0, 1] * 5)
    report = ErrorReport.from_estimator(classifier, X, [0, 1] * 5)
    assert report.images is None and "rows" in report.summary()


@pytest.mark.parametrize("kind", TABLES)
def test_tables_of_images(fitted, digits, kind):
    _, X, _, y = digits
    report = ErrorReport.from_estimator(fitted, X, y)
    network = fitted[-1]
    table = make_table(kind, X)
    proba = network.predict_proba(fitted[:-1].transform(X))
    other = ErrorReport.from_predictions(y, y_proba=proba, X=table)
    np.testing.assert_array_equal(other.images, report.images)


def test_flat_images_have_the_shape_that_the_network_was_fitted_on(digits):
    X, _, y, _ = digits
    X, y = X[:60, :48], y[:60]
    for image_shape, found in (((6, 8), (6, 8)), ((4, 4, 3), (4, 4, 3))):
        pipeline = make_digit_pipeline(filters=2, epochs=1, image_shape=image_shape)
        report = ErrorReport.from_estimator(pipeline.fit(X, y), X, y)
        # as of any other classifier, so few pixels are no image of a digit
        assert report.images is None
        twice = np.hstack([X, X])
        shape = (2 * image_shape[0], *image_shape[1:])
        pipeline.set_params(reshape__image_shape=shape).fit(twice, y)
        report = ErrorReport.from_estimator(pipeline, twice, y)
        assert report.images.shape == (60, 2 * found[0], *found[1:])


def test_colour_images():
    X, y = coloured_digits(90)
    y_pred = np.roll(y, 1)
    report = ErrorReport.from_predictions(y, y_pred, X=X)
    assert report.images.shape == (90, 8, 8, 3)
    assert "of 90 images are classified correctly" in report.summary()
    with pytest.raises(ValueError, match="move the channels to the last axis"):
        ErrorReport.from_predictions(y, y_pred, X=np.moveaxis(X, -1, 1))
    suspicious = suspicious_labels(
        make_digit_pipeline(filters=4, epochs=2, random_state=0), X, y, cv=2
    )
    assert set(suspicious.index) <= set(range(90))


def test_labels_that_the_classifier_does_not_know():
    X = np.zeros((6, 2))
    classifier = DummyClassifier(strategy="prior").fit(X[:4], list("aabb"))
    report = ErrorReport.from_estimator(classifier, X, list("aabbzz"))
    assert report.labels.tolist() == ["a", "b", "z"]
    assert report.per_class.loc["z", "recall"] == 0
    assert report.y_proba[:, 2].max() == 0
    assert np.isfinite(report.mistakes["loss"]).all()


def test_errors_of_estimators():
    X, y = np.zeros((4, 2)), [0, 1, 0, 1]
    model = SimpleNamespace(predict=lambda X: X)
    others = [LinearRegression().fit(X, y), KMeans(1).fit(X), model, DummyClassifier]
    for other in others:
        with pytest.raises(ValueError, match="but expected a fitted clas") as caught:
            ErrorReport.from_estimator(other, X, y)
        assert "Pass its predictions to from_predictions." in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="not fitted"):
        ErrorReport.from_estimator(DummyClassifier(), X, y)
    text = DummyClassifier().fit(X, list("0101"))
    with pytest.raises(ValueError, match="Got y such as 0 and the labels of the esti"):
        ErrorReport.from_estimator(text, X, y)


class Scorer:
    """What others write for themselves; it knows nothing of scikit-learn."""

    classes_ = ["a", "b"]

    def predict(self, X):
        return ["a" if x[0] < 0 else "b" for x in X]


def test_whatever_has_classes_and_predicts_is_taken():
    X, y = np.array([[-1], [1], [2]]), ["a", "b", "a"]
    report = ErrorReport.from_estimator(Scorer(), X, y)
    assert report.labels.tolist() == ["a", "b"] and report.y_proba is None
    assert report.confusion_matrix.tolist() == [[1, 1], [0, 1]]
    search = GridSearchCV(DummyClassifier(), {}).fit(np.zeros((10, 1)), [0, 1] * 5)
    assert ErrorReport.from_estimator(search, [[0]], [1]).n_rows == 1


@pytest.fixture(scope="module")
def scikeras_classifier(digits):
    """scikeras' own classifier in a pipeline, which is none for scikit-learn."""
    from skdigits.training import keras  # in silence

    # isort: split
    from scikeras.wrappers import KerasClassifier

    def network():
        layers = [keras.layers.Input((64,)), keras.layers.Dense(10, "softmax")]
        model = keras.Sequential(layers)
        loss = "sparse_categorical_crossentropy"
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    classifier = KerasClassifier(network, epochs=8, verbose=0, random_state=0)
    return make_pipeline(MinMaxScaler(), classifier)


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.7"),
    reason="pipelines around scikeras 0.13 cannot predict with scikit-learn 1.6",
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_classifiers_of_scikeras(scikeras_classifier, digits):
    X, X_test, y, y_test = digits
    with pytest.raises(NotFittedError):
        ErrorReport.from_estimator(scikeras_classifier, X, y)
    pipeline = clone(scikeras_classifier).fit(X, y)
    report = ErrorReport.from_estimator(pipeline, X_test, y_test)
    assert report.accuracy == np.mean(pipeline.predict(X_test) == y_test)
    assert report.y_proba.shape == (len(y_test), 10)
    matrix = ConfusionHeatmapDisplay.from_estimator(pipeline, X_test, y_test)
    assert (matrix.confusion_matrix == report.confusion_matrix).all()
    # of one row scikeras returns probabilities of shape (10,)
    assert ErrorReport.from_estimator(pipeline, X_test[:1], y_test[:1]).n_rows == 1
    bare = ErrorReport.from_estimator(
        pipeline[-1], pipeline[0].transform(X_test), y_test
    )
    assert bare.accuracy == report.accuracy
    assert len(TrainingHistoryDisplay.from_estimator(pipeline).history["loss"]) == 8
    order = np.argsort(y)  # parts that are not stratified would lack classes
    suspicious = suspicious_labels(scikeras_classifier, X[order], y[order], cv=2)
    assert len(suspicious) < 0.6 * len(y)


def test_compare():
    y_true = ["a"] * 30 + ["b"] * 30
    good = ErrorReport.from_predictions(y_true, y_true)
    bad = ErrorReport.from_predictions(y_true, ["a"] * 30 + ["a"] * 12 + ["b"] * 18)
    comparison = bad.compare(good)
    assert comparison.overall["only_other"] == 12
    assert comparison.overall["p_value"] == pytest.approx(2 * 0.5**12)
    assert comparison.per_class["p_value"].tolist() == pytest.approx([1, 2 * 0.5**12])
    assert "the other is better (80.00 % against 100.00 %" in comparison.summary()
    assert "they differ in b." in comparison.summary()
    same = good.compare(good).summary()
    assert "no difference is shown" in same and "Of 0 rows" in same


def test_a_comparison_equals_itself_alone():
    report = ErrorReport.from_predictions([0, 1], [0, 1])
    comparison = report.compare(report)
    assert comparison == comparison != report.compare(report)
    with pytest.raises(AttributeError, match="cannot assign"):
        comparison.overall = None


def test_more_than_three_confusions_are_no_names():
    def sentence(n_pairs):
        y_true = list("abcde") * 9
        y_pred = list("abcde") * 9
        for i in range(n_pairs):
            y_pred[i] = "abcde"[(i + 1) % 5]
        return ErrorReport.from_predictions(y_true, y_pred).summary()

    assert "No confusion stands out: 4 pairs of classes" in sentence(4)
    assert "a taken for b, b taken for c and c taken for d" in sentence(3)


def test_figures_as_text():
    table = pd.DataFrame(
        {
            "loss": [0.0, 0.0009994, 0.001, 0.50004, np.nan],
            "count": [0, 12, 12345, 1, 2],
            "row": [0, 12, 12345, 1, 2],
            "recall": [0.0, 0.99999, 1.0, 0.5, np.nan],
        }
    )
    assert as_text(table).to_dict("list") == {
        "loss": ["0.0000", "1.0e-03", "0.0010", "0.5000", "-"],
        "count": ["0", "12", "12,345", "1", "2"],
        "row": ["0", "12", "12345", "1", "2"],
        "recall": ["0.00 %", "99.999 %", "100.00 %", "50.00 %", "-"],
    }


def test_tuples_are_labels():
    y = [("a", 1), ("b", 2), ("a", 1)]
    report = ErrorReport.from_predictions(y, [("a", 1), ("a", 1), ("a", 1)])
    assert report.per_class.index.tolist() == [("a", 1), ("b", 2)]
    assert report.per_class.index.nlevels == 1


def test_what_is_no_square_has_no_images():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 20)
    for n_features, has_images in (64, True), (65, False), (49, False):
        X = rng.random((40, n_features))
        report = ErrorReport.from_estimator(GaussianNB().fit(X, y), X, y)
        assert (report.images is not None) == has_images


def test_probabilities_add_up_to_one_or_nearly():
    proba = np.array([[0.9, 0.1005], [0.2, 0.8]])
    assert ErrorReport.from_predictions([0, 1], y_proba=proba).accuracy == 1
    proba[0, 1] = 0.102
    with pytest.raises(ValueError, match="expected"):
        ErrorReport.from_predictions([0, 1], y_proba=proba)


def test_labels_the_classifier_does_not_know_keep_their_type():
    X, y = np.arange(12.0)[:, None], np.repeat([0, 1], 6)
    report = ErrorReport.from_estimator(
        GaussianNB().fit(X, y), X, np.where(X[:, 0] > 9, 7, y)
    )
    assert report.labels.tolist() == [0, 1, 7] and report.labels.dtype.kind == "i"


def test_long_tables_of_mistakes_are_cut_and_no_others():
    def headings(n_mistakes):
        y_true = np.arange(25).repeat(2)
        y_pred = y_true.copy()
        y_pred[:n_mistakes] = (y_true[:n_mistakes] + 1) % 25
        text = ErrorReport.from_predictions(y_true, y_pred).to_markdown()
        assert text.count("\n| 24 | ") >= 1
        return text

    assert "## Mistakes\n" in headings(20)
    assert "## Mistakes: the first 20 of 21\n" in headings(21)
    assert "## Classes\n" in headings(21)


def test_a_mean_probability_may_equal_the_accuracy():
    sure = np.eye(2)
    summary = ErrorReport.from_predictions([0, 1], y_proba=sure).summary()
    assert "100.00 %, equal to the accuracy" in summary


def test_compare_needs_the_same_rows():
    first = ErrorReport.from_predictions([0, 1], [0, 1])
    with pytest.raises(ValueError, match="Got reports of 2 and 2 rows with different"):
        first.compare(ErrorReport.from_predictions([1, 0], [0, 1]))
    with pytest.raises(ValueError, match="Got reports of 2 and 3 rows with different"):
        first.compare(ErrorReport.from_predictions([0, 1, 1], [0, 1, 1]))


def test_the_frames_are_the_callers(report):
    table = report.per_class
    table.loc["a", "recall"] = 7
    assert report.per_class.loc["a", "recall"] == 0.5


def test_suspicious_labels_finds_a_wrong_one(digits):
    X, _, y, _ = digits
    y = np.array(list("abcdefghij"))[y]
    wrong = {5: "a", 77: "b", 400: "c"}
    wrong = {row: name for row, name in wrong.items() if y[row] != name}
    truth = y[list(wrong)].tolist()
    y[list(wrong)] = list(wrong.values())
    suspicious = suspicious_labels(GaussianNB(var_smoothing=0.05), X, y, cv=3)
    assert set(wrong) <= set(suspicious.index[: len(suspicious) // 2])
    assert suspicious.loc[list(wrong), "suggested"].tolist() == truth
    assert suspicious["probability"].is_monotonic_increasing
    assert (suspicious["suggested"] != suspicious["label"]).all()
    assert (suspicious["label"] == y[suspicious.index]).all()


def test_suspicious_labels_needs_probabilities():
    for other in (LinearSVC(), GaussianMixture(), GaussianNB):
        with pytest.raises(ValueError, match="expected a classifier with predict_pro"):
            suspicious_labels(other, [[1], [2]], [1, 2])


def test_repeat_over_seeds(digits):
    X, X_test, y, y_test = digits
    tree = DecisionTreeClassifier(max_features=4, random_state=7)
    repetition = repeat_over_seeds(tree, X, y, X_test, y_test, n_seeds=3)
    assert tree.random_state == 7 and not hasattr(tree, "classes_")
    assert repetition.recalls.shape == (3, 10)
    for seed, recalls in repetition.recalls.iterrows():
        again = DecisionTreeClassifier(max_features=4, random_state=seed).fit(X, y)
        report = ErrorReport.from_estimator(again, X_test, y_test)
        assert recalls.tolist() == report.per_class["recall"].tolist()
        assert repetition.accuracies[seed] == report.accuracy
    again = [
        DecisionTreeClassifier(max_features=4, random_state=seed).fit(X, y)
        for seed in range(3)
    ]
    wrong = np.all([tree.predict(X_test) != y_test for tree in again], axis=0)
    shared = repetition.shared_mistakes
    assert len(shared) and shared.index.tolist() == np.flatnonzero(wrong).tolist()
    assert (shared["true"] == y_test[shared.index]).all()
    assert (shared["predicted"] != shared["true"]).all()
    assert f"misclassified every time: {len(shared)}." in repetition.summary()
    assert repetition.among_hardest.sum() >= 6
    assert "Over 3 seeds the mean accuracy is" in repetition.summary()


def test_repeat_over_seeds_reaches_into_pipelines_and_searches(digits):
    X, X_test, y, y_test = digits
    grid = {"max_depth": [2, 3]}
    search = GridSearchCV(DecisionTreeClassifier(max_features=4), grid, cv=2)
    first, second = (
        repeat_over_seeds(search, X[:200], y[:200], X_test, y_test, n_seeds=2).recalls
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first, second)
    assert (first.loc[0] != first.loc[1]).any()


def test_seed_repetition_counts_ties_and_names_the_constant():
    recalls = pd.DataFrame({"x": [0.5, 0.5], "y": [0.9, 0.7], "z": [0.8, 0.7]})
    none = pd.DataFrame({"true": [], "predicted": []})
    repetition = SeedRepetition(recalls, recalls.mean(axis=1), none)
    assert repetition.among_hardest.to_dict() == {"x": 2, "z": 2, "y": 1}
    assert "Among them every time: x and z." in repetition.summary()
    assert repetition.table.loc["y"].tolist() == pytest.approx([1, 0.8, 0.7, 0.9])
    changing = pd.DataFrame({"x": [0.1, 0.5], "y": [0.5, 0.1]})
    one = SeedRepetition(changing, changing.mean(axis=1), none, n_hardest=1)
    assert "No class is among them every time." in one.summary()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"estimator": GaussianNB()}, "without a parameter random_state"),
        ({"n_seeds": 0}, "Got n_seeds=0, but expected an integer of at least 1"),
        ({"n_hardest": -1}, "Got n_hardest=-1, but expected an integer of at least 1"),
    ],
)
def test_errors_of_repeat_over_seeds(options, message):
    options = {"estimator": DecisionTreeClassifier()} | options
    with pytest.raises(ValueError, match=message):
        repeat_over_seeds(**options, X=[[1]], y=[1], X_test=[[1]], y_test=[1])


def test_json_and_csv_hold_the_figures(report, tmp_path):
    page = report.write(tmp_path / "new" / "folder", "A title")
    assert page == tmp_path / "new" / "folder" / "index.html"
    folder = page.parent
    document = json.loads((folder / "report.json").read_text())
    assert document["accuracy"] == report.accuracy
    assert document["confusion_matrix"] == report.confusion_matrix.tolist()
    assert " ".join(document["summary"]) == report.summary()
    for name in ("per_class", "mistakes", "confusions", "recall_tests"):
        expected = getattr(report, name).reset_index(drop=name == "confusions")
        for found in (
            pd.DataFrame(document["tables"][name]),
            pd.read_csv(folder / f"{name}.csv", keep_default_na=False),
        ):
            found = found.drop(columns="number", errors="ignore")
            pd.testing.assert_frame_equal(
                found, expected, check_dtype=False, rtol=1e-14, atol=0
            )
    assert sorted(path.name for path in folder.iterdir()) == [
        "calibration.csv",
        "class_ranking.csv",
        "confusions.csv",
        "index.html",
        "mistakes.csv",
        "per_class.csv",
        "recall_tests.csv",
        "referral.csv",
        "report.json",
        "risk_coverage.csv",
    ]


def test_write_keeps_other_files_and_replaces_its_own(report, tmp_path):
    (tmp_path / "index.html").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    report.write(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert "<h1>Error report</h1>" in (tmp_path / "index.html").read_text()


def test_write_refuses_a_file(report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="which is a file, but expected a fol"):
        report.write(tmp_path / "file")


def test_failure_leaves_no_half_report(report, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        report.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_failure_on_the_way_leaves_the_report_of_before(report, tmp_path, monkeypatch):
    report.write(tmp_path, "Before")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    write_text = Path.write_text

    def fail_at_the_page(path, text, **options):
        if text.startswith("<!doctype"):
            raise OSError("disk full")
        return write_text(path, text, **options)

    monkeypatch.setattr(Path, "write_text", fail_at_the_page)
    with pytest.raises(OSError, match="disk full"):
        report.write(tmp_path, "After")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_undefined_figures_are_null_in_json(tmp_path):
    report = ErrorReport.from_predictions([1, 1], [1, 2])
    report.write(tmp_path)
    text = (tmp_path / "report.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["tables"]["per_class"]["recall"] == [0.5, None]


def test_markdown_escapes_what_would_break_a_table():
    report = ErrorReport.from_predictions(["a|b", "c"], ["c", "c"])
    assert "| a\\|b | 1 | 1 |" in report.to_markdown()


def test_a_notebook_shows_a_comparison_and_a_repetition_escaped():
    report = ErrorReport.from_predictions(["<b>", "c"], ["c", "c"])
    recalls = pd.DataFrame({"<b>": [0.5, 0.6], "c": [1.0, 1.0]})
    none = pd.DataFrame({"true": [], "predicted": []})
    repetition = SeedRepetition(recalls, recalls.mean(axis=1), none, n_hardest=1)
    for shown, summary in (
        (report.compare(report), "<p>Of 0 rows that only one of the two gets right"),
        (repetition, "<p>Over 2 seeds the mean accuracy is 77.50 %"),
    ):
        html = shown._repr_html_()
        assert html.startswith(summary)
        assert "<th>&lt;b&gt;</th>" in html
        assert "<b>" not in html
        assert "<th></th>" not in html
