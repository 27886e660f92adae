"""
============================================
Searching for the best filters and dropout
============================================

Searches take the pipeline as they take any other. The parameters of the network carry
the name of its step: ``cnn__filters``, ``cnn__dropout``.
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
    X, y, train_size=600, stratify=y, random_state=0
)

# %%
# A grid
# ------
# scikit-learn's `GridSearchCV` trains every candidate to the end, on each fold. One
# number of filters stands for two blocks: 8 is (8, 16).

pipeline = make_digit_pipeline(
    epochs=6, batch_size=32, learning_rate=0.005, random_state=0
)
grid = {"cnn__filters": [8, 16], "cnn__dropout": [0.1, 0.3, 0.5]}
full = GridSearchCV(pipeline, grid, cv=3).fit(X_train, y_train)
print("Best of the grid:", full.best_params_)

# %%
# Each cell shows the mean accuracy over the three folds, and its spread: their standard
# deviation. Three folds and one seed say little about cells that are as close as that.
# Below stands what a notebook shows with the picture: the candidates, the best first.

figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
SearchResultsDisplay.from_estimator(full, ax=ax)

# %%
# Without the hopeless candidates
# -------------------------------
# `HalvingEpochSearchCV` pauses all candidates after two epochs and lets the best third
# go on from their weights: those that fall behind cost little. Those that reach the end
# have been trained exactly as by the grid.

search = HalvingEpochSearchCV(pipeline, grid, cv=3, min_epochs=2).fit(X_train, y_train)
print("Best of successive halving:", search.best_params_)
for n_candidates, epochs in zip(search.n_candidates_, search.n_resources_, strict=True):
    print(f"{n_candidates} candidates until epoch {epochs}")

# %%
# The scores of those that were stopped do not compare with the others: they had fewer
# epochs, and a learning rate in the middle of its cycle.

figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
SearchResultsDisplay.from_estimator(search, ax=ax)

# %%
# What it took
# ------------

for name, fitted in {"grid": full, "halving": search}.items():
    seconds = fitted.cv_results_["mean_fit_time"].sum() * fitted.n_splits_
    print(f"{name}: {seconds:.1f} s of training, best score {fitted.best_score_:.3f}")

# %%
# The test set last
# -----------------
# The searches chose by cross-validation; the test pictures are looked at once.

print(f"Test accuracy of the best: {search.score(X_test, y_test):.1%}")

plt.show()
