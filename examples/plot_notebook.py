"""
From the Keras notebook to the pipeline
=======================================

The classic notebook, cell by cell, on the digits that scikit-learn carries: load, look,
train, test, draw the matrix, and say what it shows.
"""

# %%
# Load and look
# -------------
# On MNIST the first line is ``X, y = skdigits.datasets.fetch_mnist(return_X_y=True)``.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import DigitCNN, make_digit_pipeline
from skdigits.inspection import (
    ConfusionHeatmapDisplay,
    DigitGridDisplay,
    ErrorReport,
    TrainingHistoryDisplay,
)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
display = DigitGridDisplay(X_train[:5], y_train[:5]).plot()
display.ax_.set_title("The first five digits")

# %%
# Build
# -----
# Pixels are scaled and labels encoded on the way, so that those cells are empty. The
# preset is the notebook's network and training. Its convolutions without a margin are
# made for 28 x 28 pixels; for 8 x 8 they get one.

notebook = DigitCNN.from_preset(
    "notebook", padding="same", epochs=15, batch_size=32, random_state=0
)
pipeline = make_digit_pipeline(notebook)

# %%
# Train
# -----
# A tenth of the pictures is held out, as in the notebook, but drawn at random with the
# proportions of the digits kept.

pipeline.fit(X_train, y_train)
display = TrainingHistoryDisplay.from_estimator(pipeline)
display.figure_.suptitle("Fifteen epochs")

# %%
# Test
# ----

report = ErrorReport.from_estimator(pipeline, X_test, y_test)
low, high = report.accuracy_interval
print(f"Test accuracy: {report.accuracy:.1%} (95 % interval {low:.1%} to {high:.1%})")

# %%
# The confusion matrix
# --------------------
# Integers, and colours for the mistakes only.

display = ConfusionHeatmapDisplay.from_report(report, grey_diagonal=True)
display.figure_.suptitle("The mistakes of the notebook's network")
# sphinx_gallery_thumbnail_number = 3

# %%
# What it shows
# -------------
# The notebook ends by naming the hardest digits. Whether the matrix carries that is a
# question for a test:

print(report.hardest_in_words())

# %%
# The same pictures, another network
# ----------------------------------
# The default has fewer parameters than the notebook's network on MNIST's pictures.

default = make_digit_pipeline(epochs=15, batch_size=32, random_state=0)
other = ErrorReport.from_estimator(default.fit(X_train, y_train), X_test, y_test)
print(f"The default: {other.accuracy:.1%}")
print(report.compare(other).summary())

plt.show()
