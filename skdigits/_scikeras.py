"""The only module that imports scikeras: its KerasClassifier around the network."""

# imports Keras in silence, before scikeras does
from skdigits.training import AdamW, SmoothedCrossentropy, build_model, early_stopping

# isort: split
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags

from skdigits._parameters import network_spec
from skdigits._validation import check_image_shape, check_number, unchanged_on_failure
from skdigits.preprocessing import OneHotLabelEncoder


class TargetEncoder(OneHotLabelEncoder):
    """`OneHotLabelEncoder` with what else scikeras requires of a target encoder."""

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

    It checks, encodes, trains, predicts and is cloned as scikeras does it. Only these
    are its own: one-hot rows also for two classes; scikit-learn recognizes it as a
    classifier, which the order of scikeras' base classes hides; `partial_fit` uses a
    constant rate; sample weights are not changed; and a fit that fails leaves
    everything as it was.
    """

    @property
    def target_encoder(self):
        return TargetEncoder(self.classes_)

    def fit(self, X, y, sample_weight=None, **kwargs):
        with unchanged_on_failure(self):
            return super().fit(X, y, _copied(sample_weight), **kwargs)

    def partial_fit(self, X, y, classes=None, sample_weight=None, **kwargs):
        part = {"cycle": (0, 0), "validation_split": 0.0, **kwargs}
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
    augment,
    seed,
):
    """Build and compile the Keras model of `skdigits.DigitCNN`, as scikeras requires.

    The parameters are DigitCNN's; ``meta`` has what scikeras learned about the data,
    ``compile_kwargs`` its optimizer, loss and metrics.
    """
    params = SimpleNamespace(**locals())
    shape = meta["X_shape_"]
    if len(shape) != 4:
        raise ValueError(
            f"Got X of shape {shape}, but expected images (n, height, width, channels)."
            " Reshape them, with ImageReshaper for instance."
        )
    check_number("augment", augment)
    image_shape = check_image_shape(shape[1:])
    spec = network_spec(params, image_shape, meta["n_classes_"])
    return build_model(spec, seed, augment=augment, **compile_kwargs)


def make_keras_classifier(network, classes, model, *, callbacks, class_weight):
    """Return a fitted `DigitKerasClassifier` with the Keras model of a network.

    Its `fit` starts again, with the same recipe and seed. The classes are numbers or
    strings.
    """
    spec, recipe = network.spec, network.recipe
    # what the data do not decide
    params = {f"model__{name}": value for name, value in asdict(spec).items()}
    del params["model__image_shape"], params["model__n_classes"]
    classifier = DigitKerasClassifier(
        model=build_network,
        **params,
        model__augment=recipe.augment,
        model__seed=network.seed,
        optimizer=AdamW,
        optimizer__learning_rate=recipe.learning_rate,
        optimizer__weight_decay=recipe.weight_decay,
        optimizer__schedule=recipe.schedule,
        loss=SmoothedCrossentropy,
        loss__label_smoothing=recipe.label_smoothing,
        metrics=["accuracy"],
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_split=recipe.validation_split,
        callbacks=[*callbacks, *early_stopping(recipe)] or None,
        class_weight=class_weight,
        verbose=0,
    )
    # float64, so scikeras accepts images of any dtype
    example = np.zeros((len(classes), *spec.input_shape))
    classifier.initialize(example, classes)
    classifier.model_ = model
    classifier.history_ = {name: list(v) for name, v in network.history.items()}
    return classifier


def _copied(sample_weight):
    """Return a copy, since scikeras multiplies the weights in place."""
    return None if sample_weight is None else np.array(sample_weight, dtype=float)
