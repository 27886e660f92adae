"""A writer with a pen, a slant and habits, who writes digits and signs in ink.

Ink is an array of shape (height, width) with values in [0, 1], where 1 is full ink. It
is cropped to what is written.
"""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from skdigits.datasets.pages._habits import HABITS, WIDTH, WIDTHS
from skdigits.datasets.pages._signs import (
    CAPITALS,
    DOODLES,
    LIKE_DIGITS,
    SIGNS,
    SMALL,
)
from skdigits.datasets.pages._strokes import by_hand, proportions, strokes_of

# Signs that change a number: their strokes, their height in heights of a digit, or the
# length of a minus, and how far their middle is above the base line.
NUMBER_SIGNS = {
    ".": ((), 0.06, 0.0),
    ",": (("6,0 4,10", "~5,0 6,3 3,10"), 0.24, -0.08),
    "-": (("0,5 10,5", "0,5 10,4..6", "~0,5 5,4.5..5.5 10,5"), 0.5, 0.45),
    "/": (("7..9,0 1..3,10", "~8,0 5,5 2,10"), 1.15, 0.5),
    ":": (("5,0 5.3,0.4 | 5,9.6 5.3,10", "5,0 5,0.5 | 5,9.5 5,10"), 0.45, 0.35),
}

# Other signs of sums and equations, and how often each is meant.
OPERATORS = {"plus": 0.3, "times": 0.15, "x": 0.15, "equals": 0.2, "parenthesis": 0.2}

# Characters that no digit of 0 to 9 looks like.
LATIN = "ABCDEFGHJKMNPQRTUVWXYadefhjkmnprtuvwxy"
OTHERS = (
    "ΓΔΘΛΞΠΣΦΨΩαγεθλμπρτφψωБДЖИЙЛПФЦШЩЫЭЮЯвгджийклмнптцшщыэюя"
    "٢٣٤٧٨४५६८९৫৮৯๑๒๓๔๕๖๗๘๙+=×÷±%&#@?!*()[]{}<>≤≥√∑∫∞→←≠✓✗★☆♥"
    "אבגדהחטכלמנפצקרשתبتثجحخذسشصضطظعغفقكلمنيअइकखगघचजझडतथदधनपबभमयरलशषसह"
    "কখচজড়তদনপবমযরলশসহกขคจชญดตถทนบปพฟมยรลสหฬ"
    "ბდთლმნრტფქღშჩცწჭხჯբդթժլխծկհմնշռվտփֆሀለሐመሠረሰቀበተኀነአከየደገጠጰጸፈፐ"
    "அஆஇஎகஙசஞடணதநபமயரலழளறன"
)

# Pixels of a font, and the least ones of a stroke before it is made smaller.
FONT_SIZE, DRAWN_HEIGHT = 72, 48

# How often a pen is thick, and another sign looks like a digit.
THICK, LIKE_A_DIGIT = 0.15, 0.25

# The pixels of an image that are ink, and those that are in the middle of its edges.
FAINT, HALF = 40, 110


