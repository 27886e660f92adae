"""The training data of the pretrained model, and the command that trains it.

Apart from MNIST itself, the training images are drawn by code: digits as pen strokes,
redrawn images of MNIST, and non-digits. Like a user's images, all of them are
processed by :mod:`skdigits.handwriting`.
"""

from skdigits.reading.pretraining._digits import draw_digits
from skdigits.reading.pretraining._non_digits import draw_non_digits
from skdigits.reading.pretraining._redrawn import redraw
from skdigits.reading.pretraining._training import pretrain, training_set

__all__ = ["draw_digits", "draw_non_digits", "pretrain", "redraw", "training_set"]
