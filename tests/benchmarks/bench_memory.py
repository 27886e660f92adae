"""Memory: the peak of fit and predict on many images, and the growth of a process.

Run by hand, with SKDIGITS_DATA set to the folder of MNIST:

    python tests/benchmarks/bench_memory.py

The peak is that of the process above what it held before the call, with TensorFlow and
the images loaded, in megabytes and as a multiple of the images' own bytes. The
growth is that of resident memory over many fits, and over many answers.
"""

import argparse
import gc
import json
from pathlib import Path

from _common import in_a_process_of_its_own

IMAGES = (60_000, 240_000)
FITS, WARM_UP, CALLS = 50, 10, 100_000


def megabytes(field):
    """Return a field of the process' status, such as VmRSS or VmHWM."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024


def peak_of(call):
    """Return what a call takes at its peak above what is there already."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # sets VmHWM back
    before = megabytes("VmRSS")
    call()
    return megabytes("VmHWM") - before


def peaks(n_images):
    import numpy as np

    import skdigits.training  # noqa: F401
    from skdigits import DigitCNN, make_digit_pipeline
    from skdigits.datasets import fetch_mnist

    X, y = fetch_mnist(subset="train", return_X_y=True)
    X, y = (np.concatenate([a] * (n_images // len(a))) for a in (X, y))
    pipeline = make_digit_pipeline(DigitCNN.from_preset("fast", random_state=0))
    fit = peak_of(lambda: pipeline.fit(X, y))
    predict = peak_of(lambda: pipeline.predict(X))
    images = X.nbytes / 2**20
    print(json.dumps({"images": images, "fit": fit, "predict": predict}))


def growth():
    from sklearn.datasets import load_digits

    from skdigits import make_digit_pipeline

    def resident():
        gc.collect()
        return megabytes("VmRSS")

    X, y = load_digits(return_X_y=True)
    for fit in range(1, FITS + 1):
        pipeline = make_digit_pipeline(epochs=2, random_state=fit).fit(X, y)
        if fit == WARM_UP:
            before = resident()
    per_fit = (resident() - before) / (FITS - WARM_UP)
    print(f"fits {WARM_UP} to {FITS}: {per_fit:.3f} MB a fit")
    before = resident()
    for _ in range(CALLS):
        pipeline.predict(X[:1])
    print(f"{CALLS:,} calls of predict: {resident() - before:.2f} MB in all")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--images", type=int, nargs="*", default=IMAGES)
    options.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = options.parse_args()
    if options.worker:
        return peaks(int(options.worker[0]))
    for n_images in options.images:
        turn = in_a_process_of_its_own(__file__, str(n_images), 0)
        for call in ("fit", "predict"):
            times = turn[call] / turn["images"]
            print(f"{n_images:,} images, {call}: {turn[call]:.0f} MB, {times:.1f} x")
    growth()


if __name__ == "__main__":
    main()
