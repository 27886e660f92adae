"""From what the page network sees to signs, their ink, and numbers; without it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdigits.handwriting import _levels, _page_signs, own_ink, shared_areas
from skdigits.handwriting._levels import MARGIN, N_NAMES, Level
from skdigits.handwriting._page_signs import Signs, signs_of
from skdigits.reading._confidence import evidence, probabilities_of
from skdigits.reading._number_signs import NumberSign, number_signs_of, with_signs

OTHER, POINT = 15, 10


def level(peaks, scale=1.0, side=96):
    """Return what is seen where signs of (x, y, width, height, label, heat) are.

    Places are in pixels of the level.
    """
    cells = side // 4
    heat = np.zeros((N_NAMES, cells, cells))
    sizes = np.full((2, cells, cells), 20.0)
    ink = np.zeros((side, side))
    for x, y, width, height, label, value in peaks:
        column, row = (x + MARGIN) // 4, (y + MARGIN) // 4
        heat[label, row, column] = value
        sizes[:, row, column] = width, height
    inside = (side - 2 * MARGIN,) * 2
    grey = np.ones((side, side), np.float32)
    scale = np.array([scale, scale])
    return Level(scale, MARGIN, grey, inside, heat, sizes, ink)


@pytest.fixture
def seen(monkeypatch):
    """Return a function that decides what is seen of any image."""

    def see(*levels):
        monkeypatch.setattr(_page_signs, "levels_of", lambda *_: reversed(levels))
        return signs_of(np.zeros((64, 64), np.float32))

    return see


class TestSigns:
    def test_a_peak_is_a_sign(self, seen):
        signs = seen(level([(20, 24, 12, 20, 7, 0.8)]))
        assert len(signs) == 1
        assert signs.heat[0].argmax() == 7
        assert_allclose(signs.boxes[0], [16, 16, 28, 36], atol=2)
        assert_allclose(signs.mean_heat[0, 7], 0.8)

    def test_those_left_out_of_a_full_page_are_warned_of(self, seen, monkeypatch):
        heats = (0.8, 0.3, 0.9)
        page = level([(20, 8 + 24 * i, 12, 20, 7, heats[i]) for i in range(3)])
        assert len(seen(page)) == 3
        monkeypatch.setattr(_page_signs, "MOST", 2)
        with pytest.warns(UserWarning, match="more than 2 signs.*Cut it into parts"):
            signs = seen(page)
        assert_allclose(signs.heat[:, 7], [0.9, 0.8])

    def test_boxes_are_in_pixels_of_the_image(self, seen):
        signs = seen(level([(20, 24, 12, 20, 7, 0.8)], scale=0.5))
        assert_allclose(signs.boxes[0], [32, 32, 56, 72], atol=4)

    def test_one_sign_at_two_scales(self, seen):
        fine = level([(40, 40, 24, 40, 3, 0.6)])
        coarse = level([(20, 20, 12, 20, 3, 0.9)], scale=0.5)
        signs = seen(fine, coarse)
        assert len(signs) == 1
        assert_allclose(signs.heat[0, 3], 0.9)
        assert_allclose(signs.mean_heat[0, 3], 0.75)

    def test_what_one_scale_does_not_see_counts_as_nothing(self, seen):
        signs = seen(level([(40, 40, 24, 40, 3, 0.6)]), level([], scale=0.5))
        assert_allclose(signs.mean_heat[0, 3], 0.3)

    def test_neighbours_are_two(self, seen):
        peaks = [(12, 24, 12, 20, 1, 0.8), (28, 24, 12, 20, 1, 0.7)]
        assert len(seen(level(peaks))) == 2

    def test_another_kind_at_the_same_place_is_the_same_sign(self, seen):
        peaks = [(20, 24, 28, 28, 4, 0.8), (28, 24, 26, 28, 9, 0.6)]
        signs = seen(level(peaks))
        assert signs.heat.argmax(axis=1).tolist() == [4]

    @pytest.mark.parametrize("height, n_found", [(5, 0), (20, 1), (90, 0)])
    def test_digits_of_other_heights_are_of_other_scales(self, seen, height, n_found):
        assert len(seen(level([(20, 24, 12, height, 7, 0.8)]))) == n_found

    def test_a_small_point_is_a_sign(self, seen):
        assert len(seen(level([(20, 24, 3, 3, POINT, 0.8)]))) == 1

    def test_faint_heat_and_the_margin_are_nothing(self, seen):
        peaks = [(20, 24, 12, 20, 7, 0.1), (76, 24, 12, 20, 7, 0.9)]
        assert len(seen(level(peaks))) == 0


def test_narrow_boxes_count_as_wider_ones():
    one, beside = np.array([10.0, 0, 12, 40]), np.array([[13.0, 0, 15, 40]])
    assert shared_areas(one, beside)[0] > 0.5
    assert shared_areas(one, beside + [20, 0, 20, 0])[0] == 0
    union, smaller = shared_areas(
        np.array([0.0, 0, 20, 20]), np.array([[5, 5, 15, 15]])
    )
    assert_allclose([union[0], smaller[0]], [0.25, 1])


class TestLevels:
    @pytest.mark.parametrize(
        "side, expected",
        [(28, [2]), (72, [4 / 3, 4 / 5.4]), (100, [1, 1 / 1.8]), (2800, None)],
    )
    def test_scales(self, side, expected):
        scales = _levels.scales_of((side, 20))
        if expected is None:
            assert scales[0] == 0.5 and side * scales[-1] < 72
        else:
            assert_allclose(scales, expected)

    def test_a_large_image_is_in_its_place_at_each_scale(self):
        grey = np.full((2000, 3000), 0.8, np.float32)
        grey[900:1100, 1000:2500] = 0.2
        for level in _levels.levels_of(grey):
            left, top, right, bottom = level.of_image(
                np.array([1000, 900, 2500, 1100])
            ).round()
            dark = np.argwhere(level.grey < 0.5)
            assert_allclose(dark.min(axis=0), [top, left], atol=1)
            assert_allclose(dark.max(axis=0) + 1, [bottom, right], atol=1)

    @pytest.mark.parametrize("paper, ink", [(0.8, 0.3), (0.5, 0.1), (0.9, 0.85)])
    def test_an_image_and_its_negative_look_alike(self, paper, ink):
        grey = np.full((90, 60), paper, np.float32)
        grey[20:70, 30:35] = ink
        levels = map(_levels.levels_of, (grey, 1 - grey))
        for level, other in zip(*levels, strict=True):
            assert_allclose(level.ink, other.ink, atol=1e-4)
            assert_allclose(level.heat, other.heat, atol=1e-4)

    def test_the_margin_goes_on_with_light_but_not_with_strokes(self):
        grey = np.tile(np.linspace(0.2, 0.9, 60, dtype=np.float32), (60, 1))
        grey[:, 28:32] = 0
        page = _levels.with_margin(grey, (96, 96))
        assert page.shape == (96, 96)
        assert_allclose(page[16:76, 16:76], grey)
        assert page[:10, 44:48].min() > 0.3
        assert_allclose(page[:16, 20], page[16, 20], atol=0.1)
        assert_allclose(page[30, :16], 0.2, atol=0.05)

    def test_what_the_network_sees_has_the_shape_of_the_page(self):
        levels = _levels.levels_of(np.full((50, 90), 0.8, np.float32))
        for seen in levels:
            assert seen.ink.shape == seen.grey.shape
            assert seen.heat.shape[1:] == tuple(n // 4 for n in seen.grey.shape)
            assert (seen.heat >= 0).all() and (seen.heat <= 1).all()


class TestLargerScales:
    """They cost the most, and are left out if they cannot show anything new."""

    def shown(self, grey):
        return len(list(_levels.levels_of(grey))), len(signs_of(grey).levels)

    def test_not_looked_at_for_a_large_digit_alone(self):
        grey = np.full((900, 700), 0.8, np.float32)
        grey[200:700, 330:370] = 0.2
        all_levels, levels = self.shown(grey)
        assert levels == all_levels - 2

    def test_looked_at_if_there_are_small_ones_too(self):
        grey = np.full((900, 700), 0.8, np.float32)
        grey[200:700, 330:370] = 0.2
        for left in (500, 520, 540):
            grey[600:620, left : left + 3] = 0.2
        all_levels, levels = self.shown(grey)
        assert levels == all_levels
        heights = signs_of(grey).heights
        assert (heights > 400).sum() == 1 and (heights < 40).sum() >= 3

    def test_looked_at_if_nothing_is_found(self):
        all_levels, levels = self.shown(np.full((500, 400), 0.8, np.float32))
        assert levels == all_levels


def page_of_bars(*bars, paper=0.9, ink=0.2):
    """Return `Signs` of upright bars (left, top, width, height), each a sign."""
    seen = level([], side=128)
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h in bars], float)
    seen.grey[:] = paper
    for left, top, right, bottom in (boxes + MARGIN).astype(int):
        seen.ink[top:bottom, left:right] = 1
        seen.grey[top:bottom, left:right] = ink
    heat = np.tile(np.eye(N_NAMES)[1], (len(boxes), 1))
    return Signs(boxes, heat, heat, [seen])


class TestOwnInk:
    @pytest.mark.parametrize("paper, ink", [(0.9, 0.2), (0.1, 0.8), (0.5, 0.45)])
    def test_the_ink_of_a_sign(self, paper, ink):
        signs = page_of_bars((20, 10, 8, 40), paper=paper, ink=ink)
        found, box = own_ink(signs, 0)
        assert_allclose(box, [20, 10, 28, 50])
        assert (found > 0.8).sum() == 8 * 40 and found.max() <= 1
        assert (found[found <= 0.8] < 0.1).all()

    def test_without_that_of_its_neighbour(self):
        signs = page_of_bars((20, 10, 8, 40), (31, 10, 8, 40))
        for number, left in enumerate((20, 31)):
            found, box = own_ink(signs, number)
            assert_allclose(box, [left, 10, left + 8, 50])
            assert (found > 0.5).sum() == 8 * 40

    def test_the_edge_of_a_stroke_is_ink_though_it_is_hardly_probable(self):
        signs = page_of_bars((20, 10, 8, 40))
        (seen,) = signs.levels
        seen.ink[:, MARGIN + 27 : MARGIN + 29] = (0.4, 0.1)
        seen.grey[MARGIN + 10 : MARGIN + 50, MARGIN + 28] = 0.5
        found, _ = own_ink(signs, 0)
        assert (found > 0.8).sum() == 8 * 40
        assert ((found > 0.3) & (found < 0.8)).sum() == 40

    def test_the_end_of_a_neighbours_stroke_is_not_its_own(self):
        signs = page_of_bars((20, 10, 8, 40), (34, 10, 8, 40))
        signs.boxes[0, 2] += 4
        (seen,) = signs.levels
        end = slice(MARGIN + 46, MARGIN + 50), slice(MARGIN + 30, MARGIN + 34)
        seen.ink[end], seen.grey[end] = 1, 0.2
        assert (own_ink(signs, 0)[0] > 0.5).sum() == 8 * 40
        # but a dot in its place is
        seen.ink[end][:, 2:], seen.grey[end][:, 2:] = 0, 0.9
        assert (own_ink(signs, 0)[0] > 0.5).sum() == 8 * 40 + 8

    def test_a_line_through_it_from_elsewhere_is_cut_off(self):
        signs = page_of_bars((30, 10, 8, 40))
        (seen,) = signs.levels
        seen.ink[MARGIN + 60 : MARGIN + 62] = 1
        assert_allclose(own_ink(signs, 0)[1], [30, 10, 38, 50])

    def test_no_ink(self):
        signs = page_of_bars((20, 10, 8, 40))
        signs.levels[0].ink[:] = 0
        found, box = own_ink(signs, 0)
        assert not found.any()
        assert_allclose(box[:2], box[2:])


DIGITS = np.array([[0, 10, 14, 30], [24, 10, 38, 30], [60, 10, 74, 30]], float)
ORDER = [(0, 0, 0), (1, 0, 0), (2, 0, 1)]


def sign(character, left, top, right, bottom, confidence=0.9):
    return NumberSign(
        character, confidence, np.array([left, top, right, bottom], float)
    )


class TestNumberSigns:
    @pytest.mark.parametrize(
        "found, expected",
        [
            (sign(".", 17, 27, 20, 30), (".", 0, 0, 1)),
            (sign(",", 17, 26, 20, 34), (",", 0, 0, 1)),
            (sign("/", 16, 8, 22, 32), ("/", 0, 0, 1)),
            (sign(":", 18, 14, 20, 26), (":", 0, 0, 1)),
            (sign("-", 16, 19, 22, 21), ("-", 0, 0, 1)),
            (sign("-", -12, 19, -3, 21), ("-", 0, 0, 0)),
            (sign("-", 47, 19, 56, 21), ("-", 0, 0, 2)),
        ],
    )
    def test_in_its_place(self, found, expected):
        _, placed = with_signs(ORDER, DIGITS, [found])
        assert [(s.sign, *where) for s, *where in placed] == [expected]

    @pytest.mark.parametrize(
        "found",
        [
            sign(".", 17, 10, 20, 13),  # high up
            sign(".", 80, 27, 83, 30),  # a full stop
            sign(".", -8, 27, -5, 30),  # before all
            sign("-", 16, 60, 22, 62),  # in another line
            sign("/", -12, 8, -5, 32),
        ],
    )
    def test_out_of_place(self, found):
        order, placed = with_signs(ORDER, DIGITS, [found])
        assert placed == [] and order == ORDER

    def test_they_join_numbers(self):
        order, placed = with_signs(ORDER, DIGITS, [sign("/", 46, 8, 52, 32)])
        assert order == [(0, 0, 0), (1, 0, 0), (2, 0, 0)]
        assert placed[0][1:] == (0, 0, 2)
        apart = [(0, 0, 0), (1, 0, 1), (2, 0, 2)]
        order, _ = with_signs(apart, DIGITS, [sign(".", 17, 27, 20, 30)])
        assert order == [(0, 0, 0), (1, 0, 0), (2, 0, 1)]

    def test_the_surer_of_two_at_a_place(self):
        two = [sign(".", 17, 27, 20, 30, 0.6), sign(",", 17, 27, 20, 33, 0.8)]
        _, placed = with_signs(ORDER, DIGITS, two)
        assert [s.sign for s, *_ in placed] == [","]

    def test_only_sure_ones_are_taken(self):
        heat = np.zeros((4, N_NAMES))
        heat[[0, 1, 2, 3], [POINT, POINT, OTHER, 7]] = 0.8, 0.3, 0.9, 0.9
        boxes = np.zeros((4, 4))
        found = number_signs_of(Signs(boxes, heat, heat, []))
        assert [(s.sign, s.confidence) for s in found] == [(".", 0.8)]


class TestConfidence:
    def seen(self, heat, mean, none=0.0, digit=7, other=0.0):
        heats, means = np.zeros((2, 1, N_NAMES))
        heats[0, digit], means[0, digit], heats[0, OTHER] = heat, mean, other
        classified = np.full((1, 11), 1e-3)
        classified[0, 1 + digit], classified[0, 0] = 1 - none, none
        boxes = np.array([[10.0, 10, 22, 30]])
        signs = Signs(boxes, heats, means, [])
        return probabilities_of(signs, [0], classified)[0]

    def test_probabilities(self):
        found = self.seen(0.9, 0.8)
        assert_allclose(found.sum(), 1)
        assert found.argmax() == 1 + 7 and found.max() > 0.9

    def test_what_speaks_against_a_digit_lowers_it(self):
        sure = self.seen(0.9, 0.8)[8]
        for weaker in (
            self.seen(0.4, 0.3),
            self.seen(0.9, 0.2),
            self.seen(0.9, 0.8, none=0.9),
            self.seen(0.9, 0.8, other=0.9),
        ):
            assert weaker[8] < sure

    def test_what_is_much_smaller_than_the_others_is_less_probable(self):
        boxes = np.array([[10.0, 10, 22, 30], [40, 10, 52, 30], [60, 25, 64, 30]])
        heat = np.zeros((3, N_NAMES))
        heat[:, 7] = 0.8
        classified = np.full((3, 11), 0.05)
        classified[:, 8] = 0.5
        signs = Signs(boxes, heat, heat, [])
        first, second, small = probabilities_of(signs, [0, 1, 2], classified)
        assert_allclose(first, second)
        assert small[0] > first[0]
        of_digits, of_none = evidence(signs, [0, 1, 2], classified)
        assert of_digits.shape == (3, 10, 3) and of_none.shape == (3, 6)
