"""Many images: time for each of them, data beyond memory, answers by workers.

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_scale.py --output scale.json

Every turn is a process of its own, and contenders take turns. MNIST's training images
are repeated, as uint8, until there are enough of them.

- "fit N" fits and asks the preset "fast" on N images: microseconds for each,
  compiling included, and of the processor's time, which others disturb less.
- "parts" goes over 1,000,000 images in parts of 50,000 with `partial_fit`; only one
  part is in memory at a time.
- "joblib N" and "dask N" ask the model in the box for the probabilities of 100,000
  images in parts of 5,000, by N workers of one thread each; their start is not timed.
- "folder N" reads a folder of 2,000 images with `skdigits predict --n-jobs N`, start
  included.

"peak" is the most memory that the call took above what was there, in MB, workers left
out.
"""

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

from _common import median, parser, spread, take_turns, write
from bench_memory import peak_of

SIZES = (60_000, 240_000, 1_000_000)
PART, MANY, FILES, ASKED, ASKED_AT_ONCE = 50_000, 1_000_000, 2000, 100_000, 5000
WORKERS = (1, 2)
CONTENDERS = (
    *(f"fit {n}" for n in SIZES),
    "parts",
    *(f"{kind} {n}" for kind in ("joblib", "dask", "folder") for n in WORKERS),
)


def mnist(subset):
    import numpy as np

    from skdigits.datasets import fetch_mnist

    X, y = fetch_mnist(subset=subset, return_X_y=True)
    return X.astype(np.uint8), y


def seconds(function):
    start = perf_counter()
    function()
    return perf_counter() - start


def measured(name, call, n):
    """Return the microseconds for each image and the peak of a call, by its name."""
    durations, start = [], process_time()
    peak = peak_of(lambda: durations.append(seconds(call)))
    processor = process_time() - start
    return {
        name: durations[0] * 1e6 / n,
        f"{name}_processor": processor * 1e6 / n,
        f"{name}_peak": peak,
    }


def fit(n, seed):
    import numpy as np

    import skdigits.training  # noqa: F401
    from skdigits import DigitCNN, make_digit_pipeline

    X, y = mnist("train")
    pipeline = make_digit_pipeline(DigitCNN.from_preset("fast", random_state=seed))
    X, y = np.resize(X, (n, X.shape[1])), np.resize(y, n)
    turn = measured("fit", lambda: pipeline.fit(X, y), n)
    turn |= measured("predict", lambda: pipeline.predict(X), n)
    return turn | {"accuracy": test_accuracy(pipeline)}


def test_accuracy(estimator):
    X, y = mnist("test")
    return float((estimator.predict(X) == y).mean() * 100)


def parts(seed):
    import numpy as np

    from skdigits import DigitCNN, make_digit_pipeline

    X, y = mnist("train")
    pipeline = make_digit_pipeline(DigitCNN.from_preset("fast", random_state=seed))
    pipeline.fit(X[:1280], y[:1280])
    scaling, clf = pipeline[:-1], pipeline[-1]
    durations = []

    def learn_part(start):
        rows = np.arange(start, start + PART) % len(X)
        is_last = start + PART == MANY
        clf.set_params(
            learning_rate=0.02 * (1 - start / MANY),
            calibration=is_last,
        )
        clf.partial_fit(scaling.transform(X[rows]), y[rows])

    def learn():
        for start in range(0, MANY, PART):
            durations.append(seconds(partial(learn_part, start)))

    turn = measured("fit", learn, MANY)
    turn["last_by_first"] = sum(durations[-5:]) / sum(durations[:5])
    return turn | {"accuracy": test_accuracy(pipeline)}


def in_parallel(kind, n_workers):
    import numpy as np
    from joblib import Parallel, delayed, parallel_config

    import skdigits

    X, _ = mnist("train")
    X = np.resize(X, (ASKED, X.shape[1]))
    pipeline = skdigits.load_pretrained()[-3:]
    rows = [
        slice(start, start + ASKED_AT_ONCE) for start in range(0, ASKED, ASKED_AT_ONCE)
    ]

    def ask(rows):
        return Parallel()(delayed(pipeline.predict_proba)(X[some]) for some in rows)

    def images_per_second():
        ask(rows[: 2 * n_workers])
        return {"images": ASKED / seconds(lambda: ask(rows))}

    if kind == "joblib":
        with parallel_config("loky", n_jobs=n_workers, inner_max_num_threads=1):
            return images_per_second()
    from dask.distributed import Client

    with (
        Client(n_workers=n_workers, threads_per_worker=1, dashboard_address=None),
        parallel_config("dask"),
    ):
        return images_per_second()


def folder(n_workers):
    from PIL import Image

    X, _ = mnist("test")
    with tempfile.TemporaryDirectory() as images:
        for number, pixels in enumerate(X[:FILES]):
            image = Image.fromarray(255 - pixels.reshape(28, 28))
            image.save(Path(images) / f"{number}.png")
        command = [sys.executable, "-m", "skdigits", "predict", images]
        command += ["--n-jobs", str(n_workers)]
        return {"images": FILES / seconds(lambda: subprocess.check_output(command))}


def worker(name, seed):
    kind, _, number = name.partition(" ")
    if kind == "fit":
        turn = fit(int(number), seed)
    elif kind == "parts":
        turn = parts(seed)
    else:
        # each worker one thread, also where there is only this process
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        turn = (
            folder(int(number)) if kind == "folder" else in_parallel(kind, int(number))
        )
    print(json.dumps(turn))


def main():
    options = parser(__doc__.splitlines()[0], CONTENDERS, rounds=3).parse_args()
    if options.worker:
        return worker(options.worker[0], int(options.worker[1]))
    turns = take_turns(__file__, options.contenders or CONTENDERS, options.seeds)
    write(options.output, turns)
    for name, its in turns.items():
        print(name)
        for figure in its[0]:
            print(f"  {figure:14}{median(its, figure):12.5g}  {spread(its, figure)}")


if __name__ == "__main__":
    main()
