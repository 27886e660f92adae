import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from _coloured import TABLES, coloured_digits, make_table
from matplotlib.colors import LogNorm
from sklearn.calibration import CalibrationDisplay
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GridSearchCV

from skdigits import DigitCNN, make_digit_pipeline
from skdigits.inspection import (
    ConfusionHeatmapDisplay,
    DigitGridDisplay,
    ErrorReport,
    PerClassDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
    SaliencyDisplay,
    TrainingHistoryDisplay,
)

OF_REPORTS = [
    ConfusionHeatmapDisplay,
    DigitGridDisplay,
    PerClassDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
]
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def logistic(digits):
    X, _, y, _ = digits
    return LogisticRegression(max_iter=2000).fit(X[:200] / 16, y[:200])


@pytest.fixture(scope="module")
def report(logistic, digits):
    _, X, _, y = digits
    return ErrorReport.from_estimator(logistic, X / 16, y)


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("display", OF_REPORTS)
def test_contract(display, style, report, logistic, digits):
    _, X, _, y = digits
    with plt.style.context(style):
        first = display.from_report(report)
        assert plt.get_fignums() == [first.figure_.number]
        assert first.ax_.figure is first.figure_
        figure, ax = plt.subplots()
        second = display.from_estimator(logistic, X / 16, y, ax=ax)
        assert second.ax_ is ax and second.figure_ is figure
        third = display.from_predictions(
            y, logistic.predict(X / 16), logistic.predict_proba(X / 16), X
        )
        assert len(plt.get_fignums()) == 3
        assert third.plot(ax=ax) is third
        first.figure_.canvas.draw()


@pytest.mark.parametrize(
    "y_true, y_pred",
    [([1, 1], [1, 2]), ([1, 2], [1, 2]), ([1, 2], [2, 1]), ([1], [1]), ([1], [2])],
)
@pytest.mark.parametrize("display", OF_REPORTS)
def test_degenerate_predictions(display, y_true, y_pred):
    y_proba = np.eye(2)[np.array(y_pred) - 1]
    report = ErrorReport.from_predictions(
        y_true, None, y_proba, np.ones((len(y_true), 8, 8)), labels=[1, 2]
    )
    if display is DigitGridDisplay and not report.n_errors:
        with pytest.raises(ValueError, match="Got a report without mistakes"):
            display.from_report(report)
        return
    display.from_report(report).figure_.canvas.draw()


def test_heatmap_shows_integers_and_recall():
    matrix = [[975, 5], [0, 1135]]
    display = ConfusionHeatmapDisplay(matrix, display_labels=["zero", "one"]).plot()
    assert texts(display.ax_) == ["975", "5", "1135", "recall", "99.49 %", "100.00 %"]
    assert [tick.get_text() for tick in display.ax_.get_yticklabels()] == [
        "zero",
        "one",
    ]


@pytest.mark.parametrize(
    "normalize, cells",
    [
        ("true", ["75.0", "25.0", "100.0"]),
        ("pred", ["100.0", "20.0", "80.0"]),
        ("all", ["37.5", "12.5", "50.0"]),
    ],
)
def test_heatmap_normalized(normalize, cells):
    display = ConfusionHeatmapDisplay([[3, 1], [0, 4]]).plot(normalize=normalize)
    assert texts(display.ax_)[:3] == cells
    assert display.confusion_matrix.tolist() == [[3, 1], [0, 4]]


def test_heatmap_greys_the_diagonal_and_scales_to_the_mistakes():
    matrix = np.array([[900, 3, 0], [1, 800, 0], [0, 0, 0]])
    display = ConfusionHeatmapDisplay(matrix).plot(grey_diagonal=True)
    display.figure_.canvas.draw()
    cells = display.im_.to_rgba(display.im_.get_array()).reshape(9, 4)
    red, green, blue, _ = cells.T
    assert np.flatnonzero((red == green) & (green == blue) & (red < 1)).tolist() == [
        0,
        4,
        8,
    ]
    # three mistakes are the darkest, one is paler, none is white
    assert red[1] < red[3] < red[2] == 1
    assert "900" in texts(display.ax_)


