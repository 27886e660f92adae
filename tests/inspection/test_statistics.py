"""The statistics of an error report against scipy, statsmodels and scikit-learn."""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import fisher_exact
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, log_loss, recall_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from skdigits.inspection import ErrorReport

pytestmark = pytest.mark.slow

N_TABLES = 500
EXACT = {"rtol": 1e-12, "atol": 1e-12}
on_tables = settings(
    max_examples=N_TABLES, deadline=None, derandomize=True, database=None
)


@pytest.fixture(autouse=True, scope="module")
def no_collections():
    """statsmodels' multipletests collects garbage in each call, which takes longest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda: 0)
        yield


@st.composite
def tables(draw):
    """A confusion matrix; empty classes, one class, perfect and hopeless ones too."""
    n_classes = draw(st.integers(1, 6))
    matrix = np.array(
        draw(
            st.lists(
                st.lists(
                    st.sampled_from([0, 0, 0, 1, 2, 5, 17]),
                    min_size=n_classes,
                    max_size=n_classes,
                ),
                min_size=n_classes,
                max_size=n_classes,
            )
        )
    )
    kind = draw(st.sampled_from(["any", "any", "perfect", "hopeless"]))
    diagonal = np.eye(n_classes, dtype=bool)
    if kind == "perfect":
        matrix[~diagonal] = 0
    if kind == "hopeless" and n_classes > 1:
        matrix[diagonal] = 0
    if not matrix.any():
        matrix[-1, 0] = 3
    return matrix


def labels_of(matrix):
    """Return labels that have this confusion matrix."""
    true, predicted = np.indices(matrix.shape).reshape(2, -1)
    return np.repeat(true, matrix.ravel()), np.repeat(predicted, matrix.ravel())


def random_probabilities(seed, n, n_classes):
    """Return probabilities, with ties, zeros and ones among them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(n_classes, 0.3), size=n)
    if seed % 3 == 0:
        probabilities = np.eye(n_classes)[rng.integers(n_classes, size=n)]
    if seed % 3 == 1:
        probabilities = np.round(probabilities, 1)
        probabilities[:, 0] += 1 - probabilities.sum(axis=1)
        probabilities = np.abs(probabilities)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities


@on_tables
@given(tables())
def test_classes(matrix):
    labels = np.arange(len(matrix))
    report = ErrorReport.from_predictions(*labels_of(matrix), labels=labels)
    assert (report.confusion_matrix == matrix).all()
    table = report.per_class
    hits, support, named = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    assert table["support"].tolist() == support.tolist()
    assert table["errors"].tolist() == (support - hits).tolist()
    with np.errstate(invalid="ignore"):
        assert_allclose(table["recall"], hits / support, **EXACT)
        assert_allclose(table["precision"], hits / named, **EXACT)
        assert_allclose(table["f1"], 2 * hits / (support + named), **EXACT)
    for code in np.flatnonzero(support):
        interval = proportion_confint(hits[code], support[code], method="wilson")
        assert_allclose(
            table.loc[code, ["recall_low", "recall_high"]].astype(float),
            interval,
            **EXACT,
        )
    undefined = table.loc[support == 0, ["recall", "recall_low", "recall_high"]]
    assert undefined.isna().all(axis=None)


@on_tables
@given(tables())
def test_all_rows(matrix):
    true, predicted = labels_of(matrix)
    report = ErrorReport.from_predictions(true, predicted)
    assert_allclose(report.accuracy, accuracy_score(true, predicted), **EXACT)
    hits = np.trace(matrix)
    interval = proportion_confint(hits, matrix.sum(), method="wilson")
    assert_allclose(report.accuracy_interval, interval, **EXACT)
    assert report.confusions["count"].sum() == report.n_errors == len(report.mistakes)
    counts = report.confusions["count"]
    assert counts.is_monotonic_decreasing
    summary = report.summary()
    assert summary.count(". ") >= 4 and "nan" not in summary


