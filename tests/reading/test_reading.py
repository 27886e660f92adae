"""Reading images: what becomes of what was found and of how sure the model is."""

import io
import json
import re
from base64 import b64decode

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.linear_model import LogisticRegression

import skdigits
from skdigits.handwriting import Signs
from skdigits.reading import ReadDigit, Reading, ReadSign, _read


class Prescribed:
    """A classifier that answers as it was told: no digit, or a digit, by the width."""

    def __init__(self, probabilities, classes=(-1, *range(10))):
        self.classes_ = np.array(classes)
        self.probabilities = probabilities

    def predict_proba(self, X):
        answers = np.zeros((len(X), len(self.classes_)))
        for row, pixels in zip(answers, X, strict=True):
            wide = np.ptp(np.nonzero(pixels.reshape(28, 28))[1]) > 6
            for label, share in self.probabilities[
                "wide" if wide else "narrow"
            ].items():
                row[list(self.classes_).index(label)] = share
        return answers


ONE = {1: 0.9, -1: 0.1}


def sheet(*places, shape=(120, 90)):
    """Return paper with a bar at each place, or a ring where it has a width."""
    paper = np.full(shape, 230, dtype=np.uint8)
    for top, left, *wide in places:
        if wide:
            image = Image.fromarray(paper)
            box = left, top, left + wide[0], top + 30
            ImageDraw.Draw(image).ellipse(box, outline=40, width=4)
            paper = np.array(image)
        else:
            paper[top : top + 30, left : left + 4] = 40
    return paper


def test_tables_without_rows_have_the_same_dtypes():
    one, two = (ReadDigit(n, 0.9, 9 * n, 0, 5, 9, 0, 0) for n in (1, 2))
    point = ReadSign(".", 0.9, 15, 7, 2, 2, 0, 0, before=1)
    full = Reading(np.ones((30, 40)), [one, two], signs=[point])
    empty = skdigits.read_digits(np.full((50, 50), 255, np.uint8))
    assert len(empty.digits) == len(empty.signs) == 0
    assert empty.digits.dtypes.equals(full.digits.dtypes)
    assert empty.signs.dtypes.equals(full.signs.dtypes)
    assert full.digits["confidence"].dtype == "float64"
    assert full.signs["before"].dtype == "int64"


def test_text_has_lines_numbers_and_question_marks():
    digits = [
        ReadDigit(1, 0.9, 0, 0, 5, 9, 0, 0),
        ReadDigit(7, 0.9, 6, 0, 5, 9, 0, 0),
        ReadDigit(4, 0.9, 30, 0, 5, 9, 0, 1),
        ReadDigit(None, 0.4, 0, 20, 5, 9, 1, 0),
    ]
    reading = Reading(np.ones((30, 40)), digits)
    assert reading.text == "17 4\n?"
    assert repr(reading) == r"Reading('17 4\n?')"


def test_digits_is_a_table():
    digits = [
        ReadDigit(1, 0.9, 20, 10, 4, 30, 0, 0),
        ReadDigit(None, 0.4, 40, 10, 14, 30, 0, 0),
    ]
    reading = Reading(np.ones((60, 80)), digits)
    table = reading.digits
    assert list(table.columns) == list(ReadDigit.__annotations__)
    assert table["digit"].isna().tolist() == [False, True]
    assert table.loc[0, ["left", "top", "width", "height"]].tolist() == [20, 10, 4, 30]


def test_signs_are_a_table_and_stand_in_the_text():
    digits = [
        ReadDigit(digit, 0.9, 10 * i, 0, 5, 9, 0, 0)
        for i, digit in enumerate((3, 1, 4))
    ]
    signs = [ReadSign(".", 0.8, 6, 8, 2, 2, 0, 0, before=1)]
    reading = Reading(np.ones((30, 40)), digits, signs=signs)
    assert reading.text == "3.14"
    assert reading.signs["sign"].tolist() == ["."]
    assert reading.signs["before"].tolist() == [1]
    assert reading.digits["digit"].tolist() == [3, 1, 4]


def test_boxes_are_those_of_the_ink():
    (box,) = skdigits.read_digits(sheet((10, 20))).boxes
    assert np.abs(np.subtract(box[2:6], (20, 10, 4, 30))).max() <= 2


def test_forms_are_what_the_classifier_saw():
    shown = []

    class Watched(Prescribed):
        def predict_proba(self, X):
            shown.extend(X)
            return super().predict_proba(X)

    model = Watched({"narrow": ONE, "wide": {0: 0.9}})
    forms = skdigits.read_digits(sheet((10, 20), (10, 40, 14)), model=model).forms
    assert forms.shape == (2, 28, 28) and forms.dtype == np.uint8
    for form in forms:
        assert any((form.ravel() == row).all() for row in shown)
    blank = skdigits.read_digits(sheet(), model=model)
    assert blank.forms.shape == (0, 28, 28)