def test_grey_diagonal_is_drawn_where_nothing_is_wrong():
    display = ConfusionHeatmapDisplay(np.eye(2)).plot(grey_diagonal=True)
    display.figure_.canvas.draw()
    assert display.im_.get_clim() == (0, 1)


def test_heatmap_of_many_classes_has_no_figures_in_its_cells():
    display = ConfusionHeatmapDisplay(np.ones((40, 40), dtype=int)).plot()
    assert len(texts(display.ax_)) == 41
    display.figure_.canvas.draw()


TRUE, PREDICTED = list("aaaabbbccc"), list("aaabbbacca")
WEIGHTS = np.arange(1.0, 11)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"labels": ["c", "a"]},
        {"labels": ["b", "z", "a"]},
        {"sample_weight": WEIGHTS},
        {"labels": ["b", "c"], "sample_weight": WEIGHTS},
        {"display_labels": ["A", "B", "C"]},
        {"labels": ["c", "a"], "display_labels": ["C", "A"]},
    ],
    ids=str,
)
def test_heatmap_takes_what_that_of_scikit_learn_takes(options):
    ours = ConfusionHeatmapDisplay.from_predictions(TRUE, PREDICTED, **options)
    theirs = ConfusionMatrixDisplay.from_predictions(TRUE, PREDICTED, **options)
    np.testing.assert_array_equal(ours.confusion_matrix, theirs.confusion_matrix)
    for axis in ("get_xticklabels", "get_yticklabels"):
        assert [tick.get_text() for tick in getattr(ours.ax_, axis)()] == [
            tick.get_text() for tick in getattr(theirs.ax_, axis)()
        ]


@pytest.mark.parametrize(
    "options",
    [
        {"include_values": False},
        {"cmap": "Greens", "colorbar": True},
        {"xticks_rotation": "vertical"},
        {"xticks_rotation": 45},
        {"im_kw": {"vmax": 3, "interpolation": "bilinear"}},
        {"im_kw": {"norm": LogNorm(1, 5)}},
        {"text_kw": {"color": "red", "size": 20}},
    ],
    # not by their values: a norm would show its address, which differs in each process
    ids=lambda options: "_".join(options),
)
def test_heatmap_is_drawn_by_the_options_of_scikit_learn(options, logistic, digits):
    _, X, _, y = digits
    ours = ConfusionHeatmapDisplay.from_estimator(logistic, X / 16, y, **options)
    theirs = ConfusionMatrixDisplay.from_estimator(
        logistic, X / 16, y, **({"colorbar": False} | options)
    )
    ours.figure_.canvas.draw()
    assert len(ours.figure_.axes) == len(theirs.figure_.axes)
    assert (ours.text_ is None) == (theirs.text_ is None)
    tick, other = (d.ax_.get_xticklabels()[0] for d in (ours, theirs))
    assert tick.get_rotation() == other.get_rotation()
    assert ours.im_.norm.vmax == theirs.im_.norm.vmax
    assert ours.im_.get_interpolation() == theirs.im_.get_interpolation()
    if "cmap" in options:
        assert ours.im_.get_cmap() == theirs.im_.get_cmap()
    if "text_kw" in options:
        assert {text.get_color() for text in ours.text_.ravel()} == {"red"}
        assert {text.get_fontsize() for text in ours.text_.ravel()} == {20}


@pytest.mark.parametrize(
    "options, cells",
    [
        ({"values_format": ".2f"}, ["3.00", "1.00", "4.00"]),
        ({"values_format": ".2f", "normalize": "true"}, ["75.00", "25.00", "100.00"]),
        ({"values_format": ".0%", "normalize": "true"}, ["75%", "25%", "100%"]),
    ],
)
def test_format_of_the_cells(options, cells):
    display = ConfusionHeatmapDisplay([[3, 1], [0, 4]]).plot(**options)
    assert texts(display.ax_)[:3] == cells


