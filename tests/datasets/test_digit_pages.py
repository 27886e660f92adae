import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from skdigits.datasets import make_digit_pages


@pytest.fixture(scope="module")
def pages():
    return make_digit_pages(120, random_state=0)


@pytest.fixture(scope="module")
def rows():
    """Images of digits in MNIST format: a box of ink, of another width for each."""
    X = np.zeros((20, 28, 28), np.uint8)
    for row, image in enumerate(X):
        image[4:24, 8 : 11 + row % 10] = 255
    return X.reshape(20, 784), np.arange(20) % 10


def test_shapes_and_types(pages):
    assert pages.images.shape == pages.ink.shape == (120, 256, 256)
    assert pages.images.dtype == np.uint8 and pages.ink.dtype == np.uint16
    assert pages.target_names == (*"0123456789", ".", ",", "-", "/", ":", "other")
    for boxes, labels, visible in zip(
        pages.boxes, pages.labels, pages.visible, strict=True
    ):
        assert boxes.shape == (len(labels), 4) and visible.shape == labels.shape
        assert (boxes[:, 2:] > 0).all() and (boxes[:, :2] >= 0).all()
        assert (boxes[:, :2] + boxes[:, 2:] <= 256).all()
        assert ((labels >= 0) & (labels < 16)).all()
        assert ((visible >= 0) & (visible <= 1 + 1e-6)).all()


def test_each_digit_and_sign_is_there(pages):
    counts = np.bincount(np.concatenate(pages.labels), minlength=16)
    assert counts.min() > 0
    assert counts[:10].min() > 60


def test_ink_lies_in_the_box_of_its_sign(pages):
    for ink, boxes in zip(pages.ink, pages.boxes, strict=True):
        for number in np.unique(ink[ink > 0]):
            left, top, width, height = boxes[number - 1]
            rows, columns = np.nonzero(ink == number)
            assert left <= columns.min() and columns.max() < left + width
            assert top <= rows.min() and rows.max() < top + height


def test_whole_signs_have_ink(pages):
    for ink, visible in zip(pages.ink, pages.visible, strict=True):
        with_ink = np.bincount(ink.ravel(), minlength=len(visible) + 1)[1:] > 0
        # some are written over by their neighbours
        assert with_ink[visible > 0.9].sum() >= 0.9 * (visible > 0.9).sum()


def test_ink_differs_from_the_paper_around_it(pages):
    shares = []
    for image, ink, boxes in zip(pages.images, pages.ink, pages.boxes, strict=True):
        differs = []
        for number, (left, top, width, height) in enumerate(boxes, 1):
            place = slice(top, top + height), slice(left, left + width)
            own, paper = ink[place] == number, ink[place] == 0
            if own.sum() > 20 and paper.sum() > 20:
                part = image[place].astype(float)
                differs.append(abs(part[own].mean() - part[paper].mean()) > 5)
        shares += [np.mean(differs)] if differs else []
    # some are faint, but hardly a page has nothing else
    assert len(shares) > 25 and np.mean(np.array(shares) > 0.7) > 0.9


def test_signs_move_with_a_camera_that_is_held_askew():
    from skdigits.datasets.pages._light_and_camera import camera_view, viewed
    from skdigits.datasets.pages._make_digit_pages import _signs_in

    owner = np.zeros((80, 120), np.uint16)
    boxes = np.array([[50, 30, 60, 50], [0, 0, 12, 15], [100, 5, 106, 9]], np.int32)
    for number, (left, top, right, bottom) in enumerate(boxes, 1):
        owner[top:bottom, left:right] = number
    shares = []
    for seed in range(20):
        view = camera_view(owner.shape, np.random.default_rng(seed))
        for corner in (0, 0), (120, 0), (120, 80), (0, 80):
            x, y, share = view @ (*corner, 1)
            assert -1e-6 <= x / share <= 120 + 1e-6 and -1e-6 <= y / share <= 80 + 1e-6
        ink, moved, visible = _signs_in(view, owner, boxes, np.ones(3, np.float32))
        assert_array_equal(ink, viewed(owner, view, smooth=False))
        rows, columns = np.nonzero(ink == 1)
        left, top, right, bottom = moved[0]
        assert (left, top) == (columns.min(), rows.min())
        assert (right, bottom) == (columns.max() + 1, rows.max() + 1)
        assert visible[0] == 1 and not np.array_equal(moved[0], boxes[0])
        shares.append(visible[1])
    # the one in the corner is cut by more or less
    assert min(shares) < 0.6 < 0.8 < max(shares) <= 1


