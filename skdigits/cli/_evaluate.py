"""skdigits evaluate."""

import numpy as np
from rich.console import Console
from sklearn.pipeline import Pipeline

from skdigits import load
from skdigits.cli._data import load_test_data
from skdigits.cli._report import check_figure, report

_DATA_OF_SHAPE = {(28, 28): "mnist", (8, 8): "digits"}


def run(model, data, figure):
    """Load the model and the data, test."""
    console = Console()
    if figure is not None:
        check_figure(figure)
    estimator = load(model)
    classifier = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    name = _fitting_data(classifier) if data == "auto" else data
    digits = load_test_data(name, classifier.image_shape_)
    console.print(f"Data: {digits.description}.", highlight=False, soft_wrap=True)
    images, target = digits.test
    labels = classifier.classes_
    if labels.dtype.kind == "U":
        # folders 0 to 9 are integers, which the model may know as strings
        target = target.astype(str)
    unknown = np.setdiff1d(target, labels).tolist()
    if unknown:
        raise ValueError(
            f"Got pictures of {unknown[0]!r}, but expected only the labels of the "
            f"model, {labels.tolist()}. Test on other data."
        )
    predicted = estimator.predict(images)
    report(console, labels, target, predicted, figure)


def _fitting_data(classifier):
    shape = classifier.image_shape_
    if shape not in _DATA_OF_SHAPE:
        raise ValueError(
            f"Got a model for pictures of {shape[0]} x {shape[1]} pixels, but expected "
            "one for MNIST or the 8 x 8 digits. Pass --data PATH."
        )
    return _DATA_OF_SHAPE[shape]
