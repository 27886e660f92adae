"""
Teaching the model in the box one's own hand
============================================

The model in the box has never seen the writing of the people whose digits scikit-learn
carries: 8 x 8 pixels only, and a hand of its own. Here it reads them as it is, then it
learns from fifty of them, and reads the others again.
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
forms_few = pipeline[:-1].transform(X_few)
forms_rest = pipeline[:-1].transform(X_rest)
cnn = pipeline[-1]
before = cnn.predict_proba(forms_rest)
print(f"{np.mean(cnn.classes_[before.argmax(1)] == y_rest):.1%} before")

# %%
# After fifty digits
# ------------------
#
# `partial_fit` goes on with the training, one pass over the data at each call: twenty
# passes, in small batches as there are few images. The temperature that calibrates the
# probabilities is found anew in the last one only.
cnn.set_params(learning_rate=0.002, batch_size=10, calibration=False, random_state=0)
for _ in range(19):
    cnn.partial_fit(forms_few, y_few)
cnn.set_params(calibration=True).partial_fit(forms_few, y_few)
after = cnn.predict_proba(forms_rest)
print(f"{np.mean(cnn.classes_[after.argmax(1)] == y_rest):.1%} after")

# %%
# What it has learned
# -------------------
#
# Pictures that it read wrong before, and right after.
learned = np.flatnonzero(
    (cnn.classes_[before.argmax(1)] != y_rest)
    & (cnn.classes_[after.argmax(1)] == y_rest)
)[:10]
figure, axes = plt.subplots(1, len(learned), figsize=(8, 1.6), layout="constrained")
figure.suptitle("Read wrong before, right after")
for ax, i in zip(axes, learned, strict=True):
    ax.imshow(X_rest[i].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{cnn.classes_[before[i].argmax()]} → {y_rest[i]}")
    ax.set_axis_off()

# %%
# The pipeline now reads pictures with what it has learned; it is saved as any other:
# ``skdigits.save(pipeline, "mine.safetensors")``.
