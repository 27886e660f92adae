"""
From the Keras notebook to the pipeline
=======================================

The classic Keras notebook for MNIST, cell by cell, on scikit-learn's digits: load the
data, look at it, train, test, plot the confusion matrix, and say what it shows.
"""

# %%
# Load and look
# -------------
# For MNIST, load the data with
# ``X, y = skdigits.datasets.fetch_mnist(return_X_y=True)``.

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
# The pipeline scales pixels and encodes labels, so you need no cells for that. The
# preset ``"notebook"`` uses the notebook's network, and trains it in the same way.
# There are fewer images here, so this example uses more epochs and smaller batches. The
# notebook's unpadded convolutions are made for 28 x 28 pixels; 8 x 8 pixels need
# padding.

notebook = DigitCNN.from_preset(
    "notebook", padding="same", epochs=15, batch_size=32, random_state=0
)
pipeline = make_digit_pipeline(notebook)

# %%
# Train
# -----
# A tenth of the images are held out, as in the notebook. Here, they are drawn at
# random, but stratified, which keeps the proportions of the digits.

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
# The cells of the matrix show whole numbers, and only the mistakes are coloured.

display = ConfusionHeatmapDisplay.from_report(report, grey_diagonal=True)
display.figure_.suptitle("The mistakes of the notebook's network")
# sphinx_gallery_thumbnail_number = 3

# %%
# What it shows
# -------------
# The notebook ends by naming the hardest digits. A statistical test shows whether the
# matrix supports that:

print(report.hardest_in_words())

# %%
# The same images, another network
# --------------------------------
# The code below trains the default network of skdigits. With 450 images, the test set
# is too small to show a difference between the two networks. On MNIST, the default is
# more accurate (:doc:`/performance`).

default = make_digit_pipeline(epochs=15, batch_size=32, random_state=0)
other = ErrorReport.from_estimator(default.fit(X_train, y_train), X_test, y_test)
print(f"The default: {other.accuracy:.1%}")
print(report.compare(other).summary())

plt.show()

assert report.accuracy > 0.95
assert report.confusion_matrix.sum() == len(y_test)
assert other.accuracy > 0.97
