"""
=========================================
How far the probabilities can be trusted
=========================================

Of the answers that are given with 90 %, nine in ten should be right. One number, the
temperature, brings that about.
"""

# %%
# The same network twice
# ----------------------
# Both learn with the same seed, so that they have the same weights and give the same
# answers. Only the second ends its fit with a calibration, which is the default. Most
# of the pictures are kept to test on, so that there are mistakes to count.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import make_digit_pipeline
from skdigits.inspection import ErrorReport, ReliabilityDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=256, stratify=y, random_state=0
)
reports = {}
for calibration in (False, True):
    pipeline = make_digit_pipeline(
        filters=16, epochs=40, calibration=calibration, random_state=0
    )
    pipeline.fit(X_train, y_train)
    reports[calibration] = ErrorReport.from_estimator(pipeline, X_test, y_test)

# %%
# Before and after
# ----------------
# Training smooths the labels. That makes the network more accurate, and its outputs too
# modest: on the left they are right far more often than they say. On the right they are
# divided by the temperature.

figure, axes = plt.subplots(1, 2, figsize=(9.6, 5), layout="constrained")
for ax, (calibration, report) in zip(axes, reports.items(), strict=True):
    ReliabilityDisplay.from_report(report, n_bins=10, ax=ax)
    ax.set_title(f"calibration={calibration}\n{ax.get_title()}")

# %%
# What it changes, and what not
# -----------------------------
# Neither an answer nor the order of the labels of a picture, since one number divides
# all outputs. Only what the answers say of themselves.

for calibration, report in reports.items():
    print(
        f"calibration={calibration}: {report.accuracy:.1%} right, mean probability "
        f"of the answers {report.y_proba.max(axis=1).mean():.1%}"
    )

plt.show()
