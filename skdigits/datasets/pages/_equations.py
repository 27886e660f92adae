"""Equations and sums, with fractions, parentheses, raised and carried digits."""

from skdigits.datasets.pages._sheet import OTHER
from skdigits.datasets.pages._signs import PARENTHESES


def equations(hand):
    """Numbers with signs and letters between them, fractions, raised digits."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    base, slope = rng.uniform(1, 2.2) * height, rng.normal(0, 0.03)
    while base < sheet.shape[0] + 0.3 * height:
        x, gap = height * rng.uniform((0.1, 0.08), (1.2, 0.4))
        for _ in range(int(rng.integers(1, 9))):
            if x > sheet.shape[1]:
                break
            term = rng.choice(list(TERMS), p=list(TERMS.values()))
            x = term(hand, x, base + slope * x, gap) + gap
        base += height * rng.uniform(1.5, 3)


def _integer(hand, x, base, gap):
    signs = hand.rng.random() < 0.2
    return hand.text(hand.number(3, signs), x, base, None, 0.6 * gap)


def _fraction(hand, x, base, gap):
    rng, height = hand.rng, hand.height
    small = rng.uniform(0.5, 1) * height
    middle, apart = base - rng.uniform(0.3, 0.6) * height, rng.uniform(0.06, 0.2)
    over = str(rng.integers(100))
    end = hand.text(over, x, middle - apart * height, small, 0.4 * gap)
    below, base = str(rng.integers(1, 100)), middle + apart * height + small
    end = max(end, hand.text(below, x, base, small, 0.4 * gap))
    length = max(4, (end - x) * rng.uniform(0.9, 1.4))
    bar = hand.writer.line("0,5 10,4..6", length, small / length)
    left = (x + end - bar.shape[1]) / 2
    hand.sheet.write(bar, OTHER, left, middle - len(bar) / 2)
    return end


def _slanted_fraction(hand, x, base, gap):
    rng, height = hand.rng, hand.height
    small = rng.uniform(0.5, 0.8) * height
    up, down = rng.uniform((0.25, -0.05), (0.5, 0.25)) * height
    x = hand.text(str(rng.integers(1, 20)), x, base - up, small, 0.4 * gap)
    slash, top, label = hand.sign("/", rng.uniform(0.8, 1.15) * height)
    x -= rng.uniform(0, 0.35) * slash.shape[1]
    hand.sheet.write(slash, label, x, base + top)
    x += rng.uniform(0.55, 1.05) * slash.shape[1]
    return hand.text(str(rng.integers(1, 20)), x, base + down, small, 0.4 * gap)


def _mixed_number(hand, x, base, gap):
    """A whole number and a fraction beside it."""
    x = hand.text(hand.number(2, False), x, base, None, 0.6 * gap)
    fraction = _fraction if hand.rng.random() < 0.5 else _slanted_fraction
    return fraction(hand, x + hand.rng.uniform(0, 0.7) * hand.height, base, gap)


def a_fraction(hand, x, base, gap):
    """Write a fraction, often after a whole number, and return where it ends."""
    ways = _mixed_number, _mixed_number, _fraction, _slanted_fraction
    return ways[hand.rng.integers(len(ways))](hand, x, base, gap)


def _in_parentheses(hand, x, base, gap):
    """One or two numbers in parentheses."""
    rng = hand.rng
    for part in "()":
        height = rng.uniform(0.9, 1.4) * hand.height
        ink = hand.writer.strokes(rng.choice(PARENTHESES[part]), height, 0.8)
        hand.sheet.write(ink, OTHER, x, base - hand.height / 2 - len(ink) / 2)
        x += ink.shape[1] + rng.uniform(0.02, 0.3) * hand.height
        if part == "(":
            x = _integer(hand, x, base, gap)
            if rng.random() < 0.5:
                x = hand.operator(x + gap, base) + gap
                x = _integer(hand, x, base, gap)
            x += rng.uniform(0.02, 0.3) * hand.height
    return x


def _raised(hand, x, base, gap):
    small, up = hand.height * hand.rng.uniform((0.4, 0.5), (0.65, 0.8))
    digit = str(hand.rng.integers(10))
    return hand.text(digit, x - 0.4 * gap, base - up, small, gap)


def _between(hand, x, base, gap):
    if hand.rng.random() < 0.6:
        return hand.operator(x, base)
    return hand.other(x, base, hand.rng.uniform(0.5, 1.1), centred=True)


TERMS = {
    _integer: 0.36,
    _fraction: 0.08,
    _slanted_fraction: 0.05,
    _mixed_number: 0.09,
    _in_parentheses: 0.07,
    _raised: 0.07,
    _between: 0.28,
}


def column_sums(hand):
    """Numbers below each other, a line below them, their sum, and carried digits."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    step, leading = rng.uniform((0.75, 1.2), (1.5, 1.9)) * height
    n, right = int(rng.integers(1, 7)), sheet.shape[1] * rng.uniform(0.3, 1)
    for _ in range(n):
        if right <= 0:
            break
        base, places = rng.uniform(1, 2.2) * height, int(rng.integers(2, 7))
        while base < sheet.shape[0]:
            base = _column_sum(hand, right, base, step, leading, places)
            base += rng.uniform(0.5, 2) * height
        right -= step * (places + rng.uniform(1.5, 3))


def _column_sum(hand, right, base, step, leading, places):
    """Write a sum of two to four numbers, and return where the next line would be."""
    rows = int(hand.rng.integers(2, 5))
    _carried(hand, right, step, base, places)
    for row in range(rows + 1):
        _right_aligned(hand, right, step, base, places)
        if row == rows - 1:
            _line_below(hand, right, step, base, places)
        base += leading
    return base


def _right_aligned(hand, right, step, base, places):
    """Write a number of up to so many digits, one in each column."""
    for place in range(int(hand.rng.integers(1, places + 1))):
        ink, top, label = hand.sign(str(hand.rng.integers(10)), hand.height)
        left = right - (place + 0.5) * step - ink.shape[1] / 2
        hand.sheet.write(ink, label, left, base + top)


def _line_below(hand, right, step, base, places):
    """Write the line above the result, and the operator."""
    length = step * (places + hand.rng.uniform(0, 1.5))
    bar = hand.writer.line("0,5 10,4.7..5.3", length, hand.height / length)
    at = base + hand.rng.uniform(0.1, 0.25) * hand.height
    hand.sheet.write(bar, OTHER, right - bar.shape[1], at)
    hand.operator(right - step * (places + 1), base)


def _carried(hand, right, step, base, places):
    """Write small digits above some columns."""
    rng, height = hand.rng, hand.height
    if rng.random() < 0.5:
        return
    small = rng.uniform(0.4, 0.65) * height
    for place in range(1, places):
        if rng.random() < 0.5:
            ink, top, label = hand.sign(str(rng.integers(1, 4)), small)
            left = right - (place + rng.uniform(0.2, 0.8)) * step - ink.shape[1] / 2
            up = rng.uniform(1.05, 1.2) * height
            hand.sheet.write(ink, label, left, base - up + top)
