"""
From few pictures
=================

How much is learned from how many pictures, beside three classifiers of scikit-learn.
"""

# %%
# Learning curves
# ---------------
# The smallest part comes first, and each larger one contains it. All are tested on the
# second half of scikit-learn's digits, which looks to be of other writers.

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
    # 600 steps in batches of 32; left to itself it would take 1,500
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
# A convolution knows that a stroke is the same stroke wherever it is, and warped
# pictures show it hands that it has not seen.

figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, its in scores.items():
    ax.plot(sizes, 1 - np.array(its), marker="o", label=name)
ax.set(
    title="Mistakes on the second half of the digits",
    xlabel="pictures to learn from",
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

# %%
# All that there is to learn from
# -------------------------------
# Fifty pictures, five or so of each digit:

display = DigitGridDisplay(X[:50], y[:50]).plot(n_columns=10)
display.figure_.suptitle("Fifty pictures")

# %%
# What fifty pictures do not tell
# -------------------------------
# The most confident mistakes of the network that learned from them. It is far too sure:
# its calibration knows warped copies of fifty pictures, and no other hands.

report = ErrorReport.from_estimator(pipelines[0], X_test, y_test)
print(
    f"{report.accuracy:.1%} right, calibration error {report.calibration_error():.3f}"
)
display = DigitGridDisplay.from_report(report, max_images=16)
display.figure_.suptitle("Confident mistakes")

plt.show()
