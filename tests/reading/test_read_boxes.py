"""The boxes of a form: what is read in each, and where they come from."""

import numpy as np
import pytest
from _sheets import blank, write
from PIL import Image

import skdigits
from skdigits.reading import load_boxes, read_boxes

BOXES = {
    "id": (20, 20, 250, 80),
    "points": (300, 20, 90, 80),
    "page": (20, 120, 90, 70),
}


@pytest.fixture(scope="module")
def form():
    """Two numbers in boxes, an empty box, and a number that is in none."""
    sheet = blank()
    write(sheet, "174", left=40, top=35)
    write(sheet, "7", left=325, top=35)
    write(sheet, "23", left=250, top=135)
    return sheet


def texts(readings):
    return {name: reading.text for name, reading in readings.items()}


def test_each_box_is_read_and_nothing_else(form):
    readings = read_boxes(form, BOXES)
    assert texts(readings) == {"id": "174", "points": "7", "page": ""}
    assert list(readings["page"].digits) == list(readings["id"].digits)


def test_digits_are_placed_on_the_page(form):
    (seven,) = read_boxes(form, BOXES)["points"].boxes
    assert seven.left == pytest.approx(325, abs=4)
    assert seven.top == pytest.approx(35, abs=4)
    assert seven.height == pytest.approx(50, abs=6)
    assert (seven.line, seven.number) == (0, 0)


def test_shares_of_the_page(form):
    shares = {
        name: (left / 400, top / 200, width / 400, height / 200)
        for name, (left, top, width, height) in BOXES.items()
    }
    large = form.resize((800, 400))
    for page in (form, large):
        assert texts(read_boxes(page, shares)) == texts(read_boxes(form, BOXES))


def test_a_box_ends_where_the_page_ends(form):
    boxes = {"points": (300, 0, 500, 110)}
    assert texts(read_boxes(form, boxes)) == {"points": "7"}


def test_a_box_mostly_beside_the_page_that_is_empty(form):
    """Nobody would notice that it was measured at another scale."""
    boxes = {"id": (20, 20, 250, 80), "a": (380, 190, 250, 80), "b": (10, 170, 30, 90)}
    message = r"No digit was found in the boxes \['a', 'b'\], .* of 400 x 200 pixels"
    with pytest.warns(UserWarning, match=message):
        readings = read_boxes(form, boxes)
    assert texts(readings) == {"id": "174", "a": "", "b": ""}


def test_a_digit_is_in_the_box_of_its_middle():
    """Though it goes over the edge; what is beside the box is in none."""
    sheet = blank()
    write(sheet, "385", left=60, top=60)
    boxes = {"all": (66, 64, 150, 42), "first": (66, 64, 30, 42)}
    readings = read_boxes(sheet, boxes)
    assert texts(readings) == {"all": "385", "first": "3"}
    assert readings["all"].boxes[0].left < 66 and readings["all"].boxes[0].top < 64


def test_each_image_and_each_page(form, tmp_path):
    form.save(tmp_path / "a.tif", save_all=True, append_images=[blank()])
    one, (first, second) = read_boxes([form, tmp_path / "a.tif"], BOXES)
    assert texts(one) == texts(first) == {"id": "174", "points": "7", "page": ""}
    assert set(texts(second).values()) == {""}


def test_a_form_is_read_as_it_lies(form):
    """One that lies on its side has its boxes elsewhere."""
    sheet = blank()
    write(sheet, "2457")
    turned = sheet.transpose(Image.Transpose.ROTATE_90)
    assert skdigits.read_digits(turned).rotation == 270
    width, height = turned.size
    reading = read_boxes(turned, {"all": (0, 0, width, height)})["all"]
    assert reading.rotation == 0 and reading.text != "2457"


def test_a_threshold(form):
    readings = read_boxes(form, BOXES, min_confidence=1)
    assert texts(readings) == {"id": "???", "points": "?", "page": ""}


