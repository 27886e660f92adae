"""The network as a Keras model that learns as DigitCNN does."""

from dataclasses import asdict

import numpy as np

from skdigits._recipe import Recipe
from skdigits.network import (
    NetworkSpec,
    State,
    layers_of,
    parts_of,
    statistic_shapes,
    trained_shapes,
)
from skdigits.training._data import Data
from skdigits.training._hooks import KerasHooks, check_callbacks
from skdigits.training._layers import keras_layer, layer_seeds
from skdigits.training._loop import run_epochs
from skdigits.training._tensorflow import keras, tf

registered = keras.saving.register_keras_serializable("skdigits")


@registered
class AdamW(keras.optimizers.AdamW):
    """Keras' AdamW, which here decays kernels only: no bias, no normalization."""

    def build(self, variables):
        if not self.built:
            others = [v for v in variables if v.name != "kernel"]
            self.exclude_from_weight_decay(var_list=others)
        super().build(variables)


def make_optimizer(learning_rate, weight_decay):
    """Return Adam, or AdamW where something decays."""
    if weight_decay:
        return AdamW(learning_rate, weight_decay=weight_decay)
    return keras.optimizers.Adam(learning_rate)


@registered
class DigitNetwork(keras.Sequential):
    """The network of a `DigitCNN`, a Keras model whose `fit` learns as DigitCNN does.

    Compiled as `from_recipe` does it, `fit` is DigitCNN's own training: the batches and
    the seed, the cycle of the learning rate, whose peak ``optimizer.learning_rate`` is,
    warped pictures, and early stopping. The optimizer and the loss say how strongly
    weights decay and labels are smoothed. Compiled with anything else, `fit` is that of
    `keras.Model`.

    Parameters
    ----------
    spec : NetworkSpec or dict
        The layers.

    seed : int
        Decides the initial weights, and all that is random in `fit`.

    schedule : {"one_cycle", "constant"}, default="constant"
        What becomes of the learning rate in the epochs of a fit.

    augment : float, default=0.0
        How far pictures are warped in training.

    patience : int, default=None
        Epochs without improvement after which `fit` stops, and goes back to the best.

    name : str, default="digit_cnn"
    """

    def __init__(
        self,
        spec,
        seed,
        schedule="constant",
        augment=0.0,
        patience=None,
        name="digit_cnn",
        **kwargs,
    ):
        if isinstance(spec, dict):
            tuples = {
                key: tuple(v) if isinstance(v, list) else v for key, v in spec.items()
            }
            spec = NetworkSpec(**tuples)
        layers, seeds = layers_of(spec), layer_seeds(spec, seed)
        stack = [
            keras.Input((*spec.image_shape, 1), dtype="float32"),
            *(keras_layer(layer, seeds.get(layer.name)) for layer in layers),
            keras.layers.Softmax(dtype="float32", name="probabilities"),
        ]
        super().__init__(stack, name=name, **kwargs)
        self.spec = spec
        self.seed = seed
        self.schedule = schedule
        self.augment = augment
        self.patience = patience

    @classmethod
    def from_recipe(cls, spec, seed, recipe):
        """Make the network of a spec, compiled to learn by a `Recipe`."""
        model = cls(spec, seed, recipe.schedule, recipe.augment, recipe.patience)
        model.compile(
            make_optimizer(recipe.learning_rate, recipe.weight_decay),
            keras.losses.CategoricalCrossentropy(
                label_smoothing=recipe.label_smoothing
            ),
            metrics=["accuracy"],
        )
        return model

    def get_config(self):
        return {
            "spec": asdict(self.spec),
            "seed": self.seed,
            "schedule": self.schedule,
            "augment": self.augment,
            "patience": self.patience,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    def state(self):
        """Return weights, moments, moving averages and steps taken, as a `State`."""
        _, _, *moments = self.optimizer.variables
        trained, statistics = self.trainable_weights, self.non_trainable_weights
        parts = [
            tf.concat([tf.zeros(0), *map(_flat, variables)], axis=0)
            for variables in (trained, moments[::2], moments[1::2], statistics)
        ]
        return State(*parts, tf.convert_to_tensor(self.optimizer.iterations.value))

    def take_state(self, state):
        """Become what a `State` says."""
        self.optimizer.build(self.trainable_variables)
        iterations, _, *moments = self.optimizer.variables
        iterations.assign(state.iterations)
        trained, statistics = trained_shapes(self.spec), statistic_shapes(self.spec)
        for variables, vector, shapes in (
            (self.trainable_weights, state.weights, trained),
            (moments[::2], state.first, trained),
            (moments[1::2], state.second, trained),
            (self.non_trainable_weights, state.statistics, statistics),
        ):
            parts = parts_of(vector, shapes).values()
            for variable, part in zip(variables, parts, strict=True):
                variable.assign(part)

    def first_epoch(self, epoch):
        """Return the epoch to begin with: another one where a callback says so."""
        backed_up, self._initial_epoch = self._initial_epoch, None
        return backed_up or epoch

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        schedule=None,
        **options,
    ):
        """Train, as `keras.Model.fit` documents it but for what follows.

        Parameters
        ----------
        x : array-like of shape (n, height, width, 1)
            Pictures, pixels in [0, 1]. Datasets and generators are not taken.

        y : array-like of shape (n, n_classes)
            One-hot rows, or probabilities.

        validation_split : float, default=0.0
            Share that is held out, drawn at random with the proportions of the classes
            kept, where Keras takes the last rows.

        epochs, initial_epoch : int
            The cycle of the learning rate has ``epochs`` epochs; the first
            ``initial_epoch`` of them are over.

        schedule : {"one_cycle", "constant"}, default=None
            In place of the model's own.

        **options
            Keras' others, of which only ``validation_batch_size`` is taken.

        Returns
        -------
        history : keras.callbacks.History

        Raises
        ------
        ValueError
            If the data are not as described, or if the loss stops being finite. The
            weights are then as they were before.
        """
        if not self._learns_by_recipe():
            return super().fit(
                x,
                y,
                batch_size=batch_size,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_split=validation_split,
                validation_data=validation_data,
                shuffle=shuffle,
                class_weight=class_weight,
                sample_weight=sample_weight,
                initial_epoch=initial_epoch,
                **options,
            )
        _check_options(options)
        data = self._checked(x, y, sample_weight, class_weight)
        recipe = Recipe(
            epochs=epochs,
            batch_size=batch_size or 32,
            learning_rate=float(self.optimizer.learning_rate),
            schedule=schedule or self.schedule,
            weight_decay=self.optimizer.weight_decay or 0.0,
            label_smoothing=self.loss.label_smoothing,
            augment=self.augment,
            validation_split=0.0 if validation_data else validation_split,
            patience=self.patience,
            shuffle=shuffle,
        )
        self._train(
            recipe,
            data,
            hooks=self.hooks(callbacks, verbose),
            epoch=initial_epoch,
            validation=self._checked(*validation_data) if validation_data else None,
        )
        return self.history

    def hooks(self, callbacks, verbose=0):
        """Return the `KerasHooks` by which callbacks look at this model."""
        self._name_metrics()
        callbacks = keras.callbacks.CallbackList(
            check_callbacks(callbacks or []),
            add_history=True,
            add_progbar=verbose != 0,
            model=self,
        )
        return KerasHooks(self, callbacks, verbose)

    def _train(self, recipe, data, **arguments):
        self.optimizer.build(self.trainable_variables)
        before = self.state()
        try:
            state, _ = run_epochs(
                self.spec, self.seed, before, recipe, data, **arguments
            )
        except Exception:
            self.take_state(before)
            raise
        self.take_state(state)

    def _learns_by_recipe(self):
        """Tell whether the model is compiled as `from_recipe` does it."""
        optimizer, config = self.optimizer, self.get_compile_config()
        if not isinstance(optimizer, keras.optimizers.Adam) or not config:
            return False
        twin = make_optimizer(1.0, optimizer.weight_decay)
        loss = keras.losses.CategoricalCrossentropy()
        return (
            _differences(optimizer, twin) <= {"learning_rate", "name"}
            and not isinstance(optimizer.get_config()["learning_rate"], dict)
            and _differences(self.loss, loss) <= {"label_smoothing", "name"}
            and config["metrics"] == ["accuracy"]
            and not config["weighted_metrics"]
            and not config["loss_weights"]
        )

    def _name_metrics(self):
        """Let the metrics exist, which Keras' callbacks ask for their direction."""
        row = np.eye(1, self.spec.n_classes, dtype=np.float32)
        self.compute_metrics(None, row, row, None)
        self.reset_metrics()

    def _checked(self, x, y, sample_weight=None, class_weight=None):
        """Return arrays as `Data`, or raise a ValueError if they are none."""
        pictures, classes = (*self.spec.image_shape, 1), (self.spec.n_classes,)
        shapes = [getattr(array, "shape", None) for array in (x, y)]
        if None in shapes or shapes != [(len(x), *pictures), (len(x), *classes)]:
            raise ValueError(
                f"Got x and y of shapes {shapes[0]} and {shapes[1]}, but expected "
                f"arrays of shapes {('n', *pictures)} and {('n', *classes)}: pictures "
                "and one-hot rows. Encode labels with OneHotLabelEncoder."
            )
        x, y = np.asarray(x), np.asarray(y)
        weights = np.ones(len(x), dtype=np.float32)
        if sample_weight is not None:
            weights = np.asarray(sample_weight, dtype=np.float32)
        if class_weight is not None:
            weights = weights * [class_weight[code] for code in y.argmax(axis=1)]
        return Data(x, y, weights)


def _flat(variable):
    return tf.reshape(variable.value, (-1,))


def _differences(this, other):
    """Return the names of what two Keras objects are configured for differently."""
    if type(this) is not type(other):
        return {"type"}
    mine, its = this.get_config(), other.get_config()
    return {name for name in mine if mine[name] != its[name]}


def _check_options(options):
    others = {
        name: value
        for name, value in options.items()
        if value not in (None, {"validation_freq": 1}.get(name))
    }
    others.pop("validation_batch_size", None)
    if others:
        raise ValueError(
            f"Got {', '.join(sorted(others))} in fit, but expected none of them: every "
            "epoch is a pass over all pictures. Leave them out, or compile the model "
            "with another optimizer for a fit of Keras' own."
        )
