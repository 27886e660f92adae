"""
What is misread, and why
========================

No handwriting reader is always right. If you rely on one, you should know where it
fails. This example draws signs that :func:`~skdigits.read_digits` is known to misread:
some have the shape of a digit, and some are digits in unusual forms.
"""

# %%
# Drawings that go wrong
# ----------------------
#
# Each drawing is a few strokes of a pen, on a square ten units wide.
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
    "a zero open at the top": [arc(5, 5, 4, 5, -40, 220)],
    "a half": [
        [(2, 0), (2, 5)],
        [(7, 0), (1, 10)],
        [*arc(7, 7, 1.5, 1.5, 180, 380), (6, 10), (9, 10)],
    ],
}


def drawing(strokes):
    sheet = Image.new("L", (480, 360), 235)
    pen = ImageDraw.Draw(sheet)
    for stroke in strokes:
        points = [(100 + 20 * x, 70 + 20 * y) for x, y in stroke]
        pen.line(points, fill=45, width=14, joint="curve")
    return np.asarray(sheet.filter(ImageFilter.GaussianBlur(1.5)))


readings = {name: read_digits(drawing(its)) for name, its in DRAWINGS.items()}
figure, axes = plt.subplots(2, 3, figsize=(7, 4.5), layout="constrained")
for ax, (name, reading) in zip(axes.flat, readings.items(), strict=True):
    reading.plot(ax=ax)
    ax.set_title(f"{name}: {reading.text!r}", fontsize=9)
    print(name, reading.digits[["digit", "confidence"]].to_numpy().tolist())

plt.show()

# %%
# Why, and what helps
# -------------------
#
# The letters have exactly the shape of a digit, and the bracket looks much like a 1. If
# such a letter stands alone, nobody can tell the difference. Its surroundings would
# help. The page network does see them, but the handwritten words that it was trained on
# consist of random letters and other signs, and letters like these were left out. If
# you expect letters, cut out the fields that contain digits, and read only those.
#
# In MNIST and on the synthetic pages, few zeros are open at the top, and hardly any are
# as wide open as this one. If the networks were trained to read such zeros, they would
# also read the letter U as a zero. If a writer makes such zeros, you can fine-tune the
# classifier for that writer:
# :ref:`sphx_glr_auto_examples_handwriting_plot_fine_tuning.py`.
#
# The 1 of the fraction is so close to the slash that it is not found. So the slash is
# not read either: it would have to be between two digits.
#
# The probability does not warn you of such letters. It was fitted on synthetic pages,
# and handwritten letters like these were left out of those, too.
letters = [readings[name] for name in ("the letter l", "the letter S", "the letter Z")]
assert any(reading.digits["confidence"].max() > 0.8 for reading in letters)
assert readings["a zero open at the top"].text != "0"
assert readings["a half"].text != "1/2"
