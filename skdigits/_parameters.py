"""DigitCNN's parameters, checked and in the form that the network and training take."""

from copy import deepcopy
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight

from skdigits._validation import check_bool, check_choice, check_integer, check_number
from skdigits.network._spec import NetworkSpec, feature_map_shape

# Epochs without improvement that early_stopping=True waits for.
PATIENCE = 5

SCHEDULES = ("constant", "one_cycle")

# Enough to bring pictures of 65,536 pixels on a side down to one pixel.
MAX_BLOCKS = 16


def network_spec(classifier):
    """Return the `NetworkSpec` for the parameters, picture shape and classes."""
    filters = classifier.filters
    if isinstance(filters, Integral):
        check_integer("filters", filters)
        filters = (filters, 2 * filters)
    filters = _check_integers("filters", filters)
    kernel_size = classifier.kernel_size
    if isinstance(kernel_size, Integral):
        kernel_size = (kernel_size,) * len(filters)
    kernel_size = _check_integers("kernel_size", kernel_size)
    if len(filters) > MAX_BLOCKS:
        raise ValueError(
            f"Got filters for {len(filters)} blocks, but expected at most "
            f"{MAX_BLOCKS}. Each block halves the pictures; pass fewer."
        )
    if len(kernel_size) > len(filters):
        raise ValueError(
            f"Got kernel_size={kernel_size} for filters={filters}, but expected no "
            "more kernel sizes than filters. Pass one int for all."
        )
    kernel_size += kernel_size[-1:] * (len(filters) - len(kernel_size))
    spec = NetworkSpec(
        image_shape=classifier.image_shape_,
        n_classes=len(classifier.classes_),
        filters=filters,
        kernel_size=kernel_size,
        dense_units=None
        if classifier.dense_units is None
        else check_integer("dense_units", classifier.dense_units),
        dropout=check_number(
            "dropout", classifier.dropout, low=0, high=1, closed="left"
        ),
        batch_norm=check_bool("batch_norm", classifier.batch_norm),
        padding=check_choice("padding", classifier.padding, ("same", "valid")),
        early_downsampling=check_bool(
            "early_downsampling", classifier.early_downsampling
        ),
    )
    feature_map_shape(spec)
    return spec


def _check_integers(name, values):
    """Return ``values`` as a tuple of positive ints, or raise a ValueError."""
    try:
        checked = tuple(check_integer(name, value) for value in values)
    except (TypeError, ValueError):
        checked = ()
    if not checked:
        raise ValueError(
            f"Got {name}={values!r}, but expected a positive integer or a tuple of "
            "positive integers, one for each block."
        )
    return checked


def training_settings(classifier):
    """Return what scikeras' KerasClassifier takes, by its names."""
    return {
        "optimizer__learning_rate": check_number(
            "learning_rate",
            classifier.learning_rate,
            low=0,
            high=np.inf,
            closed="neither",
        ),
        "batch_size": check_integer("batch_size", classifier.batch_size),
        "validation_split": check_number(
            "validation_split",
            classifier.validation_split,
            low=0,
            high=1,
            closed="left",
        ),
        "verbose": int(classifier.verbose)
        if isinstance(classifier.verbose, bool | np.bool_)
        else check_integer("verbose", classifier.verbose, minimum=0),
    }


def training_recipe(classifier):
    """Return the parameters that the training steps take, by their names."""
    return {
        "schedule": check_choice("schedule", classifier.schedule, SCHEDULES),
        "weight_decay": check_number(
            "weight_decay", classifier.weight_decay, low=0, high=np.inf, closed="left"
        ),
        "label_smoothing": check_number(
            "label_smoothing",
            classifier.label_smoothing,
            low=0,
            high=1,
            closed="left",
        ),
        "augment": check_number(
            "augment", classifier.augment, low=0, high=np.inf, closed="left"
        ),
    }


def patience(classifier):
    """Return the epochs that early stopping waits for, None without it."""
    early_stopping = classifier.early_stopping
    if isinstance(early_stopping, bool | np.bool_):
        return PATIENCE if early_stopping else None
    if not isinstance(early_stopping, Integral) or early_stopping < 1:
        raise ValueError(
            f"Got early_stopping={early_stopping!r}, but expected True, False or an "
            "integer of at least 1."
        )
    return int(early_stopping)


def copied_callbacks(classifier):
    """Return copies of the callbacks; Keras' keep the model they were called with."""
    callbacks = classifier.callbacks or []
    if not isinstance(callbacks, list | tuple):
        raise ValueError(
            f"Got callbacks={callbacks!r}, but expected a list of Keras callbacks."
        )
    return [deepcopy(callback) for callback in callbacks]


def draw_seed(random_state):
    """Draw a seed; without a random state leave NumPy's global one alone."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    return int(check_random_state(random_state).randint(2**31 - 1))


def class_weights(class_weight, classes, y):
    """Return the weight of each row of ``y`` by its class."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        return compute_sample_weight("balanced", y)
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"Got class_weight={class_weight!r}, but expected a dict of a weight for "
            "each label, 'balanced' or None."
        )
    unknown = set(class_weight) - set(classes.tolist())
    if unknown:
        raise ValueError(
            f"Got class_weight with the unknown label {unknown.pop()!r}, but expected "
            f"only {classes.tolist()}. Remove or correct it."
        )
    for label, weight in class_weight.items():
        check_number(f"class_weight[{label!r}]", weight, low=0, high=np.inf)
    return np.array([class_weight.get(label, 1.0) for label in y.tolist()])
