"""What each part of the preset "balanced" is worth: one change at a time.

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_ablation.py --output ablation.json

Networks learn from 50,000 of MNIST's training images and are judged by the other
10,000 of them, drawn at random once; the test images are not touched. The standard
deviation of an accuracy of 99.5 % on 10,000 images is 0.07 points from their choice
alone, which is the same for all, and some 0.04 points from the seed.
"""

import json
import statistics
from time import perf_counter

import numpy as np
from _common import median, parser, take_turns, write

EPOCHS = 2

CHANGES = {
    "balanced": {},
    "no early downsampling": {"early_downsampling": False},
    "3 x 3 first kernel": {"kernel_size": 3},
    "no batch norm": {"batch_norm": False, "learning_rate": 0.002},
    "dense layer of 64": {"dense_units": 64},
    "dropout 0.2": {"dropout": 0.2},
    "no augmentation": {"augment": 0.0},
    "augment 0.5": {"augment": 0.5},
    "augment 1.5": {"augment": 1.5},
    "no label smoothing": {"label_smoothing": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "constant rate": {"schedule": "constant", "learning_rate": 0.002},
    "half the rate": {"learning_rate": 0.01},
    "batches of 256": {"batch_size": 256, "learning_rate": 0.03},
}


def split():
    from skdigits.datasets import fetch_mnist

    X, y = fetch_mnist(subset="train", return_X_y=True)
    rows = np.random.default_rng(12345).permutation(len(y))
    return (X[rows[10_000:]], y[rows[10_000:]]), (X[rows[:10_000]], y[rows[:10_000]])


def expected_calibration_error(probabilities, y, bins=15):
    """Mean distance of confidence and accuracy over equal bins of confidence."""
    confidence, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=hit - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(y))


def worker(name, seed):
    import skdigits.training  # noqa: F401
    from skdigits import make_digit_pipeline

    (X, y), (X_validation, y_validation) = split()
    params = {"epochs": EPOCHS, "random_state": seed} | CHANGES[name]
    start = perf_counter()
    pipeline = make_digit_pipeline(**params).fit(X, y)
    seconds = perf_counter() - start
    probabilities = pipeline.predict_proba(X_validation)
    given = probabilities[np.arange(len(y_validation)), y_validation]
    turn = {
        "seconds": seconds,
        "accuracy": 100 * pipeline.score(X_validation, y_validation),
        "log_loss": float(-np.log(given).mean()),
        "calibration_error": expected_calibration_error(probabilities, y_validation),
    }
    print(json.dumps(turn))


def main():
    options = parser(__doc__.splitlines()[0], tuple(CHANGES), rounds=1).parse_args()
    if options.worker:
        return worker(options.worker[0], int(options.worker[1]))
    turns = take_turns(__file__, options.contenders or CHANGES, options.seeds)
    write(options.output, turns)
    print(f"{'':24}{'seconds':>9}{'accuracy':>10}{'log loss':>10}{'calibration':>13}")
    for name, its in turns.items():
        mean = {key: statistics.mean(turn[key] for turn in its) for key in its[0]}
        print(
            f"{name:24}{median(its, 'seconds'):9.1f}{mean['accuracy']:10.2f}"
            f"{mean['log_loss']:10.4f}{mean['calibration_error']:13.4f}"
        )


if __name__ == "__main__":
    main()
