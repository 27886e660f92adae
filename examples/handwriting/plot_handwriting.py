"""
A photo of handwriting, step by step
====================================

A network that was trained on MNIST expects light digits on a black background, each in
the middle of a 28 x 28 image, with strokes of about the same thickness. A photo of a
sheet of paper is nothing like that. This example imitates such a photo, with a shadow,
ruled lines and noise, and shows each step on the way to a prediction.
"""

# %%
# A photo
# -------
#
# To read your own photo, pass its file name to :func:`skdigits.read_digits`. The photo
# here is drawn by the code below: pen strokes on ruled paper. The sheet gets darker
# towards the right and is turned by two degrees.
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from skdigits import read_digits
from skdigits.handwriting import HandwritingNormalizer, find_digits, find_ink

STROKES = {
    0: [[(5, 0), (1, 3), (1, 7), (5, 10), (8, 7), (8, 3), (5, 0)]],
    1: [[(2, 3), (5, 0), (5, 10)]],
    2: [[(1, 2), (4, 0), (7, 1), (7, 4), (1, 10), (8, 10)]],
    4: [[(5, 0), (0, 7), (8, 7)], [(6, 4), (6, 11)]],
    7: [[(0, 0), (8, 0), (3, 10)], [(2, 5), (7, 5)]],
    9: [[(7, 2), (4, 0), (1, 2), (3, 5), (7, 4), (7, 1), (6, 10)]],
}


def photo():
    sheet = Image.new("L", (900, 500), 255)
    pen = ImageDraw.Draw(sheet)
    for y in range(60, 500, 110):
        pen.line([(0, y), (900, y)], fill=80, width=3)
    for y, digits in ((90, "1974 20"), (310, "42 071")):
        for column, digit in enumerate(digits):
            for stroke in STROKES.get(int(digit), []) if digit != " " else []:
                points = [(60 + 110 * column + 9 * a, y + 9 * b) for a, b in stroke]
                pen.line(points, fill=40, width=9, joint="curve")
    sheet = sheet.rotate(2, fillcolor=255).filter(ImageFilter.GaussianBlur(1.2))
    rng = np.random.default_rng(0)
    light = np.linspace(1, 0.45, 900) * np.linspace(1, 0.8, 500)[:, None]
    pixels = np.asarray(sheet) * light * 0.9 + rng.normal(0, 4, (500, 900))
    return np.clip(pixels, 0, 255).astype(np.uint8)


image = photo()

# %%
# Ink
# ---
#
# Parts of the ruled lines in the shadow are darker than parts of the ink elsewhere, so
# no threshold can separate ink from lines. Instead,
# :func:`skdigits.handwriting.find_ink` uses the page network, which was trained on
# synthetic pages. This network sees the photo at several scales. It predicts which
# pixels are ink, where the digits are, and which digits they are. Ruled lines do not
# count as ink.
ink = find_ink(image)
figure, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
figure.suptitle("From light to ink")
for ax, step, title in zip(axes, (image, 1 - ink), ("Photo", "Ink"), strict=True):
    ax.imshow(step, cmap="gray")
    ax.set(title=title)
    ax.set_axis_off()

# %%
# Digits
# ------
#
# :func:`skdigits.handwriting.find_digits` returns the boxes of the digits in reading
# order, and :class:`skdigits.handwriting.HandwritingNormalizer` converts images of
# single digits to MNIST format. Here, the images are cut from the first line.
boxes = [box for box in find_digits(image) if box.line == 0]
cut = [
    image[max(0, b.top - 8) : b.top + b.height + 8, b.left - 8 : b.left + b.width + 8]
    for b in boxes
]
forms = HandwritingNormalizer().fit_transform(cut).reshape(-1, 28, 28)
figure, axes = plt.subplots(2, len(boxes), figsize=(8, 3.2), layout="constrained")
figure.suptitle("Digits as they were written, and in MNIST format")
for above, below, part, form in zip(*axes, cut, forms, strict=True):
    above.imshow(part, cmap="gray", vmin=0, vmax=255)
    below.imshow(form, cmap="gray")
    above.set_axis_off()
    below.set_axis_off()

# %%
# The reading
# -----------
#
# :func:`skdigits.read_digits` does all of this. It also combines the predictions of the
# page network and the pretrained classifier into one probability for each digit that it
# reads. If this probability is below `min_confidence`, the prediction is a question
# mark. The table `digits` has a row for each digit:
reading = read_digits(image)
ax = reading.plot()
ax.set_title("The reading")
reading.digits.head()

# %%
# The text has a line for each line of the sheet, and a space between numbers:
print(reading.text)
assert reading.text == "1974 20\n42 071"

# sphinx_gallery_thumbnail_number = 3
