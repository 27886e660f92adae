from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from skdigits import load
from skdigits.datasets.pages import (
    CAPITALS,
    DOODLES,
    HABITS,
    SIGNS,
    SMALL,
    _strokes,
    strokes_of,
)
from skdigits.persistence import read_card
from skdigits.reading._pretrained import NO_DIGIT
from skdigits.reading.pretraining import __main__ as command
from skdigits.reading.pretraining import (
    _non_digits,
    _paper,
    draw_digits,
    draw_non_digits,
    redraw,
    training_set,
)
from skdigits.reading.pretraining._pens import draw
from skdigits.reading.pretraining._training import (
    DRAWN,
    NON_DIGITS,
    REDRAWN,
    _calibrate,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def like_mnist():
    """Images in MNIST format with their digits."""
    return draw_digits(300, seed=7)


@pytest.fixture
def plain_strokes(monkeypatch):
    """A hand that draws strokes as they are in the notation."""
    monkeypatch.setattr(_strokes, "PROPORTIONS", (0, 0))
    monkeypatch.setattr(_strokes, "FLOURISHED", 0)


def test_a_stroke_goes_through_its_points(plain_strokes):
    strokes = strokes_of("0,0 5,10 | ~0,0 4,2 8,0", np.random.default_rng(0), 0)
    np.testing.assert_allclose(strokes[0], [[0, 0], [0.5, 1]])
    curve = strokes[1]
    assert len(curve) > 3
    np.testing.assert_allclose(
        curve[[0, len(curve) // 2, -1]], [[0, 0], [0.4, 0.2], [0.8, 0]]
    )


def test_proportions_differ_within_the_same_ends(monkeypatch):
    monkeypatch.setattr(_strokes, "FLOURISHED", 0)
    rng = np.random.default_rng(0)
    drawn = [strokes_of("0,0 5,5 10,10", rng, 0)[0] for _ in range(100)]
    for stroke in drawn:
        np.testing.assert_allclose(stroke[[0, -1]], [[0, 0], [1, 1]])
    middles = np.array([stroke[1] for stroke in drawn])
    assert middles.min() < 0.45 and middles.max() > 0.55
    assert 0.2 < middles.min() and middles.max() < 0.75


def test_ends_of_curves_go_on(plain_strokes, monkeypatch):
    sign, rng = "~0,0 5,2 10,0 | 0,5 10,5", np.random.default_rng(0)
    plain, line = strokes_of(sign, rng, 0)
    monkeypatch.setattr(_strokes, "FLOURISHED", 1)
    longer, again = strokes_of(sign, rng, 0)
    np.testing.assert_allclose(line, again)
    before = (len(longer) - len(plain)) // 2
    assert before > 0
    np.testing.assert_allclose(longer[before:-before], plain)
    away = np.abs(longer[[0, -1]] - plain[[0, -1]]).max(axis=1)
    assert (0 < away).all() and (away <= _strokes.FLOURISH).all()


def test_a_range_of_the_notation_is_drawn_from():
    rng = np.random.default_rng(0)
    x = [strokes_of("0..5,0 5,10", rng, 0)[0][0, 0] for _ in range(50)]
    assert 0 <= min(x) < 0.1 and 0.4 < max(x) <= 0.5


def test_the_same_seed_draws_the_same_digits():
    X, y = draw_digits(12, seed=3)
    assert X.shape == (12, 784) and X.dtype == np.uint8
    again = draw_digits(12, seed=3)
    np.testing.assert_array_equal(X, again[0])
    np.testing.assert_array_equal(y, again[1])
    assert (draw_digits(12, seed=4)[0] != X).any()


def test_more_images_begin_with_the_same_ones_whatever_the_processes():
    X, y = draw_digits(501, seed=3, n_jobs=2)
    few, digits = draw_digits(5, seed=3)
    np.testing.assert_array_equal(X[:5], few)
    np.testing.assert_array_equal(y[:5], digits)


def test_drawn_digits_fill_the_box_of_mnist(like_mnist):
    X, y = like_mnist
    assert set(y) == set(range(10))
    images = X.reshape(-1, 28, 28)
    assert (images.max(axis=(1, 2)) > 200).all()
    # in the box of 20 x 20, the centre of mass in the middle
    rows = images.sum(2) @ np.arange(28) / images.sum((1, 2))
    assert np.abs(np.median(rows) - 14) < 0.6


@pytest.mark.parametrize("table", [CAPITALS, SMALL, SIGNS, DOODLES, HABITS])
def test_every_sign_can_be_drawn(table):
    rng = np.random.default_rng(0)
    for name, signs in table.items():
        for sign in signs:
            ink = draw(strokes_of(sign, rng), rng)
            assert ink.max() == 1 and ink.min() == 0, name


def test_no_letter_that_looks_like_a_digit_is_drawn():
    assert not set("IOSZ") & set(CAPITALS)
    assert not set("bgiloqsz") & set(SMALL)
    assert not set("BGIOQSZbgiloqsz0123456789|/()") & set(_non_digits.PRINTED)


@pytest.mark.parametrize("kind", _non_digits.KINDS)
def test_each_kind_of_no_digit_has_ink(kind, like_mnist):
    for seed in range(4):
        ink = kind(np.random.default_rng(seed), like_mnist)
        assert ink.ndim == 2 and 0 <= ink.min() and ink.max() > 0.9


def test_no_digits_are_deterministic_and_some_are_blank(like_mnist):
    X = draw_non_digits(300, 0, like_mnist)
    np.testing.assert_array_equal(X[:20], draw_non_digits(20, 0, like_mnist))
    blank = ~X.any(axis=1)
    assert 0 < blank.sum() < 15


@pytest.mark.parametrize("way", [_paper._drawing, _paper._scan, _paper._photo])
def test_each_way_of_reading_keeps_a_stroke_upright(way):
    ink = np.zeros((60, 30), np.float32)
    ink[5:55, 12:17] = 1
    for seed in range(5):
        rows, columns = np.nonzero(way(ink, np.random.default_rng(seed)) > 100)
        assert np.ptp(rows) >= 15 and np.ptp(columns) <= 8


def test_now_and_then_a_digit_has_a_full_stop():
    ink = np.zeros((40, 20), np.float32)
    ink[:, 8:12] = 1
    drawn = [_paper.with_full_stop(ink, np.random.default_rng(i)) for i in range(200)]
    dotted = [image for image in drawn if image.shape != ink.shape]
    assert 0 < len(dotted) < 30
    for image in dotted:
        np.testing.assert_array_equal(image[:, :20], ink)
        assert 0 < image[:, 20:].sum() < 60


def test_images_of_mnist_are_drawn_anew(like_mnist):
    X, _ = like_mnist
    drawn = redraw(X[:20], seed=0)
    np.testing.assert_array_equal(drawn, redraw(X[:20], seed=0))
    assert drawn.shape == (20, 784) and drawn.any(axis=1).all()
    same = [np.corrcoef(a, b)[0, 1] for a, b in zip(X, drawn, strict=False)]
    assert np.median(same) > 0.5 and (drawn != X[:20]).any(axis=1).all()


def test_a_small_model_is_trained_end_to_end(like_mnist, tmp_path, monkeypatch, capsys):
    X, y = like_mnist
    small = SimpleNamespace(data=X, target=y)
    monkeypatch.setattr(command, "fetch_mnist", lambda **options: small)
    path = tmp_path / "box.safetensors"
    options = ["--n-images", "200", "--epochs", "1", "--filters", "8", "16"]
    command.main(["--output", str(path), *options])
    assert "% of MNIST's test images" in capsys.readouterr().out
    pipeline = load(path)
    assert list(pipeline.named_steps) == ["normalize", "scale", "reshape", "cnn"]
    assert pipeline.classes_.tolist() == [NO_DIGIT, *range(10)]
    drawing = np.full((90, 60), 230, np.uint8)
    drawing[20:70, 30:35] = 40
    assert pipeline.predict_proba([drawing, X[0].reshape(28, 28)]).shape == (2, 11)
    card = read_card(path)
    assert card["data"]["n_no_digits"] == round(180 * NON_DIGITS) and card["seed"] == 0
    assert card["command"].endswith("--epochs 1 --filters 8 16")
    further = tmp_path / "further.safetensors"
    options = ["--n-images", "200", "--epochs", "2", "--initial", str(path)]
    command.main(["--output", str(further), *options])
    first, second = (load(its)[-1] for its in (path, further))
    assert second.n_iter_ == 3 and second.get_params() == first.get_params()
    # it goes on from the weights, and so stays near them
    kernels = [its.network_.weights["conv_2/kernel"].ravel() for its in (first, second)]
    assert np.corrcoef(*kernels)[0, 1] > 0.9
    options = ["--output", str(further), "--initial", str(tmp_path / "missing")]
    with pytest.raises(SystemExit, match="missing"):
        command.main(options)


def test_the_training_set_has_every_kind(like_mnist):
    X, y = like_mnist
    rows, labels = training_set(X[:100], y[:100], seed=0)
    n_redrawn, n_drawn, n_none = (
        round(100 * share) for share in (REDRAWN, DRAWN, NON_DIGITS)
    )
    assert rows.shape == (100 + n_redrawn + n_drawn + n_none, 784)
    assert rows.dtype == np.uint8 and len(labels) == len(rows)
    np.testing.assert_array_equal(labels[:100], y[:100])
    assert (labels[-n_none:] == NO_DIGIT).all() and (labels[:-n_none] >= 0).all()


def test_the_temperature_fits_what_was_held_out(digits, fitted):
    X, y = digits[1], digits[3]
    pipeline = deepcopy(fitted)
    pipeline[-1].network_ = replace(pipeline[-1].network_, temperature=3.0)
    before = pipeline.predict(X)
    _calibrate(pipeline, X, y)
    logits, found = pipeline.decision_function(X), pipeline[-1].network_.temperature
    losses = [
        log_loss(y, softmax(logits / (factor * found), axis=1))
        for factor in (0.8, 1, 1.25)
    ]
    assert losses[1] == min(losses)
    assert log_loss(y, pipeline.predict_proba(X)) == pytest.approx(losses[1])
    np.testing.assert_array_equal(pipeline.predict(X), before)
