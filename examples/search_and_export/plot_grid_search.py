"""
Hyperparameter search: grid search and successive halving
=========================================================

How to tune filters and dropout with `GridSearchCV`, and how to find an equally good
candidate in a third of the epochs. In a pipeline, the parameters of the network begin
with the name of its step and two underscores: ``cnn__filters``, ``cnn__dropout``.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from skdigits import make_digit_pipeline
from skdigits.inspection import SearchResultsDisplay
from skdigits.model_selection import HalvingEpochSearchCV

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=800, stratify=y, random_state=0
)

# %%
# Grid search
# -----------
# scikit-learn's `GridSearchCV` trains every candidate to the end, on each fold. If
# `filters` is one integer, the network has two blocks: 4 means (4, 8).

pipeline = make_digit_pipeline(
    epochs=8, batch_size=32, learning_rate=0.005, random_state=0
)
grid = {"cnn__filters": [4, 16], "cnn__dropout": [0.0, 0.1, 0.3, 0.5]}
full = GridSearchCV(pipeline, grid, cv=2).fit(X_train, y_train)
print("Best of the grid:", full.best_params_)

# %%
# Each cell shows the mean accuracy over the two folds, and its standard deviation.
# The number of filters matters most. In a notebook, the display also shows a table,
# with the best candidate first.

figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
SearchResultsDisplay.from_estimator(full, ax=ax)

# %%
# Successive halving
# ------------------
# `HalvingEpochSearchCV` pauses all candidates after one epoch, and continues training
# the better half of them from their current weights. After two epochs in total, it
# keeps the better half of the remaining candidates, and so on. A candidate that reaches
# the end has been trained exactly as in the grid search.

search = HalvingEpochSearchCV(pipeline, grid, factor=2, cv=2)
search.fit(X_train, y_train)
print("Best of successive halving:", search.best_params_)
for n_candidates, epochs in zip(search.n_candidates_, search.n_resources_, strict=True):
    print(f"{n_candidates} candidates up to epoch {epochs}")

# %%
# Candidates that were stopped early have been trained for fewer epochs, and only part
# of the way through the learning-rate cycle, so their scores cannot be compared with
# those of the others.

figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
SearchResultsDisplay.from_estimator(search, ax=ax)

# %%
# What halving saved
# ------------------
# Here is the number of epochs per fold, added up over all candidates, for each search.

rungs = [0, *search.n_resources_]
of_halving = sum(
    n_candidates * (end - start)
    for n_candidates, start, end in zip(
        search.n_candidates_, rungs[:-1], rungs[1:], strict=True
    )
)
of_grid = 8 * 8
print(f"{of_halving} epochs instead of {of_grid}")

# %%
# The test set last
# -----------------
# The searches chose their candidates by cross-validation; the test images are used only
# here.

scores = full.score(X_test, y_test), search.score(X_test, y_test)
print(f"Test accuracy: {scores[0]:.1%} (grid search), {scores[1]:.1%} (halving)")

plt.show()

assert full.best_params_["cnn__filters"] == search.best_params_["cnn__filters"] == 16
assert of_halving < of_grid / 3
assert scores[1] > scores[0] - 0.02
