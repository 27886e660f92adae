"""
From answer sheets to a spreadsheet
===================================

A class hands in forms. You want a table of the points, in which the cells to check
are highlighted. This example draws scans of such forms, reads the boxes on each form,
and cuts out the doubtful cells.
"""

# %%
# The scans
# ---------
#
# To read your own scans, pass a list of file names, or one PDF file, to
# ``read_boxes``. The scans here are drawn by the code below: each is a printed form,
# filled in with scikit-learn's digits, which were written by 13 people.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

from skdigits.reading import read_boxes

FORM = {
    "student": (180, 40, 232, 70),
    "task 1": (180, 150, 116, 70),
    "task 2": (180, 240, 116, 70),
    "task 3": (180, 330, 116, 70),
}
DIGITS = {"student": 4, "task 1": 2, "task 2": 2, "task 3": 2}

digits = load_digits()
rng = np.random.default_rng(0)


def scan(values):
    page = Image.new("L", (480, 440), 235)
    pen = ImageDraw.Draw(page)
    for name, (left, top, width, height) in FORM.items():
        pen.text((40, top + 20), name.capitalize(), fill=60, font_size=26)
        pen.rectangle((left, top, left + width, top + height), outline=120, width=2)
    for name, value in values.items():
        left, top, *_ = FORM[name]
        for column, digit in enumerate(value):
            written = rng.choice(digits.images[digits.target == int(digit)])
            ink = Image.fromarray((255 * written / 16).astype(np.uint8))
            ink = ink.resize((44, 50), Image.Resampling.BICUBIC)
            pen.bitmap((left + 8 + 56 * column, top + 10), ink, fill=50)
    light = np.linspace(1, rng.uniform(0.75, 1), 480)
    pixels = np.asarray(page) * light + rng.normal(0, 3, (440, 480))
    return np.clip(pixels, 0, 255).astype(np.uint8)


written = pd.DataFrame(
    [
        {"student": f"{1974 + 13 * row}"}
        | {f"task {task}": f"{rng.integers(5, 21):02}" for task in (1, 2, 3)}
        for row in range(24)
    ]
)
scans = [scan(row) for row in written.to_dict("records")]
figure, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for ax, page in zip(axes, scans, strict=False):
    ax.imshow(page, cmap="gray", vmin=0, vmax=255)
    ax.set_axis_off()

# %%
# The table
# ---------
#
# :func:`skdigits.reading.read_boxes` reads each box; an uncertain digit becomes a "?".
# A cell is doubtful if it contains a "?", or if it has more or fewer digits than the
# box should have. ``table.to_csv("points.csv")`` or ``table.to_excel("points.xlsx")``
# writes the table. The command
# ``skdigits predict scans.pdf --boxes form.csv --csv points.csv`` writes a similar
# table with three more columns: the file, the lowest probability, and what to check.
readings = read_boxes(scans, FORM)
table = pd.DataFrame([{name: r.text for name, r in page.items()} for page in readings])
doubtful = pd.DataFrame(
    {
        name: table[name].str.contains("?", regex=False)
        | (table[name].str.count(r"\d") != DIGITS[name])
        for name in FORM
    }
)
table.style.apply(
    lambda cells: np.where(doubtful[cells.name], "background-color: gold", "")
)

# %%
# The cells to check
# ------------------
#
# Look at these cells first, rather than at whole sheets.
cells = [(row, name) for row in table.index for name in FORM if doubtful[name][row]]
print(f"{len(cells)} of {table.size} cells are doubtful")
figure, axes = plt.subplots(
    -(-len(cells) // 4), 4, figsize=(9, 3), squeeze=False, layout="constrained"
)
for ax in axes.flat:
    ax.set_axis_off()
for ax, (row, name) in zip(axes.flat, cells, strict=False):
    left, top, width, height = FORM[name]
    ax.imshow(scans[row][top : top + height, left : left + width], cmap="gray")
    ax.set_title(f"scan {row + 1}, {name}: {table[name][row]}", fontsize=9)

# %%
# Most of the mistakes are in doubtful cells, but not all of them. On your own sheets,
# also check some of the other cells.
wrong = table != written
n_wrong, n_marked = int(wrong.sum().sum()), int((wrong & doubtful).sum().sum())
print(f"{n_wrong} cells differ from what was written; {n_marked} of them are doubtful")
assert len(cells) <= 0.15 * table.size
assert n_marked > n_wrong / 2