def test_the_seed_decides(pages):
    again = make_digit_pages(3, random_state=0, n_jobs=2)
    assert_array_equal(again.images, pages.images[:3])
    assert_array_equal(again.labels[2], pages.labels[2])
    other = make_digit_pages(1, random_state=1)
    assert not np.array_equal(other.images[0], pages.images[0])
    state = np.random.RandomState(0)
    assert_array_equal(make_digit_pages(1, random_state=state).images, again.images[:1])


@pytest.mark.parametrize("shape", [(32, 32), (40, 300), (301, 97)])
def test_any_shape(shape):
    data = make_digit_pages(12, shape=shape, random_state=0)
    assert data.images.shape == (12, *shape)


def test_images_of_digits_are_written_anew(rows):
    X, y = rows
    data = make_digit_pages(12, digits=(X, y), random_state=0)
    same = make_digit_pages(12, digits=(X.reshape(-1, 28, 28), y), random_state=0)
    assert_array_equal(data.images, same.images)
    as_text = make_digit_pages(12, digits=(X, y.astype(str)), random_state=0)
    assert_array_equal(data.images, as_text.images)
    plain = make_digit_pages(12, random_state=0)
    assert not np.array_equal(data.images, plain.images)


def test_fonts():
    import matplotlib

    font = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"
    data = make_digit_pages(12, fonts=[font], random_state=0)
    plain = make_digit_pages(12, random_state=0)
    assert not np.array_equal(data.images, plain.images)


@pytest.mark.parametrize(
    "params, message",
    [
        ({"n_samples": 0}, "Got n_samples=0, but expected an integer of at least 1"),
        (
            {"shape": (31, 256)},
            r"Got shape=\(31, 256\), but expected a height and a wi",
        ),
        ({"shape": 256}, "Got shape=256, but expected a height and a width"),
        ({"shape": (64, 64, 3)}, r"Got shape=\(64, 64, 3\), but expected a height"),
        ({"digits": (np.ones((3, 10)), np.arange(3))}, r"of shapes \(3, 10\) and \(3,"),
        ({"digits": (np.ones((3, 64)), np.arange(2))}, r"of shapes \(3, 64\) and \(2,"),
        ({"digits": np.ones((3, 64))}, "Got digits=.*, but expected a tuple of images"),
        ({"digits": 3}, "Got digits=3, but expected a tuple of images and labels"),
        ({"digits": ([], [])}, "but expected a tuple of images and labels"),
        ({"digits": ([[1], [1, 2]], [0, 1])}, "expected a tuple of images and labels"),
        ({"digits": (np.full((3, 64), 255), np.arange(3))}, "without an image of 3"),
        ({"fonts": ["no.ttf"]}, "Got fonts=.*no.ttf.*, but expected font files, and "),
        ({"fonts": "no.ttf"}, "Got fonts=.*no.ttf.*, but expected font files, and "),
        ({"n_jobs": 0}, "n_jobs"),
    ],
)
def test_errors(params, message):
    with pytest.raises(ValueError, match=message):
        make_digit_pages(**{"n_samples": 2, "random_state": 0, **params})


