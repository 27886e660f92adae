"""The network: what it is, what it has learned, and how it answers; in NumPy alone."""

from skdigits.network._answers import Answers
from skdigits.network._fitted import FittedNetwork
from skdigits.network._spec import (
    NetworkSpec,
    check_room,
    check_size,
    layers_of,
    weight_shapes,
)
from skdigits.network._state import (
    State,
    arrays_of,
    initial_state,
    is_kernel,
    parts_of,
    statistic_shapes,
    trained_shapes,
)

__all__ = [
    "Answers",
    "FittedNetwork",
    "NetworkSpec",
    "State",
    "arrays_of",
    "check_room",
    "check_size",
    "initial_state",
    "is_kernel",
    "layers_of",
    "parts_of",
    "statistic_shapes",
    "trained_shapes",
    "weight_shapes",
]
