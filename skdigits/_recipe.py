"""How a network learns, in one frozen record."""

from dataclasses import dataclass, replace

SCHEDULES = ("constant", "one_cycle")


@dataclass(frozen=True)
class Recipe:
    """What decides a training besides the network, its data and its seed.

    Attributes
    ----------
    epochs : int
        Passes over the data, which are one cycle of the learning rate.

    batch_size : int
        The most images in one step of the optimizer.

    learning_rate : float
        Step size of AdamW; the peak of a cycle.

    schedule : {"one_cycle", "constant"}

    weight_decay : float
        Decay of the kernels in each step, times the learning rate.

    label_smoothing : float
        Share of each target that is spread over all classes.

    augment : float
        How far images are augmented.

    validation_split : float
        Share of the data that is held out.

    patience : int or None
        Epochs without improvement that early stopping waits for; None never stops.

    calibrate : bool
        Whether a temperature is fitted in the end.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    weight_decay: float
    label_smoothing: float
    augment: float
    validation_split: float = 0.0
    patience: int | None = None
    calibrate: bool = True

    def for_partial_fit(self):
        """Return the recipe of one epoch on a part of the data, at a constant rate."""
        return replace(
            self, epochs=1, schedule="constant", validation_split=0.0, patience=None
        )
