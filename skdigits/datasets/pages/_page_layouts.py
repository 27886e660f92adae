"""What is written on a page, and where: lines, tables, forms, letters, one digit."""

from string import ascii_lowercase

import numpy as np

from skdigits.datasets.pages._equations import a_fraction, column_sums, equations
from skdigits.datasets.pages._sheet import OTHER, TARGET_NAMES, Hand
from skdigits.datasets.pages._signs import SIGNS
from skdigits.datasets.pages._writer import printed

# One or two printed letters are none that look just like digits. Longer words have all
# letters, and those that are common more often.
LETTERS = tuple("abcdefghjkmnpqrtuvwxyzABCDEFGHKLMNPRTUVW")
LETTERS_OF_WORDS = tuple(ascii_lowercase + "aeost")

# Walls of cells are no ones, so that ones in cells need more examples.
DIGITS_IN_CELLS = tuple("011123456789")

RING = "~5,0 1.5,1.5 0,5 1.5,8.5 5,10 8.5,8.5 10,5 8.5,1.5 5,0"

# How often lines slope as nobody writes on ruled paper.
STEEP = 0.12


def lines(hand):
    """Lines of numbers below each other."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    left, base = rng.uniform((-0.2, 0.9), (1.5, 2.2)) * height
    leading, slope = height * rng.uniform(1.25, 2.6), rng.normal(0, 0.03)
    if rng.random() < STEEP:
        slope = rng.uniform(-0.4, 0.4)
    gap = rng.uniform(0.02, 0.5) if rng.random() < 0.67 else rng.uniform(-0.28, 0.06)
    most, signs = int(rng.choice([1, 2, 3, 4, 6, 9])), rng.random() < 0.5
    between = rng.uniform(0.5, 1.6) + abs(gap)
    while base < sheet.shape[0] + 0.7 * height:
        x, right = left, sheet.shape[1] * rng.uniform(0.7, 1.1)
        while x < right and rng.random() < 0.97:
            text = hand.number(most, signs)
            y = base + slope * (x - left)
            x = hand.text(text, x, y, None, gap * height, right) + between * height
        base += leading * rng.uniform(0.9, 1.1)


def scattered(hand):
    """Digits, and some other signs, anywhere but on each other."""
    sheet, rng = hand.sheet, hand.rng
    area = np.prod(sheet.shape) / (2.5 * hand.height) ** 2
    taken = np.zeros(sheet.shape, bool)
    for _ in range(int(rng.integers(3, 5 + int(area)))):
        height = hand.height * rng.uniform(0.8, 1.25)
        ink, label = hand.digit_or_other(0.8, height)
        top, left = (
            rng.uniform(-0.1, 1) * (whole - 0.8 * part)
            for whole, part in zip(sheet.shape, ink.shape, strict=True)
        )
        around = taken[
            max(0, int(top) - 4) : max(0, int(top) + len(ink) + 4),
            max(0, int(left) - 4) : max(0, int(left) + ink.shape[1] + 4),
        ]
        if not around.any():
            around[:] = True
            sheet.write(ink, label, left, top)


def table(hand):
    """Cells with a digit or a number each, in all or some of their lines."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    one_each, with_others, with_fractions = rng.random(3) < (0.5, 0.2, 0.15)
    wide = height * (_roomy(rng, 0.9) if one_each else rng.uniform(1.5, 4.5))
    tall = height * _roomy(rng, 1.15)
    xs, ys = (
        np.arange(rng.uniform(-1, 0.6) * step, whole + step, step)
        for whole, step in zip(sheet.shape[::-1], (wide, tall), strict=True)
    )
    if rng.random() < 0.4:
        xs, ys = (at[: 2 + int(rng.integers(len(at)))] for at in (xs, ys))
    thick = _thickness(rng, height, 0.14)
    depth, filled, loose = rng.uniform((0.3, 0.3, 0), (1, 1, 0.35))
    upright, level = rng.random(2) < 0.9
    for y in ys if level or not upright else ():
        sheet.rule(True, y, xs[0], xs[-1], thick, depth)
    for x in xs if upright else ():
        sheet.rule(False, x, ys[0], ys[-1], thick, depth)
    for top in ys[:-1]:
        for left in xs[:-1]:
            if rng.random() > filled:
                continue
            size = min(height * rng.uniform(0.85, 1.1), 1.02 * tall)
            base = top + (tall + size) / 2 + rng.normal(0, loose) * (tall - 0.8 * size)
            start = left + thick + rng.uniform(0.02, 0.3) * wide
            if with_others and rng.random() < 0.3:
                _not_filled_in(hand, left, top, wide, tall)
            elif one_each:
                _in_cell(hand, left, wide, base, size)
            elif with_fractions and rng.random() < 0.6:
                a_fraction(hand, start, base, 0.2 * height)
            else:
                text, gap = hand.number(4, rng.random() < 0.2), rng.uniform(-0.08, 0.3)
                hand.text(text, start, base, size, gap * size, left + 1.05 * wide)


