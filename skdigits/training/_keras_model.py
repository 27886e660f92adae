"""The network as a Keras model, and what its `fit` adds to that of Keras."""

from contextlib import contextmanager
from functools import wraps

import numpy as np

from skdigits._validation import check_integer, check_number
from skdigits.training._batches import (
    Batches,
    Data,
    stratified_split,
    validation_dataset,
)
from skdigits.training._conductor import Conductor, check_callbacks, sees_batches
from skdigits.training._keras_layers import keras_layers, registered
from skdigits.training._tensorflow import keras, refuse_forked_process, tf


def build_model(spec, seed, *, augment=0.0, temperature=1.0, **options):
    """Return the `DigitNetwork` of a spec, compiled with the given options."""
    layers = keras_layers(spec, seed, augment=augment, temperature=temperature)
    model = DigitNetwork(layers, name="digit_cnn", seed=seed)
    # whatever the user has set for all of Keras
    model.compile(**options, auto_scale_loss=False)
    # before the first step is traced, and for callbacks that ask for the metrics
    model.optimizer.build(model.trainable_variables)
    row = np.eye(1, spec.n_classes, dtype=np.float32)
    model.compute_metrics(None, row, row, None)
    model.reset_metrics()
    return model


def _in_own_process(method):
    """Return a method that raises if TensorFlow would wait for ever."""

    @wraps(method)
    def checked(*arguments, **options):
        refuse_forked_process()
        return method(*arguments, **options)

    return checked


