"""The card that train and tune write into a model's file."""

import hashlib
import json


def training_card(command, digits, estimator, report, preset):
    """Return the card of a classifier that was trained and tested on `Digits`."""
    classifier = estimator[-1]
    (images, _), (test_images, _) = digits.train, digits.test
    return {
        "command": command,
        "data": {
            "description": digits.description,
            "normalized": digits.normalized,
            "n_train": len(images),
            "sha256_train": _sha256(*digits.train),
            "n_test": len(test_images),
            "sha256_test": _sha256(*digits.test),
        },
        "preset": preset,
        "seed": classifier.random_state,
        "epochs": classifier.n_iter_,
        "test": {
            "accuracy": report.accuracy,
            "accuracy_interval_95": report.accuracy_interval,
            "calibration_error": report.calibration_error(),
        },
        "limits": _limits(classifier, digits.normalized),
    }


def _sha256(images, target):
    """Return the SHA-256 of pixels as they are trained on, and of their labels."""
    digest = hashlib.sha256(f"{images.dtype} {images.shape}".encode())
    digest.update(images.tobytes())
    digest.update(json.dumps(target.tolist()).encode())
    return digest.hexdigest()


def _limits(classifier, normalized):
    height, width = classifier.image_shape_
    labels = ", ".join(map(str, classifier.classes_.tolist()[:20]))
    pictures = (
        "It takes one sign a picture, of any size, dark on light or light on dark."
        if normalized
        else f"It takes one sign a picture, of {height} x {width} pixels, as those it "
        "was trained on: light or dark ink, place and size of the sign count."
    )
    return [
        f"It answers one of its labels ({labels}) whatever a picture shows.",
        pictures,
        "Its probabilities are those of pictures like those that it was trained on.",
    ]
