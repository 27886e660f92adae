"""Digits in a row: which are read together, and the best path through their cuts."""

import math
from types import SimpleNamespace

import pytest

from skdigits.handwriting._find import DigitBox, Part
from skdigits.reading._path import best_path, mean_cost, rows_of


def answer(left, width, confidence=0.9, height=20):
    box = DigitBox(left, 0, width, height, 0, 0)
    return SimpleNamespace(box=box, confidence=confidence)


def part(start, stop, crossed=0.0):
    return Part(start, stop, crossed, None)


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
    cost, path = best_path(parts, answers)
    assert path == [answers[1], answers[4]]
    assert cost == pytest.approx(mean_cost(path))


def test_crossed_strokes_cost():
    parts = [part(0, 1), part(0, 2, 3), part(1, 3), part(2, 3, 3)]
    answers = [answer(0, 10, 0.8), answer(0, 12), answer(10, 20, 0.8), answer(12, 18)]
    assert best_path(parts, answers)[1] == [answers[0], answers[2]]


def test_neighbours_may_share_an_arc():
    parts = [part(0, 2), part(1, 3), part(2, 3)]
    answers = [answer(0, 20), answer(16, 20), answer(20, 16, 0.01)]
    cost, path = best_path(parts, answers)
    assert path == answers[:2]
    assert cost > mean_cost(path)


def test_without_a_path_the_cost_is_infinite():
    assert best_path([], []) == (math.inf, [])
    assert best_path([part(1, 2)], [answer(0, 10)]) == (math.inf, [])
