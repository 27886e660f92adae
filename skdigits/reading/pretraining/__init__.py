"""What the pretrained model learns from, and the command that trains it.

Everything but MNIST is drawn by code: digits as strokes of pens, MNIST's images
drawn anew, and non-digits. All of it takes the way through
:mod:`skdigits.handwriting` that a user's images take.
"""

from skdigits.reading.pretraining._digits import draw_digits
from skdigits.reading.pretraining._non_digits import draw_non_digits
from skdigits.reading.pretraining._redrawn import redraw
from skdigits.reading.pretraining._training import pretrain, training_set

__all__ = ["draw_digits", "draw_non_digits", "pretrain", "redraw", "training_set"]