@registered
class DigitNetwork(keras.Sequential):
    """A `keras.Sequential` that draws its batches with its own random generator.

    Parameters
    ----------
    layers : list of keras.layers.Layer

    seed : int, default=0
        Determines the order of the images, and what augmentation and dropout draw. No
        global random state is used or changed.
    """

    def __init__(self, layers=None, trainable=True, name=None, *, seed=0):
        super().__init__(layers, trainable=trainable, name=name)
        # as its layers, whatever the user has set for all of Keras
        self.dtype_policy = keras.dtype_policies.DTypePolicy("float32")
        self.seed = seed
        self._batches = None

    __call__ = _in_own_process(keras.Sequential.__call__)
    evaluate = _in_own_process(keras.Sequential.evaluate)
    predict = _in_own_process(keras.Sequential.predict)

    @_in_own_process
    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        callbacks=None,
        initial_epoch=0,
        shuffle=True,
        cycle=None,
        **options,
    ):
        """Train as documented in `keras.Model.fit`, except as described here.

        With datasets, generators or ``steps_per_epoch``, this is Keras' own `fit`.

        Parameters
        ----------
        x : array-like of shape (n, height, width, channels)
            Images with pixels in [0, 1].

        y : array-like of shape (n, n_classes)
            One-hot rows, or probabilities.

        batch_size : int, default=None
            Maximum number of images in one step; None means 32. The images of an epoch
            are divided evenly among its steps, while in Keras the last step gets what
            is left over.

        cycle : tuple of int (begin, end), default=None
            The epochs of the learning-rate cycle, if the optimizer's schedule is
            "one_cycle". None means ``(0, epochs)``; a cycle without epochs means a
            constant rate.

        **options
            The other options of Keras. ``validation_split`` is drawn at random and
            stratified by class, while Keras uses the last rows.

        Returns
        -------
        history : keras.callbacks.History

        Raises
        ------
        ValueError
            If the data are not as described, or if the loss is no longer finite. The
            weights are then left as they were before.
        """
        arrays = hasattr(x, "__len__") and hasattr(y, "__len__")
        if not arrays or options.get("steps_per_epoch"):
            options |= {"initial_epoch": initial_epoch, "shuffle": shuffle}
            return super().fit(x, y, batch_size, epochs, callbacks=callbacks, **options)
        data, options = self._split(x, y, **options)
        callbacks = check_callbacks(callbacks)
        by_step = options.get("verbose", "auto") or any(map(sees_batches, callbacks))
        if self._batches is None:
            self._batches = Batches(self.input_shape[1:], self.output_shape[-1])
        batches = self._batches.of(
            data,
            check_integer("batch_size", 32 if batch_size is None else batch_size),
            self.seed if shuffle else None,
            one_by_one=bool(by_step),
        )
        with _unchanged_on_failure(self), batches as batches:
            return super().fit(
                batches.dataset,
                epochs=epochs,
                callbacks=[Conductor(self, batches, cycle or (0, epochs)), *callbacks],
                initial_epoch=initial_epoch,
                shuffle=False,
                steps_per_epoch=batches.n_calls,
                **options,
            )

    def _split(
        self,
        x,
        y,
        sample_weight=None,
        class_weight=None,
        validation_split=0.0,
        validation_data=None,
        **options,
    ):
        """Return `Data` to train on, and options with those of the validation part."""
        data, held_out = self._checked(x, y, sample_weight, class_weight), None
        if validation_data is not None:
            held_out = self._checked(*validation_data)
        elif validation_split:
            check_number("validation_split", validation_split, high=1, closed="neither")
            rng = np.random.default_rng(self.seed)
            codes = data.targets.argmax(axis=1)
            kept, rest = stratified_split(codes, validation_split, rng)
            if not len(rest):
                raise ValueError(
                    f"Got validation_split={validation_split} of {len(data)} images, "
                    "but expected at least one image to hold out once each class "
                    "has kept one. Pass more images, or validation_split=0."
                )
            data, held_out = data.take(kept), data.take(rest)
        if held_out:
            dataset, n_calls = validation_dataset(held_out)
            options |= {"validation_data": dataset, "validation_steps": n_calls}
        return data, options

    def train_step(self, data):
        """Take the steps of one call of `Batches`, or Keras' own step for one batch."""
        if len(data) != 4:
            return super().train_step(data)
        *arrays, ends = data
        n_steps, n_classes = tf.shape(ends)[0], arrays[1].shape[1]

        def step(number, begin, loss, predictions):
            end = ends[number]
            rows = tf.range(begin, end)
            x, y, weights = (tf.gather(array, rows) for array in arrays)
            with tf.GradientTape() as tape:
                predicted = self(x, training=True)
                of_batch = self.compute_loss(x, y, predicted, weights, training=True)
                scaled = self.optimizer.scale_loss(of_batch)
            variables = self.trainable_weights
            self.optimizer.apply(tape.gradient(scaled, variables), variables)
            loss += tf.cast(of_batch, tf.float32) * tf.cast(end - begin, tf.float32)
            return number + 1, end, loss, predictions.write(number, predicted)

        predictions = tf.TensorArray(
            tf.float32, n_steps, infer_shape=False, element_shape=(None, n_classes)
        )
        _, n_rows, loss, predictions = tf.while_loop(
            lambda number, *_: number < n_steps, step, (0, 0, 0.0, predictions)
        )
        self.metrics[0].update_state(loss / tf.cast(n_rows, tf.float32), n_rows)
        x, y, weights = arrays
        return self.compute_metrics(x, y, predictions.concat(), weights)

    def make_train_function(self, force=False):
        """Compile one function instead of Keras' two nested functions."""
        if self._needs_keras_functions():
            super().make_train_function(force)
        elif self.train_function is None or force:
            self.train_function = _compiled(self.train_step)

    def make_test_function(self, force=False):
        """Compile one function, as in training."""
        if self._needs_keras_functions():
            super().make_test_function(force)
        elif self.test_function is None or force:
            self.test_function = _compiled(self.test_step)

    def _needs_keras_functions(self):
        return (
            self.distribute_strategy.num_replicas_in_sync > 1
            or self.run_eagerly
            or self.jit_compile
            or self.steps_per_execution > 1
        )

    def get_config(self):
        return super().get_config() | {"seed": self.seed}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        model = super().from_config(config, custom_objects)
        model.seed = config["seed"]
        return model

    def __reduce__(self):
        """As in Keras, even if scikeras has patched in its own.

        That one registers the class by another name, which no other process has.
        """
        return super(keras.Model, self).__reduce__()

    def __deepcopy__(self, memo):
        rebuild, arguments = self.__reduce__()
        memo[id(self)] = copy = rebuild(*arguments)
        return copy

    def _checked(self, x, y, sample_weight=None, class_weight=None):
        """Return arrays as `Data`, or raise a ValueError if they are none."""
        from sklearn.utils.validation import _check_sample_weight

        x, y = np.asarray(x), np.asarray(y)
        shapes = (len(x), *self.input_shape[1:]), (len(x), *self.output_shape[1:])
        if (x.shape, y.shape) != shapes or not len(x):
            expected = tuple(("n", *shape[1:]) for shape in shapes)
            raise ValueError(
                f"Got x and y of shapes {x.shape} and {y.shape}, but expected arrays "
                f"of shapes {expected[0]} and {expected[1]}: images and one-hot rows. "
                "Encode labels with OneHotLabelEncoder."
            )
        weights = _check_sample_weight(sample_weight, x, dtype=np.float32)
        if class_weight is not None:
            by_code = [class_weight.get(code, 1.0) for code in range(y.shape[1])]
            weights = weights * np.array(by_code, np.float32)[y.argmax(axis=1)]
        return Data(
            *(array.astype(np.float32, copy=False) for array in (x, y, weights))
        )


def _compiled(step):
    """Return the function of an iterator that takes a step on its next element."""
    compiled = tf.function(lambda iterator: step(next(iterator)), autograph=False)

    def function(iterator):
        if not isinstance(iterator, tf.data.Iterator):
            return step(next(iterator))
        # one that is called itself warns if models of several shapes are compiled
        return compiled.get_concrete_function(iterator)(iterator)

    return function


@contextmanager
def _unchanged_on_failure(model):
    """Restore the variables of a model and its optimizer if the block fails."""
    model.optimizer.build(model.trainable_variables)
    variables = [*model.weights, *model.optimizer.variables]
    before = [variable.numpy() for variable in variables]
    try:
        yield
    except Exception:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        raise