@on_tables
@given(tables())
def test_hardest(matrix):
    labels = np.arange(len(matrix))
    report = ErrorReport.from_predictions(*labels_of(matrix), labels=labels)
    tests = report.recall_tests
    hits, support = matrix.diagonal(), matrix.sum(axis=1)
    assert sorted(tests.index) == np.flatnonzero(support).tolist()
    if len(tests) < 2:
        assert tests["p_value"].isna().all() and report.hardest().empty
        return
    pairs = np.column_stack([hits, support - hits])
    expected = [
        fisher_exact([pairs[code], pairs.sum(axis=0) - pairs[code]], "less").pvalue
        for code in tests.index
    ]
    assert_allclose(tests["p_value"], expected, **EXACT)
    named, corrected, *_ = multipletests(tests["p_value"], alpha=0.05, method="holm")
    assert_allclose(tests["p_corrected"], corrected, **EXACT)
    assert report.hardest().index.tolist() == tests.index[named].tolist()


@on_tables
@given(tables(), st.integers(0, 2**16))
def test_comparison(matrix, seed):
    true, predicted = labels_of(matrix)
    other = np.random.default_rng(seed).permutation(predicted)
    report = ErrorReport.from_predictions(true, predicted)
    comparison = report.compare(ErrorReport.from_predictions(true, other))
    groups = {label: true == label for label in comparison.per_class.index}
    lines = comparison.per_class.to_dict("index")
    for rows, line in [
        (np.ones(len(true), dtype=bool), comparison.overall),
        *[(groups[label], lines[label]) for label in groups],
    ]:
        first, second = (true == predicted)[rows], (true == other)[rows]
        pairs = np.histogram2d(first, second, bins=2, range=[[0, 1], [0, 1]])[0]
        if pairs[0, 1] + pairs[1, 0]:
            assert_allclose(line["p_value"], mcnemar(pairs, exact=True).pvalue, **EXACT)
        else:
            assert line["p_value"] == 1
        assert (line["only_this"], line["only_other"]) == (pairs[1, 0], pairs[0, 1])
    corrected = multipletests(comparison.per_class["p_value"], method="holm")[1]
    assert_allclose(comparison.per_class["p_corrected"], corrected, **EXACT)


@on_tables
@given(tables(), st.integers(0, 2**16), st.integers(1, 20))
def test_probabilities(matrix, seed, n_bins):
    true, _ = labels_of(matrix)
    n_classes = len(matrix)
    y_proba = random_probabilities(seed, len(true), n_classes)
    labels = np.arange(n_classes)
    report = ErrorReport.from_predictions(true, y_proba=y_proba, labels=labels)
    hits = y_proba.argmax(axis=1) == true
    confidence = y_proba.max(axis=1)

    bins = report.calibration(n_bins)
    accuracy, probability = calibration_curve(
        hits, confidence, n_bins=n_bins, pos_label=True
    )
    assert_allclose(bins["accuracy"], accuracy, **EXACT)
    assert_allclose(bins["probability"], probability, **EXACT)
    assert bins["count"].sum() == len(true)
    low, high = bins[["low", "high"]].to_numpy().T[..., np.newaxis]
    inside = (confidence > low) & (confidence <= high)
    inside |= (low == 0) & (confidence == 0)
    assert_array_equal(bins["count"], inside.sum(axis=1))
    assert_allclose(bins["accuracy"], [hits[of].mean() for of in inside], **EXACT)
    error = np.average(np.abs(accuracy - probability), weights=bins["count"])
    assert_allclose(report.calibration_error(n_bins), error, **EXACT)

    curve = report.risk_coverage
    kept = confidence >= curve["threshold"].to_numpy()[:, np.newaxis]
    assert_array_equal(curve["kept"], kept.sum(axis=1))
    risks = [1 - hits[of].mean() for of in kept]
    assert_allclose(curve["risk"], risks, **EXACT)
    assert_allclose(curve["coverage"], kept.mean(axis=1), **EXACT)
    assert_allclose(curve["risk"].iloc[-1], 1 - report.accuracy, **EXACT)

    if n_classes > 1:
        everywhere = -np.log(
            np.maximum(y_proba[np.arange(len(true)), true], np.finfo(float).eps)
        )
        assert_allclose(
            everywhere.mean(), log_loss(true, y_proba, labels=labels), **EXACT
        )
        losses = report.mistakes["loss"]
        assert_allclose(losses, everywhere[losses.index], **EXACT)


