"""Telling writing from frames, edges, separators, specks; digits are rectangles here.

The usual height is 100 pixels, so that shares of it are easily told.
"""

import numpy as np
import pytest

from skdigits.handwriting._pieces import connected_pieces, joined
from skdigits.handwriting._writing import writing

DIGITS = [(100, 200, 60 + 120 * i, 120 + 120 * i) for i in range(4)]


def sheet(*boxes, shape=(500, 800)):
    """Return a mask with rectangles: top, bottom, left, right."""
    mask = np.zeros(shape, bool)
    for top, bottom, left, right in boxes:
        mask[top:bottom, left:right] = True
    return mask


def hollow(mask, top, bottom, left, right, pen=4):
    mask[top:bottom, left:right] = True
    mask[top + pen : bottom - pen, left + pen : right - pen] = False


def found(mask, lines=None):
    """Return the boxes of what is found, from the left, as they were given."""
    labels, pieces = connected_pieces(mask)
    lines = np.zeros_like(mask) if lines is None else lines
    groups, _ = writing(labels, pieces, lines)
    wholes = [joined(group) for group in groups]
    boxes = [(w.top, w.bottom, w.left, w.right) for w in wholes]
    return sorted(boxes, key=lambda box: (box[2], box[0]))


def is_found(box, shape=(500, 800), lines=None):
    """Whether ``box`` is found beside digits, which have to be."""
    boxes = found(sheet(*DIGITS, box, shape=shape), lines)
    assert set(DIGITS) <= set(boxes)
    return box in boxes


def test_digits_are_found_with_their_height():
    labels, pieces = connected_pieces(sheet(*DIGITS))
    groups, usual = writing(labels, pieces, np.zeros((500, 800), bool))
    assert usual == 100
    assert [len(group) for group in groups] == [1] * 4


def test_what_is_lower_than_digits_is_a_speck():
    assert is_found((300, 338, 300, 320))
    assert not is_found((300, 337, 300, 320))


def test_small_strokes_near_a_digit_are_of_it():
    def with_a_dot(size):
        dot = 208, 208 + size, 80, 80 + size
        return found(sheet(*DIGITS, dot))[0]

    assert with_a_dot(8) == (100, 216, 60, 120)
    assert with_a_dot(7) == DIGITS[0]


def test_blank_and_tiny_writing():
    assert found(np.zeros((50, 50), bool)) == []
    assert found(sheet((10, 14, 10, 13), shape=(40, 40))) == []
    assert found(sheet((10, 15, 10, 13), shape=(40, 40))) == [(10, 15, 10, 13)]


def test_beyond_four_thousand_pieces_it_is_noise():
    mask = np.zeros((402, 402), bool)
    mask[2:400:4, 2:120:3] = True
    rows, columns = np.nonzero(mask)
    assert len(rows) == 4000
    mask[:, 200:] = False
    mask[100:200, 300:360] = True
    mask[rows[0], columns[0]] = False
    assert found(mask) == [(100, 200, 300, 360)]
    mask[rows[0], columns[0]] = True
    assert found(mask) == []


class TestEdges:
    """Of 500 pixels, 65 along an edge are where frames and shadows lie."""

    @pytest.mark.parametrize("side", range(4))
    def test_what_lies_along_an_edge_is_none(self, side):
        def at_the_edge(depth, length=200):
            mask = np.zeros((500, 500), bool)
            mask[150:250, 150:210] = mask[150:250, 240:300] = True
            mask[:depth, 150 : 150 + length] = True
            turned = np.rot90(mask, side)
            boxes = found(turned)
            return len(boxes) - 2

        # 65 of 92 pixels are along the edge, and 65 of 94
        assert at_the_edge(92, 60) == 0
        assert at_the_edge(94, 60) == 1

    def test_away_from_the_edges_it_is_writing(self):
        mask = sheet((150, 250, 150, 210), (2, 62, 300, 360), shape=(500, 500))
        assert (2, 62, 300, 360) in found(mask)

    def test_the_rest_of_a_line_that_is_cut_off_is_none(self):
        digits = [(150, 250, 20, 80), (300, 400, 20, 80)]

        def n_found(box):
            return len(found(sheet(*digits, box, shape=(600, 100)))) - 2

        assert n_found((0, 69, 20, 70)) == 0
        assert n_found((0, 70, 20, 70)) == 1
        assert n_found((1, 65, 20, 70)) == 1
        assert n_found((531, 600, 20, 70)) == 0
        assert n_found((530, 600, 20, 70)) == 1
        assert n_found((531, 599, 20, 70)) == 1


