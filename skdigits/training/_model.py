"""The network as a Keras model that learns as DigitCNN does."""

from dataclasses import asdict

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from skdigits._recipe import SCHEDULES, Recipe
from skdigits._validation import check_choice, check_integer, check_number
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


@registered
class Softmax(keras.layers.Softmax):
    """Keras' Softmax, of logits that are divided by a temperature but in training."""

    def __init__(self, temperature=1.0, **options):
        super().__init__(**options)
        # none of Keras' variables, which would count as a parameter of the network
        self.temperature = tf.Variable(temperature, trainable=False, dtype=tf.float32)

    def call(self, inputs, mask=None, training=False):
        if not training:
            inputs = inputs / self.temperature
        return super().call(inputs, mask)

    def get_config(self):
        return super().get_config() | {"temperature": float(self.temperature)}


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

    calibrate : bool, default=True
        Whether `fit` ends with a temperature that makes the probabilities come true.

    temperature : float, default=1.0
        What logits are divided by before the softmax, but in training.

    name : str, default="digit_cnn"
    """

    def __init__(
        self,
        spec,
        seed,
        schedule="constant",
        augment=0.0,
        patience=None,
        calibrate=True,
        temperature=1.0,
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
            Softmax(temperature, dtype="float32", name="probabilities"),
        ]
        super().__init__(stack, name=name, **kwargs)
        self.spec = spec
        self.seed = seed
        self.schedule = schedule
        self.augment = augment
        self.patience = patience
        self.calibrate = calibrate

    @classmethod
    def from_recipe(cls, spec, seed, recipe):
        """Make the network of a spec, compiled to learn by a `Recipe`."""
        model = cls(
            spec,
            seed,
            recipe.schedule,
            recipe.augment,
            recipe.patience,
            recipe.calibrate,
        )
        model.compile(
            make_optimizer(recipe.learning_rate, recipe.weight_decay),
            keras.losses.CategoricalCrossentropy(
                label_smoothing=recipe.label_smoothing
            ),
            metrics=["accuracy"],
            # whatever the user has set for all of Keras
            auto_scale_loss=False,
        )
        return model

    def __reduce__(self):
        """As Keras has it, also where scikeras has put a way of its own.

        That registers the class anew by another name, which no other process knows.
        """
        return super(keras.Model, self).__reduce__()

    def __deepcopy__(self, memo):
        rebuild, arguments = self.__reduce__()
        memo[id(self)] = copy = rebuild(*arguments)
        return copy

    def get_config(self):
        n_layers = len(layers_of(self.spec)) + 1
        if len(self.layers) != n_layers:
            raise ValueError(
                f"Got a DigitNetwork with {len(self.layers)} layers, but expected its "
                f"own {n_layers}. Put those that you want in a keras.Sequential."
            )
        return {
            "spec": asdict(self.spec),
            "seed": self.seed,
            "schedule": self.schedule,
            "augment": self.augment,
            "patience": self.patience,
            "calibrate": self.calibrate,
            "temperature": self.temperature,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    @property
    def temperature(self):
        """What logits are divided by before the softmax, but in training."""
        return float(self.layers[-1].temperature)

    @temperature.setter
    def temperature(self, value):
        self.layers[-1].temperature.assign(value)

    def state(self):
        """Return weights, moments, moving averages and steps taken, as a `State`."""
        parts = [
            tf.concat([tf.zeros(0), *map(_flat, variables)], axis=0)
            for variables in self._variables()
        ]
        return State(*parts, tf.convert_to_tensor(self.optimizer.iterations.value))

    def take_state(self, state):
        """Become what a `State` says."""
        self.optimizer.build(self.trainable_variables)
        self.optimizer.iterations.assign(state.iterations)
        trained, statistics = trained_shapes(self.spec), statistic_shapes(self.spec)
        for variables, vector, shapes in zip(
            self._variables(),
            state[:4],
            (trained, trained, trained, statistics),
            strict=True,
        ):
            parts = parts_of(vector, shapes).values()
            for variable, part in zip(variables, parts, strict=True):
                variable.assign(part)

    def _variables(self):
        """Return the variables behind each vector of a `State`, in its order."""
        trained, statistics = self.trainable_weights, self.non_trainable_weights
        moments = self.optimizer.variables[2:]
        if not self._is_whole() or len(moments) != 2 * len(trained):
            raise ValueError(
                "Got a model whose layers or optimizer were changed in training, but "
                "expected those that it began with. Change them before fit."
            )
        return trained, moments[::2], moments[1::2], statistics

    def _is_whole(self):
        """Tell whether the layers are still those of the spec, and all learn."""
        names = [layer.name for layer in layers_of(self.spec)]
        return all(layer.trainable for layer in self.layers) and (
            [layer.name for layer in self.layers] == [*names, "probabilities"]
        )

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

        batch_size : int, default=None
            The most pictures in one step; None is 32. The steps of an epoch share them
            out evenly, where Keras' last step takes what is left.

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
        validation = None
        if validation_data is not None:
            validation = self._checked(*_as_validation(validation_data))
        recipe = Recipe(
            epochs=check_integer("epochs", epochs, minimum=0),
            batch_size=32
            if batch_size is None
            else check_integer("batch_size", batch_size),
            learning_rate=float(self.optimizer.learning_rate),
            schedule=check_choice("schedule", schedule or self.schedule, SCHEDULES),
            weight_decay=self.optimizer.weight_decay or 0.0,
            label_smoothing=self.loss.label_smoothing,
            augment=self.augment,
            validation_split=0.0
            if validation
            else check_number(
                "validation_split", validation_split, low=0, high=1, closed="left"
            ),
            patience=self.patience,
            calibrate=self.calibrate,
            shuffle=bool(shuffle),
        )
        self._train(
            recipe,
            data,
            hooks=self.hooks(callbacks, verbose),
            epoch=check_integer("initial_epoch", initial_epoch, minimum=0),
            validation=validation,
        )
        return self.history

    def hooks(self, callbacks, verbose=0):
        """Return the `KerasHooks` by which callbacks look at this model."""
        self._name_metrics()
        callbacks = keras.callbacks.CallbackList(
            check_callbacks(callbacks),
            add_history=True,
            add_progbar=verbose != 0,
            model=self,
        )
        return KerasHooks(self, callbacks, verbose)

    def _train(self, recipe, data, **arguments):
        self.optimizer.build(self.trainable_variables)
        before, rate = self.state(), float(self.optimizer.learning_rate)
        try:
            state, temperature, _ = run_epochs(
                self.spec, self.seed, before, recipe, data, **arguments
            )
        except Exception:
            self.optimizer.learning_rate = rate
            self.take_state(before)
            raise
        self.take_state(state)
        self.temperature = temperature

    def _learns_by_recipe(self):
        """Tell whether the model is compiled as `from_recipe` does it."""
        optimizer = getattr(self, "optimizer", None)
        if not isinstance(optimizer, keras.optimizers.Adam) or not self._is_whole():
            return False
        config = self.get_compile_config()
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
        x, y = (np.asarray(a) if isinstance(a, list) else a for a in (x, y))
        shapes = tuple(
            getattr(array, "shape", type(array).__name__) for array in (x, y)
        )
        pictures, classes = (*self.spec.image_shape, 1), (self.spec.n_classes,)
        n = shapes[0][0] if isinstance(shapes[0], tuple) and shapes[0] else 0
        if n == 0 or shapes != ((n, *pictures), (n, *classes)):
            raise ValueError(
                f"Got x and y of shapes {shapes[0]} and {shapes[1]}, but expected "
                f"arrays of shapes {('n', *pictures)} and {('n', *classes)}: pictures "
                "and one-hot rows. Encode labels with OneHotLabelEncoder."
            )
        x, y = np.asarray(x), np.asarray(y)
        weights = _check_sample_weight(sample_weight, x, dtype=np.float32)
        if class_weight is not None:
            by_code = [class_weight.get(code, 1.0) for code in range(*classes)]
            weights = weights * np.array(by_code)[y.argmax(axis=1)]
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
    """Raise a ValueError for options of Keras' fit that change what an epoch is."""
    harmless = {"validation_batch_size": options.get("validation_batch_size")}
    harmless |= {"validation_freq": 1}
    others = [
        name
        for name, value in options.items()
        if value is not None and (name not in harmless or value != harmless[name])
    ]
    if others:
        raise ValueError(
            f"Got {', '.join(sorted(others))} in fit, but expected none of them: every "
            "epoch is a pass over all pictures. Leave them out, or compile the model "
            "with another optimizer for a fit of Keras' own."
        )


def _as_validation(data):
    """Return pictures and targets, and weights if there are some."""
    if isinstance(data, list | tuple) and len(data) in (2, 3):
        return data
    raise ValueError(
        f"Got validation_data of type {type(data).__name__}, but expected (x, y) or "
        "(x, y, sample_weight). Pass arrays."
    )