def test_some_writers_cross_sevens():
    from skdigits.datasets.pages._writer import Writer

    stem = np.zeros((28, 28), np.uint8)
    stem[4:24, 12:16] = stem[4:8, 6:16] = 255
    widths = {True: [], False: []}
    for seed in range(60):
        writer = Writer(np.random.default_rng(seed), [stem[None]] * 10)
        if writer.way == "images":
            ink = writer.digit(7, 40)
            ink = ink > 0.5
            middle = slice(len(ink) * 2 // 5, len(ink) * 3 // 4)
            widths[writer.crosses_sevens].append(ink[middle].any(axis=0).mean())
    assert min(map(len, widths.values())) > 5
    assert np.median(widths[True]) > np.median(widths[False]) + 0.15


def test_images_are_written_in_other_proportions():
    from skdigits.datasets.pages._writer import Writer

    ring = np.zeros((28, 28), np.uint8)
    ring[4:24, 6:22] = 255
    ring[7:13, 9:19] = ring[15:21, 9:19] = 0
    middles = []
    for seed in range(80):
        writer = Writer(np.random.default_rng(seed), [ring[None]] * 10)
        if writer.way == "images":
            ink = writer.digit(8, 60)
            full = (ink[len(ink) // 4 : -len(ink) // 4] > 0.5).sum(axis=1)
            middles.append(0.25 + full.argmax() / len(ink))
    assert min(middles) < 0.42 and max(middles) > 0.58


def test_some_cells_have_fractions(monkeypatch):
    from skdigits.datasets.pages import _make_digit_pages, _page_layouts

    monkeypatch.setattr(_make_digit_pages, "LAYOUTS", {_page_layouts.table: 1.0})
    written = []
    monkeypatch.setattr(
        _page_layouts, "a_fraction", lambda hand, x, *_: written.append(x)
    )
    make_digit_pages(30, random_state=0, n_jobs=1)
    assert len(written) > 3


def test_waves_are_finer_than_digits():
    from skdigits.datasets.pages._light_and_camera import waves

    for seed in range(10):
        lines = waves((80, 120), np.random.default_rng(seed))
        assert lines.shape == (80, 120)
        assert 0.01 < lines.max() <= 0.4 and lines.mean() < 0.75 * lines.max()


def test_upright_line_ends_begin_at_an_edge():
    from skdigits.datasets.pages._light_and_camera import line_ends

    for seed in range(30):
        lines = line_ends((90, 120), np.random.default_rng(seed), 20)
        assert lines.any() and 0 <= lines.min() and lines.max() <= 1
        pieces, n = ndimage.label(lines > 0)
        for rows, columns in ndimage.find_objects(pieces):
            tall, wide = rows.stop - rows.start, columns.stop - columns.start
            if tall > 2 * wide:
                assert rows.start == 0 or rows.stop == 90, seed


@pytest.mark.parametrize("turns", range(4))
def test_words_are_printed_beside_the_writing(turns, monkeypatch):
    import matplotlib

    from skdigits.datasets.pages import _page_layouts
    from skdigits.datasets.pages._sheet import Hand, Sheet
    from skdigits.datasets.pages._writer import Writer

    monkeypatch.setattr(_page_layouts, "_turns", lambda rng: turns)
    font = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf"
    printed = 0
    for seed in range(10):
        writer = Writer(np.random.default_rng(seed), None, [font])
        hand = Hand(Sheet((120, 200)), writer, 20)
        _page_layouts.single(hand)
        boxes = list(hand.sheet.boxes)
        _page_layouts.words_beside(hand)
        assert hand.sheet.boxes == boxes
        assert not (hand.sheet.lines[hand.sheet.ink > 0.5] > 0.5).any()
        printed += hand.sheet.lines.any()
    assert printed > 5


def test_only_long_words_have_letters_that_look_like_digits():
    from skdigits.datasets.pages._page_layouts import _word

    words = [_word(np.random.default_rng(seed)) for seed in range(500)]
    short = "".join(word for word in words if len(word) < 3)
    assert short and not set(short) & set("lIOSZ")
    assert set("lIOSZ") <= set("".join(words))
