"""The parts that finding and normalizing are made of, each by itself, at its limits."""

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from skdigits.handwriting._broken import grouped
from skdigits.handwriting._ink import (
    as_ink,
    darkness_of,
    ink_level,
    is_light_on_dark,
    light_surface,
    paper_of,
    reduced,
)
from skdigits.handwriting._lines import lines_of, numbers_of
from skdigits.handwriting._normalize import (
    mnist_form,
    stroke_thickness,
    with_usual_strokes,
)
from skdigits.handwriting._pieces import (
    Piece,
    connected_pieces,
    is_flat,
    joined,
    mask_of,
    usual_height,
)
from skdigits.handwriting._touching import segments_of
from skdigits.images import grey_picture


def picture(*rows):
    """Return what is drawn with # as a mask."""
    return np.array([[character == "#" for character in row] for row in rows])


def piece(top, bottom, left, right, area=None, label=1):
    area = (bottom - top) * (right - left) if area is None else area
    return Piece((label,), top, bottom, left, right, area)


def bar(height, width):
    return np.ones((height, width), bool)


class TestPieces:
    def test_diagonal_neighbours_hang_together(self):
        labels, pieces = connected_pieces(
            picture("#....", ".#..#", "....#", "....#", ".....")
        )
        assert labels[0, 0] == labels[1, 1] != labels[1, 4]
        first, second = pieces
        assert (first.labels, first.area, first.height, first.width) == ((1,), 2, 2, 2)
        assert (second.top, second.bottom, second.left, second.right) == (1, 4, 4, 5)
        assert (second.area, second.height, second.width) == (3, 3, 1)
        assert second.box == (slice(1, 4), slice(4, 5))

    def test_joined_pieces_have_the_box_and_the_ink_of_all(self):
        both = joined([piece(3, 9, 5, 7, 11, label=4), piece(1, 8, 6, 12, 20, label=2)])
        assert both == Piece((4, 2), 1, 9, 5, 12, 31)

    def test_the_mask_of_a_piece_is_without_its_neighbours(self):
        labels = np.array([[1, 2, 2], [1, 0, 3]])
        both = Piece((1, 3), 0, 2, 0, 3, 3)
        assert mask_of(labels, both).tolist() == [[1, 0, 0], [1, 0, 1]]
        part = slice(1, 2), slice(0, 3)
        assert mask_of(labels, both, part).tolist() == [[1, 0, 1]]

    def test_what_is_more_than_three_times_as_wide_as_high_is_flat(self):
        assert not is_flat(piece(0, 4, 0, 12))
        assert is_flat(piece(0, 4, 0, 13))

    def test_usual_height_is_a_median_weighted_by_ink_and_height(self):
        few, many = piece(0, 12, 0, 4, area=40), piece(0, 10, 0, 4, area=50)
        assert usual_height([few, many], (800, 100)) == 10
        assert usual_height([few, many, few], (800, 100)) == 12
        specks = [piece(0, 2, 0, 2, area=4)] * 40
        assert usual_height([*specks, few], (800, 100)) == 12

    def test_beyond_an_eighth_of_the_picture_height_counts_no_more(self):
        digit = piece(0, 10, 0, 4, area=60)
        assert usual_height([digit, piece(0, 40, 0, 4, area=29)], (160, 100)) == 10
        assert usual_height([digit, piece(0, 40, 0, 4, area=31)], (160, 100)) == 40

    def test_without_pieces_or_with_flat_ones_there_is_no_height(self):
        assert usual_height([], (100, 100)) == 0
        assert usual_height([piece(0, 4, 0, 20)], (100, 100)) == 0


