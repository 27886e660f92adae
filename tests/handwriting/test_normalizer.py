"""HandwritingNormalizer: whatever the image, the same digit in MNIST format."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from skdigits import load_pretrained
from skdigits.handwriting import HandwritingNormalizer

SEVEN = [[(20, 20), (70, 20), (40, 100)], [(30, 62), (66, 62)]]


def drawing(width=8, size=(90, 120), strokes=SEVEN):
    """Return strokes as grey levels in [0, 255], dark on white."""
    image = Image.new("L", size, 255)
    pen = ImageDraw.Draw(image)
    for stroke in strokes:
        pen.line(stroke, fill=0, width=width, joint="curve")
    return np.asarray(image, dtype=float)


def form(*images):
    rows = HandwritingNormalizer().fit_transform(list(images))
    return rows.reshape(-1, 28, 28)


def overlap(a, b):
    """Return the share of the ink of two forms that both have."""
    a, b = a > 127, b > 127
    return (a & b).sum() / (a | b).sum()


CLEAN = drawing()


def test_form_is_that_of_mnist():
    (seven,) = form(CLEAN)
    rows, columns = (np.flatnonzero(seven.any(axis)) for axis in (1, 0))
    assert seven.dtype == np.uint8 and seven.max() == 255
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == pytest.approx(20 * 58 / 88, abs=1)
    centre = ndimage.center_of_mass(seven)
    assert centre == pytest.approx((14, 14), abs=0.51)


@pytest.mark.parametrize(
    "image",
    [
        255 - CLEAN,
        0.5 * CLEAN + 60,
        CLEAN.astype(np.uint8),
        CLEAN / 255,
        CLEAN > 127,
        257 * CLEAN.astype(np.uint16),
        np.dstack([CLEAN] * 3).astype(np.uint8),
        Image.fromarray(CLEAN.astype(np.uint8)),
        Image.fromarray(CLEAN.astype(np.uint8)).convert("CMYK"),
    ],
    ids="inverted faint uint8 unit bool uint16 colour pillow cmyk".split(),
)
def test_polarity_contrast_and_type_do_not_matter(image):
    assert overlap(*form(CLEAN, image)) > 0.95


def test_paths_are_read(tmp_path):
    Image.fromarray(CLEAN.astype(np.uint8)).save(tmp_path / "7.png")
    assert overlap(*form(CLEAN, tmp_path / "7.png")) == 1


def test_neither_size_nor_place_matter():
    large = np.kron(CLEAN, np.ones((4, 4)))
    moved = np.pad(CLEAN, ((0, 200), (150, 0)), constant_values=255)
    for other in (large, moved):
        assert overlap(*form(CLEAN, other)) > 0.9


def test_uneven_light_and_noise_are_removed():
    noise = np.random.default_rng(0).normal(0, 5, CLEAN.shape)
    light = np.linspace(1, 0.4, CLEAN.shape[1])
    photo = np.clip((0.25 + 0.75 * CLEAN / 255) * 220 * light + noise, 0, 255)
    assert overlap(*form(CLEAN, photo)) > 0.75


def test_a_shadow_with_an_edge_is_removed():
    shadow = np.where(np.arange(CLEAN.shape[1]) > 48, 0.6, 1)
    smooth = ndimage.gaussian_filter1d(shadow, 6)
    assert overlap(*form(CLEAN, (0.2 + 0.8 * CLEAN / 255) * smooth)) > 0.7


@pytest.mark.parametrize(
    "line",
    [
        np.s_[75:77],
        np.s_[:, 80:82],
        np.s_[110:113],
        np.s_[:4],
        np.s_[::30],
    ],
    ids="through beside below edge ruled".split(),
)
def test_lines_are_removed_and_strokes_that_cross_them_stay(line):
    lined = CLEAN.copy()
    lined[line] = np.minimum(lined[line], 60)
    assert overlap(*form(CLEAN, lined)) > 0.85


def test_the_frame_of_a_box_is_removed_and_a_pencil_in_it_is_found():
    framed = 255 - 0.6 * (255 - CLEAN)
    framed[3:6, 3:-3] = framed[-6:-3, 3:-3] = 0
    framed[3:-3, 3:6] = framed[3:-3, -6:-3] = 0
    assert overlap(*form(CLEAN, framed)) > 0.85


def test_specks_and_full_stops_are_removed():
    dusty = CLEAN.copy()
    dusty[100:106, 70:76] = 0
    for row, column in ((5, 5), (50, 12), (90, 80)):
        dusty[row : row + 2, column : column + 2] = 0
    assert overlap(*form(CLEAN, dusty)) > 0.95


def test_a_stroke_apart_from_the_digit_belongs_to_it():
    five = [[(60, 20), (30, 20)], [(30, 30), (28, 60), (60, 65), (60, 95), (25, 100)]]
    assert load_pretrained().predict([drawing(strokes=five)]).tolist() == [5]


@pytest.mark.parametrize("width", [1, 2, 20])
def test_strokes_come_near_those_of_mnist(width):
    usual, other = form(CLEAN, drawing(width))
    assert 0.6 < other.sum() / usual.sum() < 1.9


def test_a_stroke_that_slants_from_edge_to_edge_is_no_line():
    (form_of_it,) = form(drawing(width=3, strokes=[[(0, 40), (89, 80)]]))
    assert form_of_it.any()


def test_a_digit_without_a_margin_is_whole():
    rows, columns = (np.flatnonzero((CLEAN < 128).any(axis)) for axis in (1, 0))
    tight = CLEAN[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert overlap(*form(CLEAN, tight)) > 0.8


def test_a_one_as_high_as_the_image_is_no_line():
    one = np.full((60, 40), 255.0)
    one[:, 18:22] = 0
    assert form(one).any()


def test_blank_and_noisy_paper_has_no_ink():
    rng = np.random.default_rng(0)
    gradient = np.linspace(120, 250, 60) * np.ones((60, 1))
    blank = [np.full((28, 28), 255), np.zeros((40, 30)), gradient]
    noisy = [200 + rng.normal(0, 6, (60, 60)), gradient + rng.normal(0, 4, (60, 60))]
    assert not form(*blank, *noisy).any()


def test_the_images_of_mnist_pass_unharmed(mnist):
    X = mnist["test"].data[:500]
    passed = HandwritingNormalizer().transform(X)
    overlaps = [overlap(a, b) for a, b in zip(X, passed, strict=True)]
    assert np.median(overlaps) > 0.95


def test_what_is_in_mnist_formatat_is_not_looked_at_again(monkeypatch):
    from skdigits.handwriting import _one_digit

    (seven,) = form(CLEAN)
    monkeypatch.setattr(_one_digit, "distinct_signs_of", None)
    assert overlap(seven, *form(seven)) > 0.9
    for other in (seven[:27], 255 - seven, np.roll(seven, 4, axis=0)):
        with pytest.raises(TypeError):  # it asks the page network
            form(other)


def test_several_processes_give_the_same():
    images = [CLEAN, 255 - CLEAN, drawing(3)] * 40
    assert np.array_equal(
        HandwritingNormalizer(n_jobs=2).transform(images),
        HandwritingNormalizer().transform(images),
    )


def test_the_input_is_not_changed():
    X = np.stack([CLEAN, CLEAN])
    before = X.copy()
    HandwritingNormalizer().fit_transform(X)
    assert np.array_equal(X, before)


@pytest.mark.parametrize("shape", [(28, 28), (7, 7), (40, 30, 3), (9, 9, 1)])
def test_one_image_is_not_taken_for_several(shape):
    X = np.full(shape, 255, np.uint8)
    with pytest.raises(ValueError, match=r"several images.*pass X\[None\] for one"):
        load_pretrained().predict(X)
    assert HandwritingNormalizer().transform(X[None]).shape == (1, 784)


@pytest.mark.parametrize(
    "shape", [(64, 64), (3, 64), (2, 784), (5, 28, 28), (2, 30, 4), (2, 40, 30, 3)]
)
def test_stacks_and_rows_are_several_images(shape):
    X = np.full(shape, 255, np.uint8)
    assert HandwritingNormalizer().transform(X).shape == (len(X), 784)


@pytest.mark.parametrize(
    "X, message",
    [
        ("7.png", "expected a sequence of images. Pass a list"),
        (np.zeros(()), "expected a sequence of images. Pass a list"),
        ({1, 2}, "expected a sequence of images. Pass a list"),
        (np.zeros((2, 785)), "square number of pixels"),
        (np.zeros((2, 0)), "expected images of at least one pixel"),
        ([[[1, 2], [3]]], "Got an image that is not an array .*rows of equal length"),
        ([np.broadcast_to(0.5, (10**5, 10**5))], "expected at most 50,000,000 pixels"),
        ([np.full((9, 9), np.nan)], "expected finite numbers from 0"),
        ([np.full((9, 9), -1)], "expected finite numbers from 0"),
        ([np.zeros((9, 9, 5))], r"shape \(9, 9, 5\).*or with 1, 3 or 4 channels"),
        ([np.array(["a"])], "dtype <U1, but expected numbers"),
    ],
)
def test_what_is_no_image_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        HandwritingNormalizer().fit(X).transform(X)
