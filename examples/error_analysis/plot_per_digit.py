"""
Which digit is hard, and for which network
==========================================

The recall of each digit, for a weak network and a better one, and a test of whether a
low recall could be due to chance.
"""

# %%
# Two networks
# ------------
# The first 1,300 of scikit-learn's digits are for training, the others for testing.
# That is harder than a random split. Neighbouring rows are alike, as if the same people
# had written them, and a random split would put similar images in both parts.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits

from skdigits import make_digit_pipeline
from skdigits.inspection import ErrorReport, PerClassDisplay, repeat_over_seeds

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = X[:1300], X[1300:], y[:1300], y[1300:]
networks = {
    "weak": make_digit_pipeline(filters=4, epochs=8, random_state=0),
    "better": make_digit_pipeline(filters=(16, 32, 64), epochs=12, random_state=0),
}
reports = {
    name: ErrorReport.from_estimator(pipeline.fit(X_train, y_train), X_test, y_test)
    for name, pipeline in networks.items()
}

# %%
# Recall with its interval
# ------------------------
# Each line is the 95 % interval for one digit. Orange marks a recall that is
# significantly lower than that of all other digits together (Fisher's exact test,
# corrected for testing ten digits).

figure, axes = plt.subplots(1, 2, figsize=(11, 5), sharex=True, layout="constrained")
for ax, (name, report) in zip(axes, reports.items(), strict=True):
    PerClassDisplay.from_report(report, ax=ax)
    ax.set_title(f"The {name} network, {report.accuracy:.1%} right")

# %%
# In words:

for name, report in reports.items():
    print(f"{name}: {report.hardest_in_words()}\n")

# %%
# Is it the digit or the network?
# -------------------------------
# The digit 3 is hard only for the weak network. To compare the two networks, McNemar's
# test looks at the images that only one of them gets right.

print(reports["weak"].compare(reports["better"]).summary())

# %%
# Is it the digit or the seed?
# ----------------------------
# The weak network is trained with three seeds. The table shows how often each digit had
# one of the two lowest recalls.

repeat_over_seeds(networks["weak"], X_train, y_train, X_test, y_test, n_seeds=3)

# %%
# The numbers
# -----------
# The recalls as a DataFrame:

recalls = pd.DataFrame(
    {name: report.per_class["recall"] for name, report in reports.items()}
)
print(recalls.round(3).T)

plt.show()

weak, better = reports.values()
assert better.accuracy > weak.accuracy + 0.02
assert 3 in weak.hardest().index and 3 not in better.hardest().index