class TestBrokenStrokes:
    """Pieces of a usual height of 100 pixels."""

    @staticmethod
    def groups(*boxes, usual=100):
        labels = np.zeros((400, 400), int)
        pieces = []
        for i, (top, bottom, left, right) in enumerate(boxes, 1):
            labels[top:bottom, left:right] = i
            pieces.append(piece(top, bottom, left, right, label=i))
        return grouped(labels, pieces, usual)

    def n_groups(self, *boxes, **options):
        return len(self.groups(*boxes, **options))

    def test_strokes_at_most_so_far_apart_are_joined(self):
        above = 20, 60, 20, 60
        assert self.n_groups(above, (75, 115, 20, 60)) == 1
        assert self.n_groups(above, (76, 116, 20, 60)) == 1
        assert self.n_groups(above, (77, 117, 20, 60)) == 2
        assert self.n_groups(above, (20, 60, 76, 116)) == 1
        assert self.n_groups(above, (20, 60, 77, 117)) == 2
        # the order of pieces is by their tops
        assert self.n_groups((20, 60, 100, 140), (25, 65, 44, 84)) == 1
        assert self.n_groups((20, 60, 100, 140), (25, 65, 43, 83)) == 2

    def test_corners_are_as_far_apart_as_their_ink(self):
        above = 20, 60, 20, 60
        assert self.n_groups(above, (71, 111, 71, 111)) == 1
        assert self.n_groups(above, (75, 115, 75, 115)) == 2

    def test_in_small_writing_two_pixels_are_near(self):
        above = 20, 24, 20, 24
        assert self.n_groups(above, (26, 30, 20, 24), usual=10) == 1
        assert self.n_groups(above, (27, 31, 20, 24), usual=10) == 2

    def test_together_they_are_no_larger_than_a_digit(self):
        left = 20, 60, 20, 70
        assert self.n_groups(left, (20, 60, 75, 125)) == 1
        assert self.n_groups(left, (20, 60, 75, 126)) == 2
        above = 20, 85, 20, 60
        assert self.n_groups(above, (90, 165, 20, 60)) == 1
        assert self.n_groups(above, (90, 166, 20, 60)) == 2

    def test_two_of_the_size_of_digits_stay_apart_side_by_side(self):
        digit = 20, 120, 20, 60
        assert self.n_groups(digit, (20, 89, 65, 95)) == 1
        assert self.n_groups(digit, (20, 90, 65, 95)) == 2
        # one that is higher than usual has smaller parts
        higher = 20, 160, 20, 60
        assert self.n_groups(higher, (20, 110, 65, 95)) == 1

    def test_two_of_the_size_of_digits_are_one_where_most_is_shared(self):
        digit = 20, 120, 20, 60
        assert self.n_groups(digit, (20, 120, 39, 89)) == 1
        assert self.n_groups(digit, (20, 120, 40, 90)) == 2
        assert self.n_groups(digit, (20, 120, 0, 30)) == 2
        assert self.n_groups((20, 120, 30, 80), (20, 120, 10, 51)) == 1
        assert self.n_groups((20, 120, 30, 80), (20, 120, 10, 50)) == 2

    def test_the_nearest_are_joined_first(self):
        # the dot in between is nearer to the left one
        boxes = (20, 120, 20, 60), (20, 120, 90, 130), (60, 80, 64, 80)
        groups = self.groups(*boxes)
        assert sorted(len(group) for group in groups) == [1, 2]
        (pair,) = (group for group in groups if len(group) == 2)
        assert {p.labels[0] for p in pair} == {1, 3}

    def test_no_pieces_are_no_groups(self):
        assert grouped(np.zeros((9, 9), int), [], 5) == []


class TestLines:
    @staticmethod
    def boxes(*corners, size=10):
        """Squares by their left and top."""
        return np.array([(x, y, x + size, y + size) for x, y in corners])

    def test_a_digit_beside_the_end_of_a_line_is_of_it(self):
        assert lines_of(self.boxes((0, 0), (20, 6)), 10) == [[0, 1]]
        assert lines_of(self.boxes((0, 0), (20, 7)), 10) == [[0], [1]]
        assert lines_of(self.boxes((0, 7), (20, 0)), 10) == [[1], [0]]

    def test_a_line_ends_between_its_last_two_digits(self):
        # each is 4 below the one before it, and 6 below the middle of the last two
        assert lines_of(self.boxes((0, 0), (20, 4), (40, 8), (60, 12)), 10) == [
            [0, 1, 2, 3]
        ]
        assert lines_of(self.boxes((0, 0), (20, 4), (40, 9)), 10) == [[0, 1], [2]]

    def test_the_nearest_line_is_taken(self):
        near = self.boxes((0, 0), (0, 10), (20, 6), (20, 4))
        assert lines_of(near, 10) == [[0, 3], [1, 2]]

    def test_order_is_by_middles(self):
        wide = np.array([[0, 0, 30, 10], [5, 0, 8, 10]])
        assert lines_of(wide, 10) == [[1, 0]]

    def numbers(self, *gaps, usual=100):
        lefts = np.cumsum([0, *(gap + 40 for gap in gaps)])
        boxes = np.array([(left, 0, left + 40, 100) for left in lefts])
        return numbers_of(boxes, list(range(len(boxes))), usual)

    def test_a_gap_begins_a_number_by_times_and_by_heights(self):
        # 1.7 times as wide as usual
        assert self.numbers(80, 80, 136) == [0, 0, 0, 0]
        assert self.numbers(80, 80, 137) == [0, 0, 0, 1]
        # wider by 0.45 of the height of a digit
        assert self.numbers(20, 20, 65) == [0, 0, 0, 0]
        assert self.numbers(20, 20, 66, 20) == [0, 0, 0, 1, 1]

    def test_one_gap_is_compared_with_half_a_height(self):
        assert self.numbers(95) == [0, 0]
        assert self.numbers(96) == [0, 1]
        assert self.numbers() == [0]
        # a narrow one is itself the usual one
        assert self.numbers(10) == [0, 0]

    def test_of_two_gaps_the_smaller_may_be_usual(self):
        assert self.numbers(10, 90) == [0, 0, 0]
        assert self.numbers(10, 110) == [0, 0, 1]

    def test_what_overlaps_has_no_gap(self):
        assert self.numbers(-20, 0, 46) == [0, 0, 0, 1]


