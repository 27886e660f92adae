"""What is written on a page, and where: lines, tables, forms, equations, letters."""

import numpy as np

from skdigits.datasets.pages._signs import PARENTHESES
from skdigits.datasets.pages._writer import NUMBER_SIGNS, printed

TARGET_NAMES = (*"0123456789", *NUMBER_SIGNS, "other")
OTHER = TARGET_NAMES.index("other")

DIGITS = tuple("0123456789")
LETTERS = tuple("abcdefghijkmnopqrstuvwxyzABCDEFGHKLMNPRTUVW")

CROSS = "0,0 10,10 | 10,0 0,10"
RING = "~5,0 1.5,1.5 0,5 1.5,8.5 5,10 8.5,8.5 10,5 8.5,1.5 5,0"

# How often lines slope as nobody writes on ruled paper.
STEEP = 0.12

# Pixels from which on ink belongs to a sign.
OWN = 0.35


class Sheet:
    """The ink of a page, and what it is.

    Attributes
    ----------
    ink, lines : ndarray of shape (height, width), dtype float32
        What is written; what is printed or ruled. 1 is full ink.

    owner : ndarray of shape (height, width), dtype uint16
        The number of the sign whose ink a pixel is, from 1; 0 for none.

    boxes : list of tuple (left, top, right, bottom)
        What the page has of each sign.

    labels : list of int
        Indices into `TARGET_NAMES`.

    visible : list of float
        The share of the ink of each sign that is on the page.
    """

    def __init__(self, shape):
        self.ink, self.lines = np.zeros((2, *shape), np.float32)
        self.owner = np.zeros(shape, np.uint16)
        self.boxes, self.labels, self.visible = [], [], []

    @property
    def shape(self):
        return self.ink.shape

    def write(self, patch, label, left, top):
        """Write a sign with its upper left corner at (left, top)."""
        part, (rows, columns) = _on_page(patch, left, top, self.shape)
        visible = part.sum() / max(patch.sum(), 1e-6)
        if visible < 0.02:
            return
        ink = self.ink[rows, columns]
        np.maximum(ink, part, out=ink)
        self.boxes.append((columns.start, rows.start, columns.stop, rows.stop))
        self.labels.append(label)
        self.visible.append(float(visible))
        self.owner[rows, columns][part > OWN] = len(self.boxes)

    def print(self, patch, left, top):
        """Print what has no box: text, circles around signs."""
        part, place = _on_page(patch, left, top, self.shape)
        lines = self.lines[place]
        np.maximum(lines, part, out=lines)

    def rule(self, level, at, start, stop, thick, depth):
        """Rule a line, level or upright, from ``start`` to ``stop``."""
        lines = self.lines if level else self.lines.T
        low, high = max(0, round(at)), max(0, round(at) + thick)
        part = lines[low:high, max(0, round(start)) : max(0, round(stop) + thick)]
        np.maximum(part, depth, out=part)


def _on_page(patch, left, top, shape):
    """Return the part of a patch that is on the page, and its place there."""
    left, top = round(left), round(top)
    rows = slice(max(0, top), max(0, min(shape[0], top + len(patch))))
    columns = slice(max(0, left), max(0, min(shape[1], left + patch.shape[1])))
    part = patch[max(0, -top) :, max(0, -left) :]
    size = max(0, rows.stop - rows.start), max(0, columns.stop - columns.start)
    return part[: size[0], : size[1]], (rows, columns)


