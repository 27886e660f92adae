"""What train and tune begin with: the data, and the classifier that fits them."""

from sklearn.pipeline import Pipeline

from skdigits import DigitCNN
from skdigits._validation import check_integer
from skdigits.cli._console import say
from skdigits.cli._given_data import find_source
from skdigits.handwriting import HandwritingNormalizer


def data_and_classifier(
    console, data, normalize, preset, epochs, seed, label_column=None
):
    """Load the data and make the classifier; say which they are.

    What can be wrong with the options is found before anything is loaded.

    Returns
    -------
    digits : Digits
    classifier : DigitCNN
        Not fitted.
    """
    overrides = {"random_state": _checked_seed(seed)}
    if epochs is not None:
        overrides["epochs"] = check_integer("epochs", epochs)
    DigitCNN.from_preset(preset)
    normalize = "auto" if normalize is None else normalize
    source = find_source(data, normalize=normalize, label_column=label_column)
    digits = source.load()
    say_data(console, digits, normalize)
    say(console, f"Preset: {preset}.")
    return digits, DigitCNN.from_preset(preset, **overrides)


def _checked_seed(seed):
    """Return a seed that NumPy takes, or raise a ValueError."""
    if not 0 <= seed < 2**32:
        raise ValueError(
            f"Got seed={seed}, but expected an integer from 0 to {2**32 - 1}."
        )
    return seed


def say_data(console, digits, normalize):
    """Say what there is to learn from or to test on, and what was done to it."""
    say(console, f"Data: {digits.description}.")
    if digits.normalized:
        start = "Each picture was brought into MNIST's form with HandwritingNormalizer"
        reason = ", as they are of different sizes, large, or dark on light"
        remedy = " (--no-normalize takes them as they are)"
        say(console, f"{start}{reason + remedy if normalize == 'auto' else ''}.")


def with_normalizer(pipeline, digits):
    """Return the pipeline to save: one that takes pictures as the user has them."""
    if not digits.normalized:
        return pipeline
    normalizer = HandwritingNormalizer()
    return Pipeline([("normalize", normalizer), *pipeline.steps])