class TestForm:
    def test_thickness_is_area_by_circumference(self):
        assert stroke_thickness(bar(20, 4)) == pytest.approx(2 * 80 / (12 * np.pi))
        assert stroke_thickness(np.zeros((5, 5), bool)) == 0
        # the circumference of a hole counts
        ring = np.pad(np.zeros((4, 4), bool), 2, constant_values=True)
        assert stroke_thickness(ring) == pytest.approx(2 * 48 / (12 * np.pi))

    @pytest.mark.parametrize("width", [8, 12])
    def test_usual_strokes_stay(self, width):
        ink = np.zeros((80, 60))
        ink[:, 20 : 20 + width] = 1
        assert with_usual_strokes(ink) is ink

    @pytest.mark.parametrize("width, wanted", [(4, 1.9), (24, 3.6)])
    def test_others_are_drawn_at_the_nearest_usual_thickness(self, width, wanted):
        ink = np.zeros((80, 60), np.float32)
        ink[:, 10 : 10 + width] = 1
        measured = stroke_thickness(ink > 0.5) / 4
        drawn = with_usual_strokes(ink)
        # the row in the middle, of pixels of a fourth
        grown = drawn[len(drawn) // 2].sum() / 4 - width / 4
        assert grown == pytest.approx(wanted - measured, abs=0.02)
        assert drawn.max() == 1 and drawn.min() >= 0
        # cropped to the ink
        assert drawn.any(0).all() and drawn.any(1).all()

    def test_small_pictures_are_enlarged_first(self):
        ink = np.zeros((20, 12), np.float32)
        ink[:, 5] = 1
        drawn = with_usual_strokes(ink)
        assert 80 <= len(drawn) <= 90
        assert drawn[40].sum() == pytest.approx(7.6, abs=1.2)

    def test_a_picture_in_that_form_passes_unharmed(self):
        ink = np.zeros((28, 28), np.float32)
        ink[4:24, 12:15] = 1
        ink[4:7, 9:18] = 0.6
        ink[23, 9:18] = 0.8
        expected = np.round(255 * ink)
        form = mnist_form(ink)
        (top,), (left,) = (np.flatnonzero(form.any(a))[:1] for a in (1, 0))
        part = form[top : top + 20, left : left + 9]
        assert (part == expected[4:24, 9:18]).all() and part.sum() == form.sum()

    def test_a_hair_is_a_stroke(self):
        for height in 70, 200:
            form = mnist_form(np.ones((height, 1)))
            assert np.count_nonzero(form.any(axis=1)) == 20

    def test_faint_ink_is_none(self):
        assert not mnist_form(np.full((20, 20), 0.5)).any()
        assert mnist_form(np.full((20, 20), 0.51)).max() == 255

    def test_the_crop_has_the_faint_edge_of_the_ink_but_no_paper(self):
        ink = np.zeros((60, 60))
        ink[20:40, 27:30] = 1
        whole = mnist_form(ink)
        assert (np.flatnonzero(whole[:, 14]) == np.arange(4, 24)).all()
        ink[19] = ink[40] = 0.019
        assert (mnist_form(ink) == whole).all()
        ink[19] = ink[40] = 0.021
        assert (mnist_form(ink) != whole).any()

    def test_the_centre_of_mass_is_in_the_middle(self):
        ink = np.zeros((20, 20))
        ink[:, :3] = 1
        ink[17:] = 1
        form = mnist_form(ink).astype(float)
        rows, columns = np.indices(form.shape)
        down, right = ((form * at).sum() / form.sum() for at in (rows, columns))
        assert 13.4 <= down <= 14.6 and 13.4 <= right <= 14.6
        assert form[:, :28].any() and form.sum() > 0

    def test_lopsided_ink_stays_inside(self):
        ink = np.zeros((20, 20))
        ink[:, 9:11] = 0.6
        ink[-3:] = 1
        large = np.kron(ink, np.ones((4, 4)))
        for turns, axis, edge in (0, 1, 0), (1, 0, 0), (2, 1, 27), (3, 0, 27):
            form = mnist_form(np.rot90(large, turns))
            at = np.flatnonzero(form.any(axis))
            # its centre of mass cannot be in the middle
            assert np.ptp(at) == 19 and edge in (at[0], at[-1])


class TestReduced:
    def test_whole_blocks_are_averaged(self):
        grey = np.arange(70.0).reshape(10, 7)
        small = reduced(grey, 5)
        assert small.shape == (5, 3)
        assert small[0, 0] == grey[:2, :2].mean()
        assert small[4, 2] == grey[8:, 4:6].mean()

    def test_a_small_picture_stays(self):
        grey = np.zeros((5, 3))
        assert reduced(grey, 5) is grey
        assert reduced(grey, 4).shape == (2, 1)

    def test_a_thin_picture_keeps_its_rows(self):
        grey = np.arange(20.0).reshape(2, 10)
        small = reduced(grey, 3)
        assert small.tolist() == [[6.5, 10.5]]
        assert reduced(grey.T, 3).tolist() == [[6.5], [10.5]]


class TestLight:
    @staticmethod
    def paper(height=90, width=120):
        y = np.linspace(-1, 1, height)[:, None]
        x = np.linspace(-1, 1, width)[None]
        grey = 0.6 + 0.1 * y - 0.15 * x + 0.05 * y * y - 0.06 * x * x + 0.04 * x * y
        return grey.astype(np.float32)

    def test_the_surface_is_of_the_second_degree(self):
        paper = self.paper()
        assert light_surface(paper) == pytest.approx(paper, abs=0.005)

    def test_ink_does_not_pull_it(self):
        paper = self.paper()
        written = paper.copy()
        written[30:60, 40:46] = written[30:60, 70:76] = 0.1
        assert light_surface(written) == pytest.approx(paper, abs=0.008)

    def test_the_paper_of_a_program_is_flat(self):
        grey = np.full((60, 60), 0.8, np.float32)
        # half of it is lit a little, but more is as it was
        grey[:29] = np.linspace(0.8, 0.815, 60)
        assert (light_surface(grey) == np.float32(0.8)).all()

    def test_the_two_darkest_of_a_hundred_tell(self):
        residual = np.zeros((10, 10))
        residual[0, :4] = -0.5
        residual[5:, :] = 0.1
        assert not is_light_on_dark(residual)
        residual[0, :4] = 0
        assert is_light_on_dark(residual)

    def test_a_tiny_picture_has_one_grey(self):
        grey = self.paper(7, 40)
        assert np.ptp(light_surface(grey)) == 0
        assert np.ptp(light_surface(self.paper(8, 40))) > 0.1

    def test_a_large_picture_has_a_surface_of_its_size(self):
        paper = self.paper(300, 400)
        surface = light_surface(paper)
        assert surface.shape == (300, 400) and surface.dtype == np.float32
        assert surface == pytest.approx(paper, abs=0.006)

    def test_the_side_that_reaches_further_is_ink(self):
        residual = np.zeros((40, 40))
        residual[10:30, 18:22] = -0.4
        assert not is_light_on_dark(residual)
        assert is_light_on_dark(-residual)

    def test_a_shadow_that_reaches_as_far_is_no_ink(self):
        # a dark half, and strokes on the light one that are no darker than it
        rows, columns = np.mgrid[:120, :120] / 119
        residual = np.where(columns > 0.7, -0.3 * (columns - 0.7) / 0.3, 0.0)
        residual[20:100, 30:34] = residual[20:100, 50:54] = 0.28
        assert is_light_on_dark(residual)
        assert not is_light_on_dark(-residual)

    def test_paper_below_wide_ink_is_found(self):
        grey = np.full((80, 80), 0.7, np.float32)
        grey[10:70, 25:58] = 0.2
        light = np.full_like(grey, 0.7)
        assert paper_of(grey, light) == pytest.approx(0.7, abs=1e-5)
        # what is wider than any stroke is paper of its own
        grey[10:70, 20:62] = 0.2
        assert paper_of(grey, light)[40, 40] < 0.4

    def test_the_paper_follows_its_light(self):
        paper = self.paper()
        grey = paper.copy()
        grey[30:60, 40:46] = 0.1
        found = paper_of(grey, light_surface(grey))
        assert found == pytest.approx(paper, abs=0.02)

    def test_darkness_is_a_share_of_the_paper(self):
        grey = np.full((60, 60), 0.8, np.float32)
        grey[10:50, 28:31] = 0.2
        darkness = darkness_of(grey)
        assert darkness[30, 29] == pytest.approx(0.75, abs=1e-4)
        assert darkness[30, 5] == pytest.approx(0, abs=1e-4)
        # light on dark, the same
        assert darkness_of(1 - grey) == pytest.approx(darkness, abs=1e-4)

    def test_black_paper_does_not_blow_up(self):
        grey = np.zeros((60, 60), np.float32)
        grey[10:50, 28:31] = 1
        assert darkness_of(grey).max() == pytest.approx(1, abs=1e-4)
        assert darkness_of(np.zeros((60, 60), np.float32)).max() == 0


class TestInkLevel:
    @staticmethod
    def darkness(*parts):
        """A row of as many values as said, for each (value, how many)."""
        return np.concatenate([np.full(n, v, np.float32) for v, n in parts])[None]

    def test_full_ink_is_the_median_of_the_darker_part_and_a_little_more(self):
        row = self.darkness((0, 100), (0.8, 10))
        assert ink_level(row) == pytest.approx(0.8 * 127.5 / 128)
        # four tenths of the ink may be darker
        row = self.darkness((0, 100), (0.64, 61), (0.8, 39))
        assert ink_level(row) == pytest.approx(0.8 * 102.5 / 128)
        row = self.darkness((0, 100), (0.64, 59), (0.8, 41))
        assert ink_level(row) == pytest.approx(0.8 * 127.5 / 128)

    def test_ink_is_darker_than_the_faintest(self):
        assert ink_level(self.darkness((0, 100), (0.059, 10))) is None
        assert ink_level(self.darkness((0, 100), (0.0595, 10))) is None
        assert ink_level(self.darkness((0, 100), (0.061, 10))) is not None

    def test_ink_is_darker_than_the_noise(self):
        paper = np.linspace(0, 0.1, 1001)
        written = np.append(paper, np.full(1000, 0.14))[None]
        assert ink_level(written) == pytest.approx(0.14 * 127.5 / 128)
        bell = 0.15 + 0.04 * stats.norm.ppf(np.linspace(0.001, 0.999, 999))
        assert ink_level(bell[None]) is None

    def test_faint_grey_of_a_clean_picture_is_ink(self):
        clean = self.darkness((0, 100), (0.2, 5), (0.8, 20))
        ink = as_ink(clean)
        assert ink[0, 100] == pytest.approx(0.2 / (0.8 * 127.5 / 128))
        noisy = self.darkness((0.01, 100), (0.2, 5), (0.8, 20))
        full = 0.8 * 127.5 / 128
        ink = as_ink(noisy)
        assert ink[0, 0] == 0 and ink[0, -1] == 1
        assert ink[0, 100] == pytest.approx(
            (0.2 - 0.25 * full) / (0.75 * full), abs=1e-6
        )

    def test_a_blank_picture_has_none(self):
        assert not as_ink(self.darkness((0, 100), (0.05, 10))).any()


class TestGrey:
    @pytest.mark.parametrize(
        "highest, white",
        [(1, 1), (1.5, 16), (16, 16), (17, 255), (255, 255), (256, 65535), (7e4, 7e4)],
    )
    def test_white_is_the_least_that_fits(self, highest, white):
        grey = grey_picture(np.array([[0, highest]], float))
        assert grey[0, 1] == pytest.approx(highest / white)

    def test_bytes_are_of_255(self):
        assert grey_picture(np.array([[0, 2]], np.uint8))[0, 1] == np.float32(2 / 255)
        assert grey_picture(np.array([[0, 1]], np.uint8))[0, 1] == 1
        assert grey_picture(np.array([[0, 2]], np.uint16))[0, 1] == np.float32(2 / 16)
        assert grey_picture(np.array([[False, True]]))[0, 1] == 1

    def test_pictures_of_pillow_are_of_255(self):
        grey = grey_picture(Image.fromarray(np.array([[0, 51, 255]], np.uint8)))
        assert grey.dtype == np.float32 and grey.tolist() == [[0, np.float32(0.2), 1]]

    def test_channels(self):
        one = np.array([[0.25, 1.0]])
        assert grey_picture(one[:, :, None]).tolist() == [[0.25, 1.0]]
        three = np.repeat(one[:, :, None], 3, axis=2)
        assert grey_picture(three) == pytest.approx(one, abs=0.003)
        assert grey_picture((255 * three).astype(np.uint8)) == pytest.approx(
            one, abs=0.003
        )
        # what is transparent is white
        four = np.dstack([three, [[0.0, 1.0]]])
        assert grey_picture(four).tolist() == [[1.0, 1.0]]

    @pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (2, 4, 4, 3), (0, 4)])
    def test_other_shapes_are_refused(self, shape):
        with pytest.raises(ValueError, match="expected numbers of shape"):
            grey_picture(np.zeros(shape))


