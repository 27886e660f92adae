"""
Training history, early stopping and callbacks
==============================================

How to plot the training history, stop early, and use Keras callbacks.
"""

# %%
# A validation set
# ----------------
# ``validation_split`` holds out some of the training images, with the same share of
# each digit as in the whole set. ``history_`` then has four values for every epoch.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdigits import DigitCNN, make_digit_pipeline
from skdigits.inspection import TrainingHistoryDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
clf = DigitCNN(
    filters=16, epochs=25, batch_size=64, validation_split=0.2, random_state=0
)
pipeline = make_digit_pipeline(clf).fit(X_train, y_train)
print(sorted(clf.history_))
display = TrainingHistoryDisplay.from_estimator(pipeline)
display.figure_.suptitle("Twenty-five epochs")

# %%
# Stopping early
# --------------
# With a constant learning rate, the validation loss stops falling at some point. The
# fit ends five epochs after the epoch with the lowest validation loss, and restores the
# weights of that epoch.

clf.set_params(schedule="constant", learning_rate=0.003, epochs=60, early_stopping=5)
pipeline.fit(X_train, y_train)
losses = clf.history_["val_loss"]
print(f"Epoch {losses.index(min(losses)) + 1} of {clf.n_iter_} was the best")
assert clf.n_iter_ < 60

# %%
# A callback that records weights
# -------------------------------
# A callback's ``self.model`` is a Keras model with the current weights. This callback
# records the first kernel after each epoch. A fit uses copies of its callbacks, so here
# the copies append to a shared list.
#
# Keras is imported only here, after the first fit, because skdigits has silenced
# TensorFlow by then.

import keras

kernels = []


class KeepKernel(keras.callbacks.Callback):
    """Append the first kernel at the end of each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        kernels.append(self.model.get_weights()[0][:, :, 0, 0].copy())

    def __deepcopy__(self, memo):
        return KeepKernel()


clf.set_params(
    schedule="one_cycle",
    learning_rate=0.02,
    epochs=12,
    early_stopping=False,
    callbacks=[KeepKernel()],
)
pipeline.fit(X_train, y_train)

# %%
# The figure shows the kernel after every other epoch:

figure, axes = plt.subplots(1, 6, figsize=(9, 2), layout="constrained")
figure.suptitle("A kernel of 5 x 5 weights during training")
limit = abs(kernels[-1]).max()
for ax, epoch in zip(axes, range(1, 12, 2), strict=True):
    ax.imshow(kernels[epoch], cmap="RdBu", vmin=-limit, vmax=limit)
    ax.set_title(f"epoch {epoch + 1}")
    ax.set_axis_off()

# %%
# A callback that stops the training
# ----------------------------------
# Callbacks can also stop a fit, or change the learning rate.


class StopAt(keras.callbacks.Callback):
    """Stop once the accuracy on the validation set is high enough."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_accuracy"] >= 0.95:
            self.model.stop_training = True


clf.set_params(callbacks=[StopAt()], epochs=40)
pipeline.fit(X_train, y_train)
print(f"Stopped after {clf.n_iter_} of 40 epochs")
accuracy = pipeline.score(X_test, y_test)
print(f"Test accuracy: {accuracy:.1%}")

plt.show()

assert len(kernels) == 12
assert clf.n_iter_ < 40
assert accuracy > 0.9
