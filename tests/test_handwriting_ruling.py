"""Lines of the paper, frames and strays, at their limits."""

import numpy as np
import pytest

from skdigits.handwriting import without_ruling
from skdigits.handwriting._long_lines import long_lines
from skdigits.handwriting._ruling import (
    digit_pieces,
    frames_of,
    ruling_of,
    run_lengths,
    with_soft_edge,
)


def blank(height=60, width=100):
    return np.zeros((height, width), bool)


def found_rows(mask, **options):
    return np.flatnonzero(ruling_of(mask, **options).any(1)).tolist()


def test_run_lengths():
    mask = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]], bool)
    assert run_lengths(mask).tolist() == [[3, 0, 1], [3, 2, 0], [3, 2, 1]]


def test_the_soft_edge_is_without_other_ink():
    mask = blank(9, 9)
    mask[4] = mask[:, 4] = True
    line = blank(9, 9)
    line[4] = True
    soft = with_soft_edge(line, mask)
    assert soft[4].all() and not soft[:4, 4].any() and not soft[5:, 4].any()
    assert soft[2:7, 0].all() and not soft[:2].any() and not soft[7:].any()


class TestLines:
    @pytest.mark.parametrize("turned", [False, True])
    @pytest.mark.parametrize("thickness", [1, 2, 3])
    def test_a_line_from_edge_to_edge_is_ruling(self, turned, thickness):
        mask = blank()
        mask[30 : 30 + thickness] = True
        if turned:
            # one alone in the middle would be the stem of a digit
            mask[10] = True
        mask[14:50, 40:46] = True
        found = ruling_of(mask.T).T if turned else ruling_of(mask)
        wanted = blank()
        wanted[30 : 30 + thickness] = True
        if turned:
            wanted[10] = True
        wanted[14:50, 40:46] = False
        assert (found == wanted).all()

    def test_a_thick_bar_is_none_but_at_an_edge(self):
        mask = blank()
        mask[30:33] = True
        assert found_rows(mask) == [30, 31, 32]
        mask[30:34] = True
        assert found_rows(mask) == []
        # a twenty-fifth of a higher picture
        high = blank(150, 100)
        high[70:76] = True
        assert len(found_rows(high)) == 6
        high[70:77] = True
        assert found_rows(high) == []

    @pytest.mark.parametrize("upside_down", [False, True])
    def test_at_an_edge_lines_may_be_thicker(self, upside_down):
        def n_found(thickness):
            mask = blank()
            mask[:thickness] = True
            return len(found_rows(mask[::-1] if upside_down else mask))

        assert n_found(8) == 8
        assert n_found(9) == 0

    def test_where_the_edge_ends(self):
        mask = blank()
        mask[3:8] = True
        assert found_rows(mask) == [3, 4, 5, 6, 7]
        assert found_rows(mask[::-1]) == [52, 53, 54, 55, 56]
        mask = blank()
        mask[8:13] = True
        assert found_rows(mask) == [] == found_rows(mask[::-1])

    def test_half_of_the_way_has_to_be_there(self):
        mask = blank()
        mask[30, :25] = mask[30, 75:] = True
        assert found_rows(mask) == [30]
        mask[30, 24] = False
        assert found_rows(mask) == []

    @pytest.mark.parametrize("mirrored", [False, True])
    def test_it_reaches_both_edges(self, mirrored):
        def n_found(begin):
            mask = blank()
            mask[30, begin:] = True
            return len(found_rows(mask[:, ::-1] if mirrored else mask))

        # within a twentieth of the width
        assert n_found(4) == 1
        assert n_found(5) == 0

    def test_in_a_narrow_picture_two_columns_are_the_edge(self):
        mask = blank(40, 30)
        mask[20, 1:] = True
        assert found_rows(mask) == [20]
        mask[20, 1] = False
        assert found_rows(mask) == []

    def test_slopes(self):
        def of_slope(slope, **options):
            mask = blank(80, 120)
            columns = np.arange(120)
            rows = np.round(40 + slope * (columns - 60)).astype(int)
            mask[rows, columns] = True
            return (ruling_of(mask, **options) == mask).all()

        assert of_slope(0.075) and of_slope(-0.075)
        assert not of_slope(0.11) and not of_slope(-0.11)
        assert of_slope(0.19, steepest=0.2) and of_slope(-0.19, steepest=0.2)
        assert not of_slope(0.25, steepest=0.2)

    def test_several_lines(self):
        mask = blank(90, 120)
        mask[20:22] = mask[26] = mask[60] = True
        assert found_rows(mask) == [20, 21, 26, 60]

    def test_a_small_picture_has_none(self):
        mask = blank(16, 40)
        mask[8] = True
        assert found_rows(mask) == [8]
        assert found_rows(mask[:15]) == []

    def test_a_stroke_that_crosses_stays_whole(self):
        ink = np.zeros((60, 100), np.float32)
        ink[30:32] = 1
        ink[29] = ink[32] = 0.3
        ink[10:50, 50:54] = 1
        rest = without_ruling(ink)
        wanted = np.zeros_like(ink)
        wanted[10:50, 50:54] = 1
        assert (rest == wanted).all() and rest.dtype == np.float32

    def test_without_lines_it_is_the_same(self):
        ink = np.zeros((60, 100))
        ink[10:50, 50:54] = 1
        assert without_ruling(ink) is ink

    def test_half_ink_is_none(self):
        ink = np.zeros((60, 100))
        ink[30] = 0.5
        assert without_ruling(ink) is ink
        ink[30] = 0.51
        assert not without_ruling(ink).any()

    def test_a_bulge_in_a_line_is_of_it_but_a_stroke_is_not(self):
        def bulge(height):
            mask = blank(200)
            mask[90:92] = True
            mask[90 : 90 + height, 50:53] = True
            return ruling_of(mask)[90 : 90 + height, 50:53]

        # 1.7 times the line's two pixels and one more
        assert bulge(3).all()
        assert not bulge(5).any()