class TestSegments:
    """Upright strokes that a line joins, with digits of a height of 20 pixels."""

    @staticmethod
    def strokes(*lefts, pen=3, height=20, joined_at=-2):
        ink = np.zeros((height, max(lefts) + pen), np.float32)
        for left in lefts:
            ink[:, left : left + pen] = 1
        ink[joined_at:] = 1
        return ink

    def test_cuts_go_between_strokes_three_pixels_apart(self):
        ink = self.strokes(0, 20)
        segments = segments_of(ink, 20)
        # from the left edge to each cut, and from each cut to the right edge
        assert [s.ink.shape[1] for s in segments if s.start == 0] == [
            3, 3, 6, 9, 12, 15, 18, 21,
        ]  # fmt: skip
        last = max(s.stop for s in segments)
        assert [(s.left, s.ink.shape) for s in segments if s.stop == last] == [
            (0, (20, 23)), *((23 - width, (20, width)) for width in range(20, 4, -3)),
            (19, (20, 4)),
        ]  # fmt: skip
        # a cut may lean to the foot of a stroke: the rest of it is lower
        assert {(s.start, s.top, len(s.ink)) for s in segments if s.top} == {(1, 8, 12)}

    def test_half_ink_is_no_edge_of_a_part(self):
        ink = np.pad(self.strokes(0, 20), ((0, 0), (1, 0)), constant_values=0.5)
        assert {s.left for s in segments_of(ink, 20) if s.start == 0} == {1}

    def test_neither_all_of_it_nor_what_is_too_wide_or_low(self):
        segments = segments_of(self.strokes(0, 30, 60), 20)
        last = max(s.stop for s in segments)
        assert (0, last) not in {(s.start, s.stop) for s in segments}
        # at most 25 wide on average
        assert max(s.ink.shape[1] for s in segments) == 27
        assert min(len(s.ink) for s in segments) == 12

    def test_a_part_is_at_least_so_high(self):
        def lowest(joined_at):
            segments = segments_of(self.strokes(0, 17, joined_at=joined_at), 20)
            between = [
                s for s in segments if s.left > 0 and s.left + s.ink.shape[1] < 20
            ]
            return min((len(s.ink) for s in between), default=None)

        assert lowest(-11) == 11
        assert lowest(-10) is None

    def test_what_is_longer_than_eight_digits_is_none(self):
        assert segments_of(self.strokes(0, 80, 157), 20)
        assert segments_of(self.strokes(0, 80, 158), 20) == []

    @pytest.mark.parametrize("mirrored", [False, True])
    def test_a_path_leans_where_that_costs_less(self, mirrored):
        # two slanted strokes that cross no column of paper
        ink = np.zeros((20, 30), np.float32)
        for row in range(20):
            ink[row, row // 2 : row // 2 + 4] = 1
            ink[row, row // 2 + 14 : row // 2 + 18] = 1
        halves = [
            s.ink.sum()
            for s in segments_of(ink[:, ::-1] if mirrored else ink, 20)
            if (s.ink > 0).sum(1).tolist() == [4] * 20
        ]
        assert halves.count(80) >= 2

    def test_a_path_leans_all_the_way_through_a_narrow_gap(self):
        ink = np.zeros((20, 30), np.float32)
        for row in range(20):
            ink[row, row : row + 4] = ink[row, row + 5 : row + 9] = 1
        whole = [s for s in segments_of(ink[:, ::-1], 20) if (s.ink.sum(1) == 4).all()]
        assert sum(len(s.ink) == 20 for s in whole) >= 2