class Writer:
    """Somebody with a pen.

    Parameters
    ----------
    rng : numpy.random.Generator

    digits : list of 10 ndarray of shape (n, height, width), or None
        Images of each digit, light on dark, which some writers write anew.

    fonts : sequence of str
        Files of fonts, which some writers write in.
    """

    def __init__(self, rng, digits=None, fonts=()):
        self.rng, self.digits, self.fonts = rng, digits, fonts
        ways = 3 * ["strokes"] + 4 * ["images"] * (digits is not None)
        self.way = str(rng.choice(ways + 2 * ["font"] * bool(fonts)))
        self.font = str(rng.choice(fonts)) if fonts else None
        # in heights of a digit
        self.pen = np.exp(rng.normal(np.log(0.085), 0.45)).clip(0.03, 0.24)
        if rng.random() < THICK:
            self.pen = rng.uniform(0.14, 0.3)
        self.crosses_sevens = rng.random() < 0.35
        self.slant = float(np.clip(rng.normal(0.06, 0.2), -0.45, 0.5))
        self.stretch = float(np.exp(np.clip(rng.normal(0, 0.15), -0.35, 0.35)))
        self.jitter, self.uneven = rng.uniform((0.005, 0), (0.035, 0.12))
        self.habits = [str(rng.choice(habits)) for habits in HABITS.values()]
        self.kind = rng.choice(["round", "nib", "rough"], p=[0.7, 0.15, 0.15])

    def digit(self, digit, height):
        """Return the ink of a digit of about so many pixels of height."""
        height *= 1 + self.rng.normal(0, self.uneven)
        if self.way == "images":
            images = self.digits[digit]
            ink = self._anew(images[self.rng.integers(len(images))], height)
            return self._crossed(ink) if digit == 7 and self.crosses_sevens else ink
        if self.way == "font":
            ink = self._in_font(self.font, str(digit), height)
            if ink is not None:
                return ink
        habit = self.habits[digit]
        if self.rng.random() < 0.1:
            habit = self.rng.choice(HABITS[digit])
        return self.strokes(habit, height, WIDTHS.get(digit, WIDTH))

    def _crossed(self, ink):
        """Return the ink of a seven with a bar across its stem."""
        height, width = ink.shape
        middle = round(self.rng.uniform(0.45, 0.6) * height)
        stem = np.average(np.arange(width), weights=ink[middle] + 1e-6)
        length = max(3, self.rng.uniform(0.4, 0.65) * height)
        bar = self._drawn("0,5..7 10,3..5", length, 1.0, 0, self.pen * height)
        margin = max(bar.shape)
        canvas = np.pad(ink, margin)
        top = margin + middle - len(bar) // 2
        left = margin + round(stem) - bar.shape[1] // 2
        part = canvas[top : top + len(bar), left : left + bar.shape[1]]
        np.maximum(part, bar, out=part)
        return cropped(canvas)

    def number_sign(self, sign, height):
        """Return the ink of one of `NUMBER_SIGNS` beside digits of that height."""
        strokes, share, _ = NUMBER_SIGNS[sign]
        if sign == ".":
            return self._dot(height)
        if sign == "-":
            return self.line(self.rng.choice(strokes), share * height, 2.0)
        return self.strokes(self.rng.choice(strokes), max(2, share * height), 0.5)

    def other(self, height):
        """Return the ink of a letter or sign that is no part of a number."""
        if self.fonts and self.rng.random() < (0.7 if self.way == "font" else 0.35):
            letters = LATIN if self.rng.random() < 0.7 else OTHERS
            letter = letters[self.rng.integers(len(letters))]
            for path in (self.font, *self.rng.permutation(self.fonts)[:8]):
                ink = self._in_font(str(path), letter, height)
                if ink is not None:
                    return ink
        tables = CAPITALS, SMALL, SIGNS, DOODLES
        table = tables[self.rng.choice(4, p=[0.35, 0.3, 0.25, 0.1])]
        name = self.rng.choice(list(table))
        if self.rng.random() < LIKE_A_DIGIT:
            name = self.rng.choice(LIKE_DIGITS)
            table = next(table for table in tables if name in table)
        return self.strokes(self.rng.choice(table[name]), height, 0.8)

    def operator(self, height):
        """Return the ink of a sign of sums and equations that is not in numbers."""
        name = self.rng.choice(list(OPERATORS), p=list(OPERATORS.values()))
        ways = SIGNS.get(name) or SMALL[name]
        return self.strokes(self.rng.choice(ways), height, 0.8)

    def strokes(self, sign, height, width):
        """Return the ink of a sign in the notation of strokes."""
        return self._drawn(sign, height, width, 1, self.pen * height)

    def line(self, sign, length, pen=1.0):
        """Return the ink of a level line of that length, in pixels."""
        return self._drawn(sign, length, 1.0, 0, pen * self.pen * length)

    def _drawn(self, sign, side, width, axis, pen):
        """Draw strokes ``side`` pixels long along an axis: larger, then reduced."""
        strokes = self._by_hand(strokes_of(str(sign), self.rng, self.jitter), width)
        points = np.concatenate(strokes)
        low, size = points.min(axis=0), np.ptp(points, axis=0)
        zoom = max(2, int(np.ceil(DRAWN_HEIGHT / max(side, 1))))
        scale = max(side - pen, 1) / max(size[axis], 1e-6) * zoom
        pen = max(1, round(pen * zoom))
        margin = pen / 2 + zoom
        strokes = [(points - low) * scale + margin for points in strokes]
        cells = np.ceil((size * scale + 2 * margin + 1) / zoom).astype(int)
        image = Image.new("L", tuple(int(n) for n in cells * zoom))
        draw = _with_nib if self.kind == "nib" else _with_round_pen
        draw(ImageDraw.Draw(image), strokes, pen)
        return cropped(np.asarray(image.reduce(zoom), np.float32) / 255)

    def _by_hand(self, strokes, width):
        turn = np.clip(self.rng.normal(0, 0.04), -0.12, 0.12)
        affine = np.array([[width * self.stretch, 0], [-self.slant, 1]])
        affine = affine @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        if self.kind == "rough":
            strokes = by_hand(strokes, self.rng, 1.0, 0.5)
        return [points @ affine for points in strokes]

    def _dot(self, height):
        size = max(self.pen / 2, 0.03) * self.rng.uniform(0.9, 1.6)
        radius = max(0.7, height * size)
        side = int(np.ceil(2 * radius)) + 2
        y, x = np.mgrid[:side, :side] - (side - 1) / 2
        flat = self.rng.uniform(0.8, 1.25)
        ink = np.clip(radius + 0.5 - np.hypot(x * flat, y / flat), 0, 1)
        return cropped(ink.astype(np.float32))

    def _anew(self, image, height):
        """Return an image of a digit written with this pen and slant."""
        image = _in_other_proportions(image[_box_of(image > FAINT)], self.rng)
        tall, wide = image.shape
        longest = max(tall, wide)
        zoom = max(3, int(np.ceil(height / longest)))
        large = Image.fromarray(image).resize(
            (zoom * wide, zoom * tall), Image.Resampling.BICUBIC
        )
        mask = np.pad(np.asarray(large) > HALF, 2 * zoom)
        inside = ndimage.distance_transform_edt(mask)
        away = ndimage.distance_transform_edt(~mask) - inside
        thick = 2 * np.percentile(inside[mask], 85)
        # half of the way, lest thin parts break and small holes close
        grow = (self.pen * zoom * longest - thick) / 2
        grow = np.clip(grow, -0.3 * thick, 0.25 * thick)
        ink = np.clip(0.5 - away + grow, 0, 1).astype(np.float32)
        slant = self.slant - 0.08 + self.rng.normal(0, 0.04)
        ink = cropped(sheared(ink, slant, self.stretch))
        return resized(ink, height / max(tall, 0.55 * wide) / zoom)

    def _in_font(self, path, text, height):
        return printed(path, text, height, self.slant - 0.08, self.stretch)


