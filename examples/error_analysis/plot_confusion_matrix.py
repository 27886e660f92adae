"""
=========================================
Confusion matrix and misclassified images
=========================================

Which digits are confused with each other, whether any digit is harder than the others,
and what the misclassified images look like.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from skdigits import make_digit_pipeline
from skdigits.inspection import (
    ConfusionHeatmapDisplay,
    DigitGridDisplay,
    ErrorReport,
    PerClassDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
    SaliencyDisplay,
    repeat_over_seeds,
    suspicious_labels,
)

X, y = load_digits(return_X_y=True)
# the second half seems to come from other writers
X_train, X_test, y_train, y_test = X[:898], X[898:], y[:898], y[898:]
pipeline = make_digit_pipeline(filters=16, epochs=10, random_state=0)
pipeline.fit(X_train, y_train)

# %%
# The report
# ----------
# ``ErrorReport.from_estimator`` predicts once. All tables and figures of the report are
# computed from these predictions.

report = ErrorReport.from_estimator(pipeline, X_test, y_test)
print(report.summary())

# %%
# The confusion matrix
# --------------------
# Rows are true digits, and columns are predicted digits. Correct predictions are grey,
# so only mistakes are coloured.

display = ConfusionHeatmapDisplay.from_report(report, grey_diagonal=True)
display.figure_.suptitle("Confusion matrix")

# %%
# The most confused pairs
# -----------------------

print(report.confusions.head(8).to_string(index=False))

# %%
# Recall of each digit
# --------------------
# Recall is the share of a digit's images that are classified correctly. Support is the
# number of images of that digit. With about ninety images of each digit, the 95 %
# intervals (Wilson's) are wide.

columns = ["support", "recall", "recall_low", "recall_high"]
print(report.per_class.sort_values("recall")[columns].round(3))
PerClassDisplay.from_report(report)

# %%
# Which digit is hard?
# --------------------
# Fisher's exact test shows whether the recall of a digit is significantly lower than
# that of all others together. Holm's correction allows for the ten tests.

print(report.recall_tests[["recall", "recall_of_others", "p_corrected"]].round(3))
print("Harder than the others:", report.hardest().index.tolist() or "none for sure")

# %%
# The test applies only to this network. It allows for chance in the choice of the test
# images, but not for chance in training. So train with three seeds, and count how often
# each digit has one of the two lowest recalls.

repetition = repeat_over_seeds(pipeline, X_train, y_train, X_test, y_test, n_seeds=3)
print(repetition.table.round(3))

# %%
# The most confident mistakes
# ---------------------------

display = DigitGridDisplay.from_report(report, max_images=16)
display.figure_.suptitle("The most confident mistakes")

# %%
# Why this prediction?
# --------------------
# For the most confident mistake, integrated gradients show which pixels support the
# prediction and which support the true digit.

first = report.mistakes.iloc[0]
row = report.mistakes.index[0]
SaliencyDisplay.from_estimator(
    pipeline, X_test[row], label=first["predicted"], against=first["true"]
)

# %%
# Are the probabilities calibrated?
# ---------------------------------
# Of the predictions with a probability of 90 %, nine in ten should be right.

display = ReliabilityDisplay.from_report(report)
display.figure_.suptitle("Calibration")

# %%
# The least confident predictions can be handed to a person.

print(report.referral([0.98, 0.99, 0.995]).round(3).to_string(index=False))
display = RiskCoverageDisplay.from_report(report)
display.figure_.suptitle("Mistakes among the predictions that are kept")

# %%
# Compared with another classifier
# --------------------------------
# McNemar's test looks at the images that only one of the two classifies correctly.

other = ErrorReport.from_estimator(SVC().fit(X_train, y_train), X_test, y_test)
comparison = report.compare(other)
print(comparison.summary())

# %%
# Labels that may be wrong
# ------------------------
# Cross-validation over all images finds the images whose given labels are the least
# probable. Most of these images are labelled correctly and are just hard to read, so a
# person must decide.

suspicious = suspicious_labels(pipeline, X, y, cv=3).head(8)
titles = [
    f"labelled {label},\n{suggested}?"
    for label, suggested in zip(
        suspicious["label"], suspicious["suggested"], strict=True
    )
]
display = DigitGridDisplay(X[suspicious.index], titles).plot()
display.figure_.suptitle("Labels that may be wrong")

plt.show()

assert report.accuracy > other.accuracy + 0.01
assert report.confusions["count"].sum() == len(report.mistakes) > 0
