"""
Fine-tuning the pretrained model
================================

Transfer learning: the pretrained model has never seen scikit-learn's digits, which have
8 x 8 pixels only and were written by other people. It predicts them as it is, then it
is fine-tuned on fifty of them, and predicts the others again.

.. index:: ! fine-tuning, ! fine-tune, ! finetune, ! transfer learning
"""

# %%
# As it is
# --------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import skdigits

X, y = load_digits(return_X_y=True)
X_few, X_rest, y_few, y_rest = train_test_split(
    X, y, train_size=50, stratify=y, random_state=0
)
pipeline = skdigits.load_pretrained()
few, rest = pipeline[:-1].transform(X_few), pipeline[:-1].transform(X_rest)
cnn = pipeline[-1]
before = cnn.predict(rest)
print(f"Pretrained: {np.mean(before == y_rest):.1%}")

# %%
# Fine-tuned on fifty digits
# --------------------------
#
# `partial_fit` trains on, one pass over the data at each call: twenty passes, in small
# batches as there are few images. The last pass fits the temperature that calibrates
# the probabilities.
cnn.set_params(learning_rate=0.002, batch_size=10, calibration=False, random_state=0)
for _ in range(19):
    cnn.partial_fit(few, y_few)
cnn.set_params(calibration=True).partial_fit(few, y_few)
after = cnn.predict(rest)
print(f"Fine-tuned: {np.mean(after == y_rest):.1%}")

# %%
# Trained on the same fifty digits only
# -------------------------------------

scratch = skdigits.make_digit_pipeline(epochs=300, random_state=0).fit(X_few, y_few)
alone = scratch.predict(X_rest)
print(f"From scratch: {np.mean(alone == y_rest):.1%}")

# %%
# What it has learned
# -------------------
#
# Images that were misclassified before, and are right after.
learned = np.flatnonzero((before != y_rest) & (after == y_rest))[:10]
figure, axes = plt.subplots(2, 5, figsize=(6, 3.6), layout="constrained")
figure.suptitle("Before → after")
for ax, i in zip(axes.flat, learned, strict=True):
    ax.imshow(X_rest[i].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{before[i]} → {after[i]}")
    ax.set_axis_off()
plt.show()

# %%
# The pipeline now predicts with the new weights. Save it like any other:
# ``skdigits.save(pipeline, "mine.safetensors")``.

mistakes = [np.sum(labels != y_rest) for labels in (before, after, alone)]
assert mistakes[1] < 0.8 * mistakes[0]
assert mistakes[1] < mistakes[2] / 2
