"""
=====================================
Grid search over filters and dropout
=====================================

`GridSearchCV` takes the pipeline as it takes any other. The parameters of the network
carry the name of its step: ``cnn__filters``, ``cnn__dropout``.
"""

# %%
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from skdigits import make_digit_pipeline

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

# %%
# The search
# ----------
# One number of filters stands for two blocks: 8 is (8, 16).

pipeline = make_digit_pipeline(
    epochs=8, batch_size=32, learning_rate=0.002, random_state=0
)
grid = {"cnn__filters": [4, 8, 16, 32], "cnn__dropout": [0.0, 0.25, 0.5]}
search = GridSearchCV(pipeline, grid, cv=3).fit(X_train, y_train)
print("Best:", search.best_params_)

# %%
# The table
# ---------
# Mean accuracy over the three folds, and its spread: their standard deviation. Three
# folds and one seed say little about cells that are as close as that.

results = pd.DataFrame(search.cv_results_)


def by_parameters(column):
    return results.pivot(
        index="param_cnn__filters", columns="param_cnn__dropout", values=column
    ).astype(float)


mean, spread = by_parameters("mean_test_score"), by_parameters("std_test_score")
texts = mean.map("{:.3f}".format) + spread.map("\n± {:.3f}".format)
figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
sns.heatmap(mean, annot=texts, fmt="", cmap="viridis", ax=ax)
ax.set(xlabel="dropout", ylabel="filters", title="Cross-validated accuracy")
ax.tick_params(axis="y", rotation=0)

# %%
# The test set last
# -----------------
# The search chose by cross-validation; the test pictures are looked at once.

print(f"Test accuracy of the best: {search.score(X_test, y_test):.1%}")

plt.show()