def _in_other_proportions(image, rng):
    """Return an image whose halves are larger or smaller, of the same size."""
    for _ in range(2):
        last, power = len(image) - 1, proportions(rng)
        where = last * np.linspace(0, 1, last + 1) ** power
        above = np.minimum(where.astype(int), max(last - 1, 0))
        below = np.minimum(above + 1, last)
        share = (where - above)[:, None]
        image = ((1 - share) * image[above] + share * image[below]).T
    return image.astype(np.uint8)


def _with_round_pen(drawing, strokes, pen):
    radius = pen / 2 - 0.5
    for points in strokes:
        drawing.line(points.ravel().tolist(), fill=255, width=pen, joint="curve")
        for end in points[[0, -1]]:
            drawing.circle(end, radius, fill=255)


def _with_nib(drawing, strokes, pen):
    step = np.array([np.cos(0.7), -np.sin(0.7)]) * 0.35 * pen
    for share in np.linspace(-1, 1, 2 + pen // 3):
        for points in strokes:
            way = (points + share * step).ravel().tolist()
            drawing.line(way, fill=255, width=max(2, pen // 4))


def printed(path, text, height, slant=0.0, stretch=1.0):
    """Return the ink of text in a font.

    Parameters
    ----------
    path : str
        The file of the font.

    text : str

    height : float
        Of the font's digits, in pixels.

    Returns
    -------
    ndarray or None
        None if the font lacks a character.
    """
    ink = _set(path, text)
    if ink is None:
        return None
    ink = cropped(sheared(ink, slant, stretch))
    return resized(ink, height / _height_of_digits(path))


@lru_cache(maxsize=256)
def _font(path):
    font = ImageFont.truetype(path, FONT_SIZE)
    return font, bytes(font.getmask("\U0010fffe"))


@lru_cache(maxsize=256)
def _height_of_digits(path):
    inks = (_set(path, text) for text in "80EH")
    return next((len(cropped(ink)) for ink in inks if ink is not None), FONT_SIZE)


@lru_cache(maxsize=4096)
def _set(path, text):
    """Return the ink of text in a font's own size, or None."""
    font, missing = _font(path)
    if any(bytes(font.getmask(letter)) == missing for letter in text):
        return None
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=font)
    ink = np.asarray(image, np.float32) / 255
    return ink if (ink > 0.5).any() else None


def cropped(ink):
    """Return ink without its margins."""
    return ink[_box_of(ink > 0.2)]


def _box_of(mask):
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if not len(rows):
        return slice(1), slice(1)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def sheared(ink, slant, stretch=1.0):
    """Return ink that leans to the right by ``slant``, and is stretched sideways."""
    height, width = ink.shape
    size = int(width * stretch) + int(abs(slant) * height) + 1, height
    start = -max(slant, 0) * height
    data = 1 / stretch, slant / stretch, start / stretch, 0, 1, 0
    image = Image.fromarray(np.ascontiguousarray(ink, np.float32))
    method = Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
    return np.asarray(image.transform(size, *method))


def resized(ink, scale):
    """Return ink of another size."""
    height, width = ink.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    smooth = Image.Resampling.BOX if scale < 0.6 else Image.Resampling.BILINEAR
    image = Image.fromarray(np.ascontiguousarray(ink, np.float32))
    return np.clip(np.asarray(image.resize(size, smooth)), 0, 1)
