"""
Data augmentation and the learning-rate schedule
================================================

What strength of augmentation is best when there are few training images, and what a
one-cycle schedule does.
"""

# %%
# How much augmentation
# ---------------------
# ``augment`` sets how strongly each training image is rotated, zoomed, sheared and
# shifted. These changes are random, and differ from epoch to epoch. The network is
# trained on the first hundred of scikit-learn's digits and tested on the second half,
# which seems to come from other writers. With augmentation, the network also sees
# variants that do not occur among the hundred images.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skdigits import make_digit_pipeline

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = X[:100], X[900:], y[:100], y[900:]
pipeline = make_digit_pipeline(filters=(16, 32), batch_size=32, epochs=60)
strengths = [0.0, 0.5, 1.0, 2.0]
scores = np.array(
    [
        [
            pipeline.set_params(cnn__augment=strength, cnn__random_state=seed)
            .fit(X_train, y_train)
            .score(X_test, y_test)
            for strength in strengths
        ]
        for seed in range(2)
    ]
)
for strength, score in zip(strengths, scores.mean(axis=0), strict=True):
    print(f"augment={strength}: test accuracy {score:.1%}")

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(strengths, scores.T, marker="o")
ax.set(
    title="Trained on a hundred images",
    xlabel="augment",
    xticks=strengths,
    ylabel="test accuracy",
)
ax.legend(["seed 0", "seed 1"])

# %%
# The default, 1, is better than no augmentation, and better than twice as much. Without
# augmentation, the network sees too few variants of each digit. At 2, many images of 8
# x 8 pixels become unreadable.

none, _, default, double = scores.mean(axis=0)
assert default > none + 0.02
assert default > double

# %%
# The learning-rate schedule
# --------------------------
# Here, the network is trained with half the augmentation and a high learning rate, on
# the first 900 digits. A fifth of these are held out to measure the validation loss.
# ``schedule="one_cycle"`` raises the learning rate during the first quarter of a fit,
# and then lowers it to zero, so the validation loss settles. If the ``learning_rate``
# is kept constant, the loss fluctuates.

pipeline.set_params(
    cnn__augment=0.5,
    cnn__learning_rate=0.05,
    cnn__epochs=12,
    cnn__validation_split=0.2,
    cnn__random_state=0,
)
losses = {}
for schedule in ("one_cycle", "constant"):
    pipeline.set_params(cnn__schedule=schedule).fit(X[:900], y[:900])
    losses[schedule] = pipeline["cnn"].history_["val_loss"]

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for schedule, its in losses.items():
    ax.plot(range(1, 13), its, label=schedule)
    print(f"{schedule}: validation loss {np.round(its[-5:], 3)} in the last epochs")
ax.set(title="Two schedules", xlabel="epoch", ylabel="validation loss", yscale="log")
ax.legend()
plt.show()

last = {schedule: its[-5:] for schedule, its in losses.items()}
assert np.mean(last["one_cycle"]) < np.mean(last["constant"])
assert np.ptp(last["one_cycle"]) < np.ptp(last["constant"]) / 2