class TestFrames:
    def test_what_goes_round_a_digit_is_none(self):
        mask = sheet(*DIGITS[1:])
        hollow(mask, 90, 210, 50, 130)
        assert found(mask | sheet(*DIGITS)) == DIGITS

    def test_a_nought_with_a_dot_is_a_digit(self):
        def n_boxes(dot):
            mask = sheet(*DIGITS[1:])
            hollow(mask, 300, 400, 300, 380)
            mask[330 : 330 + dot, 335:345] = True
            return found(mask)

        assert (300, 400, 300, 380) in n_boxes(35)
        assert (300, 400, 300, 380) not in n_boxes(36)

    def test_a_frame_is_closed_around_all_of_it(self):
        mask = sheet(*DIGITS[1:])
        hollow(mask, 300, 400, 300, 380)
        mask[330:370, 320:350] = True
        assert (300, 400, 300, 380) not in found(mask)
        # open at the top it is a u
        mask[300:304, 304:376] = False
        assert (300, 400, 300, 380) in found(mask)

    @pytest.mark.parametrize("turns", range(4))
    def test_what_reaches_out_of_it_is_beside_it(self, turns):
        mask = sheet((100, 200, 100, 160), (100, 200, 220, 280), shape=(500, 500))
        hollow(mask, 300, 400, 200, 280)
        # a hook that begins in it and ends below its edge
        mask[300:304, 230:250] = False
        mask[300:350, 238:242] = True
        boxes = found(np.rot90(mask, turns))
        assert len(boxes) == 3


class TestLines:
    def test_a_long_bar_is_a_line(self):
        assert is_found((300, 340, 300, 540))
        assert not is_found((300, 340, 300, 541))

    def test_what_is_no_longer_than_one_and_a_half_digits_is_none(self):
        # 25 high: a bar of a five, which a stroke below it makes a digit
        def five(width):
            return found(sheet(*DIGITS, (300, 324, 300, 300 + width)))

        assert five(150) == five(151) == DIGITS