class Hand:
    """A writer on a sheet.

    Parameters
    ----------
    sheet : Sheet
    writer : Writer
    rng : numpy.random.Generator
    height : float
        Of digits, in pixels.
    """

    def __init__(self, sheet, writer, rng, height):
        self.sheet, self.writer, self.rng, self.height = sheet, writer, rng, height

    def sign(self, character, height):
        """Return the ink of a character, its top above the base line, its label."""
        shift = self.rng.normal(0, 0.05 * height)
        if character in DIGITS:
            ink = self.writer.digit(int(character), height)
            return ink, shift - len(ink), int(character)
        ink = self.writer.number_sign(character, height)
        middle = NUMBER_SIGNS[character][2] * height
        top = 0.3 * shift - middle - len(ink) * (1 if character == "." else 0.5)
        return ink, top, TARGET_NAMES.index(character)

    def text(self, text, x, base, height=None, gap=0.0, right=np.inf):
        """Write digits and signs of numbers from ``x`` on; return where they end."""
        height = height or self.height
        for character in text:
            ink, top, label = self.sign(character, height)
            if x + ink.shape[1] > right:
                return right
            self.sheet.write(ink, label, x, base + top)
            x += ink.shape[1] + gap * self.rng.uniform(0.6, 1.4)
        return x

    def other(self, x, base, share=1.0, centred=False):
        """Write a letter or another sign; return where it ends."""
        return self._other(self.writer.other(share * self.height), x, base, centred)

    def operator(self, x, base):
        """Write a sign of equations; return where it ends."""
        share = self.rng.uniform(0.5, 1.1)
        return self._other(self.writer.operator(share * self.height), x, base, True)

    def _other(self, ink, x, base, centred):
        top = base - self.height / 2 - len(ink) / 2 if centred else base - len(ink)
        self.sheet.write(ink, OTHER, x, top)
        return x + ink.shape[1]

    def number(self, most, signs):
        """Return a number of up to so many digits, maybe with a sign in it."""
        n = int(self.rng.integers(1, most + 1))
        text = "".join(self.rng.choice(DIGITS, n))
        if signs and n > 1 and self.rng.random() < 0.6:
            at, share = int(self.rng.integers(1, n)), [0.35, 0.25, 0.1, 0.2, 0.1]
            sign = self.rng.choice(list(NUMBER_SIGNS), p=share)
            return text[:at] + str(sign) + text[at:]
        return "-" + text if signs and self.rng.random() < 0.15 else text


def lines(hand, fonts):
    """Lines of numbers below each other."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    left, base = rng.uniform((-0.2, 0.9), (1.5, 2.2)) * height
    leading, slope = height * rng.uniform(1.25, 2.6), rng.normal(0, 0.03)
    if rng.random() < STEEP:
        slope = rng.uniform(-0.4, 0.4)
    gap = rng.uniform(0.02, 0.5) if rng.random() < 0.67 else rng.uniform(-0.28, 0.06)
    most, signs = int(rng.choice([1, 2, 3, 4, 6, 9])), rng.random() < 0.35
    between = rng.uniform(0.5, 1.6) + abs(gap)
    while base < sheet.shape[0] + 0.7 * height:
        x, right = left, sheet.shape[1] * rng.uniform(0.7, 1.1)
        while x < right and rng.random() < 0.97:
            text = hand.number(most, signs)
            y = base + slope * (x - left)
            x = hand.text(text, x, y, None, gap * height, right) + between * height
        base += leading * rng.uniform(0.9, 1.1)


def scattered(hand, fonts):
    """Digits, and some other signs, anywhere but on each other."""
    sheet, rng = hand.sheet, hand.rng
    area = np.prod(sheet.shape) / (2.5 * hand.height) ** 2
    taken = np.zeros(sheet.shape, bool)
    for _ in range(int(rng.integers(3, 5 + int(area)))):
        height = hand.height * rng.uniform(0.8, 1.25)
        label = int(rng.integers(10)) if rng.random() < 0.8 else OTHER
        if label == OTHER:
            ink = hand.writer.other(height)
        else:
            ink = hand.writer.digit(label, height)
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


def table(hand, fonts):
    """Cells with a digit or a number each, in all or some of their lines."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    one_each, with_others = rng.random(2) < (0.5, 0.2)
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
            else:
                text, gap = hand.number(4, rng.random() < 0.2), rng.uniform(0, 0.3)
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
        ink = hand.writer.strokes(CROSS, rng.uniform(0.4, 1) * size, 1.0)
    else:
        ink = hand.writer.other(rng.uniform(0.7, 1) * min(size, hand.height))
    label = TARGET_NAMES.index("-") if kind == "dash" else OTHER
    at = np.clip(rng.normal(0.5, 0.15, 2), 0, 1)
    x, y = (left, top) + at * np.subtract((wide, tall), ink.shape[::-1])
    hand.sheet.write(ink, label, x, y)


