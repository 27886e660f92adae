"""
Learning curves: training on few images
=======================================

How accuracy depends on the number of training images, for skdigits and for three
scikit-learn classifiers.
"""

# %%
# Learning curves
# ---------------
# Each training set contains the smaller ones. All classifiers are tested on the second
# half of scikit-learn's digits, which seems to come from other writers.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skdigits import make_digit_pipeline
from skdigits.inspection import DigitGridDisplay, ErrorReport

X, y = load_digits(return_X_y=True)
half = len(y) // 2
X_test, y_test = X[half:], y[half:]
classifiers = {
    "SVC": SVC(),
    "nearest neighbours": KNeighborsClassifier(),
    "random forest": RandomForestClassifier(random_state=0),
}
sizes = [50, 100, 400, 800]
pipelines = [
    # about 600 steps, with at most 32 images each; the default is 1,500 steps
    make_digit_pipeline(epochs=600 // -(-size // 32), random_state=0)
    for size in sizes
]
fitted = {"skdigits": pipelines} | {
    name: [clone(clf) for _ in sizes] for name, clf in classifiers.items()
}
scores = {
    name: [
        clf.fit(X[:size], y[:size]).score(X_test, y_test)
        for size, clf in zip(sizes, its, strict=True)
    ]
    for name, its in fitted.items()
}

# %%
# skdigits makes the fewest mistakes at every size. A convolution recognizes a stroke
# wherever it is, and augmentation shows the network ways of writing that are not in the
# training set.

figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, its in scores.items():
    ax.plot(sizes, 1 - np.array(its), marker="o", label=name)
ax.set(
    title="Mistakes on the second half of the digits",
    xlabel="training images",
    ylabel="share of mistakes",
    xscale="log",
    yscale="log",
    xticks=sizes,
    xticklabels=sizes,
    yticks=[0.02, 0.05, 0.1, 0.2],
    yticklabels=["2 %", "5 %", "10 %", "20 %"],
)
ax.minorticks_off()
ax.legend()
for name, its in scores.items():
    print(f"{name:18}", " ".join(f"{score:6.1%}" for score in its))
ours, *others = scores.values()
assert (np.array(ours) > np.max(others, axis=0)).all()

# %%
# The smallest training set
# -------------------------
# Fifty images, about five of each digit:

display = DigitGridDisplay(X[:50], y[:50]).plot(n_columns=10)
display.figure_.suptitle("Fifty images")

# %%
# Confident mistakes
# ------------------
# These are the most confident mistakes of the network trained on the fifty images. The
# network is overconfident, because it was calibrated on augmented copies of those
# images, not on images by other writers. With so few images, pass a validation set by
# other writers to ``fit``, as ``X_val`` and ``y_val``: it is then used for calibration.
# :doc:`/guide/predictions` says more.

report = ErrorReport.from_estimator(pipelines[0], X_test, y_test)
print(
    f"{report.accuracy:.1%} right, calibration error {report.calibration_error():.3f}"
)
display = DigitGridDisplay.from_report(report, max_images=16)
display.figure_.suptitle("Confident mistakes")

plt.show()

assert report.calibration_error() > 0.03