def test_labels_are_of_the_probabilities_where_there_are_no_others(report):
    display = ConfusionHeatmapDisplay.from_predictions(
        [1, 7, 7], y_proba=[[0.9, 0.1], [0.2, 0.8], [0.8, 0.2]], labels=[7, 1]
    )
    assert display.confusion_matrix.tolist() == [[1, 1], [1, 0]]
    # the weights are those of all rows of the report
    weights = np.ones(report.n_rows)
    weighted = ConfusionHeatmapDisplay.from_report(report, sample_weight=weights)
    assert (weighted.confusion_matrix == report.confusion_matrix).all()


def test_heatmap_refuses_labels_and_weights():
    draw = ConfusionHeatmapDisplay.from_predictions
    for labels in (["x", "y"], ["a", "a"]):
        with pytest.raises(ValueError, match="but expected each label once, and"):
            draw(TRUE, PREDICTED, labels=labels)
    with pytest.raises(ValueError, match="but expected labels of one kind"):
        draw(TRUE, PREDICTED, labels=[1, 2])
    with pytest.raises(ValueError, match="sample_weight.shape == "):
        draw(TRUE, PREDICTED, sample_weight=[1])
    with pytest.raises(ValueError, match="Got display_labels of shape .2,., but ex"):
        draw(TRUE, PREDICTED, display_labels=["A", "B"])


def test_heatmap_refuses_unknown_options():
    display = ConfusionHeatmapDisplay([[1]])
    with pytest.raises(ValueError, match="Got normalize='rows', but expected 'true', "):
        display.plot(normalize="rows")
    with pytest.raises(ValueError, match="Got grey_diagonal=1, but expected True or "):
        display.plot(grey_diagonal=1)
    with pytest.raises(ValueError, match="Got include_values='no', but expected True "):
        display.plot(include_values="no")
    with pytest.raises(ValueError, match="Got values_format='d', but expected a form"):
        display.plot(normalize="true", values_format="d")
    with pytest.raises(ValueError, match=r"of shape \(2, 3\), but expected \(n_clas"):
        ConfusionHeatmapDisplay(np.ones((2, 3)))
    assert plt.get_fignums() == []


def test_long_labels_are_neither_cut_nor_drawn_over_each_other():
    labels = ["a rather long label", "another long one", "c"]
    y_true, y_pred = np.repeat(labels, 3), labels * 3
    display = ConfusionHeatmapDisplay.from_predictions(y_true, y_pred)
    display.figure_.canvas.draw()
    drawn = display.figure_.get_tightbbox().extents * display.figure_.dpi
    assert (drawn[:2] >= 0).all()
    assert (drawn[2:] <= display.figure_.bbox.extents[2:]).all()
    grid = DigitGridDisplay.from_predictions(y_true, y_pred, X=np.ones((9, 8, 8)))
    grid.figure_.canvas.draw()
    boxes = [text.get_window_extent() for text in grid.ax_.texts]
    assert len(boxes) == 6
    assert all(
        left.x1 < right.x0 for left, right in zip(boxes, boxes[1:], strict=False)
    )


def test_grid_shows_the_first_five_digits(digits):
    X, _, y, _ = digits
    display = DigitGridDisplay(X[:5], y[:5]).plot()
    assert texts(display.ax_) == y[:5].astype(str).tolist()
    assert len(display.ax_.images) == 5
    np.testing.assert_array_equal(display.ax_.images[3].get_array(), display.images[3])


