"""The one door to scikeras: its KerasClassifier, set up right.

DigitCNN checks X and y before they come here, and gives every random choice a seed, so
the wrapper's own checks, seeding and callbacks are switched off: they refuse a change
of dtype, turn TensorFlow's determinism on for the whole process, and keep references
to the model.
"""

# imports Keras in silence, before scikeras does
from skdigits.training._tensorflow import refuse_forked_process

# isort: split
import numpy as np
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator, TransformerMixin

from skdigits._validation import encode_labels
from skdigits.network._answers import FittedNetwork
from skdigits.network._spec import arrays_of, build_network, named_weights
from skdigits.training._loop import Batchable, train
from skdigits.training._progress import EpochLines, NoProgress


class OneHotLabels(TransformerMixin, BaseEstimator):
    """KerasClassifier's target encoder: any hashable labels to one-hot rows and back.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,), default=None
        The labels, where they are more than those passed to ``fit``.
    """

    def __init__(self, classes=None):
        self.classes = classes

    def fit(self, y):
        self.classes_, _ = encode_labels(y, self.classes)
        return self

    def transform(self, y):
        _, codes = encode_labels(y, self.classes_)
        return np.eye(len(self.classes_), dtype=np.float32)[codes]

    def inverse_transform(self, y, return_proba=False):
        return y if return_proba else self.classes_[y.argmax(axis=1)]

    def get_metadata(self):
        """Return what scikeras copies to its own attributes."""
        return {
            "classes_": self.classes_,
            "n_classes_": len(self.classes_),
            "n_outputs_": 1,
            "n_outputs_expected_": 1,
        }


class NetworkClassifier(KerasClassifier):
    """scikeras' KerasClassifier around the network of a `NetworkSpec`.

    Pickles and copies hold the weights and Adam's state as arrays.
    """

    @property
    def target_encoder(self):
        return OneHotLabels(self.encoder__classes)

    @property
    def spec_(self):
        return self.model__spec

    @property
    def seed_(self):
        return self.model__seed

    def train(self, X, y, **fit_arguments):
        """Train, from the present weights and epoch on if there are any.

        scikeras' own ways to go on forget the classes, or do not take epochs.
        """
        if self.initialized_:
            self.model_.optimizer.learning_rate = self.optimizer__learning_rate
        self._fit(
            X,
            y,
            warm_start=True,
            initial_epoch=self.current_epoch,
            **fit_arguments,
        )

    def fitted_network(self):
        """Return the weights and the history apart from Keras."""
        return FittedNetwork(
            self.spec_, arrays_of(self.model_), self.seed_, self.history_
        )

    def optimizer_state(self):
        """Return Adam's moments and its number of steps apart from Keras."""
        return self.moments_, int(self.model_.optimizer.iterations)

    def restore(self, fitted, optimizer_state=None):
        """Become what was trained to a `FittedNetwork`."""
        no_images = np.empty((0, *self.spec_.image_shape, 1), dtype=np.float32)
        self._initialize(no_images, self.encoder__classes)
        self._ensure_compiled_model()
        for name, variable in named_weights(self.model_).items():
            variable.assign(fitted.arrays[name])
        if optimizer_state is not None:
            self.moments_, iterations = optimizer_state
            self.model_.optimizer.iterations.assign(iterations)
        self.history_ = fitted.history

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        return X, y

    @staticmethod
    def _validate_sample_weight(X, y, sample_weight):
        return X, y, sample_weight

    def _initialize_callbacks(self):
        self._fit_callbacks = self._predict_callbacks = []

    def _fit_keras_model(
        self,
        X,
        y,
        sample_weight,
        warm_start,
        epochs,
        initial_epoch,
        callbacks=(),
        patience=None,
        pause_after=None,
        recipe=None,
    ):
        progress = EpochLines() if self.verbose else NoProgress()
        try:
            history, self.moments_ = train(
                self.model_,
                self.spec_,
                Batchable(X, y, sample_weight.astype(np.float32)),
                batch_size=self.batch_size,
                epochs=epochs,
                initial_epoch=initial_epoch,
                pause_after=pause_after,
                validation_split=self.validation_split,
                seed=self.model__seed,
                callbacks=callbacks,
                patience=patience,
                progress=progress,
                recipe=recipe,
                moments=getattr(self, "moments_", None),
            )
        finally:
            progress.close()
        past = self.history_ if initial_epoch else {"loss": []}
        self.history_ = _joined(past, history)

    def __getstate__(self):
        state = dict(super().__getstate__())
        model = state.pop("model_", None)
        if model is not None:
            state["_arrays"] = [variable.numpy() for variable in _variables(model)]
        return state

    def __setstate__(self, state):
        state = dict(state)
        arrays = state.pop("_arrays", None)
        super().__setstate__(state)
        if arrays is not None:
            self.model_ = self._build_keras_model()
            self._ensure_compiled_model()
            for variable, value in zip(_variables(self.model_), arrays, strict=True):
                variable.assign(value)

    def _build_keras_model(self):
        self._random_state = None
        return super()._build_keras_model()


def _joined(past, present):
    """Append one history to another, with NaN where an epoch has no such figure."""
    lengths = [len(history["loss"]) for history in (past, present)]
    return {
        name: [
            value
            for history, length in zip((past, present), lengths, strict=True)
            for value in history.get(name, [np.nan] * length)
        ]
        for name in {**past, **present}
    }


def _variables(model):
    """Return all variables of a compiled model."""
    return [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.optimizer.variables,
    ]


def make_network_classifier(spec, *, classes, seed, **settings):
    """Set scikeras' KerasClassifier up for the network of ``spec``.

    ``settings`` are its optimizer__learning_rate, batch_size, validation_split and
    verbose.
    """
    refuse_forked_process()
    return NetworkClassifier(
        model=build_network,
        model__spec=spec,
        model__seed=seed,
        loss="categorical_crossentropy",
        optimizer="adam",
        metrics=["accuracy"],
        encoder__classes=classes,
        **settings,
    )
