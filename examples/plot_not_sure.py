"""
Answers that may say "not sure"
===============================

Where a wrong answer costs more than none, the least sure ones go to a person. How many
have to go is read off before, on pictures that nothing was learned from.
"""

# %%
# Three parts
# -----------
# One to learn from, one to choose the threshold on, one to see what it is worth. The
# network learns little here, so that there are doubts to speak of.

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
# The curve shows which share of mistakes is left when the surest answers only are kept.

chosen = ErrorReport.from_estimator(pipeline, X_choose, y_choose)
display = RiskCoverageDisplay.from_report(chosen)
display.ax_.set_title("Mistakes among the answers that are kept")

# %%
# For an accuracy of 99.5 % of what is kept:

table = chosen.referral([0.995])
print(table.round(4).to_string(index=False))
threshold = table.loc[0, "threshold"]

# %%
# What it is worth
# ----------------
# On other pictures, the threshold chosen above does about what it promised. It promised
# a little too much, since it was the best one for the pictures that it was chosen on.

confidence = pipeline.predict_proba(X_test).max(axis=1)
answers = pipeline.predict(X_test)
sure = confidence >= threshold
print(f"All answers: {(answers == y_test).mean():.1%} right")
print(f"Those it is sure of: {(answers == y_test)[sure].mean():.1%} right")
print(f"Handed to a person: {(~sure).sum()} of {len(sure)}, {(~sure).mean():.1%}")

# %%
# What a person gets to see
# -------------------------
# The least sure ones first, with the answer that would have been given.

doubtful = confidence.argsort()[:16]
titles = [f"{answers[row]}? ({confidence[row]:.0%})" for row in doubtful]
display = DigitGridDisplay(X_test[doubtful], titles).plot()
display.figure_.suptitle("The least sure answers")
# sphinx_gallery_thumbnail_number = 2

plt.show()
