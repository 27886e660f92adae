"""
=====================
How training is tuned
=====================

How far to warp the training pictures, and what the schedule of the learning rate does.
"""

# %%
# How far to warp
# ---------------
# ``augment`` says how far each training picture is rotated, zoomed, sheared and shifted
# at random, anew in each epoch. On pictures of 8 x 8 pixels much of it does harm; 600
# of them are enough to see that.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import ValidationCurveDisplay, train_test_split

from skdigits import make_digit_pipeline

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
pipeline = make_digit_pipeline(
    filters=(16, 32), batch_size=32, epochs=12, random_state=0
)

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ValidationCurveDisplay.from_estimator(
    pipeline,
    X_train[:600],
    y_train[:600],
    param_name="cnn__augment",
    param_range=np.array([0.0, 0.5, 1.0, 2.0]),
    cv=3,
    score_name="accuracy",
    ax=ax,
)

# %%
# How the rate goes
# -----------------
# ``schedule="one_cycle"`` takes large steps early in a fit and small ones at its end:
# the loss falls to the last epoch. A constant rate that is as large leaves it shaking.

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for schedule in ("one_cycle", "constant"):
    pipeline.set_params(
        cnn__schedule=schedule, cnn__augment=0.5, cnn__validation_split=0.2
    )
    pipeline.fit(X_train, y_train)
    losses = pipeline["cnn"].history_["val_loss"]
    ax.plot(range(1, len(losses) + 1), losses, label=schedule)
    print(f"{schedule:10} test accuracy {pipeline.score(X_test, y_test):.3f}")
ax.set(xlabel="epoch", ylabel="validation loss", yscale="log")
ax.legend()
plt.show()
