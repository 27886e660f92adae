"""
===========
Quick start
===========

Train a classifier on scikit-learn's 8 x 8 digits, look at its predictions, and save it.
"""

# %%
# The data
# --------
# scikit-learn comes with 1,797 digits of 8 x 8 pixels. For MNIST, write
# ``X, y = skdigits.datasets.fetch_mnist(return_X_y=True)`` here, and
# ``reshape(28, 28)`` below, where the image is shown.

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import skdigits
from skdigits.inspection import TrainingHistoryDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# The pipeline
# ------------
# The pipeline scales the pixels, reshapes the rows into images and trains the network.

pipeline = skdigits.make_digit_pipeline(skdigits.DigitCNN(random_state=0))
pipeline.fit(X_train, y_train)
accuracy = pipeline.score(X_test, y_test)
print(f"Test accuracy: {accuracy:.1%} of {len(y_test)} images")

# %%
# The training history
# --------------------
# The fewer the images, the more epochs `fit` runs, so that the network is trained for
# at least 1,500 steps.

display = TrainingHistoryDisplay.from_estimator(pipeline)
display.figure_.suptitle("Each epoch of the training")

# %%
# Predictions
# -----------
# The figure shows the test image with the least confident prediction, and the
# probability of each digit.

probabilities = pipeline.predict_proba(X_test)
least = probabilities.max(axis=1).argmin()
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
figure.suptitle("The least confident prediction")
# sphinx_gallery_thumbnail_number = 2
left.imshow(X_test[least].reshape(8, 8), cmap="gray_r")
left.set_title(f"labelled {y_test[least]}")
left.set_axis_off()
right.bar(pipeline.classes_, probabilities[least])
right.set(xlabel="digit", ylabel="probability", xticks=pipeline.classes_)

# %%
# Saving and loading
# ------------------
# One file holds the whole pipeline. Loading it runs no code from the file.

with TemporaryDirectory() as folder:
    path = Path(folder) / "digits.safetensors"
    skdigits.save(pipeline, path)
    again = skdigits.load(path)
same = bool((again.predict(X_test) == pipeline.predict(X_test)).all())
print("The same predictions:", same)

plt.show()

assert accuracy > 0.98
assert same
