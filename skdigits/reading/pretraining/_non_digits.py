"""Drawing non-digits."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from skdigits.datasets.pages import (
    CAPITALS,
    DOODLES,
    SIGNS,
    SMALL,
    by_hand,
    curve,
    strokes_of,
)
from skdigits.reading.pretraining._chunks import drawn_rows
from skdigits.reading.pretraining._paper import as_read
from skdigits.reading.pretraining._pens import draw
from skdigits.reading.pretraining._redrawn import (
    several,
    turned,
    warped,
    with_other_pen,
)

# What is taken from fonts, where the font has it.
PRINTED = (
    "ACDEFHJKLMNPRTUVWXYadefhjkmnprtuvwx+=%&#@*?<>~±×÷√∞∑∆ΓΔΘΞΠΣΦΨΩαηθκλμπτυφχψω"
    "ÄÖÜÅÆÑ♥♦♣♠★☆✓✗✚✦☺☼→←↔⇒⇐∈∉∩∪≈≠≤≥⊕⊗∀∃"
)

FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral")
STYLES = ("", "-Bold", "-Oblique", "-Italic", "Italic", "Bol")

# The signs that are nearly everywhere.
MARKS = ("tick", "minus", "plus", "times", "parenthesis")

# Pixels of a printed letter's height.
PRINTED_HEIGHT = 56

# Digits that are none when they lie on their side.
NONE_ON_THEIR_SIDE = (3, 4, 8)


def draw_non_digits(n_images, seed, digits, n_jobs=None):
    """Draw non-digits in MNIST format.

    Parameters
    ----------
    n_images : int

    seed : int
        The same seed gives the same images; a larger ``n_images`` adds to them.

    digits : tuple of ndarray (X, y)
        Images of MNIST, from which pairs, triples and digits on their side are made.

    n_jobs : int, default=None
        Number of processes that draw images, as for :class:`joblib.Parallel`.

    Returns
    -------
    ndarray of shape (n_images, 784), dtype uint8
        Light ink on a dark background; all zeros if there is no ink.
    """
    return drawn_rows(_drawn, n_images, n_jobs, seed, digits)


def _drawn(i, seed, digits):
    rng = np.random.default_rng([seed, 3, i])
    shares = np.array([*KINDS.values(), BLANK])
    kind = rng.choice(len(shares), p=shares / shares.sum())
    if kind == len(KINDS):
        return np.zeros((28, 28), np.uint8)
    return as_read(list(KINDS)[kind](rng, digits), rng)


def _written(table, width):
    def write(rng, digits):
        names = list(table)
        sign = rng.choice(table[names[rng.integers(len(names))]])
        strokes = strokes_of(str(sign), rng, jitter=rng.uniform(0.005, 0.04))
        return draw(by_hand(strokes, rng, width), rng)

    return write


def _printed(rng, digits):
    """A letter of a font, warped and drawn thinner or thicker."""
    paths = _fonts()
    letter = PRINTED[rng.integers(len(PRINTED))]
    while True:
        font = _font(paths[rng.integers(len(paths))])
        left, top, right, bottom = font.getbbox(letter)
        if right > left and bottom > top and not _is_missing(font, letter):
            break
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), letter, fill=255, font=font)
    ink = np.asarray(image, np.float32) / 255
    return with_other_pen(warped(ink, rng), rng)


@lru_cache(maxsize=1)
def _fonts():
    """Return the paths of the fonts that matplotlib ships, in a fixed order."""
    import matplotlib

    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    names = [f"{font}{style}.ttf" for font in FONTS for style in STYLES]
    return [str(folder / name) for name in names if (folder / name).is_file()]


@lru_cache(maxsize=32)
def _font(path):
    return ImageFont.truetype(path, PRINTED_HEIGHT)


def _is_missing(font, letter):
    """Whether the font draws its box for letters that it lacks."""
    return bytes(font.getmask(letter)) == bytes(font.getmask("\U0010fffe"))


def _curve(rng, digits):
    """A winding curve that comes back upon itself."""
    points = rng.random((int(rng.integers(8, 16)), 2)) * [1, rng.uniform(0.5, 1.2)]
    return draw([curve(points)], rng)


def _zigzag(rng, digits):
    """A scribble, back and forth."""
    n_turns = int(rng.integers(6, 20))
    x = np.arange(n_turns) / n_turns + rng.normal(0, 0.03, n_turns)
    y = np.arange(n_turns) % 2 + rng.normal(0, 0.1, n_turns)
    points = np.stack([x, rng.uniform(0.3, 1) * y], 1)
    points = curve(points) if rng.random() < 0.5 else points
    return draw(by_hand([points], rng, rng.uniform(0.7, 2.0)), rng)


def _crossing(rng, digits):
    """Four or more straight strokes, anyhow."""
    strokes = rng.random((int(rng.integers(4, 8)), 2, 2))
    return draw(list(strokes), rng)


def _blob(rng, digits):
    """A blot or a dot, full of ink."""
    side = 60
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    angle = np.arctan2(y, x)
    waves = rng.normal(0, 0.08, 3)
    radius = 0.75 + sum(
        wave * np.sin(k * angle + rng.uniform(0, 6)) for k, wave in enumerate(waves, 2)
    )
    flat = rng.uniform(1, 1.8)
    return (np.hypot(x, flat * y) < radius).astype(np.float32)


def _noise(rng, digits):
    """Noise, or pieces of ink without form."""
    side = 56
    field = rng.normal(0, 1, (side, side))
    field = ndimage.gaussian_filter(field, rng.uniform(0.5, 5))
    return (field > np.quantile(field, rng.uniform(0.5, 0.95))).astype(np.float32)


def _frame(rng, digits):
    """The frame of a box, whole or in part, or a grid."""
    side, ink = 60, np.zeros((60, 60), np.float32)
    thick = int(rng.integers(1, 6))
    n_lines = int(rng.integers(1, 3))
    for line in np.linspace(0, side - thick, n_lines + 1).astype(int):
        ink[line : line + thick] = 1
        ink[:, line : line + thick] = 1
    if rng.random() < 0.6:
        edge = int(rng.integers(thick, side // 2))
        ink = np.rot90(
            ink[edge:, : side - int(rng.integers(0, 20))], rng.choice([0, 3])
        )
    return warped(ink, rng, 0.3)


def _several_digits(rng, digits):
    X, _ = digits
    n_digits = 2 if rng.random() < 0.8 else 3
    return several(X[rng.integers(len(X), size=n_digits)], rng)


def _lying_digit(rng, digits):
    X, y = digits
    usable = np.flatnonzero(np.isin(y, NONE_ON_THEIR_SIDE))
    return with_other_pen(turned(X[rng.choice(usable)], rng), rng)


# How often each kind is drawn, and none at all, in shares of their sum.
BLANK = 1.5
KINDS = {
    _written(CAPITALS, 0.75): 28,
    # the nearest to 0 and 6
    _written({letter: CAPITALS[letter] for letter in "CDU"}, 0.75): 7,
    _written(SMALL, 0.75): 17,
    _written(SIGNS, 0.9): 16,
    # what teachers and forms have most of
    _written({sign: SIGNS[sign] for sign in MARKS}, 0.9): 7,
    _written(DOODLES, 0.9): 7,
    _printed: 10,
    _several_digits: 12,
    _lying_digit: 2,
    _curve: 3,
    _zigzag: 3,
    _crossing: 3,
    _blob: 2,
    _noise: 2,
    _frame: 2,
}