@pytest.mark.parametrize(
    "boxes, message",
    [
        ([(1, 1, 5, 5)], r"Got boxes=\[.*, but expected a dict that maps"),
        ({}, "Got boxes={}, but expected a dict that maps"),
        ({"a": (1, 1, 5)}, r"Got the box 'a' with \(1, 1, 5\), but expected left, top"),
        ({"a": (-1, 1, 5, 5)}, "Got the box 'a' with .*, but expected left, top"),
        ({"a": (1, 1, 0, 5)}, "Got the box 'a' with .*, but expected left, top"),
        ({"a": (1, 1, np.nan, 5)}, "Got the box 'a' with .*, but expected left, top"),
        ({"a": (1, 1, 1e308, 5), "b": (1e308, 1, 1e308, 5)}, "Got the box 'b' with"),
        (
            {"a": (0.1, 0.1, 1.001, 0.5)},
            "Got the box 'a' .* expected all in pixels",
        ),
        ({"a": "wide"}, "Got the box 'a' with 'wide', but expected left, top"),
        (
            {"a": (400, 10, 50, 50)},
            "Got the box 'a' of .* which lies outside the page of 400 x 200 pixels, "
            "but expected one on the page. Measure boxes on images of this size, or",
        ),
        ({"a": (1, 0, 0.5, 0.5)}, "Got the box 'a' .* which lies outside the page"),
    ],
)
def test_what_is_no_box(boxes, message):
    with pytest.raises(ValueError, match=message):
        read_boxes(blank(), boxes)


class TestLoadBoxes:
    def test_columns_in_any_order(self, tmp_path):
        path = tmp_path / "form.csv"
        text = "height, width, top, left, name\n4, 3, 2, 1, Übung 1\n\n8, 7, 6, 5, b\n"
        # as spreadsheets save it
        path.write_text(text, encoding="utf-8-sig")
        boxes = load_boxes(path)
        assert boxes == {"Übung 1": (1, 2, 3, 4), "b": (5, 6, 7, 8)}
        assert list(boxes) == ["Übung 1", "b"]

    def test_semicolons_and_decimal_commas(self, tmp_path):
        """As spreadsheets save it in half of Europe."""
        path = tmp_path / "form.csv"
        path.write_text("name;left;top;width;height\na, b;0,1;0.2;0,3;1\n")
        assert load_boxes(path) == {"a, b": (0.1, 0.2, 0.3, 1)}

    @pytest.mark.parametrize(
        "content, message",
        [
            (
                "name,left\na,1\n",
                r"with the columns \['name', 'left'\], but expected t",
            ),
            ("", "with the columns None, but expected the columns name, left, top"),
            ("name,left,top,width,height\n", "with no box, but expected at least one"),
            ("name,left,top,width,height\na,1,2,3,x\n", "Got the box 'a' with .*'x'"),
            ("name,left,top,width,height\na,1,2,3\n", "Got the box 'a' with .*None"),
            ("name,left,top,width,height\n,1,2,3,4\n", "with '' as a name in line 2"),
            ("name,left,top,width,height\na,1,2,3,4,5\n", "with 'a' as a name in line"),
            (
                "name,left,top,width,height\na,1,2,3,4\na,1,2,3,4\n",
                "with 'a' as a name in line 3, but expected one box per line, "
                "each with a name of its own",
            ),
            ("name,left,top,width,height\na," + 200_000 * "1", "larger than field li"),
            (b"\xff\xfe\0", "with other bytes, but expected a CSV file in UTF-8"),
        ],
    )
    def test_other_content(self, tmp_path, content, message):
        path = tmp_path / "form.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ValueError, match=message) as caught:
            load_boxes(path)
        assert "form.csv" in str(caught.value)

    def test_no_file(self, tmp_path):
        with pytest.raises(
            FileNotFoundError, match="but expected an existing file of boxes"
        ):
            load_boxes(tmp_path / "form.csv")
        with pytest.raises(ValueError, match=r"cannot be read \(it is not a regular"):
            load_boxes(tmp_path)
