"""A trained network, independent of what trained it."""

import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skdigits._recipe import Recipe
from skdigits.network._session import onnx_session, run
from skdigits.network._spec import NetworkSpec


@dataclass(frozen=True, eq=False, repr=False)
class FittedNetwork:
    """The result of training: what predictions need and files contain.

    Attributes
    ----------
    spec : NetworkSpec

    weights : dict of ndarray
        The weights and moving averages, with the names used in `weight_shapes`.

    seed : int
        The seed that determined the initial weights, and determines later batches.

    history : dict of list of float
        Loss, accuracy and other values of each epoch.

    temperature : float
        The number by which logits are divided before the softmax, so that probabilities
        are calibrated.

    recipe : Recipe
        How the network was trained; None if it was not trained.

    optimizer_state : tuple of ndarray
        The variables of the optimizer; empty if they are unknown, as after loading a
        file.
    """

    spec: NetworkSpec
    weights: dict
    seed: int
    history: dict
    temperature: float = 1.0
    recipe: Recipe | None = None
    optimizer_state: tuple = ()

    @property
    def n_epochs(self):
        """Number of epochs trained."""
        return len(self.history["loss"])

    def logits(self, images):
        """Return the outputs before the softmax.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels), dtype float32

        Returns
        -------
        logits : ndarray of shape (n, n_classes), dtype float32
        """
        process = os.getpid()  # a forked one cannot use the session of its parent
        if process not in self._sessions:
            from skdigits.network._onnx_graph import logits_model

            model = logits_model(self.spec, self.weights)
            self._sessions[process] = onnx_session(model.SerializeToString())
        return run(self._sessions[process], images)

    def log_probabilities(self, logits):
        """Return the log-probabilities for logits, using the temperature."""
        scaled = self._scaled(logits)
        return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))

    def probabilities(self, logits):
        """Return the probabilities for logits, using the temperature; rows sum to 1."""
        powers = np.exp(self._scaled(logits))
        return powers / powers.sum(axis=1, keepdims=True)

    def _scaled(self, logits):
        scaled = logits / np.float32(self.temperature)
        return scaled - scaled.max(axis=1, keepdims=True)

    @cached_property
    def _sessions(self):
        return {}

    def __repr__(self):
        return f"FittedNetwork({self.spec}, n_epochs={self.n_epochs})"

    def __getstate__(self):
        return {name: vars(self)[name] for name in self.__dataclass_fields__}