def test_grid_orders_mistakes():
    y_true = list("aaab")
    y_proba = [[0.4, 0.6, 0], [0.2, 0.35, 0.45], [0.3, 0.7, 0], [0.9, 0.1, 0]]
    report = ErrorReport.from_predictions(
        y_true, y_proba=y_proba, X=np.ones((4, 8, 8)), labels=list("abc")
    )
    shown = {
        order: DigitGridDisplay.from_report(report, order=order).titles
        for order in ("confidence", "loss", "pair")
    }
    ba, ab, ac = "b read as a\nat 90 %", "a read as b\nat {} %", "a read as c\nat 45 %"
    assert shown["confidence"] == [ba, ab.format(70), ab.format(60), ac]
    assert shown["loss"] == [ba, ac, ab.format(70), ab.format(60)]
    assert shown["pair"][:2] == [ab.format(70), ab.format(60)]
    one = DigitGridDisplay.from_report(report, max_images=1)
    assert one.titles == [ba]


def test_grid_without_probabilities(report):
    bare = ErrorReport.from_predictions(
        report.labels[report.true], report.labels[report.predicted], X=report.images
    )
    for order in ("confidence", "loss", "pair"):
        display = DigitGridDisplay.from_report(bare, order=order, max_images=3)
        assert all("\n" not in title for title in display.titles)


@pytest.mark.parametrize(
    "images, titles, message",
    [
        (
            np.zeros((2, 3)),
            None,
            r"Got images of shape \(2, 3\), but expected at least",
        ),
        (np.zeros((0, 8, 8)), None, r"Got images of shape \(0, 8, 8\)"),
        (np.zeros((2, 8, 8)), [1], "inconsistent numbers of samples"),
    ],
)
def test_errors_of_the_grid(images, titles, message):
    with pytest.raises(ValueError, match=message):
        DigitGridDisplay(images, titles)


def test_errors_of_the_grid_of_mistakes(report):
    with pytest.raises(ValueError, match="Got a report without images"):
        DigitGridDisplay.from_predictions([0, 1], [1, 1])
    with pytest.raises(ValueError, match="Got order='size', but expected 'confidence'"):
        DigitGridDisplay.from_report(report, order="size")
    with pytest.raises(ValueError, match="Got max_images=0, but expected an integer"):
        DigitGridDisplay.from_report(report, max_images=0)


def test_per_class_is_sorted_and_marks_the_hardest():
    y_true = ["a"] * 50 + ["b"] * 50 + ["c"] * 50
    y_pred = ["a"] * 49 + ["b"] + ["b"] * 30 + ["a"] * 20 + ["c"] * 50
    display = PerClassDisplay.from_predictions(y_true, y_pred)
    ticks = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert ticks == ["b (50)", "a (50)", "c (50)"]
    assert display.hardest == ["b"]
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert "lower than all others together" in names


def legend_of(display):
    return [text.get_text() for text in display.ax_[0].get_legend().get_texts()]


def test_history_marks_the_best_epoch():
    history = {
        "loss": [3, 2, 1],
        "accuracy": [0.1, 0.2, 0.3],
        "val_loss": [3, 1, 2],
        "val_accuracy": [0.1, 0.3, 0.2],
    }
    display = TrainingHistoryDisplay(history).plot()
    assert display.best_epoch == 2
    assert [ax.get_ylabel() for ax in display.ax_] == ["loss", "accuracy"]
    assert display.ax_[0].lines[1].get_ydata().tolist() == [3, 1, 2]
    assert "best epoch, 2" in legend_of(display)
    # epochs of partial_fit before those of fit
    partly = TrainingHistoryDisplay(history | {"val_loss": [np.nan, 2, 1]})
    assert partly.best_epoch == 3


@pytest.mark.parametrize("val_loss", [{}, {"val_loss": [np.nan] * 3}], ids=str)
def test_history_without_validation_has_no_best_epoch(val_loss):
    history = {"loss": [3, 2, 1], "accuracy": [0.1, 0.2, 0.3], **val_loss}
    display = TrainingHistoryDisplay(history).plot()
    assert display.best_epoch is None
    assert legend_of(display) == ["training"]


