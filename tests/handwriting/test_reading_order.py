"""In which order signs are read: lines, numbers in them, raised digits."""

import numpy as np
import pytest

from skdigits.handwriting import layout_of


def test_reading_order():
    boxes = [[50, 10, 60, 40], [10, 12, 20, 42], [30, 11, 40, 41], [10, 80, 20, 110]]
    boxes += [[120, 9, 130, 39]]
    order = layout_of(np.array(boxes, float))
    assert order == [(1, 0, 0), (2, 0, 0), (0, 0, 0), (4, 0, 1), (3, 1, 0)]
    assert layout_of(np.empty((0, 4))) == []


def test_a_raised_digit_is_of_its_line():
    boxes = [[0, 20, 14, 50], [18, 4, 28, 22], [40, 22, 54, 52], [0, 60, 14, 90]]
    order = layout_of(np.array(boxes, float))
    assert order == [(0, 0, 0), (1, 0, 1), (2, 0, 2), (3, 1, 0)]
    # wholly above the line, by a third of its height
    boxes[1] = [18, -6, 28, 10]
    assert layout_of(np.array(boxes, float)) == order
    # large, and hardly above the line
    boxes[1] = [18, -2, 30, 20]
    assert layout_of(np.array(boxes, float)) == order
    # as large as the others, or far above: a line of its own
    for top, bottom in (-16, 14), (-30, -14):
        boxes[1] = [18, top, 30, bottom]
        assert layout_of(np.array(boxes, float))[0] == (1, 0, 0)


@pytest.mark.parametrize("shift", [-4, 0, 4])
def test_a_numerator_is_before_the_denominator(shift):
    boxes = [[0, 0, 20, 40], [28, -6, 36, 17], [24 + shift, 23, 40 + shift, 47]]
    order = layout_of(np.array(boxes, float))
    assert [i for i, *_ in order] == [0, 1, 2]
    assert len({(line, number) for _, line, number in order}) == 3


def test_a_small_digit_below_a_line_is_of_the_next():
    boxes = [[x, 0, x + 20, 30] for x in (0, 26, 52)]
    order = layout_of(np.array([*boxes, [78, 36, 88, 51]], float))
    assert [line for _, line, _ in order] == [0, 0, 0, 1]
    boxes += [[30, 36, 40, 51], *([x, 36, x + 20, 66] for x in (44, 70))]
    order = layout_of(np.array(boxes, float))
    assert [line for _, line, _ in order] == [0, 0, 0, 1, 1, 1]


def test_a_line_of_small_digits_stays_above_one_of_large_digits():
    small = [[x, 0, x + 10, 15] for x in range(0, 80, 14)]
    large = [[x, 20, x + 20, 50] for x in range(0, 80, 26)]
    order = layout_of(np.array(small + large, float))
    assert [line for _, line, _ in order] == [0] * len(small) + [1] * len(large)


@pytest.mark.parametrize("slope", [-0.3, 0.3])
def test_steep_lines(slope):
    tops = [10 + slope * x for x in range(0, 300, 30)]
    boxes = [
        [x, top + 100, x + 16, top + 130]
        for x, top in zip(range(0, 300, 30), tops, strict=True)
    ]
    below = [[left, top + 50, right, bottom + 50] for left, top, right, bottom in boxes]
    order = layout_of(np.array(boxes + below, float))
    assert [i for i, *_ in order] == list(range(20))
    assert [line for _, line, _ in order] == [0] * 10 + [1] * 10
