"""The pretrained model, and what is read with it from sheets that are drawn here."""

import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from _sheets import blank, photographed, write
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

import skdigits
from skdigits.persistence import read_card
from skdigits.reading import PRETRAINED

TEXT = "40725 981\n3612 5047"


def sheet(grey=215, **pen):
    """Return two lines of digits."""
    image = blank(620, 300, grey)
    for top, line in zip((50, 170), TEXT.split("\n"), strict=True):
        write(image, line, top=top, **pen)
    return image


def shadowed(image):
    shadow = Image.new("L", image.size, 255)
    ImageDraw.Draw(shadow).polygon([(300, 0), (620, 0), (620, 300), (200, 300)], 120)
    shadow = np.asarray(shadow.filter(ImageFilter.GaussianBlur(9))) / 255
    return (np.asarray(image) * shadow).astype(np.uint8)


def ruled(image, squares=False):
    pen = ImageDraw.Draw(image)
    for y in range(20, 300, 42):
        pen.line([(0, y), (620, y + 6)], fill=150, width=2)
    for x in range(10, 620, 42) if squares else ():
        pen.line([(x, 0), (x - 6, 300)], fill=150, width=2)
    return image


def on_a_table(image):
    """Return the sheet on something dark that is seen below its edge."""
    return ImageOps.expand(image, (0, 0, 40, 60), fill=50)


def dusty(image):
    rng = np.random.default_rng(0)
    grey = np.array(image)
    for row, column in rng.integers(0, (298, 618), (60, 2)):
        grey[row : row + 2, column : column + 2] = 90
    return grey


PAPER = {
    "plain": lambda: sheet(),
    "chalk": lambda: ImageOps.invert(sheet()),
    "pencil": lambda: sheet(grey=160, pen=3),
    "marker": lambda: sheet(pen=8),
    "photo": lambda: photographed(sheet()),
    "blurred": lambda: photographed(sheet(), light=0.1, blur=2.0),
    "shadow": lambda: shadowed(sheet()),
    "ruled": lambda: photographed(ruled(sheet())),
    "squared": lambda: photographed(ruled(sheet(), squares=True)),
    "turned": lambda: sheet().rotate(4, fillcolor=215),
    "small": lambda: sheet(pen=6).resize((310, 150), Image.Resampling.BOX),
    "large": lambda: sheet().resize((2480, 1200)),
    "table": lambda: on_a_table(sheet()),
    "dusty": lambda: dusty(sheet()),
    "colour": lambda: ImageOps.colorize(sheet(), "darkblue", "mistyrose"),
}


