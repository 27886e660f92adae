"""How a network learns, in one frozen record."""

from dataclasses import dataclass, replace

SCHEDULES = ("constant", "one_cycle")


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
