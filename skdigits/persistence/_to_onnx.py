"""to_onnx: what can be exported, and under which labels."""

import json
from math import prod
from numbers import Real
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from skdigits import __version__
from skdigits._classifier import DigitCNN
from skdigits._validation import as_label_array, check_choice
from skdigits.handwriting import HandwritingNormalizer
from skdigits.network import onnx_graph
from skdigits.persistence._plain_values import plain_card
from skdigits.persistence._save_load import fitted_steps

DTYPES = ("uint8", "float32")


def to_onnx(
    estimator: DigitCNN | Pipeline,
    *,
    dtype: Any = None,
    card: dict[str, Any] | None = None,
) -> Any:
    """Return a fitted classifier or pipeline as an ONNX graph.

    Any ONNX runtime [1]_, in any language, can predict with the graph without skdigits.
    The graph contains every step from raw pixels to probabilities: scale, shape,
    network and temperature. Its input and outputs have the names that sklearn-onnx uses
    without a ZipMap [2]_. The input ``X`` has the shape (n, n_pixels), for any number
    of rows n; n_pixels is height * width, times 3 for colour images. The output
    ``label`` has the shape (n,), and the output ``probabilities`` has the shape
    (n, n_classes). The graph does not check its input: pixels that are not finite give
    probabilities that are not finite.

    The graph uses opset 15, released in 2021, and only operators of ONNX itself.

    Parameters
    ----------
    estimator : DigitCNN or sklearn.pipeline.Pipeline
        A fitted classifier or pipeline, such as that of `make_digit_pipeline`. A
        pipeline may have `PixelScaler` and `ImageReshaper` before the `DigitCNN`. A
        `HandwritingNormalizer` as the first step, as in `load_pretrained`, is left out,
        because a graph cannot perform this step: the rows of ``X`` must then be in
        MNIST format, as the ``doc_string`` of the graph says. Labels must be strings,
        or whole numbers, which become int64.

    dtype : {"uint8", "float32"}, default=None
        The type of ``X``. None means "uint8" if the pixel value that is scaled to 1 is
        255, and "float32" otherwise.

    card : dict, default=None
        Information about the model, as in `skdigits.save` or as returned by
        `skdigits.persistence.read_card`.

    Returns
    -------
    onnx.ModelProto
        The graph. Its ``metadata_props`` contain, each as JSON: ``classes``;
        ``image_shape``; ``scale``, the pixel value that is scaled to 1; ``steps``;
        ``steps_left_out``; and ``card`` if there is one.

    Raises
    ------
    ValueError
        If the estimator, a label, ``dtype`` or the card is not as described.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    save : Save a classifier for use in Python.

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

    steps = [step for _, step in fitted_steps(estimator)]
    n_left_out = int(isinstance(steps[0], HandwritingNormalizer))
    left_out, steps = steps[:n_left_out], steps[n_left_out:]
    if any(isinstance(step, HandwritingNormalizer) for step in steps):
        raise ValueError(
            f"Got a pipeline of {[type(step).__name__ for step in steps]}, but "
            "expected HandwritingNormalizer as the first step only. Export the "
            "pipeline from that step on."
        )
    scale = prod((getattr(step, "scale_", 1.0) for step in steps), start=1.0)
    if dtype is None:
        dtype = "uint8" if scale == 255 else "float32"
    check_choice("dtype", dtype, DTYPES)
    classifier = steps[-1]
    labels = _exported_labels(classifier.classes_)
    metadata = {
        "classes": labels.tolist(),
        "image_shape": classifier.image_shape_,
        "scale": scale,
        "steps": [type(step).__name__ for step in steps],
        "steps_left_out": [type(step).__name__ for step in left_out],
    }
    if card is not None:
        metadata["card"] = plain_card(card)
    model = _model(classifier.network_, scale, labels, dtype)
    model.producer_name, model.producer_version = "skdigits", __version__
    model.doc_string = _doc_string(classifier.image_shape_, scale, left_out)
    texts = {name: json.dumps(value) for name, value in metadata.items()}
    onnx.helper.set_model_props(model, texts)
    onnx.checker.check_model(model, full_check=True)
    return model


def _exported_labels(classes):
    """Return labels as strings or int64, or raise a ValueError."""
    labels = classes.tolist()
    if all(isinstance(label, str) for label in labels):
        return as_label_array(labels)
    for label in labels:
        is_number = isinstance(label, Real | np.bool_)
        if not is_number or not -(2**63) <= label < 2**63 or label % 1:
            raise ValueError(
                f"Got the label {label!r}, but expected whole numbers or strings, as "
                "a graph can predict nothing else. Fit with such labels."
            )
    return np.array([int(label) for label in labels], dtype=np.int64)


def _model(network, scale, labels, dtype):
    """Return the graph from rows of raw pixels to labels and probabilities."""
    from onnx import TensorProto, helper

    graph, spec = onnx_graph(), network.spec
    pixels = graph.node("Cast", "pixels", "X", to=TensorProto.FLOAT)
    white = graph.constant("scale", np.float32(scale))
    scaled = graph.node("Div", "scaled", pixels, white)
    # 0 stands for any number of rows
    shape = graph.constant("image_shape", np.array([0, *spec.input_shape], np.int64))
    folded = graph.node("Reshape", "folded", scaled, shape)
    images = graph.node("Transpose", "images", folded, perm=[0, 3, 1, 2])
    logits = graph.network(spec, network.weights, images)
    codes = graph.node("ArgMax", "codes", logits, axis=1, keepdims=0)
    graph.node("Gather", "label", graph.constant("classes", labels), codes)
    divisor = graph.constant("temperature", np.float32(network.temperature))
    calibrated = graph.node("Div", "calibrated", logits, divisor)
    graph.node("Softmax", "probabilities", calibrated, axis=1)
    kind_of = helper.np_dtype_to_tensor_dtype
    inputs = [("X", kind_of(np.dtype(dtype)), (prod(spec.input_shape),))]
    outputs = [
        ("label", kind_of(labels.dtype), ()),
        ("probabilities", TensorProto.FLOAT, (len(labels),)),
    ]
    return graph.model(inputs, outputs)


def _doc_string(image_shape, scale, left_out):
    """Return what users of the graph have to know, one sentence per line."""
    height, width, *channels = image_shape
    each = "each as red, green and blue, " if channels else ""
    text = f"""\
A classifier of handwritten digits, made by skdigits.
X: an image in each row, its {height} x {width} pixels line by line, \
{each}from 0 to {scale:g}.
label: the most probable class of each row.
probabilities: one for each class, in the order of the metadata 'classes'."""
    if left_out:
        text += """
X has to be in MNIST format, light ink on a dark background, as skdigits' \
HandwritingNormalizer makes it from any image: that step is not in the graph."""
    return text
