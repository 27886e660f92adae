"""What a worker does: from the content of files to plain results.

No part of the web server is imported here.
"""

import os
import signal
from base64 import b64encode
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image

from skdigits.handwriting import normalized
from skdigits.images import grey_image
from skdigits.reading import as_plain, classifier_of, read_digits


def get_ready(model):
    """Import and load all that a prediction needs."""
    paper = np.full((28, 28), 255, np.uint8)
    paper[4:24, 12:16] = 0
    read_digits(paper, model=_classifier(model))


def read(content, name, model, min_confidence, rotation, with_images):
    """Read one image.

    Parameters
    ----------
    content : bytes

    name : str or None
        Name of the file.

    model : str
        Path of the model's file.

    min_confidence : float or None

    rotation : int or None
        As in `read_digits`.

    with_images : bool
        Whether to return the classified image of each digit.

    Returns
    -------
    dict
        What ``skdigits predict --json`` prints.

    Raises
    ------
    ValueError
        If the content is not an image or cannot be decoded, or if the rotation is
        none of 0, 90, 180 and 270.
    """
    # of several pages, read_digits would return several readings
    grey = grey_image(content)
    options = {"min_confidence": min_confidence, "rotation": rotation}
    reading = read_digits(grey, model=_classifier(model), **options)
    result = {"file": name} | as_plain(reading)
    if with_images:
        for digit, form in zip(result["digits"], reading.forms, strict=True):
            digit["image"] = _as_uri(form)
    return result


def predict(files, model):
    """Classify images of single digits.

    Parameters
    ----------
    files : list of (name, content)

    model : str

    Returns
    -------
    list of dict
        With "label", "confidence" and "probabilities", or with "error".
    """
    predictions = [_normalized(*file) for file in files]
    rows = [result.pop("row") for result in predictions if "row" in result]
    if rows:
        classifier = _classifier(model)
        labels = classifier.classes_.tolist()
        probabilities = iter(classifier.predict_proba(np.stack(rows)))
        for result in predictions:
            if "error" not in result:
                result |= _as_prediction(labels, next(probabilities))
    return predictions


@cache
def _classifier(model):
    """Set up the process and load the model, once."""
    # these reach a whole group of processes; the server alone ends this one
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    # there is a process for each core; the session of ONNX Runtime follows this
    os.environ["OMP_NUM_THREADS"] = "1"
    return classifier_of(model)


def _as_uri(form):
    png = BytesIO()
    Image.fromarray(form).save(png, "PNG")
    return f"data:image/png;base64,{b64encode(png.getvalue()).decode()}"


def _normalized(name, content):
    try:
        return {"file": name, "row": normalized(content).ravel()}
    except ValueError as error:
        return {"file": name, "error": str(error)}


def _as_prediction(labels, probabilities):
    best = int(probabilities.argmax())
    rounded = [round(float(p), 4) for p in probabilities]
    return {
        "label": labels[best],
        "confidence": rounded[best],
        "probabilities": dict(zip(map(str, labels), rounded, strict=True)),
    }