class TestSeparators:
    """Upright bars between digits; 125 pixels are higher than any digit."""

    def test_bars_that_are_higher_than_digits_are_none(self):
        assert is_found((250, 374, 300, 320))
        assert not is_found((250, 375, 300, 320))
        # wider than that it is a digit of its own
        assert is_found((250, 375, 300, 326))
        assert not is_found((250, 375, 300, 325))

    def test_what_leans_is_no_bar(self):
        mask = sheet(*DIGITS)
        for row in range(130):
            left = 300 + row // 6
            mask[250 + row, left : left + 4] = True
        assert (250, 380, 300, 325) in found(mask)

    def test_a_slight_turn_is_a_bar_all_the_same(self):
        mask = sheet(*DIGITS)
        for row in range(130):
            left = 300 + row // 65
            mask[250 + row, left : left + 4] = True
        assert found(mask) == DIGITS

    @staticmethod
    def lines(*rows, shape=(500, 800), columns=slice(None)):
        mask = np.zeros(shape, bool)
        for row in rows:
            mask[row, columns] = True
        return mask

    def test_a_bar_from_line_to_line_is_none(self):
        one = 300, 390, 300, 310
        assert is_found(one)
        assert is_found(one, lines=self.lines(298))
        assert not is_found(one, lines=self.lines(298, 391))
        # four pixels from it, and no more
        assert not is_found(one, lines=self.lines(296, 393))
        assert is_found(one, lines=self.lines(295, 393))
        assert is_found(one, lines=self.lines(296, 394))

    def test_dashes_are_lines_too(self):
        one = 300, 390, 300, 310
        above, below = (290, 298, 280, 330), (392, 400, 280, 330)
        assert one in found(sheet(*DIGITS, one))
        assert found(sheet(*DIGITS, one, above, below)) == DIGITS

    def test_what_is_higher_than_a_dash_is_no_line(self):
        one = 300, 390, 300, 310
        above, below = (279, 298, 260, 370), (392, 411, 260, 370)
        assert one in found(sheet(*DIGITS, one, above, below))
        above, below = (280, 298, 260, 370), (392, 410, 260, 370)
        assert one not in found(sheet(*DIGITS, one, above, below))

    def test_in_a_form_a_bar_at_a_line_is_none(self):
        one, bar = (300, 390, 300, 310), (300, 390, 500, 510)
        lines = self.lines(298) | self.lines(391, columns=slice(480, 530))
        boxes = found(sheet(*DIGITS, one, bar), lines)
        assert boxes == DIGITS
        # without the other, which goes from line to line, it is a one
        assert found(sheet(*DIGITS, one), lines) == sorted(
            [*DIGITS, one], key=lambda box: box[2]
        )

    def test_upright_lines_as_high_as_separators_make_a_form(self):
        one = 300, 390, 300, 310
        line = self.lines(298)
        high, low = line.copy(), line.copy()
        high[350:474, 700], low[350:473, 700] = True, True
        assert not is_found(one, lines=high)
        assert is_found(one, lines=low)

    def test_short_bars_end_nowhere(self):
        short = 300, 338, 300, 306
        assert not is_found(short, lines=self.lines(299, 338))
        low = 300, 337, 300, 306
        mask = sheet(*DIGITS, low, (340, 375, 300, 330))
        assert len(found(mask, self.lines(299))) == 5

    def test_dashed_bars_are_bars(self):
        def dashes(gap, top=220, left=300):
            tops = [top + i * (40 + gap) for i in range(3)]
            return [(top, top + 40, left, left + 6) for top in tops]

        assert found(sheet(*DIGITS, *dashes(35))) == DIGITS
        assert len(found(sheet(*DIGITS, *dashes(36)))) == 7
        # each goes on in its own column
        for columns in (300, 340), (340, 300):
            both = *dashes(20, 220, columns[0]), *dashes(20, 265, columns[1])
            assert found(sheet(*DIGITS, *both)) == DIGITS
        beside = *dashes(20), *dashes(20, top=250, left=340)
        assert found(sheet(*DIGITS, *beside)) == DIGITS

    def test_between_lines_and_alone_it_is_a_one(self):
        one = 100, 300, 300, 310
        mask = sheet(one, (200, 220, 400, 420))
        assert found(mask, self.lines(98, 301)) == [one]

    def test_alone_it_is_a_one(self):
        one = 100, 300, 300, 310
        assert found(sheet(one)) == [one]
        # a speck is nothing to separate
        assert found(sheet(one, (200, 220, 400, 420))) == [one]


def test_broken_digits_are_higher_than_their_pieces():
    parts = [
        box
        for left in (60, 160, 260)
        for box in ((100, 170, left, left + 40), (174, 199, left, left + 40))
    ]
    labels, pieces = connected_pieces(sheet(*parts, (100, 138, 400, 420)))
    groups, usual = writing(labels, pieces, np.zeros((500, 800), bool))
    assert usual == 99
    assert sorted(len(group) for group in groups) == [1, 2, 2, 2]
    # more than a third of 70 pixels, but less than of 99
    assert len(found(sheet(*parts, (100, 137, 400, 420)))) == 3
