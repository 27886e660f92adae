"""
Class imbalance: class weights and sample weights
=================================================

In a pile of forms, some digits are rare. A network that sees few images of a digit
often mistakes it for a more frequent one, unless each image of the rare digit has a
larger weight.
"""

# %%
# Rare eights
# -----------
# The training set keeps only five of its eights. The test set is not changed.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import make_digit_pipeline
from skdigits.inspection import ErrorReport

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
eights = np.flatnonzero(y_train == 8)
kept = np.setdiff1d(np.arange(len(y_train)), eights[5:])
X_train, y_train = X_train[kept], y_train[kept]
print({digit: int(n) for digit, n in enumerate(np.bincount(y_train))})

# %%
# With and without weights
# ------------------------
# ``class_weight="balanced"`` gives each class the same total weight, so an eight counts
# as much as eighteen other images. For each setting, three networks are trained with
# different seeds, because with only five eights, the results vary a lot.

settings = {"no weights": None, 'class_weight="balanced"': "balanced"}
recalls = {name: [] for name in settings}
precisions = {name: [] for name in settings}
for name, class_weight in settings.items():
    for seed in range(3):
        pipeline = make_digit_pipeline(
            filters=8, epochs=10, class_weight=class_weight, random_state=seed
        )
        pipeline.fit(X_train, y_train)
        table = ErrorReport.from_estimator(pipeline, X_test, y_test).per_class
        recalls[name].append(table["recall"].to_numpy())
        precisions[name].append(table["precision"].to_numpy())

# %%
# What the weights change
# -----------------------
# The recall of eights rises, and so does the precision of the digits that eights were
# mistaken for.

figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
figure.suptitle("Five eights in the training set: mean of three seeds")
for ax, (title, figures) in zip(
    axes, {"recall": recalls, "precision": precisions}.items(), strict=True
):
    for shift, (name, values) in zip((-0.2, 0.2), figures.items(), strict=True):
        ax.bar(np.arange(10) + shift, np.mean(values, axis=0), width=0.4, label=name)
    ax.set(title=title, xlabel="digit", xticks=range(10), ylim=(0, 1.05))
handles, names = axes[0].get_legend_handles_labels()
figure.legend(handles, names, loc="outside lower center", ncols=2)

for name in settings:
    print(
        f"{name}: recall of eights {np.mean(recalls[name], axis=0)[8]:.0%}, mean "
        f"recall of all digits {np.mean(recalls[name]):.1%}"
    )

# %%
# Weights for single images
# -------------------------
# To pass ``sample_weight`` through a pipeline, prefix it with the name of the step and
# two underscores. Here, ``sample_weight`` is proportional to the amount of ink in an
# image. The pipeline is the last one from the loop above, so each sample weight is also
# multiplied by a class weight. A weight of zero leaves an image out.

weights = X_train.sum(axis=1) / X_train.sum(axis=1).max()
pipeline.fit(X_train, y_train, cnn__sample_weight=weights)
print(f"Test accuracy: {pipeline.score(X_test, y_test):.1%}")

plt.show()

without, balanced = (np.mean(recalls[name], axis=0)[8] for name in settings)
assert balanced > without + 0.3
assert np.mean(recalls['class_weight="balanced"']) > 0.93
