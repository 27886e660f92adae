"""The model card of the pretrained model: its training data and its accuracy."""

import numpy as np

from skdigits.datasets import sha256_of
from skdigits.inspection import ErrorReport
from skdigits.reading._pretrained import NO_DIGIT

LIMITS = (
    "It classifies one digit per image. To read several digits, use read_digits.",
    "It predicts -1 for a non-digit, but a letter that looks like a digit is taken for "
    "that digit: O for 0, l for 1, S for 5.",
    "The only handwriting of real people in its training data is MNIST's, from the "
    "United States around 1990. The habits of other countries are drawn by a program.",
)


def pretraining_card(command, training, pipeline, test):
    """Return the card of the pretrained model.

    Parameters
    ----------
    command : str
        What was typed.

    training : tuple of ndarray (X, y)
        What it was trained on.

    pipeline : sklearn.pipeline.Pipeline
        As `pretrain` returns it.

    test : tuple of ndarray (X, y)
        Images of MNIST that it was not trained on.
    """
    (X, y), (X_test, y_test) = training, test
    y_proba = pipeline.predict_proba(X_test)
    report = ErrorReport.from_predictions(
        y_test, y_proba=y_proba, labels=pipeline.classes_
    )
    return {
        "command": command,
        "data": {
            "description": "MNIST's training images, the same drawn anew, digits and "
            "non-digits drawn by skdigits.reading.pretraining",
            "n_train": len(X),
            "n_no_digits": int((np.asarray(y) == NO_DIGIT).sum()),
            "sha256_train": sha256_of(X, y),
            "n_test": len(X_test),
            "sha256_test": sha256_of(X_test, y_test),
        },
        "seed": pipeline[-1].random_state,
        "epochs": pipeline[-1].n_iter_,
        "test": {
            "description": "MNIST's test images",
            "accuracy": report.accuracy,
            "accuracy_interval_95": report.accuracy_interval,
            "calibration_error": report.calibration_error(),
        },
        "limits": list(LIMITS),
    }
