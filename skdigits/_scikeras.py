"""The one door to scikeras: its KerasClassifier around the network, set up right."""

# imports Keras in silence, before scikeras does
from skdigits.training import AdamW, DigitNetwork, keras

# isort: split
from types import SimpleNamespace

import numpy as np
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags

from skdigits._parameters import network_spec
from skdigits._recipe import SCHEDULES
from skdigits._validation import check_choice, check_number, unchanged_on_failure
from skdigits.preprocessing import OneHotLabelEncoder


class TargetEncoder(OneHotLabelEncoder):
    """`OneHotLabelEncoder` with what scikeras asks of a target encoder besides."""

    def inverse_transform(self, Y, return_proba=False):
        return Y if return_proba else super().inverse_transform(Y)

    def get_metadata(self):
        """Return what scikeras copies to its own attributes."""
        return {
            "classes_": self.classes_,
            "n_classes_": len(self.classes_),
            "n_outputs_": 1,
            "n_outputs_expected_": 1,
        }


class DigitKerasClassifier(KerasClassifier):
    """scikeras' KerasClassifier around a `DigitNetwork`.

    It checks, encodes, trains, answers and is cloned as scikeras does it. Only these
    are its own: one-hot rows also for two classes; scikit-learn takes it for the
    classifier that it is, although scikeras' base classes stand in an order that hides
    it; `partial_fit` goes by a constant rate; sample weights are not changed, and a fit
    that fails leaves everything as it was.
    """

    @property
    def target_encoder(self):
        return TargetEncoder(self.classes_)

    def fit(self, X, y, sample_weight=None, **kwargs):
        with unchanged_on_failure(self):
            return super().fit(X, y, _copied(sample_weight), **kwargs)

    def partial_fit(self, X, y, classes=None, sample_weight=None, **kwargs):
        part = {"schedule": "constant", "validation_split": 0.0, **kwargs}
        with unchanged_on_failure(self):
            return super().partial_fit(X, y, classes, _copied(sample_weight), **part)

    def __sklearn_tags__(self):
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags()
        tags.target_tags.required = True
        return tags


def build_network(
    meta,
    compile_kwargs,
    filters,
    kernel_size,
    dense_units,
    dropout,
    batch_norm,
    early_downsampling,
    padding,
    schedule,
    augment,
    patience,
    calibrate,
    seed,
):
    """Build and compile a `DigitNetwork`, as scikeras asks for it.

    The parameters are those of `skdigits.DigitCNN`; ``meta`` tells what scikeras has
    seen of the data, ``compile_kwargs`` its optimizer, loss and metrics.
    """
    params = SimpleNamespace(**locals())
    shape = meta["X_shape_"]
    if len(shape) != 4:
        raise ValueError(
            f"Got X of shape {shape}, but expected pictures (n, height, width, 1). "
            "Reshape them, with ImageReshaper for instance."
        )
    check_choice("schedule", schedule, SCHEDULES)
    check_number("augment", augment, low=0, high=np.inf, closed="left")
    spec = network_spec(params, tuple(shape[1:3]), meta["n_classes_"])
    model = DigitNetwork(spec, seed, schedule, augment, patience, calibrate)
    model.compile(**compile_kwargs, auto_scale_loss=False)
    return model


def make_keras_classifier(network, classes, model, *, callbacks, class_weight):
    """Return scikeras' KerasClassifier with a trained network in it.

    Parameters
    ----------
    network : FittedNetwork

    classes : ndarray of shape (n_classes,)

    model : DigitNetwork
        The Keras model of ``network``.

    callbacks : list of keras.callbacks.Callback

    class_weight : dict or "balanced"

    Returns
    -------
    DigitKerasClassifier
        Ready to answer; its `fit` starts again, with the same recipe and seed.
    """
    _check_labels(classes)
    spec, recipe = network.spec, network.recipe
    decay = recipe.weight_decay
    optimizer = {"optimizer": keras.optimizers.Adam}
    if decay:
        optimizer = {"optimizer": AdamW, "optimizer__weight_decay": decay}
    classifier = DigitKerasClassifier(
        model=build_network,
        model__filters=spec.filters,
        model__kernel_size=_without_repeats(spec.kernel_size),
        model__dense_units=spec.dense_units,
        model__dropout=spec.dropout,
        model__batch_norm=spec.batch_norm,
        model__early_downsampling=spec.early_downsampling,
        model__padding=spec.padding,
        model__schedule=recipe.schedule,
        model__augment=recipe.augment,
        model__patience=recipe.patience,
        model__calibrate=recipe.calibrate,
        model__seed=network.seed,
        optimizer__learning_rate=recipe.learning_rate,
        loss=keras.losses.CategoricalCrossentropy,
        loss__label_smoothing=recipe.label_smoothing,
        metrics=["accuracy"],
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_split=recipe.validation_split,
        callbacks=callbacks or None,
        class_weight=class_weight,
        verbose=0,
        **optimizer,
    )
    # float64, so that scikeras lets pictures of any dtype through
    example = np.zeros((len(classes), *spec.image_shape, 1))
    classifier.initialize(example, classes)
    classifier.model_ = model
    classifier.history_ = {name: list(v) for name, v in network.history.items()}
    return classifier


def _check_labels(classes):
    """Raise a ValueError for labels that scikeras does not take."""
    if classes.dtype.kind == "O" and not all(isinstance(c, str) for c in classes):
        raise ValueError(
            f"Got labels such as {classes[0]!r}, but expected numbers or strings, "
            "which scikeras knows. Use model_, or fit with other labels."
        )


def _copied(sample_weight):
    """Return a copy, since scikeras multiplies the weights in place."""
    return None if sample_weight is None else np.array(sample_weight, dtype=float)


def _without_repeats(kernel_size):
    """Return the kernel sizes without those that the last one stands for.

    So they fit networks of fewer blocks too, where a search varies the filters.
    """
    sizes = list(kernel_size)
    while sizes[-2:-1] == sizes[-1:]:
        sizes.pop()
    return tuple(sizes)
