"""What train and tune begin with: the data, and the classifier that fits them."""

from skdigits import DigitCNN
from skdigits._validation import check_integer
from skdigits.cli._console import say
from skdigits.cli._data import find_source


def data_and_classifier(console, data, preset, epochs, seed):
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
    digits = find_source(data).load()
    say(console, f"Data: {digits.description}.")
    say(console, f"Preset: {preset}.")
    return digits, DigitCNN.from_preset(preset, **overrides)


def _checked_seed(seed):
    """Return a seed that NumPy takes, or raise a ValueError."""
    if not 0 <= seed < 2**32:
        raise ValueError(
            f"Got seed={seed}, but expected an integer from 0 to {2**32 - 1}."
        )
    return seed
