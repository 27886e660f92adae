"""DigitCNN: parameters, validation, fit, predict."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
)

from skdigits._parameters import (
    check_parameters,
    class_weights,
    copied_callbacks,
    draw_seed,
    network_spec,
    training_recipe,
    verbosity,
)
from skdigits._presets import PRESETS
from skdigits._validation import (
    as_labels,
    check_bool,
    check_choice,
    check_image_shape,
    check_known_kinds,
    check_labels,
    encode_labels,
    fold_images,
    one_hot,
    pixels_for_fitted,
    resolve_image_shape,
    unchanged_on_failure,
    validate_pixels,
)

if TYPE_CHECKING:
    from keras.callbacks import Callback


class DigitCNN(ClassifierMixin, BaseEstimator):
    """A compact convolutional network for images of digits.

    The network consists of blocks of convolution, 2 x 2 max pooling, batch
    normalization and ReLU, followed by dropout and a softmax over the classes [1]_
    [2]_. Keras trains it on augmented images, with AdamW and the categorical
    cross-entropy; ONNX Runtime computes the predictions. The defaults are those of the
    preset "balanced". As a complete scikit-learn classifier, it works in pipelines,
    searches, cross-validation and displays.

    Images have one or three channels, in the last axis: (height, width), (height,
    width, 1) or, in colour, (height, width, 3). The pixels should be scaled to [0, 1],
    as `make_digit_pipeline` does.

    Parameters
    ----------
    filters : int or tuple of int, default=(16, 32, 64, 96)
        Number of filters in each convolution block. An int gives two blocks, the second
        with twice as many filters: ``filters=16`` is ``(16, 32)``.

    kernel_size : int or tuple of int, default=(5, 3)
        Side length of the square kernels, in pixels. An int is used for all blocks. A
        tuple has one value per block, starting with the first; its last value is used
        for all further blocks. Values beyond the number of blocks are ignored.

    dense_units : int, default=None
        Number of units of a dense layer before the output. None adds no such layer.

    dropout : float, default=0.0
        Share of the inputs of the last layer that is dropped at random during training,
        in [0, 1).

    batch_norm : bool, default=True
        Whether each block has batch normalization.

    early_downsampling : bool or "auto", default="auto"
        If True, the first convolution has a stride of two pixels and is not followed by
        pooling, which reduces its computation to a quarter. If False, it is followed by
        pooling like the others. "auto" is True for images of at least 16 pixels on each
        side.

    padding : {"same", "valid"}, default="same"
        "same" pads the input of convolutions with zeros, and poolings keep an odd last
        row or column, so that images may have any size. "valid" does neither, so that
        images must be large enough for all blocks.

    epochs : int or "auto", default="auto"
        Number of passes over the training data. "auto" chooses enough of them for 1,500
        steps of the optimizer, and at least ten. It also counts the images that
        ``validation_split`` holds out, so with such images there are fewer steps.

    batch_size : int or "auto", default="auto"
        Maximum number of images in one step of the optimizer. The images of an epoch
        are divided evenly among its steps. "auto" is 32 if fewer than 5,000 images are
        passed to `fit`, including those held out, and 128 otherwise.

    learning_rate : float, default=0.02
        Step size of AdamW; with ``schedule="one_cycle"``, its maximum.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        "one_cycle" raises the learning rate linearly during the first quarter of a fit
        and then lowers it linearly to zero [3]_; "constant" does not change it.
        `partial_fit` always uses a constant learning rate.

    weight_decay : float, default=0.05
        Weight decay of the kernels [4]_. In each step it is multiplied by the learning
        rate.

    label_smoothing : float, default=0.1
        Share of each target, in [0, 1), that is spread over all classes, so that the
        network is not trained to be certain. ``loss`` and ``val_loss`` in `history_`
        include this smoothing.

    augment : float, default=1.0
        Strength of the augmentation: in each epoch, the training images are transformed
        at random. 1 means rotations by up to 10 degrees, zooms and shears by up to a
        tenth, and shifts by up to a fourteenth of the sides. 0.5 means half of that,
        and 0 means no augmentation. Images with a side of fewer than 8 pixels are never
        augmented.

    validation_split : float, default=0.0
        Share of the training data, in [0, 1), that is held out to measure ``val_loss``
        and ``val_accuracy`` after each epoch. It is drawn at random and stratified by
        class. `partial_fit` holds out no data.

    early_stopping : bool or int, default=False
        Stop training once ``val_loss`` has not improved for this many epochs, and
        restore the weights of the best epoch. True waits for 5 epochs. Without
        validation data, the training loss is monitored instead.

    calibration : bool, default=True
        Whether each fit ends with temperature scaling: the outputs are divided by one
        number before the softmax, so that probabilities are calibrated [5]_. This
        number is fitted on ``X_val`` if it is passed, and otherwise on the images of
        ``X``, augmented until some of them are misclassified. It changes neither the
        predicted labels nor `decision_function`. Without ``X_val``, the probabilities
        of images with a side of fewer than 8 pixels are not calibrated.

    class_weight : dict or "balanced", default=None
        Weight of each class, ``{label: weight}``. Labels that are not in the dict have
        the weight 1. Labels that are only in the dict raise an error, unless it has all
        labels of ``y``. "balanced" gives each class the same total weight, and is not
        accepted by `partial_fit`. None gives each image the same weight.

    image_shape : tuple of int (height, width) or (height, width, 3), default=None
        How flat rows are folded into images. None keeps the shape of input that is not
        flat, and folds flat rows into square images with one channel. Rows of fewer
        than 64 features, if this number is not a square, are treated as images with a
        height of one pixel.

    warm_start : bool, default=False
        If True, `fit` continues from the weights of the previous call, in a
        learning-rate cycle of its own. The parameters of the network must be the same
        as before, and ``y`` must not contain new labels.

    callbacks : list of keras.callbacks.Callback, default=None
        Callbacks that Keras calls during training. Each fit uses copies of them.

    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the validation part, the order of the batches,
        augmentation and dropout. With an int, the same data on the same machine give
        the same weights, bit for bit. None gives different weights each time, and
        leaves NumPy's global random state unchanged.

    verbose : int, default=0
        As in Keras: 0 prints nothing, 1 shows a progress bar, and 2 prints a line for
        each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in the order of the columns of `predict_proba`.

    n_features_in_ : int
        Number of values in an image: height x width, times 3 for colour images.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns. Defined only if X was a DataFrame with string column
        names.

    image_shape_ : tuple of int (height, width) or (height, width, 3)
        Shape of an image, in pixels.

    network_ : FittedNetwork
        The trained network, independent of Keras. It computes the predictions, and
        `save` stores it in a file.

    model_ : keras.Model
        A Keras copy of the network, created when it is first used after a fit. Its own
        `fit` trains in the same way as this class. Changes to it do not affect the
        classifier.

    keras_classifier_ : scikeras.wrappers.KerasClassifier
        scikeras' wrapper around `model_`, with the labels and the training parameters
        of the last fit. Its `fit` starts again. If the classifier was trained by a
        single call of `fit`, it gives the same weights, unless ``X_val`` determined
        when to stop; the probabilities are not calibrated. Its `partial_fit`
        continues the training of `model_`. Changes to it do not affect the classifier.
        It is available only if the labels are numbers or strings, because scikeras
        accepts no others.

    history_ : dict of list of float
        "loss" and "accuracy" of each epoch, "val_loss" and "val_accuracy" if there is a
        validation part, and values that callbacks add, such as "learning_rate". Epochs
        without a value have NaN.

    n_iter_ : int
        Number of epochs trained.

    See Also
    --------
    make_digit_pipeline : The classifier with its preprocessing.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. "Gradient-based learning applied
       to document recognition." Proceedings of the IEEE 86 (1998).
    .. [2] S. Ioffe, C. Szegedy. "Batch normalization: accelerating deep network
       training by reducing internal covariate shift." ICML (2015).
    .. [3] L. N. Smith, N. Topin. "Super-convergence: very fast training of neural
       networks using large learning rates." arXiv:1708.07120 (2018).
    .. [4] I. Loshchilov, F. Hutter. "Decoupled weight decay regularization." ICLR
       (2019).
    .. [5] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. "On calibration of modern neural
       networks." ICML (2017).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdigits import DigitCNN
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = DigitCNN(filters=8, epochs=5, random_state=0).fit(X / 16, y)
    >>> clf.predict_proba(X[:3] / 16).shape
    (3, 10)
    """

    def __init__(
        self,
        filters: int | tuple[int, ...] = (16, 32, 64, 96),
        kernel_size: int | tuple[int, ...] = (5, 3),
        dense_units: int | None = None,
        dropout: float = 0.0,
        batch_norm: bool = True,
        early_downsampling: bool | Literal["auto"] = "auto",
        padding: Literal["same", "valid"] = "same",
        epochs: int | Literal["auto"] = "auto",
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float = 0.02,
        schedule: Literal["one_cycle", "constant"] = "one_cycle",
        weight_decay: float = 0.05,
        label_smoothing: float = 0.1,
        augment: float = 1.0,
        validation_split: float = 0.0,
        early_stopping: bool | int = False,
        calibration: bool = True,
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
        image_shape: tuple[int, int] | tuple[int, int, int] | None = None,
        warm_start: bool = False,
        callbacks: list[Callback] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.dense_units = dense_units
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.early_downsampling = early_downsampling
        self.padding = padding
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.augment = augment
        self.validation_split = validation_split
        self.early_stopping = early_stopping
        self.calibration = calibration
        self.class_weight = class_weight
        self.image_shape = image_shape
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> Self:
        """Return a classifier with the parameters of a preset.

        Parameters
        ----------
        name : {"notebook", "fast", "balanced", "accurate"}
            "notebook" is the classic Keras example, with 112,202 parameters for 28 x 28
            images, 10 epochs of Adam in batches of 64, and a tenth of the data held
            out. For MNIST's 60,000 images on two cores, "fast" takes seconds,
            "balanced" a few minutes, and "accurate" several times as long. "balanced"
            has the defaults of `DigitCNN`, and is suitable for any number of images.

        **overrides : dict
            Parameters whose values replace those of the preset.

        Returns
        -------
        DigitCNN
            The unfitted classifier.

        Raises
        ------
        ValueError
            If there is no preset of this name.

        Examples
        --------
        >>> from skdigits import DigitCNN
        >>> DigitCNN.from_preset("notebook", epochs=2).kernel_size
        (5, 2)
        """
        return cls(**{**PRESETS[check_choice("preset", name, PRESETS)], **overrides})

    @property
    def history_(self) -> dict[str, list[float]]:
        """Loss, accuracy and other values of each epoch."""
        history = self._fitted("history_").history
        return {name: list(figures) for name, figures in history.items()}

    @property
    def n_iter_(self) -> int:
        """Number of epochs trained."""
        return self._fitted("n_iter_").n_epochs

    @cached_property
    def model_(self) -> Any:
        """A Keras model of the network."""
        network = self._fitted("model_")
        from skdigits.training import keras_model

        return keras_model(network)

    @cached_property
    def keras_classifier_(self) -> Any:
        """scikeras' wrapper around a Keras model of the network."""
        network = self._fitted("keras_classifier_")
        labels = self.classes_
        if labels.dtype.kind == "O" and not all(isinstance(y, str) for y in labels):
            raise AttributeError(
                f"Got labels such as {labels[0]!r}, but expected numbers or "
                "strings, as scikeras accepts no others. Use model_, or fit with "
                "such labels."
            )
        from skdigits._scikeras import make_keras_classifier

        return make_keras_classifier(
            network,
            self.classes_,
            self.model_,
            callbacks=copied_callbacks(getattr(self, "_callbacks", None)),
            class_weight=getattr(self, "_class_weight", None),
        )

    def __dir__(self):
        # listing attributes must not make them, for which TensorFlow is imported
        return sorted(set(super().__dir__()) - {"model_", "keras_classifier_"})

    def _fitted(self, name):
        """Return the network, or raise an AttributeError before `fit`."""
        if not hasattr(self, "network_"):
            raise AttributeError(f"{name} is available only after fit.")
        return self.network_

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike | None = None,
        sample_weight: Any = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        y : array-like of shape (n,), default=None
            Labels: integers, strings or any other hashable values, with at least two
            classes. Floats must be whole numbers. Tuples must be passed in a
            one-dimensional array of objects. Labels are required: ``y`` has a default
            only so that a dataset or generator passed as ``X`` raises an explanatory
            error.

        sample_weight : array-like of shape (n,), default=None
            Weight of each image in the loss. Images with weight zero are left out.

        X_val : array-like of the same shape as X except for n, default=None
            Validation images, used instead of those that ``validation_split`` would
            hold out: for ``val_loss`` and ``val_accuracy``, early stopping and
            calibration. A pipeline transforms them only if it has
            ``transform_input=["X_val"]``, which requires scikit-learn's metadata
            routing.

        y_val : array-like of shape (n_val,), default=None
            Labels of ``X_val``, among those of ``y``.

        sample_weight_val : array-like of shape (n_val,), default=None
            Weight of each validation image in ``val_loss`` and in the calibration.
            Images with weight zero are left out.

        Returns
        -------
        self : DigitCNN
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, or if the loss is no longer
            a finite number. The estimator is then left as it was before.
        """
        with unchanged_on_failure(self):
            warm_start = check_bool("warm_start", self.warm_start)
            # the search that drops candidates sets where each of them pauses
            pause_after = vars(self).get("_pause_after")
            goes_on = hasattr(self, "network_") and (warm_start or pause_after)
            classes = self.classes_ if goes_on else None
            data = self._training_data(X, y, sample_weight, classes, goes_on)
            if data.targets.any(axis=0).sum() < 2:
                raise ValueError(
                    "Got y with 1 class among the images of non-zero weight, but "
                    "expected at least 2 classes. Add images of another class."
                )
            validation = self._validation_data(X_val, y_val, sample_weight_val)
            self._train(data, goes_on, validation=validation, pause_after=pause_after)
        return self

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: Any = None,
    ) -> Self:
        """Train for one epoch, starting from the current weights.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, of any numeric dtype.

        y : array-like of shape (n,)
            Labels.

        classes : array-like of shape (n_classes,), default=None
            All labels that can occur in any call; required only in the first call.

        sample_weight : array-like of shape (n,), default=None
            Weight of each image in the loss. Images with weight zero are left out.

        Returns
        -------
        self : DigitCNN
            The fitted classifier.

        Raises
        ------
        ValueError
            If ``classes`` is missing in the first call or differs in a later one, if
            ``class_weight`` is "balanced", if a parameter or the data are not as
            described, or if the loss is no longer a finite number. The estimator is
            then left as it was before.
        """
        with unchanged_on_failure(self):
            goes_on = hasattr(self, "network_")
            if isinstance(self.class_weight, str):
                raise ValueError(
                    f"Got class_weight={self.class_weight!r} in partial_fit, but "
                    "expected a dict or None: one part of the data does not show "
                    "how balanced the whole is. Pass a weight for each label."
                )
            self._check_classes(classes, goes_on)
            data = self._training_data(X, y, sample_weight, self.classes_, goes_on)
            self._train(data, goes_on, in_part=True)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the outputs of the network before the softmax.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, with the same shape as those passed to `fit`.

        Returns
        -------
        logits : ndarray of shape (n, n_classes), dtype float32
            With two classes, the shape is (n,): the logit of ``classes_[1]`` minus that
            of ``classes_[0]``.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, with the same shape as those passed to `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes), dtype float32
            The columns are in the order of `classes_`; each row sums to 1.
        """
        logits = self._logits(X)
        return self.network_.probabilities(logits)

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, with the same shape as those passed to `fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n, n_classes), dtype float32
            The columns are in the order of `classes_`.
        """
        logits = self._logits(X)
        return self.network_.log_probabilities(logits)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, with the same shape as those passed to `fit`.

        Returns
        -------
        labels : ndarray of shape (n,)
            The predicted labels, with the dtype of the labels passed to `fit`.
        """
        codes = self._logits(X).argmax(axis=1)
        return self.classes_[codes]

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: Any = None) -> float:
        """Return the accuracy.

        Parameters
        ----------
        X : array-like of shape (n, n_pixels), (n, height, width) or \
                (n, height, width, channels)
            Images, with the same shape as those passed to `fit`.

        y : array-like of shape (n,)
            True labels.

        sample_weight : array-like of shape (n,), default=None
            Weight of each image in the mean.

        Returns
        -------
        accuracy : float
            Share of the images, or of their total weight, whose label is predicted
            correctly.

        Raises
        ------
        ValueError
            If labels are missing or of another kind than those of `fit`, such as text
            in place of numbers, or if the weights are negative or all zero.
        """
        predicted, true = self.predict(X), as_labels(y)
        check_consistent_length(X, true, sample_weight)
        check_known_kinds(true, self.classes_)
        weights = _checked_weights(sample_weight, true)
        # scikit-learn's accuracy accepts no labels such as tuples
        return float(np.average(predicted == true, weights=weights))

    def __getstate__(self):
        state = dict(super().__getstate__())
        # the first two are made again from the network when they are used
        for name in ("keras_classifier_", "model_", "_callbacks"):
            state.pop(name, None)
        return state

    def _logits(self, X):
        X, shape = pixels_for_fitted(self, X, dtype=np.float32)
        return self.network_.logits(fold_images(X, self.image_shape_, shape))

    def _check_classes(self, classes, goes_on):
        """Learn the ``classes`` of `partial_fit`, or check that they are the same."""
        if classes is None:
            if not goes_on:
                raise ValueError(
                    "Got classes=None in the first call to partial_fit, but "
                    "expected every label that will ever occur. Pass "
                    "classes=np.unique(y)."
                )
            return
        classes, _ = encode_labels(as_labels(classes))
        if len(classes) < 2:
            raise ValueError(
                f"Got classes={classes!r}, but expected at least 2 classes. Pass "
                "every label that will ever occur."
            )
        if goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"Got classes={classes!r}, but expected those of the first call, "
                f"{self.classes_!r}. Fit a new estimator to learn other classes."
            )
        self.classes_ = classes

    def _training_data(self, X, y, sample_weight, classes, goes_on):
        """Return the data, checked, without rows of weight zero."""
        X, y, shape = validate_pixels(self, X, y=y, reset=not goes_on, dtype=np.float32)
        check_labels(y)
        self.classes_, codes = encode_labels(y, classes)
        if not goes_on:
            self.image_shape_ = resolve_image_shape(X.shape[1], self.image_shape, shape)
        images = fold_images(X, self.image_shape_, shape)
        images, codes, weights = _weighted(images, codes, sample_weight)
        if self.class_weight is not None:
            factors = class_weights(self.class_weight, self.classes_, codes)
            images, codes, weights = _weighted(images, codes, weights * factors)
        check_parameters(self, self.image_shape_, self.classes_)
        # not before: invalid input raises without waiting for TensorFlow
        from skdigits.training import Data

        return Data(images, one_hot(codes, len(self.classes_)), weights)

    def _validation_data(self, X, y, sample_weight):
        """Return the validation set, checked; None if there is none."""
        given = {"X_val": X, "y_val": y, "sample_weight_val": sample_weight}
        given = [name for name, value in given.items() if value is not None]
        if not given:
            return None
        if X is None or y is None:
            raise ValueError(
                f"Got {' and '.join(given)} alone, but expected both X_val and "
                "y_val. Pass both."
            )
        try:
            X, shape = pixels_for_fitted(self, X, dtype=np.float32)
            images = fold_images(X, self.image_shape_, shape)
        except ValueError as error:
            raise ValueError(f"Got an X_val that cannot be used. {error}") from None
        y = as_labels(y, "y_val")
        check_consistent_length(images, y)
        _, codes = encode_labels(y, self.classes_, "y_val", "Drop those rows.")
        from skdigits.training import Data

        images, codes, weights = _weighted(images, codes, sample_weight)
        # Keras divides by the number of images, not by the sum of weights
        weights = weights / weights.mean()
        return Data(images, one_hot(codes, len(self.classes_)), weights)

    def _train(self, data, goes_on, *, in_part=False, **options):
        from skdigits.training import initial_network, train

        recipe = training_recipe(self, len(data))
        callbacks = copied_callbacks(self.callbacks)
        spec = network_spec(self, self.image_shape_, len(self.classes_))
        if goes_on:
            network = self.network_
            self._check_goes_on(spec)
        else:
            network = initial_network(spec, draw_seed(self.random_state))
        network = train(
            network,
            recipe.for_partial_fit() if in_part else recipe,
            data,
            callbacks=callbacks,
            verbose=verbosity(self.verbose),
            **options,
        )
        self.network_ = replace(network, recipe=recipe)
        self._callbacks = self.callbacks
        self._class_weight = deepcopy(self.class_weight)
        for name in ("keras_classifier_", "model_"):
            vars(self).pop(name, None)

    def _check_goes_on(self, spec):
        same_shape = self.image_shape is None or (
            check_image_shape(self.image_shape) == self.image_shape_
        )
        if spec != self.network_.spec or not same_shape:
            raise ValueError(
                "Got network parameters that differ from those of the previous fit, "
                "but expected the same ones, to continue from its weights. Fit with "
                "warm_start=False to start again."
            )


def _weighted(images, codes, sample_weight):
    """Return the data without rows of weight zero, as if they had not been passed."""
    weights = _checked_weights(sample_weight, images, dtype=np.float32)
    if weights.all():
        return images, codes, weights
    kept = weights > 0
    return images[kept], codes[kept], weights[kept]


def _checked_weights(sample_weight, rows, dtype=None):
    """Return a weight for each row, or raise a ValueError."""
    weights = _check_sample_weight(
        sample_weight, rows, dtype=dtype, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError(
            "Got sample weights that are all zero, but expected at least one above "
            "zero. Give some images a positive weight."
        )
    return weights