def _roomy(rng, least):
    """Return how many heights of a digit a cell has, seldom many."""
    return np.exp(rng.uniform(np.log(least), np.log(rng.choice([1.9, 3.2]))))


def _not_filled_in(hand, left, top, wide, tall):
    """Write a letter, a dash or a cross about the middle of a cell."""
    rng, size = hand.rng, min(wide, tall, 1.5 * hand.height)
    kind = rng.choice(["other", "dash", "cross"], p=[0.5, 0.25, 0.25])
    if kind == "dash":
        ink = hand.writer.number_sign("-", rng.uniform(0.5, 1.3) * hand.height)
    elif kind == "cross":
        ink = hand.writer.strokes(SIGNS["times"][0], rng.uniform(0.4, 1) * size, 1.0)
    else:
        ink = hand.writer.other(rng.uniform(0.7, 1) * min(size, hand.height))
    label = TARGET_NAMES.index("-") if kind == "dash" else OTHER
    at = np.clip(rng.normal(0.5, 0.15, 2), 0, 1)
    x, y = (left, top) + at * np.subtract((wide, tall), ink.shape[::-1])
    hand.sheet.write(ink, label, x, y)


def _in_cell(hand, left, wide, base, height):
    """Write a digit about the middle of a cell."""
    ink, top, label = hand.sign(str(hand.rng.choice(DIGITS_IN_CELLS)), height)
    share = np.clip(hand.rng.normal(0.5, 0.17), -0.1, 1.1)
    hand.sheet.write(ink, label, left + share * (wide - ink.shape[1]), base + top)


def _thickness(rng, height, most):
    """Return a thickness of lines between 0.015 and ``most`` heights, in pixels."""
    return max(1, round(height * np.exp(rng.uniform(np.log(0.015), np.log(most)))))


def form(hand):
    """Fields of a form: a printed word, and a box, a comb or a line with digits."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    y = rng.uniform(0.2, 1) * height
    while y + 1.5 * height < sheet.shape[0]:
        x = rng.uniform(0, 0.5) * height
        if hand.writer.fonts and rng.random() < 0.8:
            size, right = rng.uniform(0.4, 0.9) * height, 0.5 * sheet.shape[1]
            x = _words(hand, x, y + height, size, right)
        if rng.random() < 0.15:
            x = hand.text(hand.number(3, False), x, y + height, None, 0.15 * height)
            x += rng.uniform(0.2, 0.6) * height
        wide, tall = height * rng.uniform((0.85, 1.1), (1.5, 1.7))
        thick, depth = _thickness(rng, height, 0.1), rng.uniform(0.3, 1)
        n = min(int(rng.integers(1, 9)), max(1, int((sheet.shape[1] - x) / wide)))
        kind = rng.choice(["comb", "box", "line"], p=[0.5, 0.3, 0.2])
        for edge in (y, y + tall)[int(kind == "line") :]:
            sheet.rule(True, edge, x, x + n * wide, thick, depth)
        uprights = {"comb": range(n + 1), "box": (0, n), "line": ()}[str(kind)]
        # the walls of some combs are low
        top = y + tall * rng.uniform(0.4, 0.9) if rng.random() < 0.25 else y
        for k in uprights:
            sheet.rule(False, x + k * wide, top, y + tall, thick, depth)
        base = y + tall / 2 + height * rng.uniform(0.4, 0.55)
        for k in range(n):
            if rng.random() < 0.9:
                _in_cell(hand, x + k * wide, wide, base, height * rng.uniform(0.85, 1))
            elif rng.random() < 0.5:
                _not_filled_in(hand, x + k * wide, y, wide, tall)
        y += tall + rng.uniform(0.3, 2) * height


def _words(hand, x, base, height, right):
    """Print a few words, and return where they end."""
    rng = hand.rng
    font = str(rng.choice(hand.writer.fonts))
    for _ in range(int(rng.integers(1, 6))):
        ink = printed(font, _word(rng), height)
        if ink is None or x + ink.shape[1] > right:
            break
        hand.sheet.print(ink, x, base - len(ink))
        x += ink.shape[1] + 0.4 * height
    return x


def _word(rng):
    """Return letters, maybe with a capital first or only capitals, and a sign."""
    n = int(rng.integers(1, 11))
    word = "".join(rng.choice(LETTERS if n < 3 else LETTERS_OF_WORDS, n))
    if n < 3:
        return word
    word = str(rng.choice([word, word.capitalize(), word.upper()], p=[0.4, 0.4, 0.2]))
    return word + str(rng.choice(["", ":", ".", ","], p=[0.7, 0.14, 0.08, 0.08]))


def words_beside(hand):
    """Print words where nothing is written, such as headings; on some pages turned."""
    rng = hand.rng
    sheet = hand.sheet.turned(_turns(rng))
    hand = Hand(sheet, hand.writer, hand.height)
    for _ in range(int(rng.integers(1, 5))):
        size = hand.height * rng.uniform(0.4, 1.3)
        x, base = rng.uniform((-1, 0), (0.7 * sheet.shape[1], sheet.shape[0]))
        right = x + rng.uniform(2, 12) * size
        top, bottom = (max(0, int(base + share * size)) for share in (-1.3, 0.4))
        if not sheet.ink[top:bottom, max(0, int(x)) : int(right)].any():
            _words(hand, x, base, size, right)


def _turns(rng):
    """Return by how many quarters something is turned, mostly 0."""
    return int(rng.choice(4, p=[0.64, 0.12, 0.12, 0.12]))


def printed_text(hand):
    """Lines of printed words, which have no boxes; on some pages turned."""
    sheet = hand.sheet.turned(_turns(hand.rng))
    hand = Hand(sheet, hand.writer, hand.height)
    size = hand.height * hand.rng.uniform(0.4, 1.3)
    for base in np.arange(hand.height, sheet.shape[0], 1.6 * size):
        x = hand.rng.uniform(0, 2) * size
        _words(hand, x, base, size, sheet.shape[1])


def letters(hand):
    """Handwritten words, on some pages with numbers among them."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    base, numbers = rng.uniform(0.9, 1.6) * height, rng.random() < 0.5
    while base < sheet.shape[0] + 0.5 * height:
        x = rng.uniform(0, 1) * height
        while x < sheet.shape[1]:
            if numbers and rng.random() < 0.25:
                text = str(rng.integers(1000))
                x = hand.text(text, x, base, None, 0.15 * height)
            else:
                for _ in range(int(rng.integers(1, 8))):
                    x = hand.other(x, base, rng.uniform(0.6, 1.1))
                    x += rng.uniform(-0.05, 0.25) * height
            x += rng.uniform(0.4, 1) * height
        base += height * rng.uniform(1.3, 2.2)