@pytest.mark.parametrize("val", [{}, {"val_loss": [2], "val_accuracy": [0.3]}], ids=str)
def test_history_of_one_epoch(val):
    display = TrainingHistoryDisplay({"loss": [3], "accuracy": [0.1], **val}).plot()
    display.figure_.canvas.draw()
    for ax in display.ax_:
        low, high = ax.get_xlim()
        assert [x for x in ax.get_xticks() if low < x < high] == [1]
    assert not any("best" in name for name in legend_of(display))


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_history_of_pipelines_and_searches(fitted, style):
    with plt.style.context(style):
        display = TrainingHistoryDisplay.from_estimator(fitted)
        display.figure_.canvas.draw()
        assert len(display.ax_[0].lines[0].get_xdata()) == fitted["cnn"].n_iter_
        search = GridSearchCV(fitted, {})
        search.best_estimator_ = fitted
        _, axes = plt.subplots(2)
        inside = TrainingHistoryDisplay.from_estimator(search, ax=axes[1])
        assert inside.figure_ is axes[0].figure and len(inside.ax_) == 2
        inside.figure_.canvas.draw()


def test_errors_of_the_history():
    with pytest.raises(
        ValueError, match=r"Got a history with \['loss'\], but expected"
    ):
        TrainingHistoryDisplay({"loss": [1]})
    with pytest.raises(ValueError, match="without history_, but expected a fitted"):
        TrainingHistoryDisplay.from_estimator(DummyClassifier())


@pytest.mark.parametrize("estimator", [DigitCNN(), make_digit_pipeline()])
def test_displays_of_a_network_that_is_not_fitted(estimator):
    with pytest.raises(NotFittedError, match="DigitCNN instance is not fitted yet"):
        TrainingHistoryDisplay.from_estimator(estimator)
    with pytest.raises(NotFittedError, match="DigitCNN instance is not fitted yet"):
        SaliencyDisplay.from_estimator(estimator, np.zeros((8, 8)))


def test_axes_that_cannot_be_split():
    figure = plt.figure()
    ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    display = TrainingHistoryDisplay({"loss": [1], "accuracy": [1]})
    with pytest.raises(ValueError, match="Got axes that are not a subplot"):
        display.plot(ax=ax)


def test_reliability_of_ten_classes(report):
    display = ReliabilityDisplay.from_report(report, n_bins=5)
    assert len(display.bins) <= 5
    assert display.calibration_error == report.calibration_error(5)
    assert f"{display.calibration_error:.3f}" in display.ax_.get_title()


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_reliability_of_two_classes_is_that_of_scikit_learn(strategy):
    rng = np.random.default_rng(0)
    proba = rng.random(300)
    y_true = (rng.random(300) < proba).astype(int)
    options = {"n_bins": 6, "strategy": strategy, "pos_label": 1}
    theirs = CalibrationDisplay.from_predictions(y_true, proba, **options)
    ours = ReliabilityDisplay.from_predictions(
        y_true, y_proba=np.transpose([1 - proba, proba]), **options
    )
    np.testing.assert_allclose(ours.bins["probability"], theirs.prob_pred)
    np.testing.assert_allclose(ours.bins["accuracy"], theirs.prob_true)
    assert ours.ax_.get_xlabel() == "probability of 1"


def test_reliability_by_quantiles_has_bins_of_equal_count(report):
    bins = report.calibration(5, "quantile")
    assert len(bins) == 5 and bins["count"].between(85, 95).all()
    assert (bins["low"].iloc[0], bins["high"].iloc[-1]) == (0, 1)
    equal = ErrorReport.from_predictions([0, 1], y_proba=[[1, 0], [1, 0]])
    assert equal.calibration(5, "quantile")["count"].tolist() == [2]


def test_reliability_is_drawn_by_the_options_of_scikit_learn(report):
    display = ReliabilityDisplay.from_report(
        report, name="logistic", ref_line=False, c="red", marker="s"
    )
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == ["share of the rows", "logistic"]
    (line, *_) = display.ax_.lines
    assert (line.get_color(), line.get_marker()) == ("red", "s")
    with pytest.raises(ValueError, match="Got ref_line=1, but expected True or False"):
        display.plot(ref_line=1)
    with pytest.raises(ValueError, match="Got strategy='equal', but expected 'unifor"):
        ReliabilityDisplay.from_report(report, strategy="equal")
    with pytest.raises(ValueError, match="Got pos_label='1', but expected one of"):
        ReliabilityDisplay.from_report(report, pos_label="1")


