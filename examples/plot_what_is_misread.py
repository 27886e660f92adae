"""
What is misread, and why
========================

No reader of handwriting is always right, and whoever relies on one should know where it
is not. This example draws what :func:`~skdigits.read_digits` is known to get wrong:
signs that have the shape of a digit, and digits as few people write them.
"""

# %%
# Drawings that go wrong
# ----------------------
#
# Each is a few strokes of a pen, on a square ten units wide.
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from skdigits import read_digits


def arc(x, y, width, height, start, stop):
    """Return points of an ellipse; angles in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(start, stop, 40))
    pairs = zip(x + width * np.cos(angles), y + height * np.sin(angles), strict=True)
    return [*pairs]


DRAWINGS = {
    "the letter l": [[(5, 0), (5, 10)]],
    "the letter S": [[*arc(5, 2.5, 3, 2.5, -30, -270), *arc(5, 7.5, 3, 2.5, -90, 150)]],
    "the letter Z": [[(1, 0), (8, 0), (1, 10), (8, 10)]],
    "an opening bracket": [arc(7, 5, 3, 6, 230, 130)],
    "a nought that ends inside": [
        [*arc(5, 5, 4, 5, -60, -400), *arc(4.5, 4, 2.5, 2, 0, 160)]
    ],
    "a nought open above": [arc(5, 5, 4, 5, -40, 220)],
    "a half": [
        [(2, 0), (2, 5)],
        [(7, 0), (1, 10)],
        [*arc(7, 7, 1.5, 1.5, 180, 380), (6, 10), (9, 10)],
    ],
    "a one that leans far": [[(0, 8), (9, 2)]],
}


def drawing(strokes):
    sheet = Image.new("L", (480, 360), 235)
    pen = ImageDraw.Draw(sheet)
    for stroke in strokes:
        points = [(100 + 20 * x, 70 + 20 * y) for x, y in stroke]
        pen.line(points, fill=45, width=14, joint="curve")
    return np.asarray(sheet.filter(ImageFilter.GaussianBlur(1.5)))


readings = {name: read_digits(drawing(its)) for name, its in DRAWINGS.items()}
figure, axes = plt.subplots(2, 4, figsize=(9, 4.5), layout="constrained")
for ax, (name, reading) in zip(axes.flat, readings.items(), strict=True):
    reading.plot(ax=ax)
    ax.set_title(f"{name}: {reading.text!r}", fontsize=9)
    print(name, reading.digits[["digit", "confidence"]].to_numpy().tolist())

plt.show()

# %%
# Why, and what helps
# -------------------
#
# The letters and the bracket have the very shape of a digit: seen alone, nobody could
# tell. What stands around them could, and the page network sees that; but it has
# learned from numbers and single letters, not from words of a language. Where letters
# are to be expected, cut out the fields that hold digits, and read those.
#
# The noughts are a habit that MNIST's writers did not have, nor those of the synthetic
# pages; taught as noughts, they would make noughts of the letters U and e. A network
# can learn the habits of one writer from fifty digits:
# :ref:`sphx_glr_auto_examples_plot_fine_tuning.py`.
#
# The last two are there for comparison: a half is read as its two digits, and a one
# that leans far as a one, with a lower probability.
#
# A probability does not warn of the first kind: of the images that people meant to be
# digits it says how often the prediction is right, and a letter is none of them.