def test_blank_paper_has_non_digits():
    reading = skdigits.read_digits(sheet(), model=Prescribed({"narrow": ONE}))
    assert reading.text == "" and len(reading.digits) == 0


def test_min_confidence_decides_what_is_unsure():
    paper = sheet((10, 20))
    (box,) = skdigits.read_digits(paper).boxes
    higher = (1 + box.confidence) / 2
    assert skdigits.read_digits(paper, min_confidence=0).text == "1"
    assert skdigits.read_digits(paper, min_confidence=box.confidence).text == "1"
    assert skdigits.read_digits(paper, min_confidence=higher).text == "?"


def test_the_classifier_has_its_say():
    paper = sheet((10, 20))
    surer = Prescribed({"narrow": {1: 1.0}})
    doubtful = Prescribed({"narrow": {7: 0.99, 1: 0.01}})
    confidences = [
        skdigits.read_digits(paper, model=model).boxes[0].confidence
        for model in (surer, doubtful)
    ]
    assert confidences[1] < confidences[0]


def test_a_model_that_knows_no_other_things_reads_them_as_digits():
    model = Prescribed({"narrow": {1: 1.0}}, classes=range(10))
    assert skdigits.read_digits(sheet((10, 20)), model=model).text == "1"


def test_what_is_no_fitted_classifier_is_refused():
    for model in (3, skdigits.DigitCNN()):
        with pytest.raises(ValueError, match="but expected a fitted classifier with"):
            skdigits.read_digits(sheet((10, 20)), model=model)


def test_a_model_of_letters_is_refused():
    model = Prescribed({"narrow": {"a": 1.0}}, classes=["a", "b"])
    with pytest.raises(ValueError, match=r"classes \['a', 'b'\], but expected digits"):
        skdigits.read_digits(sheet((10, 20)), model=model)


@pytest.mark.parametrize(
    "make",
    [
        lambda X, y: skdigits.make_digit_pipeline(filters=4, epochs=1).fit(X, y),
        lambda X, y: LogisticRegression(max_iter=5, tol=1).fit(X, y),
        lambda X, y: skdigits.DigitCNN(filters=4, epochs=1).fit(
            np.zeros((20, 28, 28, 3)), [0, 1] * 10
        ),
    ],
    ids=["pipeline", "other", "colour"],
)
def test_a_model_of_other_images_is_refused(make):
    with pytest.raises(ValueError, match=r"images of .* but expected one for 28 x 28"):
        skdigits.read_digits(sheet(), model=make(np.eye(20, 64), [0, 1] * 10))


def test_a_list_gives_a_list_also_in_several_processes():
    papers = [sheet((10, 20)), sheet((10, 20), (60, 20))]
    texts = [
        [reading.text for reading in skdigits.read_digits(papers, n_jobs=n_jobs)]
        for n_jobs in (None, 2)
    ]
    assert texts == [["1", "1\n1"]] * 2


@pytest.mark.parametrize("min_confidence", [-0.1, 1.5, "high"])
def test_min_confidence_is_a_probability(min_confidence):
    with pytest.raises(ValueError, match="Got min_confidence=.* expected a number in"):
        skdigits.read_digits(sheet(), min_confidence=min_confidence)


@pytest.mark.parametrize("n_jobs", [0, "x", 1.5, True, 10**6])
def test_n_jobs_counts_processes(n_jobs):
    with pytest.raises(
        ValueError, match="Got n_jobs=.* expected a number of processes"
    ):
        skdigits.read_digits([sheet()], n_jobs=n_jobs)


def test_what_is_no_image_is_refused(tmp_path):
    (tmp_path / "no.png").write_text("text")
    with pytest.raises(ValueError, match=r"no\.png'.*but expected an image"):
        skdigits.read_digits(tmp_path / "no.png")
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        skdigits.read_digits(np.zeros(4))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_an_error_tells_which_image_of_a_list_it_is(tmp_path, n_jobs):
    (tmp_path / "no.png").write_text("text")
    message = r"Got {}, which cannot be decoded .* It is image 1 of the list, counted f"
    for bad, name in ((b"text", "an image"), (tmp_path / "no.png", ".*no.png'")):
        with pytest.raises(ValueError, match=message.format(name)):
            skdigits.read_digits([sheet(), bad], n_jobs=n_jobs)


