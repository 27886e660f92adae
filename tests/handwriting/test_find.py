"""Finding the digits of sheets that are drawn here."""

import numpy as np
import pytest
from _sheets import STROKES, blank, draw, photographed, write
from PIL import Image, ImageDraw

from skdigits.handwriting import DigitBox, find_digits


def assert_found(found, drawn, tolerance=6):
    """Each box found is, in reading order, about the one that was drawn."""
    assert len(found) == len(drawn)
    for box, (left, top, right, bottom) in zip(found, drawn, strict=True):
        assert left - tolerance <= box.left and box.top >= top - tolerance
        assert box.left + box.width <= right + tolerance
        assert box.top + box.height <= bottom + tolerance
        assert box.height >= 0.7 * (bottom - top)


def lines_of(found):
    """The number of boxes in each line."""
    return np.bincount([box.line for box in found]).tolist()


def test_boxes_are_found_in_reading_order():
    sheet = blank()
    drawn = write(sheet, "38250") + write(sheet, "941", top=120)
    found = find_digits(sheet)
    assert all(isinstance(box, DigitBox) for box in found)
    assert_found(found, drawn)
    assert lines_of(found) == [5, 3]
    assert {box.number for box in found} == {0}


@pytest.mark.parametrize("digit", range(10))
def test_one_digit_is_one_box(digit):
    sheet = blank(28, 28)
    draw(sheet, digit, 8, 4, height=20, pen=2)
    assert len(find_digits(sheet)) == 1


def test_a_wider_gap_begins_a_number():
    sheet = blank(600)
    write(sheet, "326 75 1")
    assert [box.number for box in find_digits(sheet)] == [0, 0, 0, 1, 1, 2]


@pytest.mark.parametrize("slope", [-0.12, 0.12])
def test_turned_lines_are_followed(slope):
    sheet = blank(600, 320)
    write(sheet, "27485316", top=90, slope=slope)
    write(sheet, "27485316", top=190, slope=slope)
    found = find_digits(sheet)
    assert lines_of(found) == [8, 8]
    lefts = [box.left for box in found[:8]]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("light", [0.0, 0.4, 0.7])
def test_light_noise_and_blur_do_not_matter(light):
    sheet = blank()
    drawn = write(sheet, "38250") + write(sheet, "941", top=120)
    assert_found(find_digits(photographed(sheet, light)), drawn)


def test_light_ink_on_dark_paper():
    sheet = blank()
    drawn = write(sheet, "38250")
    assert_found(find_digits(255 - np.asarray(sheet)), drawn)


def test_faint_digits_beside_dark_ones():
    sheet = blank()
    drawn = write(sheet, "382", grey=30) + write(sheet, "60", left=200, grey=130)
    assert_found(find_digits(photographed(sheet, 0.2)), drawn)


@pytest.mark.parametrize("squares", [False, True])
def test_lines_of_the_paper_are_non_digits(squares):
    sheet = blank(500, 300, grey=225)
    drawing = ImageDraw.Draw(sheet)
    for y in range(15, 300, 75):
        drawing.line([(0, y), (499, y + 6)], fill=150, width=2)
    for x in range(20, 500, 75) if squares else ():
        drawing.line([(x, 0), (x - 4, 299)], fill=150, width=2)
    drawn = write(sheet, "3852", top=42) + write(sheet, "694", top=117)
    found = find_digits(photographed(sheet, 0.3, noise=2))
    assert lines_of(found) == [4, 3]
    assert_found(found, drawn, tolerance=10)


def test_digits_higher_than_their_lines_are_apart_are_found_whole():
    sheet = blank(700, 320, grey=230)
    pen = ImageDraw.Draw(sheet)
    for row in range(40, 320, 50):
        pen.line([(0, row), (700, row)], fill=150, width=2)
    drawn = write(sheet, "114711", top=112, height=60, grey=40)
    assert_found(find_digits(sheet), drawn)


def test_the_boxes_of_a_form_are_non_digits():
    sheet = blank(420, 90, grey=245)
    drawing = ImageDraw.Draw(sheet)
    for y in 8, 80:
        drawing.line([(5, y), (411, y)], fill=40, width=2)
    for x in range(5, 420, 58):
        drawing.line([(x, 8), (x, 80)], fill=40, width=2)
    drawn = [draw(sheet, d, 19 + 58 * i, 22, 44) for i, d in enumerate((0, 1, 8, 2))]
    assert_found(find_digits(sheet), drawn)


def test_a_lone_upright_one_is_no_separator():
    sheet = blank(60, 60)
    ImageDraw.Draw(sheet).line([(30, 2), (30, 57)], fill=60, width=3)
    assert len(find_digits(sheet)) == 1


def test_a_drawn_frame_is_no_digit():
    sheet = blank(400, 200)
    ImageDraw.Draw(sheet).rectangle([20, 20, 380, 180], outline=60, width=4)
    drawn = write(sheet, "385", left=80, top=70)
    assert_found(find_digits(sheet), drawn)


def test_specks_and_the_table_are_non_digits():
    sheet = blank(500, 300)
    drawn = write(sheet, "38250", top=80)
    drawing = ImageDraw.Draw(sheet)
    random = np.random.default_rng(0)
    for x, y in random.integers(20, (480, 250), (60, 2)):
        drawing.ellipse([x, y, x + 2, y + 2], fill=80)
    drawing.rectangle([0, 285, 499, 299], fill=40)
    found = find_digits(sheet)
    assert len(found) == len(drawn)
    assert max(box.top + box.height for box in found) < 150


def test_broken_strokes_belong_together():
    sheet = blank()
    bar, body = [(2, 0), (6, 0)], STROKES[5][0][1:]
    draw(sheet, 5, 40, 40, strokes=[bar, body])
    draw(sheet, 4, 120, 40, strokes=[STROKES[4][0][:2] + [(3, 6)], [(4, 3), (4, 10)]])
    assert len(find_digits(sheet)) == 2


@pytest.mark.parametrize("large", [1, 2])
def test_boxes_are_in_pixels_of_a_large_image(large):
    sheet = blank(2400 * large, 1200 * large)
    measures = {"top": 240 * large, "height": 300 * large, "pen": 24 * large}
    drawn = write(sheet, "38250", **measures)
    assert_found(find_digits(sheet), drawn, tolerance=30 * large)


def test_blank_paper_and_noise_have_non_digits():
    assert find_digits(blank()) == []
    assert find_digits(photographed(blank())) == []
    noise = np.random.default_rng(0).integers(0, 256, (200, 300), dtype=np.uint8)
    assert len(find_digits(noise)) <= 3


def test_orientation_of_a_camera_is_applied(tmp_path):
    sheet = blank()
    drawn = write(sheet, "38250")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    sheet.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.png", exif=exif)
    assert_found(find_digits(tmp_path / "a.png"), drawn)


def test_what_is_no_image_is_refused():
    with pytest.raises(ValueError, match="Got an image as an array of shape"):
        find_digits(np.zeros(5))


def test_ruling_that_winds_is_no_writing():
    sheet = blank(1500, 400)
    x = np.arange(1500)
    ink = ImageDraw.Draw(sheet)
    for middle in (120, 220, 320):
        y = middle + 12 * np.sin(x / 150)
        ink.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=120, width=2)
    drawn = write(sheet, "4758", left=300, top=175)
    assert_found(find_digits(np.asarray(sheet)), drawn)
