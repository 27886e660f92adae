"""
A confidence threshold: when to say "not sure"
===============================================

If a wrong prediction costs more than no prediction, hand the least confident
predictions to a person. Choose the threshold on images that were not used for training.
"""

# %%
# Three parts
# -----------
# The images are divided into three parts: one for training, one for choosing the
# threshold, and one for testing it. The training set is small, so some predictions are
# doubtful.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import make_digit_pipeline
from skdigits.inspection import DigitGridDisplay, ErrorReport, RiskCoverageDisplay

X, y = load_digits(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(
    X, y, train_size=300, stratify=y, random_state=0
)
X_choose, X_test, y_choose, y_test = train_test_split(
    X_rest, y_rest, train_size=0.5, stratify=y_rest, random_state=0
)
pipeline = make_digit_pipeline(filters=16, epochs=20, random_state=0)
pipeline.fit(X_train, y_train)

# %%
# The threshold
# -------------
# The curve shows the share of mistakes when only the most confident predictions are
# kept.

chosen = ErrorReport.from_estimator(pipeline, X_choose, y_choose)
display = RiskCoverageDisplay.from_report(chosen)
display.ax_.set_title("Mistakes among the predictions that are kept")

# %%
# This table has the threshold for an accuracy of 99.5 % among the predictions that are
# kept. ``rows`` and ``share`` say how many predictions go to a person:

table = chosen.referral([0.995])
print(table.round(4).to_string(index=False))
threshold = table.loc[0, "threshold"]

# %%
# Test the threshold
# ------------------
# On other images, the accuracy of the predictions that are kept is about what you asked
# for. It may be a little lower, because the threshold was tuned to the images on which
# it was chosen.

confidence = pipeline.predict_proba(X_test).max(axis=1)
predictions = pipeline.predict(X_test)
right = predictions == y_test
sure = confidence >= threshold
print(f"All predictions: {right.mean():.1%} right")
print(f"Those at or above the threshold: {right[sure].mean():.1%} right")
print(f"Handed to a person: {(~sure).sum()} of {len(sure)}, {(~sure).mean():.1%}")

# %%
# What a person sees
# ------------------
# The least confident predictions come first, each with its image.

doubtful = confidence.argsort()[:16]
titles = [f"{predictions[row]}? ({confidence[row]:.0%})" for row in doubtful]
display = DigitGridDisplay(X_test[doubtful], titles).plot()
display.figure_.suptitle("The least confident predictions")
# sphinx_gallery_thumbnail_number = 2

plt.show()

assert right[sure].mean() > max(right.mean(), 0.985)
assert (~sure).mean() < 0.25
