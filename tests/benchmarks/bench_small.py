"""Accuracy and calibration by number of images: the defaults against their peers.

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_small.py --output small.json

Each draw takes so many of MNIST's training images at random; all contenders learn
from the same, with their own defaults, and are tested on the 10,000 test images. Then
the same in five shuffled, stratified folds of scikit-learn's digits. The calibration is
the expected calibration error over 15 bins.
"""

import json
import statistics
from pathlib import Path
from time import perf_counter

import numpy as np
from _common import in_a_process_of_its_own, parser, write
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

SIZES = (100, 300, 1_000, 3_000, 10_000)
DRAWS, FOLDS = 5, 5
CONTENDERS = ("skdigits", "SVC", "kNN", "RandomForest", "MLP")


def contender(name, seed):
    """Return an estimator with its defaults; all of them see pixels in [0, 1]."""
    if name == "skdigits":
        from skdigits import make_digit_pipeline

        return make_digit_pipeline(random_state=seed)
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    from skdigits.preprocessing import PixelScaler

    peers = {
        "SVC": lambda: SVC(),
        "kNN": lambda: KNeighborsClassifier(),
        "RandomForest": lambda: RandomForestClassifier(random_state=seed),
        "MLP": lambda: MLPClassifier(random_state=seed),
    }
    return make_pipeline(PixelScaler(), peers[name]())


def turns_of(name, seed):
    """Yield the data of one draw of each size, and of one fold."""
    from skdigits.datasets import fetch_mnist

    (X, y), test = (
        fetch_mnist(subset=part, return_X_y=True) for part in ("train", "test")
    )
    order = np.random.default_rng(seed).permutation(len(y))
    for size in SIZES:
        yield f"{size:,}", (X[order[:size]], y[order[:size]]), test
    X, y = load_digits(return_X_y=True)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(X, y)
    train, held_out = list(folds)[seed % FOLDS]
    yield "digits", (X[train], y[train]), (X[held_out], y[held_out])


def worker(name, seed):
    import warnings

    from skdigits.inspection import ErrorReport

    if name == "skdigits":
        import skdigits.training  # noqa: F401
    warnings.simplefilter("ignore")
    figures = {}
    for key, train, (X_test, y_test) in turns_of(name, seed):
        estimator = contender(name, seed)
        start = perf_counter()
        estimator.fit(*train)
        seconds = perf_counter() - start
        report = ErrorReport.from_estimator(estimator, X_test, y_test)
        calibrated = report.y_proba is not None
        figures[key] = {
            "accuracy": 100 * report.accuracy,
            "seconds": seconds,
            "calibration": report.calibration_error() if calibrated else None,
        }
    print(json.dumps(figures))


def draw(turns, path):
    """Draw the share of mistakes over the number of images."""
    from matplotlib.figure import Figure

    figure = Figure((6.4, 4), layout="constrained")
    ax = figure.subplots()
    for name, its in turns.items():
        errors = [[100 - turn[f"{n:,}"]["accuracy"] for n in SIZES] for turn in its]
        thick = {"lw": 2.5} if name == "skdigits" else {"ls": "--"}
        ax.errorbar(
            SIZES, np.mean(errors, 0), np.std(errors, 0), capsize=3, label=name, **thick
        )
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel="training images", ylabel="mistakes on 10,000 test images, in %")
    ax.set_xticks(SIZES, [f"{n:,}" for n in SIZES])
    ax.set_yticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    ax.minorticks_off()
    ax.legend()
    figure.savefig(path, dpi=110)


def main():
    options = parser(__doc__.splitlines()[0], CONTENDERS, rounds=DRAWS)
    options.add_argument("--figure", type=Path, help="draw the accuracies")
    options = options.parse_args()
    if options.worker:
        return worker(options.worker[0], int(options.worker[1]))
    contenders = options.contenders or CONTENDERS
    turns = {name: [] for name in contenders}
    for seed in options.seeds:
        for name in contenders:
            turns[name].append(in_a_process_of_its_own(__file__, name, seed))
    write(options.output, turns)
    if options.figure:
        draw(turns, options.figure)
    keys = list(turns[contenders[0]][0])
    print(f"{'':14}" + "".join(f"{key:>16}" for key in keys))
    for name, its in turns.items():
        cells = []
        for key in keys:
            hits = [turn[key]["accuracy"] for turn in its]
            spread = statistics.stdev(hits) if len(hits) > 1 else float("nan")
            cells.append(f"{statistics.mean(hits):.2f} ± {spread:.2f}")
        print(f"{name:14}" + "".join(f"{cell:>16}" for cell in cells))
    for figure, form in (("seconds", ".1f"), ("calibration", ".4f")):
        for name, its in turns.items():
            if its[0][keys[0]][figure] is not None:
                means = [statistics.mean(t[key][figure] for t in its) for key in keys]
                line = "".join(f"{mean:>16{form}}" for mean in means)
                print(f"{name + ', ' + figure[:5]:14.14}{line}")


if __name__ == "__main__":
    main()