class TestStems:
    """One upright line may be a digit's stem."""

    @staticmethod
    def is_ruling(*columns, shape=(60, 100), rows=()):
        mask = blank(*shape)
        mask[:, list(columns)] = True
        mask[list(rows)] = True
        # ink beside it: no picture that a stroke fills
        mask[30:34, 1:5] = True
        return bool(ruling_of(mask)[5, list(columns)].all())

    def test_one_in_the_middle_is_a_stem(self):
        assert not self.is_ruling(50)
        assert not self.is_ruling(14) and not self.is_ruling(86)
        assert self.is_ruling(13) and self.is_ruling(87)

    def test_two_far_apart_are_ruling(self):
        assert self.is_ruling(30, 56)
        assert not self.is_ruling(30, 55)

    def test_beside_a_line_at_the_edge_it_is_ruling(self):
        assert self.is_ruling(5, 20)
        assert self.is_ruling(80, 95)

    def test_with_level_lines_it_is_ruling(self):
        assert self.is_ruling(50, rows=[20])


class TestFilledPictures:
    """A digit that was cropped without a margin touches each edge."""

    @staticmethod
    def seven(bar=100, gap=False):
        mask = blank(100, 100)
        mask[:3, :bar] = True
        for row in range(100):
            left = 97 - row * 95 // 99
            mask[row, left : left + 3] = True
        if gap:
            mask[50] = False
        return mask

    def test_its_bar_is_no_line(self):
        assert found_rows(self.seven()) == []

    def test_in_several_pieces_it_is_one(self):
        assert {0, 1, 2} <= set(found_rows(self.seven(gap=True)))

    @pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
    def test_where_an_edge_is_free_it_is_one(self, side):
        mask = self.seven()
        edge = {
            "top": mask[0],
            "bottom": mask[-1],
            "left": mask[:, 0],
            "right": mask[:, -1],
        }[side]
        edge[:] = False
        assert {1, 2} <= set(found_rows(mask))
        # whichever way it is turned
        assert ruling_of(np.rot90(mask)).any()

    def test_two_edges_that_are_covered_are_a_frame(self):
        mask = self.seven()
        mask[-3:] = True
        assert set(found_rows(mask)) >= {0, 1, 2, 97, 98, 99}
        # half of it
        mask[-3:, 50:] = False
        assert 0 in found_rows(mask)
        mask[-1:, 45:] = False
        assert found_rows(mask) == []


