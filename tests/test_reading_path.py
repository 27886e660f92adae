"""Digits in a row: which are read together, and the best path through their cuts."""

from types import SimpleNamespace

from skdigits.handwriting._find import DigitBox, Part
from skdigits.reading._path import best_path, mean_cost, rows_of


def answer(left, width, confidence=0.9, height=20):
    box = DigitBox(left, 0, width, height, 0, 0)
    return SimpleNamespace(box=box, confidence=confidence)


def part(start, stop):
    return Part(start, stop, None)


def found(left, width=10, number=0):
    box = DigitBox(left, 0, width, 20, 0, number)
    return SimpleNamespace(box=box, usual=20, step=1)


def test_only_doubtful_pieces_near_each_other_are_read_together():
    pieces = [found(0), found(14), found(28), found(42), found(70)]
    sure, doubtful = answer(0, 10, 0.95), answer(0, 10, 0.3)
    rows = rows_of(pieces, [sure, sure, doubtful, sure, doubtful])
    assert rows == [slice(0, 1), slice(1, 4), slice(4, 5)]
    apart = [found(0), found(14, number=1)]
    assert rows_of(apart, [doubtful, doubtful]) == [slice(0, 1), slice(1, 2)]
    assert rows_of([], []) == []


def test_the_best_path_goes_from_the_first_cut_to_the_last():
    parts = [part(0, 1), part(0, 2), part(1, 2), part(1, 3), part(2, 3)]
    likely, not_likely = (10, 0.9), (10, 0.1)
    shares = [not_likely, likely, not_likely, not_likely, likely]
    answers = [
        answer(10 * p.start, width, confidence)
        for p, (width, confidence) in zip(parts, shares, strict=True)
    ]
    assert best_path(parts, answers) == [answers[1], answers[4]]


def test_a_narrow_part_counts_less_than_a_wide_one_but_not_nothing():
    doubtful = answer(0, 20, 0.5)
    sure = [answer(20, width, 1.0) for width in (0, 20, 60)]
    costs = [mean_cost([doubtful, other]) for other in sure]
    assert mean_cost([doubtful]) > costs[0] > costs[1] > costs[2]


def test_there_may_be_no_path():
    assert best_path([], []) == []
    assert best_path([part(1, 2)], [answer(0, 10)]) == []
