"""A trained network, apart from what trained it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import softmax

from skdigits._recipe import Recipe
from skdigits.network._answers import Answers
from skdigits.network._spec import NetworkSpec
from skdigits.network._state import State, arrays_of


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """All that is left of training: what answers need, and what a file holds.

    Attributes
    ----------
    spec : NetworkSpec

    state : State

    seed : int
        What decided the initial weights, and decides the batches to come.

    history : dict of list of float
        The figures of each epoch.

    temperature : float
        What logits are divided by before the softmax, so that probabilities come true.

    recipe : Recipe
        How it was trained; None if it was not.
    """

    spec: NetworkSpec
    state: State
    seed: int
    history: dict
    temperature: float = 1.0
    recipe: Recipe | None = None

    @property
    def n_epochs(self):
        """Number of epochs trained."""
        return len(self.history["loss"])

    @property
    def arrays(self):
        """The weights and moving averages by their names."""
        return arrays_of(self.spec, self.state)

    def probabilities(self, logits):
        """Return the probabilities that logits stand for."""
        return softmax(logits / np.float32(self.temperature), axis=1)

    @cached_property
    def answers(self):
        """The function from pictures (n, height, width, 1) to logits."""
        return Answers(self.spec, self.arrays)

    def __getstate__(self):
        return {name: vars(self)[name] for name in self.__dataclass_fields__}

    def __setstate__(self, state):
        vars(self).update(state)
