"""
Synthetic pages for training detectors
======================================

To train a digit detector, you need pages, and the position and label of every digit on
them. Labelling photos by hand takes weeks. `make_digit_pages` draws pages whose labels
are known.
"""

# %%
# Six pages
# ---------
#
# Each page has a different writer, different paper and different light. Some pages
# consist of several parts, which differ in the same way. Boxes are red around digits,
# blue around signs that belong to numbers, such as a minus sign, and green around all
# other signs.
import matplotlib.pyplot as plt
import numpy as np

from skdigits.datasets import make_digit_pages

pages = make_digit_pages(6, random_state=3)
figure, axes = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
for ax, image, boxes, labels in zip(
    axes.flat, pages.images, pages.boxes, pages.labels, strict=True
):
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    ax.axis("off")
    for (left, top, width, height), label in zip(boxes, labels, strict=True):
        colour = "red" if label < 10 else "blue" if label < 15 else "green"
        place = (left - 0.5, top - 0.5), width, height
        ax.add_patch(plt.Rectangle(*place, fill=False, edgecolor=colour))

# %%
# What the pages show
# -------------------
labels = np.concatenate(pages.labels)
for name, count in zip(
    pages.target_names, np.bincount(labels, minlength=16), strict=True
):
    print(f"{name:>5} {count}")
assert np.bincount(labels, minlength=10)[:10].all()

# %%
# Which pixels are ink
# --------------------
#
# To train a segmentation network, use `ink`. For each pixel, it tells you which sign
# the pixel belongs to: 1 is the first sign in `boxes`, 2 the second, and 0 means no
# sign. `visible` is the share of the ink of each sign that you can see. It is less than
# 1 if part of the sign is cut off, either by the edge of the page or by the edge of the
# sheet of paper that the page shows. Use `visible` to leave out digits that nobody
# could read.
figure, axes = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained")
axes[0].imshow(pages.images[3], cmap="gray", vmin=0, vmax=255)
axes[1].imshow(pages.ink[3] % 20 + (pages.ink[3] > 0), cmap="tab20c_r")
for ax in axes:
    ax.axis("off")
whole = np.concatenate(pages.visible) > 0.85
print(f"{whole.mean():.0%} of the signs are whole")
assert whole.mean() > 0.5
plt.show()
