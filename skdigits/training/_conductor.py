"""What is done at the ends of epochs, besides what the user's callbacks do."""

import numpy as np

from skdigits.training._optimization import AdamW
from skdigits.training._tensorflow import keras

# Weights below this predict finite numbers; trained ones hardly reach a thousandth.
LARGE = 1e5


class Conductor(keras.callbacks.Callback):
    """Set the randomness and the cycle of each epoch; stop if a loss is not finite.

    ``cycle`` has the first epoch of the cycle of the learning rate, and its end.
    """

    def __init__(self, network, batches, cycle):
        super().__init__()
        self.network, self.batches, self.cycle = network, batches, cycle

    def on_epoch_begin(self, epoch, logs=None):
        network = self.network
        self.batches.epoch = epoch
        for number, layer in enumerate(network.layers):
            if generator := getattr(layer, "seed_generator", None):
                seeds = np.random.SeedSequence([network.seed, epoch, number])
                generator.state.assign(seeds.generate_state(2))
        # not before the first epoch, as callbacks may go back to an earlier state
        if self.cycle and isinstance(network.optimizer, AdamW):
            steps, (begin, end) = self.batches.n_steps, self.cycle
            step = int(network.optimizer.iterations) - steps * (epoch - begin)
            network.optimizer.start_cycle(step, steps * (end - begin))
        self.cycle = None

    def on_epoch_end(self, epoch, logs=None):
        for loss in logs.values():
            if not np.isfinite(loss):
                self._end(f"a loss of {loss} in epoch {epoch + 1}")
        # the loss is that before the last step, which may be the one that overflows
        if not all(np.isfinite(w).all() for w in self.network.get_weights()):
            self._end(f"weights that are not finite in epoch {epoch + 1}")

    def on_train_end(self, logs=None):
        # finite weights may yet be too large to predict with
        if max(np.abs(w).max() for w in self.network.get_weights()) < LARGE:
            return
        predicted = self.network(self.batches.data.images[:1], training=False)
        if not np.isfinite(predicted).all():
            self._end("predictions that are not finite")

    def _end(self, got):
        raise ValueError(
            f"Got {got}, but expected finite numbers. Lower "
            f"learning_rate={float(self.network.optimizer.learning_rate):g}, or scale "
            "the pixels to [0, 1] with PixelScaler."
        )


def check_callbacks(callbacks):
    """Return callbacks as a list, or raise a ValueError if one is not a callback."""
    callbacks = getattr(callbacks, "callbacks", callbacks) or []
    callbacks = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                f"Got {callback!r} in callbacks, but expected instances of "
                "keras.callbacks.Callback. Wrap it in one."
            )
    return callbacks


def sees_batches(callback):
    """Return whether a callback does something before or after a batch."""
    if getattr(callback, "save_freq", None) == "epoch":
        return False  # Keras' savers, which only count them
    plain = keras.callbacks.Callback
    names = ("train_batch_begin", "train_batch_end", "batch_begin", "batch_end")
    return any(
        getattr(getattr(callback, f"on_{name}"), "__func__", None)
        is not getattr(plain, f"on_{name}")
        for name in names
    )
