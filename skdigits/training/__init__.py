"""How networks learn: the only sub-package that imports Keras and TensorFlow.

Importing it prints nothing. Afterwards, a model that was saved with Keras' own
``model_.save`` can be loaded.
"""

from skdigits.training._batches import Data
from skdigits.training._calibration import best_temperature
from skdigits.training._fit import (
    early_stopping,
    initial_network,
    keras_model,
    train,
    weights_of,
)
from skdigits.training._gradients import integrated_gradients
from skdigits.training._keras_layers import keras_layer
from skdigits.training._keras_model import DigitNetwork, build_model
from skdigits.training._optimization import AdamW, SmoothedCrossentropy
from skdigits.training._tensorflow import keras

__all__ = [
    "AdamW",
    "Data",
    "DigitNetwork",
    "SmoothedCrossentropy",
    "best_temperature",
    "build_model",
    "early_stopping",
    "initial_network",
    "integrated_gradients",
    "keras",
    "keras_layer",
    "keras_model",
    "train",
    "weights_of",
]