@on_tables
@given(tables(), st.integers(0, 2**16), st.floats(0, 1))
def test_referral(matrix, seed, wanted):
    true, _ = labels_of(matrix)
    y_proba = random_probabilities(seed, len(true), len(matrix))
    labels = np.arange(len(matrix))
    report = ErrorReport.from_predictions(true, y_proba=y_proba, labels=labels)
    hits, confidence = y_proba.argmax(axis=1) == true, y_proba.max(axis=1)
    possible = [
        (confidence >= threshold).sum()
        for threshold in np.unique(confidence)
        if hits[confidence >= threshold].mean() >= wanted - 1e-12
    ]
    line = report.referral([wanted]).iloc[0]
    assert line["rows"] == len(true) - max(possible, default=0)
    if possible:
        kept = confidence >= line["threshold"]
        assert kept.sum() == max(possible)
        assert_allclose(line["accuracy"], hits[kept].mean(), **EXACT)
    else:
        assert line["share"] == 1 and np.isnan(line["threshold"])


# The confusion matrix of the classic notebook, whose heat map showed its large entries
# as 1e+03; each row adds up to the number of MNIST's test images of that digit.
NOTEBOOK = np.array(
    [
        [975, 0, 2, 0, 0, 0, 1, 1, 1, 0],
        [0, 1127, 0, 6, 1, 0, 0, 1, 0, 0],
        [2, 0, 1024, 0, 0, 0, 0, 6, 0, 0],
        [0, 0, 1, 1007, 0, 1, 0, 0, 1, 0],
        [1, 0, 0, 0, 970, 0, 1, 2, 0, 8],
        [1, 0, 0, 5, 0, 883, 1, 1, 0, 1],
        [2, 2, 0, 0, 1, 2, 950, 0, 1, 0],
        [0, 1, 3, 2, 1, 0, 0, 1019, 0, 2],
        [0, 0, 3, 0, 1, 1, 0, 2, 964, 3],
        [0, 0, 0, 0, 3, 3, 0, 2, 1, 1000],
    ]
)


def test_bins_are_of_equal_width():
    proba = np.array([[0.6, 0.4], [0.26, 0.74], [0.05, 0.95], [0.3, 0.7]])
    report = ErrorReport.from_predictions([0, 1, 0, 1], y_proba=proba)
    bins = report.calibration(n_bins=4)
    assert bins[["low", "high", "count"]].to_numpy().tolist() == [
        [0.5, 0.75, 3],
        [0.75, 1.0, 1],
    ]
    assert bins["accuracy"].tolist() == [1, 0]
    low, high = proportion_confint([3, 0], [3, 1], method="wilson")
    assert bins["accuracy_low"].tolist() == pytest.approx(low, abs=1e-12)
    assert bins["accuracy_high"].tolist() == pytest.approx(high, abs=1e-12)


@pytest.fixture(scope="module")
def notebook():
    return ErrorReport.from_predictions(*labels_of(NOTEBOOK))


def test_recalls_of_the_notebook(notebook):
    support = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert notebook.per_class["support"].tolist() == support
    assert notebook.accuracy == pytest.approx(0.9919, abs=1e-12)
    recalls = notebook.per_class["recall"]
    assert_allclose(recalls, recall_score(*labels_of(NOTEBOOK), average=None))
    assert recalls.sort_values().index.tolist() == [4, 8, 5, 9, 7, 6, 2, 1, 0, 3]
    assert notebook.per_class.loc[4, ["errors", "most_confused_with"]].tolist() == [
        12,
        "9",
    ]


def test_the_notebook_carries_no_claim_of_a_hardest_digit(notebook):
    assert notebook.hardest().empty
    assert "No class is shown to be harder" in notebook.summary()
    assert notebook.recall_tests.index[0] == 4
    # not because nothing is ever found: three times the mistakes in the fours are
    worse = NOTEBOOK.copy()
    worse[4, 9] += 20
    worse[4, 4] -= 20
    report = ErrorReport.from_predictions(*labels_of(worse))
    assert report.hardest().index.tolist() == [4]
    assert "4 (96.74 %, p < 0.001) has a lower recall" in report.summary()


def test_summary_of_the_notebook(notebook):
    assert notebook.summary() == (
        "9,919 of 10,000 rows are classified correctly: an accuracy of 99.19 % (95 % "
        "interval 98.99 % to 99.35 %). No class is shown to be harder than all others "
        "together by Fisher's exact test with Holm's correction at 5 % (smallest "
        "corrected p = 0.97); the lowest recall, 98.78 %, is that of 4. The most "
        "frequent confusion is 4 taken for 9, 8 times: 9.88 % of all mistakes. The "
        "lowest precision is 98.55 %, that of 7. No probabilities were passed, so "
        "calibration and doubtful cases are left out."
    )
