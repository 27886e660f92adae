"""What searches cost: memory over many candidates, two workers, halving on epochs.

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_search.py --what memory --output memory.json
    python tests/benchmarks/bench_search.py --what jobs --output jobs.json
    python tests/benchmarks/bench_search.py --what halving --output halving.json
    python tests/benchmarks/bench_search.py --what pauses --images 1500 --epochs 27

``memory`` fits 60 candidates to scikit-learn's digits in one process: a grid over
filters, dropout and learning rate in its order, and as many shapes of network.
``jobs`` is a grid of 12 candidates (3 filters, 4 dropouts) in one process on one core,
in one process on all cores, and in two workers. ``halving`` is a grid of 27 (3 filters,
3 dropouts, 3 learning rates): scikeras with the notebook's network and `GridSearchCV`,
against `HalvingEpochSearchCV`. ``pauses`` is that grid by `HalvingEpochSearchCV`, whose
candidates go on where they paused, and by scikit-learn's `HalvingGridSearchCV` with the
epochs as resource, whose candidates begin anew. All take the same images of MNIST and
the same folds; imports are not timed, nor is the start of the workers. Every turn is a
process of its own: one for each of ``--seeds``. ``--images`` and ``--epochs`` make it
smaller, to try it out.
"""

import gc
import json
import os
import sys
from pathlib import Path
from time import perf_counter, process_time

from _common import in_a_process_of_its_own, median, parser, spread, write

FITS = 60
GRIDS = {
    "grid": {
        "filters": [4, 6, 8, 12, 16],
        "dropout": [0.0, 0.2, 0.4, 0.6],
        "learning_rate": [0.01, 0.02, 0.04],
    },
    "shapes": {
        "filters": list(range(4, 19)),
        "kernel_size": [2, 3],
        "batch_norm": [False, True],
    },
}
CONTENDERS = {
    "memory": ("grid", "shapes"),
    "jobs": ("one core", "n_jobs=1", "n_jobs=2"),
    "halving": ("scikeras", "halving"),
    "pauses": ("scikit-learn", "halving"),
}
PAIRS = {
    "jobs": ("n_jobs=2", "n_jobs=1"),
    "halving": ("halving", "scikeras"),
    "pauses": ("halving", "scikit-learn"),
}


def resident_megabytes():
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024


def memory(name, seed):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import ParameterGrid

    from skdigits import make_digit_pipeline

    X, y = load_digits(return_X_y=True)
    megabytes = []
    for params in ParameterGrid(GRIDS[name]):
        make_digit_pipeline(**params, epochs=2, random_state=seed).fit(X, y)
        megabytes.append(resident_megabytes())
    assert len(megabytes) == FITS
    return {
        "growth": megabytes[-1] - megabytes[0],
        "growth of the last 30": megabytes[-1] - megabytes[-31],
    }


def images(number):
    from sklearn.model_selection import train_test_split

    from skdigits.datasets import fetch_mnist

    parts = (fetch_mnist(subset=name, return_X_y=True) for name in ("train", "test"))
    (X, y), test = parts
    X, _, y, _ = train_test_split(X, y, train_size=number, stratify=y, random_state=0)
    return X, y, *test


def searched(search, X, y, X_test, y_test):
    start, processor = perf_counter(), process_time()
    search.fit(X, y)
    return {
        "seconds": perf_counter() - start,
        "processor": process_time() - processor,
        "of these refit": search.refit_time_,
        "accuracy": float((search.predict(X_test) == y_test).mean() * 100),
        "best": {name: str(value) for name, value in search.best_params_.items()},
    }


def jobs(n_jobs, seed, n_images, epochs):
    from sklearn.model_selection import GridSearchCV

    from skdigits import make_digit_pipeline

    params = {"random_state": seed} | ({"epochs": epochs} if epochs else {})
    pipeline = make_digit_pipeline(**params)
    grid = {
        "cnn__filters": [(16, 24, 32, 48), (24, 32, 48, 64), (32, 48, 64, 96)],
        "cnn__dropout": [0.0, 0.1, 0.2, 0.4],
    }
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=n_jobs)
    data = images(n_images)
    start_workers(pipeline, n_jobs, *data[:2])
    return searched(search, *data)


def start_workers(pipeline, n_jobs, X, y):
    """Let every worker import TensorFlow, and train once."""
    from joblib import Parallel, delayed
    from sklearn.base import clone

    calls = (
        delayed(_fit_and_wait)(clone(pipeline), X[:500], y[:500]) for _ in range(n_jobs)
    )
    Parallel(n_jobs=n_jobs)(calls)


