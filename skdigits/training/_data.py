"""What a network learns from, and how a part of it is held out."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Data:
    """Pictures (n, height, width, 1), one-hot targets (n, n_classes), weights (n,)."""

    images: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def __len__(self):
        return len(self.images)

    def take(self, rows):
        """Return copies of some rows of each, as float32."""
        return tuple(
            np.take(array, rows, axis=0).astype(np.float32, copy=False)
            for array in (self.images, self.targets, self.weights)
        )


def stratified_split(codes, fraction, rng):
    """Split rows at random into a kept and a held-out part, class by class.

    Each class gives its share, rounded so that the shares add up to ``fraction`` of
    all rows, and keeps at least one row. Unlike scikit-learn's splitters it accepts
    data with fewer held-out rows than classes.

    Returns
    -------
    kept, held_out : ndarray of int
        Row numbers, in random order.
    """
    rows = rng.permutation(len(codes))
    by_class = [rows[codes[rows] == code] for code in np.unique(codes)]
    shares = np.array([fraction * len(members) for members in by_class])
    counts = np.floor(shares).astype(int)
    missing = round(fraction * len(codes)) - counts.sum()
    counts[np.argsort(counts - shares, kind="stable")[:missing]] += 1
    counts = np.minimum(counts, [len(members) - 1 for members in by_class])
    pairs = list(zip(by_class, counts, strict=True))
    held_out = np.concatenate([members[:count] for members, count in pairs])
    kept = np.concatenate([members[count:] for members, count in pairs])
    return rng.permutation(kept), rng.permutation(held_out)