def test_risk_coverage_ends_at_the_error_of_all(report):
    display = RiskCoverageDisplay.from_report(report)
    coverage, risk = display.ax_.lines[0].get_data()
    assert coverage[-1] == 100
    assert risk[-1] == pytest.approx(100 * (1 - report.accuracy))


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_saliency_adds_up_to_the_difference_of_logits(fitted, digits, style):
    _, X, _, _ = digits
    with plt.style.context(style):
        display = SaliencyDisplay.from_estimator(fitted, X[3], n_steps=256)
        display.figure_.canvas.draw()
    logits = fitted.decision_function(np.array([X[3], np.zeros(64)]))
    order = fitted.predict_proba(X[3:4])[0].argsort()[::-1]
    assert [display.label, display.against] == fitted.classes_[order[:2]].tolist()
    difference = logits[:, order[0]] - logits[:, order[1]]
    assert display.attributions.sum() == pytest.approx(
        difference[0] - difference[1], abs=0.02
    )


def test_saliency_is_of_the_midpoint(fitted, digits):
    _, X, _, _ = digits
    display = SaliencyDisplay.from_estimator(fitted, X[3], n_steps=1)
    order = fitted.predict_proba(X[3:4])[0].argsort()[::-1]
    for pixel in np.argsort(-np.abs(display.attributions.ravel()))[:3]:
        near = 0.5 * np.repeat(X[3:4], 2, axis=0)
        near[0, pixel] += 0.05
        near[1, pixel] -= 0.05
        logits = fitted.decision_function(near)
        upper, lower = logits[:, order[0]] - logits[:, order[1]]
        slope = (upper - lower) / 0.1
        expected = display.attributions.ravel()[pixel]
        assert slope * X[3, pixel] == pytest.approx(expected, rel=0.05)


def test_saliency_of_chosen_labels(fitted, digits):
    _, X, _, _ = digits
    image = X[0].reshape(8, 8)
    one = SaliencyDisplay.from_estimator(fitted, image, label=4, against=9)
    other = SaliencyDisplay.from_estimator(fitted, X[0], label=9, against=4)
    np.testing.assert_allclose(one.attributions, -other.attributions, atol=1e-5)
    assert (one.label, one.against) == (4, 9)
    with pytest.raises(ValueError, match="Got label='four', but expected one of"):
        SaliencyDisplay.from_estimator(fitted, image, label="four")
    with pytest.raises(ValueError, match="but expected a fitted DigitCNN, or a pipe"):
        SaliencyDisplay.from_estimator(DummyClassifier(), image)


def test_saliency_of_a_lone_network(digits):
    X, _, y, _ = digits
    network = DigitCNN(filters=2, epochs=1, random_state=0).fit(X[:100] / 16, y[:100])
    display = SaliencyDisplay.from_estimator(network, X[0] / 16)
    np.testing.assert_allclose(display.image.ravel(), X[0] / 16, rtol=1e-6)


@pytest.mark.parametrize("kind", TABLES)
def test_saliency_of_a_row_of_a_table(digits, kind):
    X, _, y, _ = digits
    table = make_table(kind, X[:100])
    pipeline = make_digit_pipeline(filters=2, epochs=1, random_state=0)
    pipeline.fit(table, y[:100])
    for row in [table[2:3], table.iloc[2]] if kind == "pandas" else [table[2:3]]:
        display = SaliencyDisplay.from_estimator(pipeline, row)
        np.testing.assert_allclose(display.image.ravel(), X[2] / 16, rtol=1e-6)