def test_plot_shows_a_box_for_each_digit():
    reading = skdigits.read_digits(sheet((10, 20), (60, 20)))
    ax = reading.plot()
    assert len(ax.patches) == 2
    assert [text.get_text() for text in ax.texts] == ["1", "1"]
    corner = ax.patches[0].get_bbox()
    assert np.abs([corner.x0 - 19.5, corner.y0 - 9.5, corner.height - 30]).max() <= 2
    json.dumps([box._asdict() for box in reading.boxes])


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((60, 80), (240, 180)),
        ((400, 600), (600, 400)),
        ((3000, 4000), (800, 600)),
        ((4, 5000), (800, 1)),
    ],
)
def test_a_notebook_shows_image_text_and_table(shape, size):
    """No wider than the page, and large enough to see; without pyplot."""
    sure = ReadDigit(1, 0.9, 8, 0, 4, 4, 0, 0)
    unsure = ReadDigit(None, 0.4, 20, 0, 4, 4, 0, 0)
    reading = Reading(np.full(shape, 0.5), [sure, unsure])
    html = reading._repr_html_()
    (content,) = re.findall('<img src="data:image/jpeg;base64,(.*?)" alt="The', html)
    image = Image.open(io.BytesIO(b64decode(content)))
    assert (image.size, image.mode) == (size, "RGB")
    assert "<pre>1?</pre>" in html
    assert "<summary>2 digits</summary><table" in html
    assert not plt.get_fignums()


def test_a_notebook_shows_blue_boxes_and_orange_ones_where_unsure():
    boxes = [
        ReadDigit(1, 0.9, 10, 20, 20, 30, 0, 0),
        ReadDigit(None, 0.4, 45, 20, 20, 30, 0, 0),
    ]
    html = Reading(np.ones((60, 80)), boxes)._repr_html_()
    (content,) = re.findall('base64,(.*?)"', html)
    pixels = np.asarray(Image.open(io.BytesIO(b64decode(content))), int)
    # three times as large
    for left, colour in ((30, (31, 119, 180)), (135, (255, 127, 14))):
        assert np.abs(pixels[100, left] - colour).max() < 60
        assert np.abs(pixels[100, left + 30] - 255).max() < 20


def test_a_reading_that_a_user_made_is_shown_too():
    """Whatever its boxes and grey levels are: a notebook would print a traceback."""
    boxes = [
        ReadDigit(1, 0.9, -9, 95, 0, 0, 0, 0),
        ReadDigit(2, 1, 5, 5, 999, 999, 0, 0),
    ]
    image = np.array([[np.nan, -1], [2, np.inf]])
    assert Reading(image, boxes)._repr_html_().startswith("<img")
    assert Reading(np.ones((9, 9)), [])._repr_html_().startswith("<img")


def test_a_dash_is_no_one():
    paper = np.full((60, 60), 230, dtype=np.uint8)
    paper[28:33, 15:45] = 40
    assert skdigits.read_digits(paper).text == ""
    assert skdigits.read_digits(paper.T).text == "1"


@pytest.mark.parametrize("cross", [(60, 20), (70, 50)])
@pytest.mark.parametrize("length", [24, 39])
def test_a_dash_is_no_sheet_on_its_side(length, cross):
    image = Image.new("L", (90, 80), 240)
    draw = ImageDraw.Draw(image)
    draw.line((20, 40, 20 + length, 38), fill=30, width=4)
    x, y = cross
    draw.line((x, y, x + 8, y + 14), fill=30, width=3)
    draw.line((x + 8, y, x, y + 14), fill=30, width=3)
    reading = skdigits.read_digits(image)
    assert (reading.text, reading.rotation) == ("", 0)


@pytest.mark.parametrize("height", [20, 30])
def test_a_thin_one_is_read_where_there_is_little_paper(height):
    paper = np.full((90, 40), 230, np.uint8)
    paper[(90 - height) // 2 :, 18:21][:height] = 40
    assert skdigits.read_digits(paper).text == "1"


@pytest.mark.parametrize("confidence, rotation", [(0.75, 0), (0.98, 90)])
def test_a_sheet_is_turned_only_if_it_is_read_better_than_as_it_lies(
    confidence, rotation, monkeypatch
):
    """Of letters on their side, many look a little like digits."""

    def page(n, confidence):
        probabilities = np.zeros((n, 11))
        probabilities[:, 2] = confidence
        boxes, heat = np.tile([0, 0, 5, 9], (n, 1)), np.ones((n, 16))
        signs = Signs(boxes, heat, heat, [])
        return _read._Page(boxes, np.zeros((n, 28, 28)), probabilities, [], signs)

    def page_of(grey, *_, **__):
        # the corner of the sheet that is marked
        is_turned = grey[-1, 0] == 1
        return page(10, confidence) if is_turned else page(2, 0.95)

    monkeypatch.setattr(_read, "_page", page_of)
    monkeypatch.setattr(_read, "likely_turns", lambda grey, signs: [1, 3])
    sheet = np.zeros((40, 60), np.float32)
    sheet[0, 0] = 1
    assert skdigits.read_digits(sheet).rotation == rotation