class TestFrames:
    @staticmethod
    def frame(mask, top, bottom, left, right, pen=2):
        mask[top:bottom, left:right] = True
        mask[top + pen : bottom - pen, left + pen : right - pen] = False

    def framed(self, digit=20, at=(10, 90, 10, 90), shape=(100, 100)):
        """Whether a frame around a digit of that height is found."""
        mask = blank(*shape)
        self.frame(mask, *at)
        frame = mask.copy()
        mask[40 : 40 + digit, 45:50] = True
        found = frames_of(mask)
        assert not (found & ~frame).any()
        return bool(found.any()) and bool((found == frame).all())

    def test_a_frame_goes_around_a_digit(self):
        # three tenths of 80 pixels
        assert self.framed(24)
        assert not self.framed(23)

    def test_at_an_edge_the_digit_may_be_smaller(self):
        # within a pixel of it; fifteen hundredths of 90 pixels
        assert self.framed(14, at=(1, 91, 1, 91))
        assert not self.framed(13, at=(1, 91, 1, 91))
        assert not self.framed(14, at=(2, 92, 2, 92))
        assert self.framed(14, at=(9, 99, 9, 99))
        assert not self.framed(14, at=(8, 98, 8, 98))

    def test_it_is_as_long_as_half_of_the_picture(self):
        assert self.framed(20, at=(30, 80, 30, 80))
        assert not self.framed(20, at=(30, 79, 30, 79))

    def test_alone_it_is_a_nought(self):
        mask = blank(100, 100)
        self.frame(mask, 10, 90, 10, 90)
        assert not frames_of(mask).any()

    def test_what_is_beside_it_is_not_in_it(self):
        mask = blank(100, 140)
        self.frame(mask, 10, 90, 10, 90)
        mask[30:70, 100:104] = True
        assert not frames_of(mask).any()

    def test_a_digit_at_the_edge_is_of_another_box(self):
        mask = blank(100, 100)
        mask[:80, :2] = mask[78:80, :80] = True
        mask[40:80, 99] = True
        assert not frames_of(mask).any()
        mask[20:60, 40:44] = True
        assert frames_of(mask)[:, :2].any() and not frames_of(mask)[:, 40:].all()

    def test_a_round_one_is_a_digit(self):
        mask = blank(100, 100)
        rows, columns = np.indices(mask.shape) - 50
        away = np.hypot(rows, columns)
        mask[(away < 42) & (away > 38)] = True
        mask[35:65, 48:52] = True
        assert not frames_of(mask).any()

    def test_most_of_it_is_straight(self):
        def n_found(thick):
            mask = blank(100, 100)
            self.frame(mask, 10, 90, 10, 90)
            mask[30:70, 48:52] = True
            # a blot on the frame, whose ink is neither level nor upright
            mask[10 : 10 + thick, 10 : 10 + thick] = True
            return np.count_nonzero(frames_of(mask))

        # 624 pixels are straight
        assert n_found(16) > 600
        assert n_found(18) == 0