def single(hand):
    """One digit, or one other sign."""
    sheet, rng = hand.sheet, hand.rng
    ink, label = hand.digit_or_other(0.6, hand.height)
    at = rng.uniform(0.05, 0.95, 2)
    if rng.random() < 0.3:
        at = rng.choice([0, 0.5, 1], 2)
    top, left = at * np.subtract(sheet.shape, ink.shape)
    sheet.write(ink, label, left, top)


def scribbles(hand):
    """Curves, zigzags and crossings-out that are no signs."""
    sheet, rng = hand.sheet, hand.rng
    for _ in range(int(rng.integers(1, 6))):
        n = int(rng.integers(3, 14))
        points = rng.uniform(0, 10, (n, 2))
        if rng.random() < 0.4:
            points[:, 0], points[:, 1] = np.linspace(0, 10, n), 10 * (np.arange(n) % 2)
        sign = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        sign = "~" + sign if rng.random() < 0.7 else sign
        height = hand.height * np.exp(rng.uniform(-0.5, 1.3))
        ink = hand.writer.strokes(sign, height, rng.uniform(0.5, 3))
        top, left = rng.uniform(-0.1, 1, 2) * sheet.shape
        sheet.write(ink, OTHER, left, top)


def empty(hand):
    """Nothing."""


def circle_a_digit(hand):
    """Draw a circle around one of the digits."""
    sheet, rng = hand.sheet, hand.rng
    digits = [i for i, label in enumerate(sheet.labels) if label < 10]
    if not digits:
        return
    left, top, right, bottom = sheet.boxes[int(rng.choice(digits))]
    side = max(right - left, bottom - top) * rng.uniform(1.5, 2.2)
    ink = hand.writer.strokes(RING, side, 1.0)
    x, y = (left + right - ink.shape[1]) / 2, (top + bottom - len(ink)) / 2
    sheet.print(ink, x, y)


# How often each layout is drawn.
LAYOUTS = {
    lines: 0.24,
    scattered: 0.09,
    table: 0.17,
    form: 0.1,
    equations: 0.14,
    column_sums: 0.04,
    letters: 0.08,
    single: 0.12,
    scribbles: 0.04,
    empty: 0.03,
}
