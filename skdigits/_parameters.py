"""DigitCNN's parameters, checked and in the form that the network and training need."""

from copy import deepcopy
from math import ceil
from numbers import Integral

import numpy as np

from skdigits._recipe import SCHEDULES, Recipe
from skdigits._validation import check_bool, check_choice, check_integer, check_number
from skdigits.network import NetworkSpec, check_spec

# Epochs without improvement that early_stopping=True waits for.
PATIENCE = 5

# Steps that a network needs however few images there are, and passes over them
# however many; found on parts of MNIST's training images.
MIN_STEPS, MIN_EPOCHS = 1500, 10

# Below this many images small batches learn as well, in less time.
MANY_IMAGES = 5000

# In smaller images each pixel counts.
SMALLEST_DOWNSAMPLED = 16

# Enough to bring images of 65,536 pixels on a side down to one pixel.
MAX_BLOCKS = 16


def check_parameters(params, image_shape, classes):
    """Raise a ValueError if `fit` would reject a parameter for such images."""
    from sklearn.utils import check_random_state

    network_spec(params, image_shape, len(classes))
    training_recipe(params, n_images=1)
    if params.class_weight is not None:
        class_weights(params.class_weight, classes, np.arange(len(classes)))
    check_bool("warm_start", params.warm_start)
    check_random_state(params.random_state)
    verbosity(params.verbose)


def network_spec(params, image_shape, n_classes):
    """Return the `NetworkSpec` for an object with DigitCNN's network parameters."""
    filters = params.filters
    if isinstance(filters, Integral):
        check_integer("filters", filters)
        filters = (filters, 2 * filters)
    filters = _check_integers("filters", filters)
    if len(filters) > MAX_BLOCKS:
        raise ValueError(
            f"Got filters for {len(filters)} blocks, but expected at most "
            f"{MAX_BLOCKS}. Each block halves the images; pass fewer."
        )
    dense_units = params.dense_units
    if dense_units is not None:
        dense_units = check_integer("dense_units", dense_units)
    spec = NetworkSpec(
        image_shape=image_shape,
        n_classes=n_classes,
        filters=filters,
        kernel_size=_kernel_sizes(params.kernel_size, filters),
        dense_units=dense_units,
        dropout=check_number("dropout", params.dropout, high=1, closed="left"),
        batch_norm=check_bool("batch_norm", params.batch_norm),
        padding=check_choice("padding", params.padding, ("same", "valid")),
        early_downsampling=_early_downsampling(params, image_shape),
    )
    check_spec(spec)
    return spec


def _early_downsampling(params, image_shape):
    """Return whether the first convolution has a stride of two pixels."""
    if _is_auto("early_downsampling", params.early_downsampling, "True, False"):
        return min(image_shape[:2]) >= SMALLEST_DOWNSAMPLED
    return check_bool("early_downsampling", params.early_downsampling)


def _is_auto(name, value, others):
    """Return whether a parameter is "auto", or raise a ValueError for other words."""
    if isinstance(value, str) and value != "auto":
        raise ValueError(f"Got {name}={value!r}, but expected {others} or 'auto'.")
    return isinstance(value, str)


def _kernel_sizes(kernel_size, filters):
    """Return a kernel size for each block; the last one stands for all that follow."""
    if isinstance(kernel_size, Integral):
        kernel_size = (kernel_size,)
    kernel_size = _check_integers("kernel_size", kernel_size)
    return (kernel_size + kernel_size[-1:] * len(filters))[: len(filters)]


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


def training_recipe(params, n_images):
    """Return the `Recipe` for an object with DigitCNN's training parameters."""

    def number(name, **bounds):
        return check_number(name, getattr(params, name), **bounds)

    epochs, batch_size = epochs_and_batch_size(params, n_images)
    return Recipe(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=number("learning_rate", closed="neither"),
        schedule=check_choice("schedule", params.schedule, SCHEDULES),
        weight_decay=number("weight_decay"),
        label_smoothing=number("label_smoothing", high=1, closed="left"),
        augment=number("augment"),
        validation_split=number("validation_split", high=1, closed="left"),
        patience=_patience(params.early_stopping),
        calibrate=check_bool("calibration", params.calibration),
    )


def epochs_and_batch_size(params, n_images):
    """Return both as integers; "auto" depends on the number of images."""
    epochs, batch_size = params.epochs, params.batch_size
    if _is_auto("batch_size", batch_size, "an integer of at least 1"):
        batch_size = 32 if n_images < MANY_IMAGES else 128
    batch_size = check_integer("batch_size", batch_size)
    if _is_auto("epochs", epochs, "an integer of at least 1"):
        epochs = max(MIN_EPOCHS, ceil(MIN_STEPS / ceil(n_images / batch_size)))
    return check_integer("epochs", epochs), batch_size


def _patience(early_stopping):
    """Return the epochs that early stopping waits for, None without it."""
    if isinstance(early_stopping, bool | np.bool_):
        return PATIENCE if early_stopping else None
    return check_integer("early_stopping", early_stopping)


def verbosity(verbose):
    """Return ``verbose`` as an int."""
    if isinstance(verbose, bool | np.bool_):
        return int(verbose)
    return check_integer("verbose", verbose, minimum=0)


def copied_callbacks(callbacks):
    """Return copies of the callbacks; Keras' keep the model they were called with."""
    callbacks = callbacks or []
    if not isinstance(callbacks, list | tuple):
        raise ValueError(
            f"Got callbacks={callbacks!r}, but expected a list of Keras callbacks."
        )
    return [deepcopy(callback) for callback in callbacks]


def draw_seed(random_state):
    """Draw a seed; without a random state leave NumPy's global one alone."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    from sklearn.utils import check_random_state

    return int(check_random_state(random_state).randint(2**31 - 1))


def class_weights(class_weight, classes, codes):
    """Return the weight of each row by the place of its label in ``classes``."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        from sklearn.utils.class_weight import compute_sample_weight

        return compute_sample_weight("balanced", codes)
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"Got class_weight={class_weight!r}, but expected a dict with a weight "
            "for each label, 'balanced' or None."
        )
    known = set(classes.tolist())
    unknown = set(class_weight) - known
    # a part of the data, such as a fold, may lack a label that has a weight
    if unknown and known - set(class_weight):
        raise ValueError(
            f"Got class_weight with the unknown label {unknown.pop()!r}, but expected "
            f"only {classes.tolist()}. Remove or correct it."
        )
    for label, weight in class_weight.items():
        check_number(f"class_weight[{label!r}]", weight)
    return np.array([class_weight.get(label, 1.0) for label in classes.tolist()])[codes]