class TestStrays:
    """The digit is 40 pixels high and in the middle of 100 x 100."""

    @staticmethod
    def kept(top, bottom, left, right, in_a_box=False, ink=1.0):
        picture = np.zeros((100, 100), np.float32)
        picture[30:70, 40:60] = 1
        picture[top:bottom, left:right] = ink
        rest = digit_pieces(picture, in_a_box)
        assert (rest[30:70, 40:60] == 1).all() and rest.dtype == np.float32
        part = rest[top:bottom, left:right]
        assert part.all() or not part.any()
        return bool(part.all())

    def test_a_piece_has_a_share_of_the_ink(self):
        # three hundredths of 800
        assert self.kept(75, 77, 44, 56)
        assert not self.kept(75, 77, 44, 56, ink=0.99)

    def test_a_dot_is_none(self):
        assert self.kept(75, 78, 45, 55)
        assert not self.kept(75, 79, 45, 54)
        assert self.kept(75, 85, 45, 49)

    def test_a_piece_is_near_the_digit(self):
        assert self.kept(40, 60, 80, 84)
        assert not self.kept(40, 60, 81, 85)
        assert self.kept(40, 60, 16, 20)
        assert not self.kept(40, 60, 15, 19)
        assert self.kept(90, 94, 40, 60)
        assert not self.kept(91, 95, 40, 60)

    def test_at_the_edge_it_is_nearer_or_larger(self):
        far = np.zeros((100, 100), np.float32)
        far[58:98, 40:60] = 1
        beside = far.copy()
        beside[70:99, 62:66] = 1
        assert (digit_pieces(beside, False) == beside).all()
        apart = far.copy()
        apart[70:99, 63:67] = 1
        assert (digit_pieces(apart, False) == far).all()
        # 0.3 of the digit's 800
        large = far.copy()
        large[59:99, 66:72] = 1
        assert (digit_pieces(large, False) == large).all()
        large[59] = 0
        large[58:98, 40:60] = 1
        assert (digit_pieces(large, False) == far).all()

    def test_what_lies_along_an_edge_is_a_frame(self):
        assert not self.kept(10, 90, 0, 13)
        assert not self.kept(10, 90, 87, 100)
        assert not self.kept(87, 100, 10, 90)
        assert self.kept(35, 65, 0, 14) is False
        # a short one is a stroke
        assert self.kept(60, 100, 64, 76)

    def test_along_an_edge_it_is_twice_as_long_as_thick(self):
        picture = np.zeros((100, 100), np.float32)
        picture[:40, 40:60] = 1
        picture[:13, 62:88] = 1
        whole = picture.copy()
        assert (digit_pieces(picture, False) == whole).all()
        picture[:13, 88] = 1
        assert not digit_pieces(picture, False)[:13, 62:].any()

    def test_alone_a_frame_is_the_digit(self):
        picture = np.zeros((100, 100), np.float32)
        picture[10:90, 2:8] = 1
        picture[10:90, :2] = 1
        assert (digit_pieces(picture, False) == picture).all()
        assert not digit_pieces(picture, True).any()

    def test_faint_ink_is_of_no_piece(self):
        assert digit_pieces(np.full((20, 20), 0.25), False).all()
        blank = np.zeros((20, 20))
        assert digit_pieces(blank, True) is blank

    def test_the_soft_edge_of_a_speck_goes_with_it(self):
        picture = np.zeros((100, 100))
        picture[30:70, 40:60] = 1
        whole = picture.copy()
        picture[10:14, 10:14] = 1
        picture[8:10, 10:14] = 0.2
        assert (digit_pieces(picture, False) == whole).all()


