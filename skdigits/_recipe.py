"""How a network learns, in one frozen record."""

from dataclasses import dataclass, replace
from math import ceil

SCHEDULES = ("constant", "one_cycle")

# Steps that a network needs however few pictures there are, and passes over them
# however many; found on parts of MNIST's training pictures.
MIN_STEPS, MIN_EPOCHS = 1500, 10

# Below this many pictures small batches learn as well, in less time.
MANY_PICTURES = 5000


def automatic_batch_size(n_pictures):
    """Return what ``batch_size="auto"`` stands for."""
    return 32 if n_pictures < MANY_PICTURES else 128


def automatic_epochs(n_pictures, batch_size):
    """Return what ``epochs="auto"`` stands for."""
    return max(MIN_EPOCHS, ceil(MIN_STEPS / ceil(n_pictures / batch_size)))


@dataclass(frozen=True)
class Recipe:
    """What decides a training besides the network, its data and its seed.

    Attributes
    ----------
    epochs : int
        Length of the cycle of the learning rate, in passes over the data.

    batch_size : int
        Pictures in one step of the optimizer.

    learning_rate : float
        Step size of AdamW; the peak of a cycle.

    schedule : {"one_cycle", "constant"}

    weight_decay : float
        Decay of the kernels in each step, times the learning rate.

    label_smoothing : float
        Share of each target that is spread over all classes.

    augment : float
        How far pictures are warped.

    validation_split : float
        Share of the data that is held out.

    patience : int or None
        Epochs without improvement that early stopping waits for; None never stops.

    calibrate : bool
        Whether a temperature is found in the end.

    begin : int
        Number of epochs that the network had been trained when the cycle began.

    pause_after : int or None
        The epoch that ends the training in the midst of its cycle.

    shuffle : bool
        Whether the batches of each epoch are drawn at random.
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
    begin: int = 0
    pause_after: int | None = None
    shuffle: bool = True

    @property
    def end(self):
        """The number of epochs trained once the cycle is complete."""
        return self.begin + self.epochs

    @property
    def stop(self):
        """The number of epochs trained when this training ends."""
        return self.end if self.pause_after is None else min(self.pause_after, self.end)

    def once_more(self, n_epochs):
        """Return the recipe of another cycle after ``n_epochs`` of training."""
        return replace(self, begin=n_epochs)

    def for_a_part(self, n_epochs):
        """Return that of one epoch on a part of the data, at a constant rate."""
        return replace(
            self,
            epochs=1,
            begin=n_epochs,
            schedule="constant",
            validation_split=0.0,
            patience=None,
            pause_after=None,
        )
