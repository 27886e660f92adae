"""How networks learn, and what they are for Keras: the one door to TensorFlow.

Importing this room imports Keras and TensorFlow, in silence; a model that was saved by
Keras' own ``model_.save`` can be loaded after it.
"""

from skdigits.training._data import Data
from skdigits.training._fit import initial_network, keras_model, train
from skdigits.training._model import AdamW, DigitNetwork
from skdigits.training._saliency import integrated_gradients
from skdigits.training._tensorflow import keras, refuse_forked_process

__all__ = [
    "AdamW",
    "Data",
    "DigitNetwork",
    "initial_network",
    "integrated_gradients",
    "keras",
    "keras_model",
    "refuse_forked_process",
    "train",
]
