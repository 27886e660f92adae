"""A page while it is written: its ink, its signs, and the hand that writes them."""

import numpy as np

from skdigits.datasets.pages._writer import NUMBER_SIGNS

TARGET_NAMES = (*"0123456789", *NUMBER_SIGNS, "other")
OTHER = TARGET_NAMES.index("other")

DIGITS = tuple("0123456789")

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

    def turned(self, turns):
        """Return this sheet turned by quarters; what is printed there is printed here.

        What is written there is not: its boxes would have to be turned back.
        """
        sheet = Sheet(self.shape)
        sheet.ink, sheet.lines = (np.rot90(a, turns) for a in (self.ink, self.lines))
        return sheet

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
    height : float
        Of digits, in pixels.
    """

    def __init__(self, sheet, writer, height):
        self.sheet, self.writer, self.height = sheet, writer, height
        self.rng = writer.rng

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

    def digit_or_other(self, share, height):
        """Return the ink and the label of a digit, or else of another sign."""
        if self.rng.random() < share:
            digit = int(self.rng.integers(10))
            return self.writer.digit(digit, height), digit
        return self.writer.other(height), OTHER

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
