"""The places in a training where Keras' callbacks look on, and may change things."""

from numbers import Real

from skdigits.training._tensorflow import keras

_ENDS = ("begin", "end")


class NoHooks:
    """Nobody looks on, and no Keras model is needed."""

    looks_at_batches = False
    stop_training = False

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def __call__(self, state, hook, *arguments):
        return state

    def announce(self, epochs, steps):
        pass

    def first_epoch(self, epoch):
        return epoch

    def figures(self, logs):
        return logs


class KerasHooks:
    """Callbacks look at a Keras model, which is given the state before each call.

    What they change of its weights, its optimizer or its learning rate is taken back
    into the training.

    Parameters
    ----------
    model : DigitNetwork

    callbacks : keras.callbacks.CallbackList

    verbose : int or "auto"
        What the callbacks are told of it.
    """

    def __init__(self, model, callbacks, verbose):
        self.model = model
        self.callbacks = callbacks
        self.verbose = verbose
        self.looks_at_batches = any(map(_looks_at_batches, callbacks.callbacks))
        self._seen = None
        self._lengths, self._used = {}, {}
        model.stop_training = False

    @property
    def learning_rate(self):
        return self.model.optimizer.learning_rate

    @property
    def stop_training(self):
        return self.model.stop_training

    def __call__(self, state, hook, *arguments):
        if not self._is_used(hook):
            return state
        if state is not self._seen:
            self.model.take_state(state)
        getattr(self.callbacks, hook)(*arguments)
        self._seen = self.model.state()
        return self._seen

    def announce(self, epochs, steps):
        """Tell the callbacks how many epochs and steps there will be."""
        numbers = {"epochs": epochs, "steps": steps}
        self.callbacks.set_params({"verbose": self.verbose, **numbers})

    def first_epoch(self, epoch):
        return self.model.first_epoch(epoch)

    def figures(self, logs):
        """Return the figures of an epoch with the numbers that callbacks have added."""
        history = self.model.history.history
        added = {
            name: values[-1]
            for name, values in history.items()
            if len(values) > self._lengths.get(name, 0) and isinstance(values[-1], Real)
        }
        self._lengths = {name: len(values) for name, values in history.items()}
        return {**logs, **added}

    def _is_used(self, hook):
        """Tell whether anything is called; at batches most callbacks do nothing."""
        if "_batch_" not in hook:
            return True
        if hook not in self._used:
            overrides = (_overrides(one, hook) for one in self.callbacks.callbacks)
            self._used[hook] = any(overrides)
        return self._used[hook]


def check_callbacks(callbacks):
    """Return the callbacks as a list, or raise a ValueError where one cannot work."""
    callbacks = callbacks or []
    if not isinstance(callbacks, list | tuple):
        callbacks = [callbacks]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                f"Got {callback!r} in callbacks, but expected instances of "
                "keras.callbacks.Callback. Make one of it."
            )
        if isinstance(callback, keras.callbacks.SwapEMAWeights):
            raise ValueError(
                "Got SwapEMAWeights in callbacks, but expected none: the optimizer "
                "averages no weights. Compile model_ with an optimizer that has "
                "use_ema=True, and call its fit."
            )
    return callbacks


def _looks_at_batches(callback):
    # the bar may move in leaps; savers with this setting only count the batches
    if isinstance(callback, keras.callbacks.ProgbarLogger):
        return False
    if getattr(callback, "save_freq", None) == "epoch":
        return False
    return any(_overrides(callback, f"on_train_batch_{end}") for end in _ENDS)


def _overrides(callback, hook):
    """Tell whether a callback does something in a hook."""
    names = [hook, hook.replace("train_batch", "batch")]
    return any(
        getattr(getattr(callback, name), "__func__", None)
        is not getattr(keras.callbacks.Callback, name)
        for name in names
    )
