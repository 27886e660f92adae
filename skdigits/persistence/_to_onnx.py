"""to_onnx: what can be exported, and under which labels."""

from dataclasses import dataclass
import json
from math import prod
from numbers import Real
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits import __version__
from skdigits._classifier import DigitCNN
from skdigits._validation import as_label_array, check_choice
from skdigits.handwriting import HandwritingNormalizer
from skdigits.network import onnx_graph
from skdigits.persistence._model_card import plain_card
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
    import onnx

    parts = _parts_of(estimator)
    if dtype is None:
        dtype = "uint8" if parts.scale == 255 else "float32"
    check_choice("dtype", dtype, DTYPES)
    labels = _exported_labels(parts.classifier.classes_)
    model = _model(parts.classifier.network_, parts.scale, labels, dtype)
    model.producer_name, model.producer_version = "skdigits", __version__
    model.doc_string = _doc_string(parts)
    onnx.helper.set_model_props(model, _metadata(parts, labels, card))
    onnx.checker.check_model(model, full_check=True)
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


def _model(network, scale, labels, dtype):
    """Return the graph from rows of raw pixels to labels and probabilities."""
    from onnx import TensorProto

    graph, spec = onnx_graph(), network.spec
    pixels = "X"
    if dtype != "float32":
        pixels = graph.node("Cast", "pixels", pixels, to=TensorProto.FLOAT)
    white = graph.constant("scale", np.float32(scale))
    scaled = graph.node("Div", "scaled", pixels, white)
    logits = graph.network(spec, network.weights, _images(graph, spec, scaled))
    codes = graph.node("ArgMax", "codes", logits, axis=1, keepdims=0)
    graph.node("Gather", "label", graph.constant("classes", labels), codes)
    divisor = graph.constant("temperature", np.float32(network.temperature))
    calibrated = graph.node("Div", "calibrated", logits, divisor)
    graph.node("Softmax", "probabilities", calibrated, axis=1)
    types = {"uint8": TensorProto.UINT8, "float32": TensorProto.FLOAT}
    is_text = labels.dtype.kind == "O"
    return graph.model(
        [("X", types[dtype], (prod(spec.input_shape),))],
        [
            ("label", TensorProto.STRING if is_text else TensorProto.INT64, ()),
            ("probabilities", TensorProto.FLOAT, (len(labels),)),
        ],
    )


def _images(graph, spec, rows):
    """Fold rows into images, channels first; 0 stands for any number of rows."""
    shape = graph.constant("image_shape", np.array([0, *spec.input_shape], np.int64))
    images = graph.node("Reshape", "folded", rows, shape)
    return graph.node("Transpose", "images", images, perm=[0, 3, 1, 2])


def _doc_string(parts):
    """Return what a person has to know to use the graph, a sentence a line."""
    shape = " x ".join(map(str, parts.classifier.image_shape_))
    sentences = [
        "A classifier of handwritten digits, made by skdigits.",
        f"X: an image in each row, its {shape} pixels line after line, "
        f"from 0 to {parts.scale:g}.",
        "label: the most probable class of each row.",
        "probabilities: one for each class, in the order of the metadata 'classes'.",
    ]
    if parts.left_out:
        sentences.append(
            "X has to be in MNIST format, light ink on dark ground, as skdigits' "
            "HandwritingNormalizer makes it of any image: that step is not in the "
            "graph."
        )
    return "\n".join(sentences)


def _metadata(parts, labels, card):
    """Return names with what they say as JSON."""
    said = {
        "classes": labels.tolist(),
        "image_shape": list(parts.classifier.image_shape_),
        "scale": parts.scale,
        "steps": [type(step).__name__ for step in parts.steps],
        "steps_left_out": [type(step).__name__ for step in parts.left_out],
    }
    if card is not None:
        said["card"] = plain_card(card)
    return {name: json.dumps(value) for name, value in said.items()}
