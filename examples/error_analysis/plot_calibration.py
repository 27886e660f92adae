"""
Calibrated probabilities
========================

Of the predictions with a probability of 90 %, nine in ten should be right. A single
number, the temperature, is enough to achieve this.
"""

# %%
# The same network twice
# ----------------------
# Both networks are trained with the same seed, so they have the same weights and
# predict the same labels. Only the second is calibrated, as networks are by default.
# Most of the images are used for testing, so that there are enough mistakes to count.

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
# Label smoothing makes the network more accurate, but also underconfident: on the left,
# the accuracy is far higher than the probability. On the right, the outputs are divided
# by the temperature before the softmax.

figure, axes = plt.subplots(1, 2, figsize=(9.6, 5), layout="constrained")
for ax, (calibration, report) in zip(axes, reports.items(), strict=True):
    ReliabilityDisplay.from_report(report, n_bins=10, ax=ax)
    ax.set_title(f"calibration={calibration}\n{ax.get_title()}")

# %%
# What calibration changes, and what it does not
# ----------------------------------------------
# All outputs are divided by the same number, so only the probabilities change, not the
# predicted labels.

for calibration, report in reports.items():
    print(
        f"calibration={calibration}: {report.accuracy:.1%} right, mean probability "
        f"{report.y_proba.max(axis=1).mean():.1%}, expected calibration error "
        f"{report.calibration_error():.3f}"
    )

plt.show()

assert reports[True].accuracy == reports[False].accuracy
assert reports[True].calibration_error() < reports[False].calibration_error() / 3