def _in_cell(hand, left, wide, base, height):
    """Write a digit about the middle of a cell."""
    ink, top, label = hand.sign(str(hand.rng.integers(10)), height)
    share = np.clip(hand.rng.normal(0.5, 0.17), -0.1, 1.1)
    hand.sheet.write(ink, label, left + share * (wide - ink.shape[1]), base + top)


def _thickness(rng, height, most):
    """Return a thickness of lines between 0.015 and ``most`` heights, in pixels."""
    return max(1, round(height * np.exp(rng.uniform(np.log(0.015), np.log(most)))))


def form(hand, fonts):
    """Fields of a form: a printed word, and a box, a comb or a line with digits."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    y = rng.uniform(0.2, 1) * height
    while y + 1.5 * height < sheet.shape[0]:
        x = rng.uniform(0, 0.5) * height
        if fonts and rng.random() < 0.8:
            size, right = rng.uniform(0.4, 0.9) * height, 0.5 * sheet.shape[1]
            x = _words(sheet, rng, fonts, x, y + height, size, right)
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


def _words(sheet, rng, fonts, x, base, height, right):
    """Print a few words, and return where they end."""
    font = str(rng.choice(fonts))
    for _ in range(int(rng.integers(1, 6))):
        ink = printed(font, "".join(rng.choice(LETTERS, rng.integers(1, 9))), height)
        if ink is None or x + ink.shape[1] > right:
            break
        sheet.print(ink, x, base - len(ink))
        x += ink.shape[1] + 0.4 * height
    return x


def printed_text(hand, fonts):
    """Lines of printed words, which have no boxes."""
    size = hand.height * hand.rng.uniform(0.4, 1)
    for base in np.arange(hand.height, hand.sheet.shape[0], 1.6 * size):
        x = hand.rng.uniform(0, 2) * size
        _words(hand.sheet, hand.rng, fonts, x, base, size, hand.sheet.shape[1])


def equations(hand, fonts):
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


def _in_parentheses(hand, x, base, gap):
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


def column_sums(hand, fonts):
    """Numbers below each other, a line below them, their sum, and carried digits."""
    sheet, rng, height = hand.sheet, hand.rng, hand.height
    step, leading = rng.uniform((0.75, 1.2), (1.5, 1.9)) * height
    n, right = int(rng.integers(1, 7)), sheet.shape[1] * rng.uniform(0.3, 1)
    while right > 0 and n:
        base, places = rng.uniform(1, 2.2) * height, int(rng.integers(2, 7))
        while base < sheet.shape[0]:
            rows = int(rng.integers(2, 5))
            _carried(hand, right, step, base, places)
            for row in range(rows + 1):
                for place in range(int(rng.integers(1, places + 1))):
                    ink, top, label = hand.sign(str(rng.integers(10)), height)
                    left = right - (place + 0.5) * step - ink.shape[1] / 2
                    sheet.write(ink, label, left, base + top)
                if row == rows - 1:
                    length = step * (places + rng.uniform(0, 1.5))
                    bar = hand.writer.line("0,5 10,4.7..5.3", length, height / length)
                    at = base + rng.uniform(0.1, 0.25) * height
                    sheet.write(bar, OTHER, right - bar.shape[1], at)
                    hand.operator(right - step * (places + 1), base)
                base += leading
            base += rng.uniform(0.5, 2) * height
        right -= step * (places + rng.uniform(1.5, 3))
        n -= 1


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


def letters(hand, fonts):
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


def single(hand, fonts):
    """One digit, or one other sign."""
    sheet, rng = hand.sheet, hand.rng
    label = int(rng.integers(10)) if rng.random() < 0.6 else OTHER
    if label == OTHER:
        ink = hand.writer.other(hand.height)
    else:
        ink = hand.writer.digit(label, hand.height)
    at = rng.uniform(0.05, 0.95, 2)
    if rng.random() < 0.3:
        at = rng.choice([0, 0.5, 1], 2)
    top, left = at * np.subtract(sheet.shape, ink.shape)
    sheet.write(ink, label, left, top)


def scribbles(hand, fonts):
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


def empty(hand, fonts):
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