class TestLongLines:
    """Digits are 40 pixels high, and their strokes 4 pixels thick."""

    @staticmethod
    def sheet(height=300, width=600):
        ink = np.zeros((height, width), np.float32)
        for left in range(60, 560, 60):
            ink[60:100, left : left + 4] = 1
            ink[96:100, left : left + 24] = 1
        return ink

    def found(self, ink):
        return long_lines(ink, 0.2)

    def is_line(self, length, left=100, row=180, thickness=2, ink=1.0):
        sheet = self.sheet()
        sheet[row : row + thickness, left : left + length] = ink
        lines = self.found(sheet)
        assert not lines[:row].any() and not lines[row + thickness :].any()
        part = lines[row : row + thickness, left : left + length]
        assert part.all() or not part.any()
        return bool(part.all())

    def test_digits_alone_have_none(self):
        assert not self.found(self.sheet()).any()
        assert not self.found(np.zeros((50, 50), np.float32)).any()

    def test_a_line_is_long(self):
        assert self.is_line(300)
        assert self.is_line(100)
        assert not self.is_line(80)

    @pytest.mark.parametrize("thickness", [1, 2, 4, 6])
    def test_a_line_is_thin(self, thickness):
        assert self.is_line(400, thickness=thickness)

    def test_a_line_rises_by_a_third_at_most(self):
        def rising(slope):
            ink = self.sheet(400)
            columns = np.arange(100, 500)
            rows = np.round(150 + slope * (columns - 100)).astype(int)
            ink[rows, columns] = ink[rows + 1, columns] = 1
            return self.found(ink)[140:].sum()

        assert rising(0.25) > 700
        assert rising(0.45) == 0

    def test_a_thick_bar_is_none(self):
        assert not self.is_line(150, thickness=14)

    def test_a_bulge_is_of_it_but_a_stroke_is_not(self):
        def bulge(height):
            ink = self.sheet()
            ink[180:182, 100:500] = 1
            ink[180 : 180 + height, 300:303] = 1
            return self.found(ink)[180 : 180 + height, 300:303]

        assert bulge(3).all()
        assert not bulge(5).any()

    def test_faint_lines_are_lines(self):
        assert self.is_line(400, ink=0.3)
        assert not self.is_line(400, ink=0.15)

    def test_a_digit_on_a_line_keeps_its_ink(self):
        ink = self.sheet()
        digits = ink > 0
        ink[98:100] = np.maximum(ink[98:100], 0.4)
        lines = self.found(ink)
        assert not (lines & digits).any()
        assert lines[98:100].sum() == (~digits[98:100]).sum()

    def test_a_line_may_wind_and_be_dashed(self):
        columns = np.arange(20, 580)
        rows = np.round(200 + 12 * np.sin(columns / 60)).astype(int)
        ink = self.sheet()
        ink[rows, columns] = ink[rows + 1, columns] = 1
        drawn = ink.copy()
        drawn[:150] = 0
        assert (self.found(ink) == (drawn > 0)).mean() > 0.999
        ink[190:220, 20::10] = ink[190:220, 21::10] = 0
        drawn = ink.copy()
        drawn[:150] = 0
        lines = self.found(ink)
        assert lines.sum() > 0.97 * (drawn > 0).sum() and not lines[:150].any()

    def test_what_is_mostly_gap_is_no_line(self):
        ink = self.sheet()
        ink[180:182, 100:500] = 1
        for left in range(104, 500, 8):
            ink[180:182, left : left + 5] = 0
        assert not self.found(ink).any()

    def test_upright_lines_begin_at_level_ones(self):
        ink = self.sheet()
        ink[180:182, 50:550] = 1
        box = ink.copy()
        box[182:280, 200:202] = 1
        lines = self.found(box)
        assert lines[182:280, 200:202].all() and not lines[280:].any()
        # three pixels from its edge, no more
        box[182:184] = 0
        assert self.found(box)[184:280, 200:202].all()
        box[184] = 0
        assert not self.found(box)[185:].any()

    def test_the_tops_of_noughts_are_no_line(self):
        ink = np.zeros((200, 600), np.float32)
        for left in range(20, 580, 44):
            ink[60:64, left : left + 42] = ink[100:104, left : left + 42] = 1
            ink[60:104, left : left + 4] = ink[60:104, left + 38 : left + 42] = 1
        assert not self.found(ink).any()

    def test_ruled_paper_with_nothing_on_it(self):
        ink = np.zeros((300, 600), np.float32)
        ink[50::40] = ink[51::40] = 1
        assert (self.found(ink) == (ink > 0)).all()
