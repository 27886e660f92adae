"""to_onnx: what can be exported, and under which labels."""

from dataclasses import dataclass
from importlib import import_module
from math import prod
from numbers import Real
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits._classifier import DigitCNN
from skdigits._validation import as_label_array, check_choice
from skdigits.export._description import doc_string, metadata
from skdigits.handwriting import HandwritingNormalizer
from skdigits.preprocessing import ImageReshaper, PixelScaler

DTYPES = ("uint8", "float32")


def to_onnx(
    estimator: DigitCNN | Pipeline,
    *,
    dtype: Any = None,
    card: dict[str, Any] | None = None,
) -> Any:
    """Return a fitted classifier or pipeline as an ONNX graph.

    Whatever runs ONNX [1]_ answers with it, in any language, and needs no skdigits. All
    from raw pixels to probabilities is in the graph: scale, shape, network and
    temperature. It has the names of sklearn-onnx' graphs without a ZipMap [2]_: the
    input ``X``, of shape (n, n_pixels), and the outputs ``label``, of shape (n,), and
    ``probabilities``, of shape (n, n_classes), for any number of rows n. It checks
    nothing: pixels that are not finite give probabilities that are not.

    The graph is of opset 15, of 2021, and needs no operators but ONNX' own.

    Parameters
    ----------
    estimator : DigitCNN or sklearn.pipeline.Pipeline
        Fitted. A pipeline may hold `PixelScaler` and `ImageReshaper` before the
        `DigitCNN`, as `make_digit_pipeline` makes it. A `HandwritingNormalizer` as the
        first step, as in `load_pretrained`, is left out, since no graph can do its
        work: rows have to be in MNIST's form, and the graph says so. Labels are
        strings, or whole numbers, which become int64.

    dtype : {"uint8", "float32"}, default=None
        The type of ``X``. None is "uint8" for pixels up to 255, else "float32".

    card : dict, default=None
        What is to be known of the model, as `skdigits.save` takes it, or
        `skdigits.persistence.read_card` returns it.

    Returns
    -------
    onnx.ModelProto
        Its ``metadata_props`` hold, each as JSON, ``classes``, ``image_shape``,
        ``scale``, the pixel that stands for 1, ``steps``, ``steps_left_out``, and
        ``card`` if there is one.

    Raises
    ------
    ImportError
        If onnx is not installed.
    ValueError
        If the estimator, a label, ``dtype`` or the card is not as described.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    save : Keep a classifier for Python.

    References
    ----------
    .. [1] Open Neural Network Exchange, https://onnx.ai
    .. [2] sklearn-onnx, https://onnx.ai/sklearn-onnx

    Examples
    --------
    >>> import numpy as np, onnxruntime, skdigits
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = skdigits.make_digit_pipeline(filters=8, epochs=1).fit(X, y)
    >>> graph = skdigits.to_onnx(pipeline).SerializeToString()
    >>> session = onnxruntime.InferenceSession(graph)
    >>> label, probabilities = session.run(None, {"X": X.astype(np.float32)})
    >>> bool(np.allclose(probabilities, pipeline.predict_proba(X), atol=1e-5))
    True
    """
    onnx = _installed_onnx()
    from skdigits.export._graph import model_of

    parts = _parts_of(estimator)
    if dtype is None:
        dtype = "uint8" if parts.scale == 255 else "float32"
    check_choice("dtype", dtype, DTYPES)
    labels = _exported_labels(parts.classifier.classes_)
    model = model_of(parts.classifier.network_, parts.scale, labels, dtype)
    model.doc_string = doc_string(parts)
    onnx.helper.set_model_props(model, metadata(parts, labels, card))
    return model


@dataclass(frozen=True)
class Parts:
    """A pipeline as a graph has it.

    ``steps`` are those in the graph, the last is the classifier; ``left_out`` are those
    before it.
    """

    steps: list
    left_out: list

    @property
    def classifier(self):
        return self.steps[-1]

    @property
    def scale(self):
        """The pixel that stands for 1."""
        return prod((getattr(step, "scale_", 1.0) for step in self.steps), start=1.0)


def _installed_onnx():
    try:
        return import_module("onnx")
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise ImportError(
            "Got no package onnx, but expected it for to_onnx. Install it with "
            "pip install 'skdigits[onnx]'.",
            name="onnx",
        ) from None


def _parts_of(estimator):
    """Return the `Parts` of a fitted estimator, or raise an error."""
    is_pipeline = isinstance(estimator, Pipeline)
    steps = [step for _, step in estimator.steps] if is_pipeline else [estimator]
    types = [type(step) for step in steps]
    n_left_out = int(types[0] is HandwritingNormalizer)
    *before, last = types[n_left_out:] or [None]
    if last is not DigitCNN or not set(before) <= {PixelScaler, ImageReshaper}:
        raise ValueError(
            f"Got {type(estimator).__name__} of {[t.__name__ for t in types]}, but "
            "expected a DigitCNN, or a Pipeline of PixelScaler, ImageReshaper and "
            "DigitCNN, with or without HandwritingNormalizer before them. Export "
            "search.best_estimator_ for a search."
        )
    for step in steps:
        check_is_fitted(step)
    return Parts(steps[n_left_out:], steps[:n_left_out])


def _exported_labels(classes):
    """Return labels as strings or int64, or raise a ValueError."""
    labels = classes.tolist()
    if all(isinstance(label, str) for label in labels):
        return as_label_array(labels)
    others = [label for label in labels if not _is_int64(label)]
    if others:
        raise ValueError(
            f"Got the label {others[0]!r}, but expected whole numbers or strings, "
            "which a graph can answer. Fit with such labels."
        )
    return np.array([int(label) for label in labels], dtype=np.int64)


def _is_int64(label):
    is_number = isinstance(label, Real | np.bool_)
    return is_number and -(2**63) <= label < 2**63 and label == int(label)