def _fit_and_wait(pipeline, X, y):
    from time import sleep

    pipeline.set_params(cnn__epochs=1).fit(X, y)
    sleep(5)  # so that no worker takes the call of another


def halving(name, seed, n_images, epochs):
    data = images(n_images)
    kinds = {"halving": ours, "scikit-learn": anew, "scikeras": scikeras}
    return searched(kinds[name](seed, epochs), *data)


def ours(seed, epochs):
    import skdigits.training  # noqa: F401
    from skdigits import DigitCNN, make_digit_pipeline
    from skdigits.model_selection import HalvingEpochSearchCV

    # more epochs than the one of "fast": there are fewer images
    classifier = DigitCNN.from_preset("fast", epochs=epochs or 4, random_state=seed)
    grid = {
        "cnn__filters": [(8, 16, 32, 64), (16, 24, 48, 96), (24, 32, 64, 128)],
        "cnn__dropout": [0.0, 0.2, 0.4],
        "cnn__learning_rate": [0.01, 0.02, 0.04],
    }
    return HalvingEpochSearchCV(make_digit_pipeline(classifier), grid, cv=3)


def anew(seed, epochs):
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingGridSearchCV

    search = ours(seed, epochs)
    return HalvingGridSearchCV(
        search.estimator,
        search.param_grid,
        resource="cnn__epochs",
        max_resources=epochs or 4,
        cv=3,
        random_state=seed,
    )


def scikeras(seed, epochs):
    import keras
    from bench_training import FIT, as_images
    from scikeras.wrappers import KerasClassifier
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    keras.utils.set_random_seed(seed)
    wrapped = KerasClassifier(
        notebook_network,
        loss="categorical_crossentropy",
        optimizer="adam",
        metrics=["accuracy"],
        filters=32,
        dropout=0.5,
        **(FIT | ({"epochs": epochs} if epochs else {})),
    )
    steps = [("images", FunctionTransformer(as_images)), ("cnn", wrapped)]
    grid = {
        "cnn__filters": [16, 32, 48],
        "cnn__dropout": [0.25, 0.4, 0.5],
        "cnn__optimizer__learning_rate": [0.0005, 0.001, 0.002],
    }
    # an integer would not be stratified: scikit-learn takes it for no classifier
    cv = StratifiedKFold(3)
    return GridSearchCV(Pipeline(steps), grid, cv=cv, scoring="accuracy")


def notebook_network(filters, dropout):
    """The network of the notebook, of any width."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(filters, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(2 * filters, (2, 2), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )


def worker(name, seed, n_images, epochs):
    if name == "one core":
        os.environ["OMP_NUM_THREADS"] = "1"
    if name in GRIDS:
        figures = memory(name, seed)
    elif name in CONTENDERS["jobs"]:
        figures = jobs(2 if name == "n_jobs=2" else 1, seed, n_images, epochs)
    else:
        figures = halving(name, seed, n_images, epochs)
    print(json.dumps(figures))


def main():
    names = [name for names in CONTENDERS.values() for name in names]
    options = parser(__doc__.splitlines()[0], names, rounds=1)
    options.add_argument("--what", choices=CONTENDERS, default="memory")
    options.add_argument("--images", type=int, default=12_000)
    options.add_argument("--epochs", type=int, default=0, help="0: as many as usual")
    options = options.parse_args()
    if options.worker:
        name, seed = options.worker
        return worker(name, int(seed), options.images, options.epochs)
    sizes = ("--images", str(options.images), "--epochs", str(options.epochs))
    turns = {name: [] for name in options.contenders or CONTENDERS[options.what]}
    for seed in options.seeds:
        for name, its in turns.items():
            its.append(in_a_process_of_its_own(__file__, name, seed, *sizes))
            print(f"seed {seed}: {name} {its[-1]}", file=sys.stderr)
    write(options.output, turns)
    report(options.what, turns)


def report(what, turns):
    for name, its in turns.items():
        for figure in (key for key in its[0] if key != "best"):
            middle, range_ = median(its, figure), spread(its, figure)
            print(f"{name:14}{figure:24}{middle:10.2f}  {range_}")
    if what in PAIRS and set(PAIRS[what]) <= set(turns):
        ours, theirs = (median(turns[name], "seconds") for name in PAIRS[what])
        print(f"ratio of seconds, {' to '.join(PAIRS[what])}: {ours / theirs:.3f}")


if __name__ == "__main__":
    main()
