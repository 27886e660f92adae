"""What train and tune have in common: the data, the classifier, the model's file."""

import skdigits
from skdigits.cli._console import say
from skdigits.cli._given_data import find_source


def data_and_classifier(
    console, *, data, normalize, label_column, preset, epochs, random_state
):
    """Load the data and make the classifier; print which they are.

    What can be wrong with the options is found before anything is loaded.

    Returns
    -------
    digits : Digits
    classifier : DigitCNN
        Not fitted.
    """
    params = training_params(epochs, random_state)
    classifier = skdigits.DigitCNN.from_preset(preset, **params)
    source = find_source(data, normalize=normalize, label_column=label_column)
    digits = source.load()
    say_data(console, digits, normalize)
    say(console, f"Preset: {preset}.")
    return digits, classifier


def training_params(epochs, random_state):
    """Return parameters of `DigitCNN`; ``epochs`` may be None, which is left out."""
    from skdigits._validation import check_integer

    if not 0 <= random_state < 2**32:
        raise ValueError(
            f"Got seed={random_state}, but expected an integer from 0 to {2**32 - 1}."
        )
    params = {"random_state": random_state}
    if epochs is not None:
        params["epochs"] = check_integer("epochs", epochs)
    return params


def say_data(console, digits, normalize):
    """Print which data there are to train or test on, and how they were prepared."""
    say(console, f"Data: {digits.description}.")
    if digits.normalized:
        start = "Each image was brought into MNIST format with HandwritingNormalizer"
        reason = ", as they differ in size, are large, or are dark on light"
        remedy = " (--no-normalize uses them as they are)"
        say(console, f"{start}{reason + remedy if normalize is None else ''}.")


def model_output(path, pipeline, digits, report, command, about):
    """Return an output: a fitted pipeline as `save` writes it, with its card.

    It accepts the user's own images. ``about`` is what else the card contains;
    options that were not given are None.
    """
    from sklearn.pipeline import Pipeline

    from skdigits.persistence import file_content

    given = {name: value for name, value in about.items() if value is not None}
    card = {"command": command} | given
    card |= _card(pipeline[-1], digits, report)
    if digits.normalized:
        normalizer = skdigits.handwriting.HandwritingNormalizer()
        pipeline = Pipeline([("normalize", normalizer), *pipeline.steps])

    def write(temporary):
        temporary.write_bytes(file_content(pipeline, card=card))

    return path, write


def _card(classifier, digits, report):
    """Return the model card of a classifier that was trained and tested on `Digits`."""
    sha256_of = skdigits.datasets.sha256_of
    return {
        "data": {
            "description": digits.description,
            "normalized": digits.normalized,
            "n_train": len(digits.train[0]),
            "sha256_train": sha256_of(*digits.train),
            "n_test": len(digits.test[0]),
            "sha256_test": sha256_of(*digits.test),
        },
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
    images = (
        "It accepts images of one sign each, of any size, dark on light or light on "
        "dark."
        if normalized
        else f"It accepts images of one sign each, of {height} x {width} pixels, "
        "like those it was trained on, with equally light or dark ink, placed and "
        "sized in the same way."
    )
    return [
        f"It predicts one of its labels ({labels}) whatever an image shows.",
        images,
        "Its probabilities are meant for images like those it was trained on.",
    ]
