"""
==================================
Confusion matrix and the mistakes
==================================

Which digits are taken for which, how sure one can be of that, and what the mistakes
look like.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
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
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
pipeline = make_digit_pipeline(
    filters=16, epochs=12, batch_size=32, learning_rate=0.002, random_state=0
)
pipeline.fit(X_train, y_train)

# %%
# The report
# ----------
# It asks the classifier once; all that follows comes from its answers.

report = ErrorReport.from_estimator(pipeline, X_test, y_test)
print(report.summary())

# %%
# The matrix
# ----------
# Rows are the true digits, columns the predicted ones. The right answers are grey, so
# that the colours are those of the mistakes.

display = ConfusionHeatmapDisplay.from_report(report, grey_diagonal=True)
display.figure_.suptitle("Confusion matrix")

# %%
# The most confused pairs
# -----------------------

print(report.confusions.head(8).to_string(index=False))

# %%
# Recall of each digit
# --------------------
# Recall is the share of a digit's pictures, its support, that are read rightly. Some
# ninety pictures of each digit leave wide 95 % intervals (Wilson's).

columns = ["support", "recall", "recall_low", "recall_high"]
print(report.per_class.sort_values("recall")[columns].round(3))
PerClassDisplay.from_report(report)

# %%
# Which digit is hard?
# --------------------
# Fisher's exact test tells whether the recall of a digit is lower than that of all
# others together; Holm's correction allows for the ten tests.

print(report.recall_tests[["recall", "recall_of_others", "p_corrected"]].round(3))
print("Harder than the others:", report.hardest().index.tolist() or "none for sure")

# %%
# The test answers for one network, and for the chance in its test pictures. It says
# nothing of the chance in training. So here is how often each digit was among the two
# of lowest recall, with three seeds.

repetition = repeat_over_seeds(pipeline, X_train, y_train, X_test, y_test, n_seeds=3)
print(repetition.table.round(3))

# %%
# The most confident mistakes
# ---------------------------

display = DigitGridDisplay.from_report(report, max_images=16)
display.figure_.suptitle("The most confident mistakes")

# %%
# Why so?
# -------
# For the first of them: the pixels that spoke for the answer, and those that spoke
# for the true digit (integrated gradients).

first = report.mistakes.iloc[0]
row = report.mistakes.index[0]
SaliencyDisplay.from_estimator(
    pipeline, X_test[row], label=first["predicted"], against=first["true"]
)

# %%
# How far the probabilities can be trusted
# ----------------------------------------
# Training smooths the labels, so that the network says less than it knows.

display = ReliabilityDisplay.from_report(report)
display.figure_.suptitle("How far the probabilities can be trusted")

# %%
# The least sure answers can go to a person.

print(report.referral([0.98, 0.99, 0.995]).round(3).to_string(index=False))
display = RiskCoverageDisplay.from_report(report)
display.figure_.suptitle("Mistakes among the answers that are kept")

# %%
# Against another classifier
# --------------------------
# McNemar's test looks at the pictures that only one of the two reads rightly.

other = ErrorReport.from_estimator(SVC().fit(X_train, y_train), X_test, y_test)
print(report.compare(other).summary())

# %%
# Labels that may be wrong
# ------------------------
# By cross-validation over all pictures: those whose given label is the least probable.
# Most are only hard; a person decides.

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