@pytest.mark.parametrize("paper", PAPER)
def test_sheets_are_read(paper):
    assert skdigits.read_digits(PAPER[paper]()).text == TEXT


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_sheet_is_read_turned_and_boxes_stay_where_the_digits_are(turns):
    upright = np.asarray(sheet())
    reading = skdigits.read_digits(np.rot90(upright, -turns))
    assert reading.text == TEXT
    assert reading.rotation == 90 * turns
    height, width = upright.shape
    first = skdigits.read_digits(upright).boxes[0]
    middle = np.zeros((height, width), int)
    middle[first.top + first.height // 2, first.left + first.width // 2] = 1
    (row,), (column,) = np.nonzero(np.rot90(middle, -turns))
    box = reading.boxes[0]
    assert box.left <= column < box.left + box.width
    assert box.top <= row < box.top + box.height


def test_a_given_rotation_is_not_questioned():
    """Digits such as 6 and 9 look like others if they are upside down."""
    upside_down = np.rot90(np.asarray(sheet()), 2)
    reading = skdigits.read_digits(upside_down, rotation=0)
    assert reading.rotation == 0 and reading.text != TEXT
    reading = skdigits.read_digits(upside_down, rotation=180)
    assert (reading.rotation, reading.text) == (180, TEXT)


@pytest.mark.parametrize("rotation", [45, -90, 360, "90", 90.0, np.zeros(2)])
def test_only_quarter_turns(rotation):
    with pytest.raises(ValueError, match=r"^Got rotation=.*, but expected 0, 90, 180"):
        skdigits.read_digits(np.ones((40, 40)), rotation=rotation)


@pytest.mark.parametrize("heading", ["Score sheet - Shots, fouls", "Saturday results"])
@pytest.mark.parametrize("turns", [0, 2])
def test_a_heading_in_print_does_not_turn_a_sheet(heading, turns):
    """Its letters look like small digits if they are upside down."""
    image = blank(1000, 300, 255)
    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    font = ImageFont.truetype(fonts / "DejaVuSans.ttf", 34)
    ImageDraw.Draw(image).text((40, 20), heading, fill=0, font=font)
    for left, number in (325, "945"), (725, "104"):
        write(image, number, left=left, top=150, height=64, gap=0.2)
    reading = skdigits.read_digits(np.rot90(image, -turns))
    assert reading.rotation == 90 * turns
    # some letters of a heading may still be read, on a line of their own
    assert reading.text.replace(" ", "").split("\n")[-1] == "945104"


@pytest.mark.parametrize(
    "strokes",
    [
        [[(24, 22), (38, 44)]],
        [[(28, 24), (32, 18), (27, 44)], [(18, 46), (44, 42)]],
    ],
    ids=["leaning to the left", "on a long foot"],
)
def test_a_one_alone_is_read_though_the_page_network_is_not_sure(strokes):
    image = Image.new("L", (256, 256), 200)
    for stroke in strokes:
        points = [(4 * x, 4 * y) for x, y in stroke]
        ImageDraw.Draw(image).line(points, fill=90, width=12)
    reading = skdigits.read_digits(image.resize((64, 64), Image.Resampling.BOX))
    assert reading.text == "1"
    assert reading.boxes[0].confidence > 0.8


def test_digits_that_touch_are_read():
    image = blank(300, 120)
    write(image, "573", gap=-0.02)
    assert skdigits.read_digits(image).text == "573"


def test_steps_and_classes():
    pipeline = skdigits.load_pretrained()
    assert list(pipeline.named_steps) == ["normalize", "scale", "reshape", "cnn"]
    assert pipeline.classes_.tolist() == [-1, *range(10)]


def test_two_of_them_share_nothing():
    one, other = skdigits.load_pretrained(), skdigits.load_pretrained()
    assert one is not other and one[-1] is not other[-1]


def test_the_card_has_the_evidence():
    card = read_card(PRETRAINED)
    assert card["command"].startswith("python -m skdigits.reading.pretraining")
    assert len(card["data"]["sha256_train"]) == 64
    low, high = card["test"]["accuracy_interval_95"]
    assert 0.99 < low < card["test"]["accuracy"] < high < 1
    assert card["test"]["calibration_error"] < 0.01
    assert {"seed", "epochs", "limits", "versions"} <= set(card)
    assert PRETRAINED.stat().st_size < 1e6


def test_reading_loads_no_tensorflow():
    code = (
        "import sys, numpy as np, skdigits;"
        "paper = np.full((60, 60), 230, np.uint8); paper[10:50, 28:33] = 40;"
        "assert skdigits.read_digits(paper).text == '1';"
        "assert skdigits.load_pretrained().predict([paper]) == [1];"
        "print({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert (result.stdout.strip(), result.stderr) == ("set()", "")


def test_what_is_no_digit_is_said_to_be_none():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (60, 60))
    scribble = blank(90, 90)
    ImageDraw.Draw(scribble).line(
        [(x, 10 + 70 * (i % 2)) for i, x in enumerate(range(5, 85, 4))], 40, 3
    )
    cross, letters = blank(60, 60), []
    ImageDraw.Draw(cross).line([(10, 10), (50, 50)], 40, 4)
    ImageDraw.Draw(cross).line([(50, 10), (10, 50)], 40, 4)
    for letter in "AEFHKMRWX":
        letters.append(blank(60, 60))
        font = ImageFont.load_default(44)
        ImageDraw.Draw(letters[-1]).text((10, 4), letter, fill=40, font=font)
    images = [blank(60, 60), noise, scribble, cross, *letters]
    assert (skdigits.load_pretrained().predict(images) == -1).mean() > 0.9
    texts = [reading.text for reading in skdigits.read_digits(images)]
    assert np.mean([any(map(str.isdigit, text)) for text in texts]) < 0.2


def test_mnist_through_the_whole_pipeline(mnist):
    X, y = mnist["test"].data[:3000], mnist["test"].target[:3000]
    pipeline = skdigits.load_pretrained()
    probabilities = pipeline.predict_proba(X)
    right = pipeline.classes_[probabilities.argmax(1)] == y.astype(int)
    assert right.mean() > 0.985
    assert probabilities.max(1).mean() == pytest.approx(right.mean(), abs=0.01)