@pytest.fixture(scope="module")
def coloured():
    """A pipeline that was fitted on coloured digits, and digits that it was not."""
    X, y = coloured_digits(500)
    pipeline = make_digit_pipeline(
        image_shape=(8, 8, 3), filters=4, epochs=6, batch_size=32, random_state=0
    )
    return pipeline.fit(X[:300], y[:300]), X[300:], y[300:]


@pytest.mark.parametrize("flat", [False, True])
def test_grid_of_coloured_mistakes(coloured, flat):
    pipeline, X, y = coloured
    shown = X.reshape(len(X), -1) if flat else X
    display = DigitGridDisplay.from_estimator(pipeline, shown, y, max_images=9)
    wrong = np.flatnonzero(pipeline.predict(X) != y)
    assert 0 < len(wrong) < len(X) / 2
    report = ErrorReport.from_estimator(pipeline, shown, y)
    order = report.mistakes.index[:9]
    assert report.images.shape == X.shape and set(order) <= set(wrong)
    np.testing.assert_array_equal(display.images, X[order])
    for drawn, row in zip(display.ax_.images, order, strict=True):
        np.testing.assert_allclose(drawn.get_array(), X[row] / 255, atol=1e-6)
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    "convert",
    [np.uint8, np.int64, np.float64, lambda X: X / 255, lambda X: X / 255 * 16],
    ids=["uint8", "int64", "float", "to 1", "to 16"],
)
def test_colours_are_drawn_the_same_whatever_their_range(convert):
    X = coloured_digits(6)[0]
    X[0, 0, 0] = 255
    display = DigitGridDisplay(convert(X)).plot()
    for drawn, image in zip(display.ax_.images, X, strict=True):
        np.testing.assert_allclose(drawn.get_array(), image / 255, atol=1e-6)
    np.testing.assert_array_equal(display.images, convert(X))


@pytest.mark.parametrize("display", OF_REPORTS)
def test_displays_of_coloured_digits(coloured, display):
    pipeline, X, y = coloured
    display.from_estimator(pipeline, X, y).figure_.canvas.draw()


@pytest.mark.parametrize("layout", [(8, 8, 3), (-1,)])
def test_saliency_of_colours_is_the_sum_over_channels(coloured, layout):
    pipeline, X, _ = coloured
    image = X[5]
    display = SaliencyDisplay.from_estimator(
        pipeline, image.reshape(layout), n_steps=256
    )
    display.figure_.canvas.draw()
    assert display.attributions.shape == (8, 8)
    np.testing.assert_allclose(display.image, image / 255, rtol=1e-6)
    drawn = display.ax_[0].images[0].get_array()
    assert drawn.shape == (8, 8, 3) and 0 <= drawn.min() < drawn.max() <= 1
    logits = pipeline.decision_function(np.array([image, np.zeros_like(image)]))
    order = logits[0].argsort()[::-1]
    difference = logits[:, order[0]] - logits[:, order[1]]
    assert display.attributions.sum() == pytest.approx(
        difference[0] - difference[1], abs=0.02
    )
    assert not display.attributions[(image == 0).all(axis=-1)].any()


def test_saliency_of_colours_on_white(coloured):
    """The ink's outline is drawn wherever the colours lie, with no other warning."""
    pipeline, X, _ = coloured
    with pytest.warns(UserWarning, match="Got 1 of 1 images with a light background"):
        display = SaliencyDisplay.from_estimator(pipeline, 255 - X[0] // 4)
    display.figure_.canvas.draw()


def test_displays_keep_their_data(report):
    pd.testing.assert_frame_equal(
        RiskCoverageDisplay.from_report(report).curve, report.risk_coverage
    )
    assert (
        ConfusionHeatmapDisplay.from_report(report).confusion_matrix
        == report.confusion_matrix
    ).all()


def test_labels_are_text_and_no_formulas():
    report = ErrorReport.from_predictions(["$\\frac$", "b"], ["b", "b"])
    for display in (ConfusionHeatmapDisplay, PerClassDisplay):
        display.from_report(report).figure_.canvas.draw()
