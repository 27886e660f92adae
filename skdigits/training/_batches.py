"""Which images form a batch in each epoch, and which are held out."""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from skdigits.training._tensorflow import tf

# Steps of the optimizer in one call from Python, and their pixels: many enough that
# the cost of a call vanishes, few enough for Ctrl-C and for memory.
STEPS_PER_CALL, PIXELS_PER_CALL = 64, 2**21

# Images of a validation set that are predicted at a time.
ROWS_PER_CALL = 1024


@dataclass(frozen=True)
class Data:
    """Images (n, height, width, channels), targets (n, n_classes) and weights (n,)."""

    images: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def __len__(self):
        return len(self.images)

    def __iter__(self):
        return iter((self.images, self.targets, self.weights))

    def take(self, rows):
        """Return the given rows."""
        return Data(*(np.take(array, rows, axis=0) for array in self))


class Batches:
    """The batches of a fit, in a different order in each epoch.

    The sizes of the batches differ by at most one image. Otherwise the last batch might
    have only two images, which batch normalization would make opposites of each other:
    it would spoil what the network has learned from the other batches.

    Attributes
    ----------
    dataset : tf.data.Dataset
        It never ends. Each element has the images, targets and weights for the steps of
        one call, and where each batch ends. Creating it takes as long as training a
        small network, so one dataset serves all fits of a model.

    epoch : int
        Must be set before each epoch; together with the seed, it determines the order.

    n_steps, n_calls : int
        Steps of the optimizer, and elements of the dataset, in an epoch.
    """

    def __init__(self, image_shape, n_classes):
        shapes = (None, *image_shape), (None, n_classes), (None,)
        arrays = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
        of_call = (*arrays, tf.TensorSpec((None,), tf.int32))
        dataset = tf.data.Dataset.from_generator(self._calls, output_signature=of_call)
        self.epoch, self.data, self.dataset = 0, None, _plain(dataset)

    @contextmanager
    def of(self, data, batch_size, seed, one_by_one):
        """Use `Data` within the block; with a seed of None, rows keep their order."""
        n_batches = -(-len(data) // batch_size)
        n_pixels = data.images[0].size * batch_size
        steps_per_call = max(1, min(STEPS_PER_CALL, PIXELS_PER_CALL // n_pixels))
        steps_per_call = 1 if one_by_one else steps_per_call
        self.ends = np.arange(n_batches + 1) * len(data) // n_batches
        self.data, self.seed, self.steps_per_call = data, seed, steps_per_call
        self.n_steps, self.n_calls = n_batches, -(-n_batches // steps_per_call)
        try:
            yield self
        finally:
            self.data = None

    def _calls(self):
        while True:
            order = np.arange(len(self.data))
            if self.seed is not None:
                rng = np.random.default_rng([self.seed, self.epoch])
                order = rng.permutation(order)
            for first in range(0, self.n_steps, self.steps_per_call):
                ends = self.ends[first : first + self.steps_per_call + 1]
                rows = order[ends[0] : ends[-1]]
                yield *self.data.take(rows), (ends[1:] - ends[0]).astype(np.int32)


def validation_dataset(data):
    """Return an endless dataset, and the number of its elements in one pass."""
    calls = tf.data.Dataset.from_tensor_slices(tuple(data)).batch(ROWS_PER_CALL)
    return _plain(calls.repeat()), -(-len(data) // ROWS_PER_CALL)


def _plain(dataset):
    """Return a dataset without the rewriting that takes longer than small fits."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.with_options(options)


def stratified_split(codes, fraction, rng):
    """Split rows at random into a kept and a held-out part, class by class.

    Each class contributes its share, rounded so that the shares add up to ``fraction``
    of all rows, or to one row if that is more. Each class keeps at least one row.
    Unlike scikit-learn's splitters, this function accepts data with fewer held-out rows
    than classes.

    Returns
    -------
    kept, held_out : ndarray of int
        Row numbers, in random order.
    """
    rows = rng.permutation(len(codes))
    by_class = [rows[codes[rows] == code] for code in np.unique(codes)]
    shares = np.array([fraction * len(members) for members in by_class])
    counts = np.floor(shares).astype(int)
    missing = max(1, round(fraction * len(codes))) - counts.sum()
    most = np.array([len(members) - 1 for members in by_class])
    order = np.lexsort((counts - shares, most == 0))
    counts[order[:missing]] += 1
    counts = np.minimum(counts, most)
    pairs = list(zip(by_class, counts, strict=True))
    held_out = np.concatenate([members[:count] for members, count in pairs])
    kept = np.concatenate([members[count:] for members, count in pairs])
    return rng.permutation(kept), rng.permutation(held_out)
