"""How sure digits are is fitted on synthetic pages."""

import numpy as np
import pytest
from sklearn.utils import Bunch

from skdigits.datasets import make_digit_pages
from skdigits.reading._confidence import combined
from skdigits.reading.pretraining import fit_confidence
from skdigits.reading.pretraining.fit_confidence import (
    calibration_error,
    evidence_of_pages,
    fitted,
)


def test_evidence_and_what_is_right():
    pages = make_digit_pages(10, shape=(128, 160), random_state=1)
    of_digits, of_none, classes = evidence_of_pages(pages)
    assert of_digits.shape == (len(classes), 10, 3)
    assert of_none.shape == (len(classes), 6)
    assert ((classes >= 0) & (classes <= 10)).all() and (classes > 0).any()
    # the page network sees most digits that the pages have
    likeliest = of_digits[classes > 0].sum(axis=2).argmax(axis=1) + 1
    assert (likeliest == classes[classes > 0]).mean() > 0.6


def test_the_weights_are_those_that_made_the_classes():
    rng = np.random.default_rng(0)
    of_digits, of_none = rng.normal(size=(20_000, 10, 1)), rng.normal(size=(20_000, 1))
    shares = combined(of_digits, of_none, [2.0], [-1.0])
    classes = np.array([rng.choice(11, p=row) for row in shares])
    (digit,), (none,) = fitted(of_digits, of_none, classes)
    assert digit == pytest.approx(2, abs=0.15) and none == pytest.approx(-1, abs=0.15)


def test_calibration_error():
    probabilities = np.full((100, 11), 0.02)
    probabilities[:, 4] = 0.8
    classes = np.repeat([4, 5], [80, 20])
    assert calibration_error(probabilities, classes) == pytest.approx(0, abs=1e-9)
    assert calibration_error(probabilities, classes * 0 + 4) == pytest.approx(0.2)


def test_the_command(monkeypatch, capsys):
    X = np.zeros((10, 28, 28), np.uint8)
    X[:, 4:24, 12:16] = 255
    train = Bunch(data=X.reshape(10, 784), target=np.arange(10))
    monkeypatch.setattr(fit_confidence, "fetch_mnist", lambda **_: train)
    monkeypatch.setattr(fit_confidence, "SHAPE", (96, 128))
    fit_confidence.main(["--pages", "4"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("DIGIT_WEIGHTS = (") and lines[0].count(",") == 2
    assert lines[1].startswith("NONE_WEIGHTS = (") and lines[1].count(",") == 5
    with pytest.raises(SystemExit, match="Got n_samples=0, but expected an integer"):
        fit_confidence.main(["--pages", "0"])
