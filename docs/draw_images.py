"""Draw the figures of the README and of the guide: ``python docs/draw_images.py``.

No handwriting of anybody is in them: digits come from what the pretrained model learns
from, drawn by code, and from scikit-learn. Pages are drawn by
``python tests/benchmarks/draw_page.py docs/images``.
"""

import re
import runpy
from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path as Curve
from PIL import Image
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import skdigits
from skdigits.inspection import (
    ConfusionHeatmapDisplay,
    DigitGridDisplay,
    ErrorReport,
    PerClassDisplay,
)
from skdigits.reading.pretraining import draw_digits

FOLDER = Path(__file__).parent / "images"
ROOT = FOLDER.parents[1]

# Which of the digits that are drawn with seed 5 are written, in turns.
HANDS = {
    0: (127, 188, 23),
    1: (13, 107, 20),
    2: (3, 73, 9),
    3: (25, 65, 147),
    4: (33, 68, 95),
    5: (19, 59, 128),
    6: (21, 115, 75),
    7: (7, 34, 48),
    8: (28, 123, 285),
    9: (94, 139, 43),
}
LINES = ("1974 20", "305 86", "42 0711", "98 6537")

# The strokes of the logo, as points of Bézier curves in a square with the side 100.
FOUR = (
    [(48, 18), (42, 36), (34, 48), (24, 60), (42, 61), (60, 60), (79, 57)],
    [(64, 38), (62, 54), (58, 68), (57, 84)],
)


def draw_sheet(width=860, height=640):
    """Return digits in ink on squared paper, photographed in bad light."""
    rng = np.random.default_rng(3)
    ink = _written(width, height, rng)
    squares = np.zeros((height, width))
    squares[::35] = squares[1::35] = squares[:, ::35] = squares[:, 1::35] = 1
    paper = np.array([0.96, 0.95, 0.90]) * np.ones((height, width, 1))
    paper = paper * (1 - squares[..., None] * [0.28, 0.20, 0.10])
    paper = paper * (1 - ink[..., None] * [0.85, 0.80, 0.50])
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    shadow = 0.35 / (1 + np.exp(18 * (1 - x - 0.35 * y)))
    photo = paper * ((1 - 0.35 * x - 0.12 * y) * (1 - shadow))[..., None]
    photo = ndimage.rotate(photo, -2.5, reshape=False, mode="nearest", order=1)
    photo = ndimage.gaussian_filter(photo, (0.8, 0.8, 0))
    photo = photo + rng.normal(0, 0.012, photo.shape)
    return Image.fromarray(np.uint8(255 * np.clip(photo[30:-40, 40:-40], 0, 1)))


def _written(width, height, rng):
    """Return the ink of `LINES`, in [0, 1]."""
    rows, _ = draw_digits(300, seed=5)
    hands = {digit: iter(2 * numbers) for digit, numbers in HANDS.items()}
    ink = np.zeros((height, width))
    for i, line in enumerate(LINES):
        left = 80
        for sign in line:
            if sign == " ":
                left += 60
                continue
            form = _enlarged(rows[next(hands[int(sign)])], rng.integers(78, 94))
            top = 50 + 140 * i + rng.integers(-6, 7)
            part = ink[top : top + len(form), left : left + form.shape[1]]
            np.maximum(part, form, out=part)
            left += form.shape[1] + rng.integers(22, 34)
    return ink


def _enlarged(row, height):
    """Return a digit as high as asked, with sharp edges and no margins beside it."""
    side = int(height) * 28 // 20
    form = Image.fromarray(row.reshape(28, 28))
    form = form.resize((side, side), Image.Resampling.BICUBIC)
    ink = np.clip((np.asarray(form, float) / 255 - 0.3) / 0.3, 0, 1)
    return ink[:, np.flatnonzero(ink.any(axis=0))]


def draw_reading():
    """Draw the sheet as it was photographed, and as it was read."""
    sheet = FOLDER / "sheet.jpg"
    # what the pages say was read from this one; another page network draws another
    if not sheet.exists():
        draw_sheet().save(sheet, quality=85)
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    axes[0].imshow(Image.open(sheet))
    axes[0].set_axis_off()
    axes[0].set_title("sheet.jpg")
    skdigits.read_digits(sheet).plot(ax=axes[1])
    for text in axes[1].texts:
        text.set(fontsize=13, weight="bold")
    axes[1].set_title("read_digits")
    _save(figure, "reading.jpg")


def draw_first_model():
    """Draw the data, the mistakes and the recall of the quick start."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, stratify=y, random_state=0
    )
    titles = [f"{label}" for label in y_train[:20]]
    display = DigitGridDisplay(X_train[:20], titles).plot(n_columns=10)
    _save(display.figure_, "first_digits.png")
    pipeline = skdigits.make_digit_pipeline(epochs=10, random_state=0)
    report = ErrorReport.from_estimator(pipeline.fit(X_train, y_train), X_test, y_test)
    display = DigitGridDisplay.from_report(report, max_images=10, n_columns=10)
    _save(display.figure_, "first_mistakes.png")
    _save(PerClassDisplay.from_report(report).figure_, "recall.png")


def draw_confusion_matrix():
    """Draw the figure that the README's lines of Python show."""
    readme = ROOT / "README.md"
    exec(re.search(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)[1], {})
    _save(plt.gcf(), "confusion_matrix.png")


def draw_mistakes():
    """Draw the matrix of the page on error analysis."""
    X, y = load_digits(return_X_y=True)
    pipeline = skdigits.make_digit_pipeline(filters=8, epochs=8, random_state=0)
    pipeline.fit(X[:900], y[:900])
    report = ErrorReport.from_estimator(pipeline, X[900:], y[900:])
    display = ConfusionHeatmapDisplay.from_report(report, grey_diagonal=True)
    _save(display.figure_, "mistakes.png")


def draw_reliability():
    runpy.run_path(ROOT / "examples/error_analysis/plot_calibration.py")
    _save(plt.gcf(), "reliability.png")


def draw_logo():
    """Draw a written four on a blue square: the logo, and the icon of the pages.

    The square makes it stand out from light and from dark pages.
    """
    figure = plt.figure(figsize=(2, 2))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 100), ylim=(100, 0), frameon=False)
    ax.set_axis_off()
    square = FancyBboxPatch((20, 20), 60, 60, "round,pad=20", fc="#0072B2", lw=0)
    ax.add_patch(square)
    for stroke in FOUR:
        curve = Curve(stroke, [Curve.MOVETO] + [Curve.CURVE4] * (len(stroke) - 1))
        ends = {"capstyle": "round", "joinstyle": "round"}
        ax.add_patch(PathPatch(curve, fill=False, ec="white", lw=15, **ends))
    figure.savefig(FOLDER / "logo.svg", transparent=True, metadata={"Date": None})
    content = BytesIO()
    figure.savefig(content, format="png", dpi=128, transparent=True)
    Image.open(content).save(
        FOLDER / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)]
    )
    plt.close(figure)


def _save(figure, name):
    figure.savefig(FOLDER / name, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    plt.switch_backend("Agg")
    draw_logo()
    draw_reading()
    draw_confusion_matrix()
    draw_first_model()
    draw_mistakes()
    draw_reliability()
