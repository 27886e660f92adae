"""The pretrained model."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

PRETRAINED = Path(__file__).parent / "pretrained.safetensors"

# The class of a non-digit, as outlier detectors of scikit-learn have it.
NO_DIGIT = -1


def load_pretrained() -> "Pipeline":
    """Return a fitted pipeline that reads images of single handwritten digits.

    Its ``predict`` and ``predict_proba`` accept the same images as
    :class:`~skdigits.handwriting.HandwritingNormalizer`: images of any size, dark on
    light or light on dark, as arrays, Pillow images or paths. The classes are -1, for a
    non-digit, and 0 to 9.

    It was trained on MNIST's training images and on images drawn by skdigits, but not
    on photos. ``skdigits info`` prints its model card, which says what it was trained
    on, how well it reads, and what it cannot do.

    Returns
    -------
    sklearn.pipeline.Pipeline
        A pipeline with the steps ``normalize``, ``scale``, ``reshape`` and ``cnn``.

    See Also
    --------
    skdigits.read_digits : Reads images of several digits.

    Examples
    --------
    >>> import numpy as np
    >>> import skdigits
    >>> pipeline = skdigits.load_pretrained()
    >>> list(pipeline.named_steps)
    ['normalize', 'scale', 'reshape', 'cnn']
    >>> drawing = np.full((90, 60), 230, dtype=np.uint8)
    >>> drawing[20:70, 30:35] = 40
    >>> blank = np.full((90, 60), 230, dtype=np.uint8)
    >>> pipeline.predict([drawing, blank])
    array([ 1, -1])
    """
    from skdigits.persistence import load

    return load(PRETRAINED)


@cache
def shared_network():
    """Return the classifier of `load_pretrained`, read once, without scikit-learn."""
    from skdigits.persistence import load_network

    return load_network(PRETRAINED)
