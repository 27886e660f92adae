"""The probability of each digit, from the outputs of two networks.

The page network sees a sign among its neighbours, at several scales; the classifier
sees only the ink of the sign, at full resolution. The probabilities of the ten digits
and of a non-digit are the softmax of weighted sums, mostly of the logarithms of the
two networks' outputs. The weights were fitted on synthetic pages that neither network
was trained on. If an image has only one sign that may be a digit, its probabilities
are the geometric mean of these and of the classifier's.
"""

import numpy as np
from scipy.special import softmax

from skdigits.handwriting import N_DIGITS

# Weights of the logarithms of a digit's heat where it is highest, of its mean heat over
# the scales, and of the classifier's probability.
DIGIT_WEIGHTS = (1.018, 1.313, 0.3)

# Weights of a non-digit: of the logarithms of 1 - heat, of 1 - mean heat, of the
# classifier's probability of a non-digit, of the heat of other signs; 1; how much
# smaller it is than the others.
NONE_WEIGHTS = (-0.416, 2.69, 0.015, 1.048, -0.391, 0.753)

# The least probability that counts.
LEAST = 1e-3


def probabilities_of(signs, chosen, classified):
    """Return the probabilities of a non-digit and of the digits.

    Parameters
    ----------
    signs : Signs

    chosen : ndarray of shape (n,)
        The indices of those that may be digits.

    classified : ndarray of shape (n, 11)
        What the classifier says of these: a non-digit, 0 to 9.

    Returns
    -------
    ndarray of shape (n, 11)
    """
    of_digits, of_none = evidence(signs, chosen, classified)
    found = combined(of_digits, of_none, DIGIT_WEIGHTS, NONE_WEIGHTS)
    if len(found) > 1:
        return found
    # without other digits the page network has no advantage: both count alike
    both = np.sqrt(found * np.clip(classified, LEAST, 1))
    return both / both.sum(axis=1, keepdims=True)


def combined(of_digits, of_none, digit_weights, none_weights):
    """Return the softmax of weighted evidence, as `probabilities_of` does."""
    logits = np.concatenate(
        [(of_none @ none_weights)[:, None], of_digits @ digit_weights], axis=1
    )
    return softmax(logits, axis=1)


def evidence(signs, chosen, classified):
    """Return what speaks for each digit (n, 10, 3), and for a non-digit (n, 6)."""
    heat, mean = signs.heat[chosen], signs.mean_heat[chosen]
    of_digits = _log(
        np.stack([heat[:, :N_DIGITS], mean[:, :N_DIGITS], classified[:, 1:]], axis=2)
    )
    highest = signs.heat[:, :N_DIGITS].max(axis=1)
    smaller = signs.usual_height / np.maximum(signs.heights[chosen], 1)
    of_none = [
        _log(1 - highest[chosen]),
        _log(1 - mean[:, :N_DIGITS].max(axis=1)),
        _log(classified[:, 0]),
        _log(heat[:, N_DIGITS:].max(axis=1)),
        np.ones(len(chosen)),
        np.maximum(np.log(smaller), 0),
    ]
    return of_digits, np.stack(of_none, axis=1)


def _log(share):
    return np.log(np.clip(share, LEAST, 1))
