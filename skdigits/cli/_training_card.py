"""The card that train and tune write into a model's file."""

from skdigits.datasets import sha256_of


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
            "sha256_train": sha256_of(*digits.train),
            "n_test": len(test_images),
            "sha256_test": sha256_of(*digits.test),
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
