"""All that training changes, joined to a few vectors once and split once."""

from itertools import accumulate
from math import prod
from typing import NamedTuple

import numpy as np

from skdigits.network._spec import weight_shapes


class State(NamedTuple):
    """Weights, Adam's moments, moving averages and the number of steps taken.

    Arrays of NumPy between trainings, tensors in them. An operation on each weight by
    itself would take longer to start than to run, so each field is one vector, in the
    order of `trained_shapes` and `statistic_shapes`.
    """

    weights: np.ndarray
    first: np.ndarray
    second: np.ndarray
    statistics: np.ndarray
    iterations: np.ndarray


def trained_shapes(spec):
    """Return the shape of each array that the optimizer changes, by name."""
    shapes = weight_shapes(spec)
    return {name: shapes[name] for name in shapes if "/moving_" not in name}


def statistic_shapes(spec):
    """Return the shape of each moving average of batch normalization, by name."""
    shapes = weight_shapes(spec)
    return {name: shapes[name] for name in shapes if "/moving_" in name}


def is_kernel(name):
    """Tell the weights that decay from those that do not."""
    return name.endswith("/kernel")


def initial_state(spec, arrays):
    """Return the `State` of weights that no step of an optimizer has changed yet."""
    weights = _join(arrays, trained_shapes(spec))
    statistics = _join(arrays, statistic_shapes(spec))
    zeros = np.zeros_like(weights)
    return State(weights, zeros, zeros, statistics, np.int64(0))


def arrays_of(spec, state):
    """Return the weights and moving averages of a `State` by the names of the spec."""
    return parts_of(state.weights, trained_shapes(spec)) | parts_of(
        state.statistics, statistic_shapes(spec)
    )


def _join(arrays, shapes):
    parts = [np.ravel(arrays[name]) for name in shapes]
    return np.concatenate([np.zeros(0, np.float32), *parts], dtype=np.float32)


def parts_of(vector, shapes):
    """Return the parts of a field of a `State` by their names, as views."""
    ends = list(accumulate(map(prod, shapes.values())))
    parts = np.split(np.asarray(vector), ends[:-1]) if ends else []
    return {
        name: part.reshape(shapes[name])
        for name, part in zip(shapes, parts, strict=True)
    }
