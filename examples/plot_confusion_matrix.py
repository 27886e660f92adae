"""
==================================
Confusion matrix and the mistakes
==================================

Which digits are taken for which, how sure one can be of that, and what the mistakes
look like.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay, recall_score
from sklearn.model_selection import train_test_split

from skdigits import make_digit_pipeline

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
pipeline = make_digit_pipeline(
    filters=16, epochs=12, batch_size=32, learning_rate=0.002, random_state=0
)
pipeline.fit(X_train, y_train)

# %%
# The matrix
# ----------
# Rows are the true digits, columns the predicted ones.

figure, ax = plt.subplots(figsize=(6, 6), layout="constrained")
display = ConfusionMatrixDisplay.from_estimator(
    pipeline, X_test, y_test, cmap="Blues", colorbar=False, ax=ax
)

# %%
# The most confused pairs
# -----------------------
# The entries of three or more off the diagonal: a few pictures each.

matrix = display.confusion_matrix
pairs = pd.DataFrame(
    [
        (true, predicted, matrix[true, predicted])
        for true, predicted in np.ndindex(matrix.shape)
        if true != predicted
    ],
    columns=["true digit", "read as", "pictures"],
)
pairs = pairs[pairs["pictures"] >= 3].sort_values("pictures", ascending=False)
print(pairs.to_string(index=False))

# %%
# Recall of each digit
# --------------------
# Recall is the share of a digit's pictures, its support, that are read rightly. Some
# ninety pictures of each digit leave wide 95 % intervals (Wilson's).

rows = []
for digit, support, hits in zip(
    pipeline.classes_, matrix.sum(axis=1), matrix.diagonal(), strict=True
):
    interval = binomtest(int(hits), int(support)).proportion_ci(method="wilson")
    rows.append((digit, support, hits / support, interval.low, interval.high))
recalls = pd.DataFrame(rows, columns=["digit", "support", "recall", "low", "high"])
recalls = recalls.sort_values("recall", ignore_index=True)
print(recalls.round(3).to_string(index=False))

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.errorbar(
    range(10),
    recalls["recall"],
    yerr=[recalls["recall"] - recalls["low"], recalls["high"] - recalls["recall"]],
    fmt="o",
    capsize=3,
)
ax.set(xlabel="digit", ylabel="recall and its 95 % interval")
ax.set_xticks(range(10), recalls["digit"])

# %%
# Which digit is hard?
# --------------------
# The intervals answer for one network, and for the chance in its test pictures. They
# say nothing of the chance in training. So here are the three lowest recalls of four
# seeds on two splits of the same data: some digits come back, no order does.

lowest = {}
for split, seed in np.ndindex(2, 4):
    X_fit, X_other, y_fit, y_other = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=split
    )
    other = clone(pipeline).set_params(cnn__random_state=seed).fit(X_fit, y_fit)
    recall = recall_score(y_other, other.predict(X_other), average=None)
    lowest[split, seed] = [
        f"{digit}: {recall[digit]:.2f}" for digit in recall.argsort()[:3]
    ]
table = pd.DataFrame.from_dict(
    lowest, orient="index", columns=["lowest", "second", "third"]
)
table.index = pd.MultiIndex.from_tuples(table.index, names=["split", "seed"])
print(table)

# %%
# The most confident mistakes
# ---------------------------

probabilities = pipeline.predict_proba(X_test)
predicted = pipeline.classes_[probabilities.argmax(axis=1)]
wrong = np.flatnonzero(predicted != y_test)
wrong = wrong[np.argsort(-probabilities[wrong].max(axis=1))][:8]
figure, axes = plt.subplots(2, 4, figsize=(7, 4), layout="constrained")
for ax in axes.flat:
    ax.set_axis_off()
for ax, row in zip(axes.flat, wrong, strict=False):
    ax.imshow(X_test[row].reshape(8, 8), cmap="gray_r")
    share = probabilities[row].max()
    ax.set_title(f"{y_test[row]} read as {predicted[row]}\nat {share:.0%}", fontsize=9)

plt.show()
